//! What makes a command of what is to be run.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use super::bounds::{Bounds, HardLimits};
use super::cannot_run::CannotRun;
use super::network::Network;
use super::reach;
use super::view::{self, Mounts};
use super::workspace::{Workspace, require_open};

/// The oldest version with all that is asked of it.
const OLDEST_BWRAP: (u32, u32) = (0, 8);

/// Gives `bwrap` a file to say in how it goes, which nothing in the confinement sees.
const WITH_STATUS: &str = r#"exec 3>"$1"; shift; exec "$@""#;

/// What is to be run, and how.
pub(super) struct Launch<'a> {
    pub(super) words: &'a [String],
    /// Beside those that every run sees.
    pub(super) variables: &'a [(String, OsString)],
    pub(super) network: Network<'a>,
    pub(super) bounds: Bounds,
}

impl Launch<'_> {
    /// In a confinement: `bwrap` makes it, `prlimit` bounds what is run in it.
    pub(super) async fn confined(
        &self,
        workspace: &Workspace,
        mounts: &Mounts,
    ) -> Result<Command, CannotRun> {
        let bwrap = installed("bwrap")?;
        require_version(&bwrap).await?;
        let prlimit = installed("prlimit")?;
        let program = self.words.first().and_then(|word| view::file_of(OsStr::new(word)));
        let words = view::arguments(&workspace.places(), mounts, program, self.network);
        let mut command = Command::new("/bin/sh");
        command.args(["-c", WITH_STATUS, "sh"]).arg(workspace.status());
        command.arg(bwrap).args(["--json-status-fd", "3"]).args(words).arg(prlimit);
        command.args(self.bounds.limits(&HardLimits::of_this_process())).arg("--");
        if let Network::Through(reach) = self.network {
            if workspace.owner().is_some() {
                require_open(reach.forwarder())?;
            }
            command.args(reach::words());
        }
        command.args(self.words).current_dir(workspace.folder());
        let (home, temporary) = (Path::new(view::HOME), Path::new("/tmp"));
        // Not as arguments of `bwrap`, which everybody on this machine may read.
        command.env_clear();
        command.envs(view::environment(mounts, home, temporary, self.variables));
        if let Network::Through(_) = self.network {
            command.envs(reach::variables());
        }
        if let Some(owner) = workspace.owner() {
            command.uid(owner).gid(owner);
        }
        Ok(command)
    }

    pub(super) fn bare(
        &self,
        workspace: &Workspace,
        mounts: &Mounts,
    ) -> Result<Command, CannotRun> {
        if let Network::Through(_) = self.network {
            return Err(CannotRun::NotKeptIn);
        }
        let (program, arguments) = self
            .words
            .split_first()
            .ok_or_else(|| CannotRun::NotStarted("no program is named".to_owned()))?;
        let mut command = Command::new(program);
        command.args(arguments).env_clear().current_dir(workspace.checkout());
        let (home, temporary) = (workspace.home(), workspace.temporary());
        command.envs(view::environment(mounts, home, temporary, self.variables));
        Ok(command)
    }
}

fn installed(program: &'static str) -> Result<PathBuf, CannotRun> {
    let path: OsString = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(program));
    found.into_iter().find(|file| file.is_file()).ok_or(CannotRun::NotInstalled(program))
}

async fn require_version(bwrap: &Path) -> Result<(), CannotRun> {
    let mut command = Command::new(bwrap);
    let output = command.arg("--version").stdin(Stdio::null()).kill_on_drop(true).output().await?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match version_in(&said) {
        Some(version) if version >= OLDEST_BWRAP => Ok(()),
        _ => Err(CannotRun::TooOld(said)),
    }
}

/// The first two numbers of `bubblewrap 0.8.0`.
fn version_in(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.split_whitespace().nth(1)?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}
