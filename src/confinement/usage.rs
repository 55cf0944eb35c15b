//! How much memory and disk a run takes.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// More files than any checkout with its build has.
const MOST_FILES: usize = 2_000_000;

/// More files than the processes of any run have open together.
const MOST_OPEN: usize = 100_000;

/// `root` and all processes below it. Only `root` where there is no `/proc` that tells.
pub(super) fn processes_below(root: u32) -> Vec<u32> {
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
    let (mut found, mut next) = (Vec::new(), vec![root]);
    while let Some(process) = next.pop() {
        found.push(process);
        next.extend(children.remove(&process).unwrap_or_default());
    }
    found
}

/// The parent in `/proc/N/stat`. The name before it, in brackets, can hold anything.
fn parent_in(status: &str) -> Option<u32> {
    status.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// How many bytes of memory `processes` take together: their own, what they share, and files in
/// memory that one of them has open. What is only a file of the disk in memory is not counted.
pub(super) fn memory_of(processes: &[u32], most: u64) -> u64 {
    let (mut private, mut shown) = (0, 0);
    for process in processes {
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        private += kib_in(&status, "RssAnon:") << 10;
        shown += kib_in(&status, "RssShmem:") << 10;
    }
    let Some(open) = OpenFiles::of(processes) else { return u64::MAX };
    let known = private + open.in_memory;
    if known + shown <= most {
        return known + shown;
    }
    // Each of those that share something shows all of it: to part it takes the kernel longer.
    known + processes.iter().map(|process| share_of(*process)).sum::<u64>()
}

/// What a process takes of what it shares, divided by all that share it.
fn share_of(process: u32) -> u64 {
    let file = |name: &str| fs::read_to_string(format!("/proc/{process}/{name}"));
    match file("smaps_rollup") {
        Ok(table) if table.contains("Pss_Shmem:") => kib_in(&table, "Pss_Shmem:") << 10,
        Ok(_) | Err(_) => kib_in(&file("status").unwrap_or_default(), "RssShmem:") << 10,
    }
}

fn kib_in(status: &str, name: &str) -> u64 {
    let row = status.lines().find_map(|line| line.strip_prefix(name));
    row.and_then(|row| row.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// What lies in no folder, and is there as long as a process has it open.
struct OpenFiles {
    /// Bytes of memory.
    in_memory: u64,
    /// Bytes on each disk.
    on_disk: HashMap<u64, u64>,
    /// Whether some process does not show what it has open.
    is_hidden: bool,
}

impl OpenFiles {
    /// Those of `processes`; none if they have more open than can be looked at.
    fn of(processes: &[u32]) -> Option<Self> {
        let mut found = Self { in_memory: 0, on_disk: HashMap::new(), is_hidden: false };
        let (mut seen, mut count) = (HashSet::new(), 0);
        for process in processes {
            let files = match fs::read_dir(format!("/proc/{process}/fd")) {
                Ok(files) => files,
                Err(error) => {
                    found.is_hidden |= error.kind() == io::ErrorKind::PermissionDenied;
                    continue;
                }
            };
            for file in files.flatten() {
                count += 1;
                if count > MOST_OPEN {
                    return None;
                }
                found.add(&file.path(), &mut seen);
            }
        }
        Some(found)
    }

    fn add(&mut self, file: &Path, seen: &mut HashSet<(u64, u64)>) {
        let Ok(name) = fs::read_link(file) else { return };
        let name = name.as_os_str().as_encoded_bytes();
        if !name.starts_with(b"/memfd:") && !name.ends_with(b" (deleted)") {
            return;
        }
        let Ok(known) = fs::metadata(file) else { return };
        if !known.is_file() || known.nlink() > 0 || !seen.insert((known.dev(), known.ino())) {
            return;
        }
        let bytes = known.blocks() * 512;
        match name.starts_with(b"/memfd:") {
            true => self.in_memory += bytes,
            false => *self.on_disk.entry(known.dev()).or_default() += bytes,
        }
    }
}

/// What a run takes on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DiskUse {
    Bytes(u64),
    /// At least so many bytes, and it keeps some of it from being seen.
    AtLeast(u64),
    /// More than it may.
    TooMuch,
}

/// What all below `folder` takes on the disk, with the files that `processes` have open and that lie
/// in no folder any more. What is nested so deep that its path cannot be named any more counts as
/// too much.
pub(super) fn disk_use(folder: &Path, processes: &[u32], most: u64) -> DiskUse {
    let disk = fs::metadata(folder).map(|known| known.dev());
    let Some(open) = OpenFiles::of(processes) else { return DiskUse::TooMuch };
    let mut bytes = disk.ok().and_then(|disk| open.on_disk.get(&disk).copied()).unwrap_or(0);
    let (mut is_hidden, mut files) = (open.is_hidden, 0_usize);
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if is_nameless(&error) => return DiskUse::TooMuch,
            // It is gone, or shut.
            Err(error) => {
                is_hidden |= error.kind() == io::ErrorKind::PermissionDenied;
                continue;
            }
        };
        for entry in entries.flatten() {
            let known = match entry.metadata() {
                Ok(known) => known,
                Err(error) if is_nameless(&error) => return DiskUse::TooMuch,
                Err(error) => {
                    is_hidden |= error.kind() == io::ErrorKind::PermissionDenied;
                    continue;
                }
            };
            files += 1;
            bytes += known.blocks() * 512;
            if bytes > most || files > MOST_FILES {
                return DiskUse::TooMuch;
            }
            if known.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    match is_hidden {
        _ if bytes > most => DiskUse::TooMuch,
        true => DiskUse::AtLeast(bytes),
        false => DiskUse::Bytes(bytes),
    }
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
        assert_eq!(disk_use(folder.path(), &[], 1 << 19), DiskUse::TooMuch);
        assert!(matches!(disk_use(folder.path(), &[], 2 << 20), DiskUse::Bytes(1_048_576..)));
        assert_eq!(disk_use(Path::new("/no/such/folder"), &[], 0), DiskUse::Bytes(0));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_that_lies_in_no_folder_is_counted_as_long_as_it_is_open() {
        use std::io::Write as _;

        let folder = tempfile::tempdir().unwrap();
        let this = [std::process::id()];
        let mut file = tempfile::tempfile_in(folder.path()).unwrap();
        file.write_all(&vec![7; 8 << 20]).unwrap();
        file.sync_all().unwrap();
        assert_eq!(disk_use(folder.path(), &this, 7 << 20), DiskUse::TooMuch);
        assert!(matches!(disk_use(folder.path(), &[], 7 << 20), DiskUse::Bytes(_)));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_takes_memory() {
        let this = std::process::id();
        assert!(processes_below(this).contains(&this));
        assert!(memory_of(&[this], u64::MAX) > 0);
    }
}
