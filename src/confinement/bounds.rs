//! How much a run may take.

use std::ffi::OsString;
use std::fs;
use std::time::Duration;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// How many files a process may have open.
const OPEN_FILES: u64 = 4096;

/// How much one run may take. Whatever takes more is ended, and has not passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    pub time: Duration,
    /// Of all its processes together, in bytes; and what each of them may write to.
    pub memory: u64,
    pub processes: u64,
    /// How large a file may become, in bytes.
    pub file: u64,
    /// How much all it writes may take, what was there before included, in bytes.
    pub disk: u64,
    /// How much of what it prints is kept, in bytes.
    pub output: usize,
}

impl Bounds {
    /// What builds and tests of usual projects need, and no more than half of this machine's memory.
    pub fn within(time: Duration) -> Self {
        let half = memory_of_machine().map_or(4 * GIB, |all| all / 2);
        Self {
            time,
            memory: half.clamp(256 * MIB, 4 * GIB),
            processes: 512,
            file: 2 * GIB,
            disk: 8 * GIB,
            output: 64 << 10,
        }
    }

    /// The arguments of `prlimit` that make the kernel hold what it can hold. No limit is raised:
    /// only the administrator may do that.
    pub(super) fn limits(&self, hard: &HardLimits) -> Vec<OsString> {
        [
            ("core", 0, Some(0)),
            ("nproc", self.processes, hard.processes),
            ("fsize", self.file, hard.file),
            ("data", self.memory, hard.data),
            ("nofile", OPEN_FILES, hard.open_files),
        ]
        .into_iter()
        .map(|(name, wanted, most)| {
            let value = most.map_or(wanted, |most| most.min(wanted));
            format!("--{name}={value}").into()
        })
        .collect()
    }
}

/// The limits of this process that cannot be raised; none where there is none.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct HardLimits {
    processes: Option<u64>,
    file: Option<u64>,
    data: Option<u64>,
    open_files: Option<u64>,
}

impl HardLimits {
    pub(super) fn of_this_process() -> Self {
        Self::read(&fs::read_to_string("/proc/self/limits").unwrap_or_default())
    }

    fn read(table: &str) -> Self {
        let hard = |name: &str| {
            let row = table.lines().find_map(|line| line.strip_prefix(name))?;
            row.split_whitespace().nth(1)?.parse().ok()
        };
        Self {
            processes: hard("Max processes"),
            file: hard("Max file size"),
            data: hard("Max data size"),
            open_files: hard("Max open files"),
        }
    }
}

fn memory_of_machine() -> Option<u64> {
    let table = fs::read_to_string("/proc/meminfo").ok()?;
    let row = table.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    row.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib << 10)
}

#[cfg(test)]
mod tests {
    use crate::confinement::bounds::*;

    const TABLE: &str = "\
Limit                     Soft Limit           Hard Limit           Units     
Max file size             unlimited            unlimited            bytes     
Max data size             unlimited            1000                 bytes     
Max processes             100                  200                  processes 
Max open files            1024                 524288               files     
";

    #[test]
    fn no_limit_is_raised() {
        let hard = HardLimits::read(TABLE);
        let expected = HardLimits {
            processes: Some(200),
            file: None,
            data: Some(1000),
            open_files: Some(524_288),
        };
        assert_eq!(hard, expected);
        let bounds = Bounds { file: 7, memory: 5000, ..Bounds::within(Duration::from_secs(1)) };
        let words = bounds.limits(&hard);
        assert_eq!(words, ["--core=0", "--nproc=200", "--fsize=7", "--data=1000", "--nofile=4096"]);
        assert_eq!(HardLimits::read("nonsense"), HardLimits::default());
    }
}
