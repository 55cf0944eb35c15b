//! A process that runs, and how it ends with all that belongs to it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use super::cannot_run::CannotRun;

/// How long what was ended may take to go: the kernel only has to clean up.
const PASSING: Duration = Duration::from_secs(10);

/// From one look whether it is gone to the next.
const LOOK: Duration = Duration::from_millis(5);

/// A process that ends, with all that belongs to it, when nobody waits for it any more.
pub(super) struct Running {
    pub(super) child: Child,
    /// What it started, as far as that stayed in its group. Where a namespace of processes ends with
    /// it, that is what never came into there: a `bwrap` that fails early leaves its child waiting
    /// for a word of it, and has not told yet which process that is.
    group: Option<Pid>,
    /// Where `bwrap` says which process is the first one of its namespace.
    status: Option<PathBuf>,
}

impl Running {
    /// Must be called where the thread lives on: the kernel ends what dies with its parent when the
    /// thread ends that started it.
    pub(super) fn begin(mut command: Command) -> Result<Self, CannotRun> {
        command.kill_on_drop(true).process_group(0);
        let child = command.spawn().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => CannotRun::NotStarted(error.to_string()),
            _ => CannotRun::Io(error),
        })?;
        let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        Ok(Self { child, group, status: None })
    }

    /// The same, of which `bwrap` tells in the file `status`.
    pub(super) fn told_in(mut self, status: PathBuf) -> Self {
        self.status = Some(status);
        self
    }

    /// Ends it, and returns when nothing of it lives.
    pub(super) async fn end(&mut self) -> std::io::Result<()> {
        self.end_group();
        // One that has ended by itself is past being ended.
        let _ = self.child.start_kill();
        self.child.wait().await?;
        if let Some(first) = self.status.as_deref().and_then(first_inside) {
            let patience = Instant::now() + PASSING;
            while is_alive(first) && Instant::now() < patience {
                sleep(LOOK).await;
            }
        }
        Ok(())
    }

    fn end_group(&mut self) {
        if let Some(group) = self.group.take() {
            // Nobody may be left in it.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end_group();
    }
}

/// The first process of the namespace, of which `bwrap` has told. The kernel lets it go only when
/// all others in there are gone.
fn first_inside(status: &Path) -> Option<u32> {
    let said = std::fs::read_to_string(status).ok()?;
    let told: serde_json::Value = serde_json::from_str(said.lines().next()?).ok()?;
    u32::try_from(told.get("child-pid")?.as_u64()?).ok()
}

/// Whether a process is more than a number that nobody has asked for yet.
fn is_alive(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let state = status.rsplit_once(')').and_then(|(_, rest)| rest.trim_start().chars().next());
    !matches!(state, None | Some('Z' | 'X'))
}

/// Whether what was to be run was begun: only then `bwrap` says how it ended. What it printed says
/// nothing of that, since whatever runs prints what it likes.
pub(super) fn has_begun(status: &Path) -> bool {
    let said = std::fs::read(status).unwrap_or_default();
    memchr::memmem::find(&said, b"\"exit-code\"").is_some()
}

#[cfg(test)]
mod tests {
    use crate::confinement::running::*;

    /// As a `bwrap` does that may not do what it needs.
    #[tokio::test]
    async fn what_it_left_behind_when_it_failed_ends_with_it() {
        use tokio::io::{AsyncBufReadExt as _, BufReader};

        let mut command = Command::new("/bin/sh");
        command.args(["-c", "sleep 600 > /dev/null 2>&1 & echo $!; exit 1"]);
        command.stdout(std::process::Stdio::piped());
        let mut running = Running::begin(command).unwrap();
        let mut said = BufReader::new(running.child.stdout.take().unwrap()).lines();
        let left: u32 = said.next_line().await.unwrap().unwrap().parse().unwrap();
        assert_eq!(running.child.wait().await.unwrap().code(), Some(1));
        assert!(is_alive(left));
        running.end().await.unwrap();
        while is_alive(left) {
            sleep(LOOK).await;
        }
    }

    #[test]
    fn it_is_known_who_was_first_inside_and_whether_they_live() {
        let folder = tempfile::tempdir().unwrap();
        let status = folder.path().join("status");
        assert_eq!(first_inside(&status), None);
        std::fs::write(
            &status,
            "{ \"child-pid\": 71, \"net-namespace\": 4 }\n{ \"exit-code\": 0 }",
        )
        .unwrap();
        assert_eq!(first_inside(&status), Some(71));
        assert!(has_begun(&status));
        assert!(is_alive(std::process::id()) || !cfg!(target_os = "linux"));
        assert!(!is_alive(u32::MAX));
    }
}
