//! Whether a change can be read at all: a few bytes of a pack can stand for files of any size, and
//! whoever compares them holds them in memory.

use super::cannot_run::CannotRun;
use super::git::{Repository, git};
use crate::core::jobs::Commit;

/// The largest file that is compared, and the most of all that one change touches, in bytes.
const LARGEST: u64 = 32 << 20;
const MOST: u64 = 256 << 20;

/// How git writes that a path is a submodule: what it names lies in another repository.
const SUBMODULE: &str = "160000";

/// Refuses what is too large to compare, before and after the change.
pub(super) async fn require_readable(
    repository: &Repository,
    (base, head): (&Commit, &Commit),
) -> Result<(), CannotRun> {
    let refused = |said: String| Err(CannotRun::Git { command: "diff-tree".to_owned(), said });
    let (base, head) = (base.to_string(), head.to_string());
    let words = ["diff-tree", "-r", "-z", "--no-renames", "--raw", &base, &head];
    let printed = git(repository.folder(), &words, b"").await?;
    let files = changed_files(&printed);
    let asked: String = files.iter().map(|(object, _)| format!("{object}\n")).collect();
    let words = ["cat-file", "--batch-check=%(objectsize)"];
    let sizes = git(repository.folder(), &words, asked.as_bytes()).await?;
    let mut sum = 0_u64;
    let mut sizes = std::str::from_utf8(&sizes).unwrap_or_default().lines();
    for (_, path) in &files {
        let Some(size) = sizes.next().and_then(|size| size.parse::<u64>().ok()) else {
            return refused(format!("nobody knows how large {path} is"));
        };
        sum = sum.saturating_add(size);
        if size > LARGEST {
            return refused(format!("{path} is larger than {LARGEST} bytes"));
        }
        if sum > MOST {
            return refused(format!("the files that it changes have more than {MOST} bytes"));
        }
    }
    Ok(())
}

/// What git's raw form names: each object with its path.
fn changed_files(printed: &[u8]) -> Vec<(String, String)> {
    let mut fields = printed.split(|byte| *byte == 0).filter(|field| !field.is_empty());
    let mut files = Vec::new();
    while let (Some(how), Some(path)) = (fields.next(), fields.next()) {
        let (how, path) = (String::from_utf8_lossy(how), String::from_utf8_lossy(path));
        let how: Vec<&str> = how.trim_start_matches(':').split(' ').collect();
        let [old_mode, new_mode, old, new, ..] = how[..] else { continue };
        for (mode, object) in [(old_mode, old), (new_mode, new)] {
            let is_none = object.bytes().all(|byte| byte == b'0');
            if mode != SUBMODULE && !is_none {
                files.push((object.to_owned(), path.to_string()));
            }
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use crate::confinement::readable::*;

    #[test]
    fn what_lies_elsewhere_or_nowhere_has_no_size() {
        let (one, none) = ("8b195ee0".repeat(5), "0".repeat(40));
        let printed = format!(
            ":000000 100644 {none} {one} A\0new\0:100644 160000 {one} {one} T\0lock\0:100644 000000 \
             {one} {none} D\0old\0"
        );
        let paths: Vec<_> = changed_files(printed.as_bytes());
        let paths: Vec<_> = paths.iter().map(|(_, path)| path.as_str()).collect();
        assert_eq!(paths, ["new", "lock", "old"]);
    }
}
