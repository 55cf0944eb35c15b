//! How much memory and disk a run takes.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// More files than any checkout with its build has.
const MOST_FILES: usize = 2_000_000;

/// The resident memory of `root` and of all processes below it, in bytes; what is only a file in
/// memory is not counted. Zero where there is no `/proc` that tells.
pub(super) fn memory_below(root: u32) -> u64 {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(process) = process.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let status = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        if let Some(parent) = parent_in(&status) {
            children.entry(parent).or_default().push(process);
        }
    }
    let (mut private, mut shared) = (0, 0);
    let mut next = vec![root];
    while let Some(process) = next.pop() {
        next.extend(children.remove(&process).unwrap_or_default());
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        private += kib_in(&status, "RssAnon:");
        // Each of those that share it shows it.
        shared = shared.max(kib_in(&status, "RssShmem:"));
    }
    (private + shared) << 10
}

/// The parent in `/proc/N/stat`. The name before it, in brackets, can hold anything.
fn parent_in(status: &str) -> Option<u32> {
    status.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

fn kib_in(status: &str, name: &str) -> u64 {
    let row = status.lines().find_map(|line| line.strip_prefix(name));
    row.and_then(|row| row.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Whether all below `folder` takes more than `most` bytes on the disk. What is nested so deep that
/// its path cannot be named any more counts as more.
pub(super) fn takes_more_than(folder: &Path, most: u64) -> bool {
    let (mut bytes, mut files) = (0_u64, 0_usize);
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if is_nameless(&error) => return true,
            // It is gone, or shut: the room that it takes is missing on the disk all the same.
            Err(_) => continue,
        };
        for entry in entries.flatten() {
            let known = match entry.metadata() {
                Ok(known) => known,
                Err(error) if is_nameless(&error) => return true,
                Err(_) => continue,
            };
            files += 1;
            bytes += known.blocks() * 512;
            if bytes > most || files > MOST_FILES {
                return true;
            }
            if known.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    false
}

fn is_nameless(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::InvalidFilename
}

/// How many bytes are free on the disk of `folder`; more than enough if nobody can tell.
pub(super) fn free(folder: &Path) -> u64 {
    fs4::available_space(folder).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use crate::confinement::usage::*;

    #[test]
    fn the_name_of_a_process_says_nothing() {
        assert_eq!(parent_in("7 (sh) S 3 7 7 0"), Some(3));
        assert_eq!(parent_in("7 (a) S 1 (b) R 4 7 7 0"), Some(4));
        assert_eq!(parent_in(""), None);
    }

    #[test]
    fn what_lies_on_the_disk_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("below")).unwrap();
        fs::write(folder.path().join("below/file"), vec![7; 1 << 20]).unwrap();
        std::os::unix::fs::symlink("/", folder.path().join("link")).unwrap();
        assert!(takes_more_than(folder.path(), 1 << 19));
        assert!(!takes_more_than(folder.path(), 2 << 20));
        assert!(!takes_more_than(Path::new("/no/such/folder"), 0));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_takes_memory() {
        assert!(memory_below(std::process::id()) > 0);
    }
}
