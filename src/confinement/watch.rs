//! Until when a run goes on.

use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use tokio::process::Child;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::bounds::Bounds;
use super::cannot_run::CannotRun;
use super::usage;

/// Between two looks at what a run takes.
const LOOK: Duration = Duration::from_millis(200);

/// The disk is counted file by file only so often: that takes longer than a look should.
const COUNT: Duration = Duration::from_secs(2);

/// Unless so much was written since, as far as the disk tells.
const MUCH: u64 = 64 << 20;

/// What stays free on the disk, whatever a run may take: others live there too.
const SPARE: u64 = 512 << 20;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunEnd {
    /// By itself, with this status; if a signal ended it, 128 and the signal's number.
    Exited(i32),
    /// It was ended at its deadline.
    OverTime,
    /// It was ended because it took too much.
    Over(Bound),
}

/// What it took too much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    Memory,
    Disk,
}

/// Refuses to begin on a disk that is as good as full.
pub(super) fn require_room(folder: &Path) -> Result<(), CannotRun> {
    match usage::free(folder) < SPARE {
        true => Err(CannotRun::DiskFull(SPARE >> 20)),
        false => Ok(()),
    }
}

/// Waits until it has ended, or has to be. `folder`: where it writes.
pub(super) async fn until_over(
    child: &mut Child,
    folder: &Path,
    bounds: &Bounds,
) -> std::io::Result<RunEnd> {
    let over = sleep(bounds.time);
    tokio::pin!(over);
    let process = child.id().unwrap_or_default();
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut disk = DiskWatch::of(folder, bounds.disk);
    loop {
        tokio::select! {
            biased;
            status = child.wait() => return Ok(RunEnd::Exited(code_of(status?))),
            () = &mut over => return Ok(RunEnd::OverTime),
            _ = looks.tick() => {}
        }
        let look = spawn_blocking(move || {
            let memory = usage::memory_below(process);
            let is_over = disk.is_over();
            (disk, memory, is_over)
        });
        // A look at a large tree takes a while: the end and the deadline do not wait for it.
        let (back, memory, is_over) = tokio::select! {
            biased;
            status = child.wait() => return Ok(RunEnd::Exited(code_of(status?))),
            () = &mut over => return Ok(RunEnd::OverTime),
            looked = look => looked.map_err(std::io::Error::other)?,
        };
        disk = back;
        if memory > bounds.memory {
            return Ok(RunEnd::Over(Bound::Memory));
        }
        if is_over {
            return Ok(RunEnd::Over(Bound::Disk));
        }
    }
}

fn code_of(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

struct DiskWatch {
    folder: PathBuf,
    most: u64,
    counted: Instant,
    free: u64,
}

impl DiskWatch {
    fn of(folder: &Path, most: u64) -> Self {
        let free = usage::free(folder);
        Self { folder: folder.to_owned(), most, counted: Instant::now(), free }
    }

    fn is_over(&mut self) -> bool {
        let free = usage::free(&self.folder);
        if free < SPARE {
            return true;
        }
        if self.counted.elapsed() < COUNT && self.free.saturating_sub(free) < MUCH {
            return false;
        }
        (self.counted, self.free) = (Instant::now(), free);
        usage::takes_more_than(&self.folder, self.most)
    }
}
