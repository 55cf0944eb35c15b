//! Until when a run goes on.

use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use tokio::process::Child;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::bounds::Bounds;
use super::cannot_run::CannotRun;
use super::usage::{self, DiskUse};

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
///
/// # Errors
/// If it cannot go on, and has not taken too much itself.
pub(super) async fn until_over(
    child: &mut Child,
    folder: &Path,
    bounds: &Bounds,
) -> Result<RunEnd, CannotRun> {
    let over = sleep(bounds.time);
    tokio::pin!(over);
    let process = child.id().unwrap_or_default();
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut disk = DiskWatch::of(folder, bounds.disk);
    let most = bounds.memory;
    loop {
        tokio::select! {
            biased;
            status = child.wait() => return Ok(RunEnd::Exited(code_of(status?))),
            () = &mut over => return Ok(RunEnd::OverTime),
            _ = looks.tick() => {}
        }
        let look = spawn_blocking(move || {
            let processes = usage::processes_below(process);
            let memory = usage::memory_of(&processes, most);
            let room = disk.look(&processes);
            (disk, memory, room)
        });
        // A look at a large tree takes a while: the end and the deadline do not wait for it.
        let (back, memory, room) = tokio::select! {
            biased;
            status = child.wait() => return Ok(RunEnd::Exited(code_of(status?))),
            () = &mut over => return Ok(RunEnd::OverTime),
            looked = look => looked.map_err(std::io::Error::other)?,
        };
        disk = back;
        if memory > most {
            return Ok(RunEnd::Over(Bound::Memory));
        }
        match room {
            Room::Enough => {}
            Room::Taken => return Ok(RunEnd::Over(Bound::Disk)),
            Room::NoneLeft => return Err(CannotRun::DiskFull(SPARE >> 20)),
        }
    }
}

fn code_of(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
}

/// Whether there is room on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Room {
    Enough,
    /// The run took more than it may.
    Taken,
    /// There is none, and others took it.
    NoneLeft,
}

struct DiskWatch {
    folder: PathBuf,
    most: u64,
    counted: Instant,
    /// How much was free when the run began, and when it was counted last.
    free: (u64, u64),
}

impl DiskWatch {
    fn of(folder: &Path, most: u64) -> Self {
        let free = usage::free(folder);
        Self { folder: folder.to_owned(), most, counted: Instant::now(), free: (free, free) }
    }

    fn look(&mut self, processes: &[u32]) -> Room {
        let free = usage::free(&self.folder);
        let is_full = free < SPARE;
        let is_soon = self.counted.elapsed() < COUNT && self.free.1.saturating_sub(free) < MUCH;
        if is_soon && !is_full {
            return Room::Enough;
        }
        (self.counted, self.free.1) = (Instant::now(), free);
        let used = usage::disk_use(&self.folder, processes, self.most);
        judge(used, is_full, self.free.0)
    }
}

/// `begun`: how much was free when the run began. Whoever took half of it is who filled the disk,
/// and so is, of a full one, who hides what they took.
fn judge(used: DiskUse, is_full: bool, begun: u64) -> Room {
    match used {
        DiskUse::TooMuch => Room::Taken,
        DiskUse::Bytes(_) | DiskUse::AtLeast(_) if !is_full => Room::Enough,
        DiskUse::Bytes(bytes) if bytes <= begun.saturating_sub(SPARE) / 2 => Room::NoneLeft,
        DiskUse::Bytes(_) | DiskUse::AtLeast(_) => Room::Taken,
    }
}

#[cfg(test)]
mod tests {
    use crate::confinement::watch::*;

    const GIB: u64 = 1 << 30;

    #[test]
    fn who_did_not_fill_the_disk_is_not_blamed_for_it() {
        let begun = 4 * GIB;
        for (used, is_full, expected) in [
            (DiskUse::Bytes(GIB), false, Room::Enough),
            (DiskUse::AtLeast(0), false, Room::Enough),
            (DiskUse::TooMuch, false, Room::Taken),
            (DiskUse::Bytes(GIB), true, Room::NoneLeft),
            (DiskUse::Bytes(3 * GIB), true, Room::Taken),
            (DiskUse::AtLeast(0), true, Room::Taken),
            (DiskUse::TooMuch, true, Room::Taken),
        ] {
            assert_eq!(judge(used, is_full, begun), expected, "{used:?} {is_full}");
        }
    }
}
