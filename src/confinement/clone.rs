//! How a clone gets into a workspace, with some history and nothing of it run.

use std::ffi::OsString;
use std::path::Path;

use super::cannot_run::CannotRun;
use super::checkout::UPLOAD_PACK;
use super::git::{Repository, git};
use crate::core::jobs::Commit;

/// What is checked out in a clone.
#[derive(Debug, Clone, Copy)]
pub struct CloneOrder<'a> {
    /// The branch that is checked out, and the commit that it begins at.
    pub branch: &'a str,
    pub start: &'a Commit,
    /// What it is to be merged into: shown as a branch of the origin.
    pub base_branch: &'a str,
    pub base: &'a Commit,
    /// Who commits there: a name and an address.
    pub author: (&'a str, &'a str),
}

/// Clones what `repository` holds into the empty folder `place`. Files of LFS stay what git holds of
/// them, submodules are left. What takes more than `most` bytes is refused before it is written.
pub(super) async fn clone_into(
    repository: &Repository,
    order: &CloneOrder<'_>,
    place: &Path,
    most: u64,
) -> Result<(), CannotRun> {
    let needed = repository.size(order.start).await?;
    if needed > most {
        return Err(CannotRun::TooLarge { needed, most });
    }
    let (start, base) = (order.start.to_string(), order.base.to_string());
    let first = format!("--initial-branch={}", order.branch);
    git(place, &["init", "--quiet", "--template=", &first], b"").await?;
    let words = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--update-shallow"];
    let mut words: Vec<OsString> = words.map(OsString::from).into();
    words.extend([UPLOAD_PACK.into(), repository.folder().into(), start.clone().into()]);
    if base != start {
        words.push(base.clone().into());
    }
    git(place, &words, b"").await?;
    let origin = format!("refs/remotes/origin/{}", order.base_branch);
    git(place, &["update-ref", &origin, &base], b"").await?;
    for (key, value) in [("user.name", order.author.0), ("user.email", order.author.1)] {
        git(place, &["config", key, value], b"").await?;
    }
    git(place, &["checkout", "--quiet", "-B", order.branch, &start], b"").await?;
    Ok(())
}
