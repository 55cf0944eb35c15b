//! How exactly one commit gets into a workspace, with nothing of it run.

use std::path::Path;

use super::cannot_run::CannotRun;
use super::git::{Repository, git};
use crate::core::jobs::Commit;

/// Serves any commit, whatever branch it is on.
pub(super) const UPLOAD_PACK: &str =
    "--upload-pack=git -c uploadpack.allowAnySHA1InWant=true upload-pack";

/// Checks `commit` out into the empty folder `place`, without its history. What takes more than
/// `most` bytes is refused before any of it is written.
pub(super) async fn check_out(
    repository: &Repository,
    commit: &Commit,
    place: &Path,
    most: u64,
) -> Result<(), CannotRun> {
    let needed = repository.size(commit).await?;
    if needed > most {
        return Err(CannotRun::TooLarge { needed, most });
    }
    git(place, &["init", "--quiet", "--template=", "--initial-branch=timmy"], b"").await?;
    fetch(repository, commit, place).await?;
    git(place, &["checkout", "--quiet", "--detach", &commit.to_string()], b"").await?;
    Ok(())
}

/// Puts `written` as they are in `commit` over what lies in `place`, and takes `removed` away.
/// Nothing but [`check_out`] may have written there before.
pub(super) async fn overlay(
    repository: &Repository,
    commit: &Commit,
    place: &Path,
    (written, removed): (&[String], &[String]),
) -> Result<(), CannotRun> {
    fetch(repository, commit, place).await?;
    let paths = |paths: &[String]| {
        paths.iter().flat_map(|path| [path.as_bytes(), b"\0"].concat()).collect::<Vec<u8>>()
    };
    if !removed.is_empty() {
        let words = ["--literal-pathspecs", "rm", "--quiet", "--force", "--ignore-unmatch"];
        let words = [&words[..], &["--pathspec-from-file=-", "--pathspec-file-nul"]].concat();
        git(place, &words, &paths(removed)).await?;
    }
    if written.is_empty() {
        return Ok(());
    }
    let commit = commit.to_string();
    let words = ["--literal-pathspecs", "checkout", "--quiet", &commit];
    let words = [&words[..], &["--pathspec-from-file=-", "--pathspec-file-nul"]].concat();
    git(place, &words, &paths(written)).await?;
    Ok(())
}

async fn fetch(repository: &Repository, commit: &Commit, place: &Path) -> Result<(), CannotRun> {
    let (from, commit) = (repository.folder().to_owned(), commit.to_string());
    let words = ["fetch", "--quiet", "--no-tags", "--depth=1", UPLOAD_PACK];
    let words = words.map(std::ffi::OsString::from).into_iter();
    let words: Vec<_> = words.chain([from.into_os_string(), commit.into()]).collect();
    git(place, &words, b"").await?;
    Ok(())
}
