//! How a folder gets into a workspace: byte for byte, links as links, nothing else.

use std::fs;
use std::path::{Path, PathBuf};

use super::cannot_run::CannotRun;

/// Copies what lies in `from` into the folder `to`. It ends when more than `most` bytes came
/// together.
pub(super) fn copy(from: &Path, to: &Path, most: u64) -> Result<(), CannotRun> {
    let mut needed = 0_u64;
    let mut folders: Vec<(PathBuf, PathBuf)> = vec![(from.to_owned(), to.to_owned())];
    while let Some((from, to)) = folders.pop() {
        for entry in fs::read_dir(&from)? {
            let entry = entry?;
            let (source, target, kind) =
                (entry.path(), to.join(entry.file_name()), entry.file_type()?);
            if kind.is_dir() {
                fs::create_dir(&target)?;
                folders.push((source, target));
            } else if kind.is_symlink() {
                std::os::unix::fs::symlink(fs::read_link(&source)?, &target)?;
            } else if kind.is_file() {
                needed = needed.saturating_add(entry.metadata()?.len().div_ceil(4096) * 4096);
                if needed > most {
                    return Err(CannotRun::TooLarge { needed, most });
                }
                fs::copy(&source, &target)?;
            } else {
                return Err(CannotRun::NotCopied(source));
            }
        }
    }
    Ok(())
}

/// Gives all in `folder`, itself included, to the user and group `owner`. Links are not followed.
pub(super) fn give(folder: &Path, owner: u32) -> std::io::Result<()> {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                std::os::unix::fs::lchown(entry.path(), Some(owner), Some(owner))?;
            }
        }
        std::os::unix::fs::lchown(&folder, Some(owner), Some(owner))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::confinement::folder::*;

    #[test]
    fn a_folder_is_copied_as_it_is() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir(from.path().join("below")).unwrap();
        fs::write(from.path().join("below/file"), "text").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", from.path().join("link")).unwrap();
        copy(from.path(), to.path(), 1 << 20).unwrap();
        assert_eq!(fs::read_to_string(to.path().join("below/file")).unwrap(), "text");
        let link = fs::read_link(to.path().join("link")).unwrap();
        assert_eq!(link, Path::new("/etc/passwd"));
    }

    #[test]
    fn what_is_too_large_or_no_file_is_refused() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(from.path().join("file"), "text").unwrap();
        let refused = copy(from.path(), to.path(), 1);
        assert!(matches!(refused, Err(CannotRun::TooLarge { most: 1, .. })), "{refused:?}");
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let _socket = std::os::unix::net::UnixListener::bind(from.path().join("socket")).unwrap();
        let refused = copy(from.path(), to.path(), 1 << 20);
        assert!(matches!(refused, Err(CannotRun::NotCopied(_))), "{refused:?}");
    }
}
