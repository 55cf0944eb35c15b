//! The way in: how one run is started and ended.

use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, Command};

use super::bounds::{Bounds, HardLimits};
use super::cannot_run::CannotRun;
use super::output::{Drain, OutputEnd};
use super::view::{self, Mounts};
use super::watch::{RunEnd, require_room, until_over};
use super::workspace::Workspace;

/// The oldest version with all that is asked of it.
const OLDEST_BWRAP: (u32, u32) = (0, 8);

/// Gives `bwrap` a file to say in how it goes, which nothing in the confinement sees.
const WITH_STATUS: &str = r#"exec 3>"$1"; shift; exec "$@""#;

/// How long a look whether it works may take.
const TRIAL: Duration = Duration::from_secs(20);

/// What keeps in what is run.
#[derive(Debug, Clone)]
pub struct Confinement {
    keeper: Keeper,
    mounts: Mounts,
}

#[derive(Debug, Clone)]
enum Keeper {
    Bwrap,
    /// Nothing: it runs with the rights of timmy itself. Only time, output and what it takes
    /// altogether are bounded.
    Nothing,
}

/// What a run reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// Itself alone.
    Own,
    /// All that this machine reaches.
    Shared,
}

/// Whether what it prints and what it complains of is kept as one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputForm {
    Together,
    Apart,
}

/// What is to be run.
#[derive(Debug, Clone, Copy)]
pub struct RunRequest<'a> {
    /// The program, with its arguments behind it.
    pub words: &'a [String],
    /// What it reads; without it, nothing.
    pub input: Option<&'a [u8]>,
    pub network: Network,
    pub output: OutputForm,
    pub bounds: Bounds,
}

/// How a run went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinishedRun {
    pub end: RunEnd,
    /// What it printed, and where it is kept together, what it complained of.
    pub output: OutputEnd,
    /// What it complained of, where that is kept apart.
    pub complaints: OutputEnd,
}

impl Confinement {
    /// By `bwrap`. `mounts`: what may be read of this machine besides; `secrets`: what none of
    /// them may show.
    ///
    /// # Errors
    /// If one of the mounts does, or is not there.
    pub fn bwrap(mounts: &[PathBuf], secrets: &[PathBuf]) -> Result<Self, CannotRun> {
        Ok(Self { keeper: Keeper::Bwrap, mounts: Mounts::new(mounts, secrets)? })
    }

    /// None at all: only for who wrote that an agent's code may run with the rights of this
    /// service.
    pub fn none() -> Self {
        Self { keeper: Keeper::Nothing, mounts: Mounts::default() }
    }

    /// Whether something can be run here. `place`: where workspaces are made.
    ///
    /// # Errors
    /// Why not.
    pub async fn check(&self, place: &Path) -> Result<(), CannotRun> {
        let workspace = Workspace::with_nothing(place).await?;
        let words = ["true".to_owned()];
        let request = RunRequest {
            words: &words,
            input: None,
            network: Network::Own,
            output: OutputForm::Together,
            bounds: Bounds::within(TRIAL),
        };
        let run = self.run(&workspace, &request).await;
        workspace.discard().await;
        match run? {
            FinishedRun { end: RunEnd::Exited(0), .. } => Ok(()),
            FinishedRun { output, .. } => Err(CannotRun::Refused(output.text())),
        }
    }

    /// Runs something to its end, which comes by its deadline. Nothing of it lives on.
    ///
    /// # Errors
    /// If it could not be run at all.
    pub async fn run(
        &self,
        workspace: &Workspace,
        request: &RunRequest<'_>,
    ) -> Result<FinishedRun, CannotRun> {
        require_room(workspace.folder())?;
        let mut command = match self.keeper {
            Keeper::Bwrap => self.confined(workspace, request).await?,
            Keeper::Nothing => self.bare(workspace, request)?,
        };
        let most = request.bounds.output;
        let (output, complaints) = match request.output {
            OutputForm::Together => (pipe_together(&mut command, most)?, None),
            OutputForm::Apart => {
                let (output, complaints) = (std::io::pipe()?, std::io::pipe()?);
                command.stdout(output.1).stderr(complaints.1);
                let begin = |pipe| Drain::begin(OwnedFd::from(pipe), most);
                (begin(output.0)?, Some(begin(complaints.0)?))
            }
        };
        command.stdin(if request.input.is_some() { Stdio::piped() } else { Stdio::null() });
        let mut running = Running::begin(command, matches!(self.keeper, Keeper::Nothing))?;
        let feeding = running.feed(request.input);
        let waiting = until_over(&mut running.child, workspace.folder(), &request.bounds);
        let end = beside(feeding, waiting).await?;
        running.end().await?;
        let output = output.end().await;
        let complaints = match complaints {
            Some(complaints) => complaints.end().await,
            None => OutputEnd::default(),
        };
        let never_began = match self.keeper {
            Keeper::Bwrap => !has_begun(&workspace.status()),
            Keeper::Nothing => false,
        };
        finished(end, never_began, output, complaints)
    }

    /// In a confinement: `bwrap` makes it, `prlimit` bounds what is run in it.
    async fn confined(
        &self,
        workspace: &Workspace,
        request: &RunRequest<'_>,
    ) -> Result<Command, CannotRun> {
        let bwrap = installed("bwrap")?;
        require_version(&bwrap).await?;
        let prlimit = installed("prlimit")?;
        let has_network = request.network == Network::Shared;
        let program = request.words.first().and_then(|word| view::file_of(OsStr::new(word)));
        let words = view::arguments(&workspace.places(), &self.mounts, program, has_network);
        let mut command = Command::new("/bin/sh");
        command.env_clear().args(["-c", WITH_STATUS, "sh"]).arg(workspace.status());
        command.arg(bwrap).args(["--json-status-fd", "3"]).args(words).arg(prlimit);
        command.args(request.bounds.limits(&HardLimits::of_this_process())).arg("--");
        command.args(request.words).current_dir(workspace.folder());
        if let Some(owner) = workspace.owner() {
            command.uid(owner).gid(owner);
        }
        Ok(command)
    }

    fn bare(&self, workspace: &Workspace, request: &RunRequest<'_>) -> Result<Command, CannotRun> {
        let (program, arguments) = request
            .words
            .split_first()
            .ok_or_else(|| CannotRun::NotStarted("no program is named".to_owned()))?;
        let mut command = Command::new(program);
        command.args(arguments).env_clear().current_dir(workspace.checkout());
        command.envs(view::environment(&self.mounts, workspace.home(), workspace.temporary()));
        command.process_group(0);
        Ok(command)
    }
}

/// A process that ends, with all that belongs to it, when nobody waits for it any more.
pub(super) struct Running {
    pub(super) child: Child,
    /// Where no namespace of processes ends with it: what it started, as far as that stayed in its
    /// group.
    group: Option<Pid>,
}

impl Running {
    /// Must be called where the thread lives on: the kernel ends what dies with its parent when the
    /// thread ends that started it.
    pub(super) fn begin(mut command: Command, has_group: bool) -> Result<Self, CannotRun> {
        command.kill_on_drop(true);
        let child = command.spawn().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => CannotRun::NotStarted(error.to_string()),
            _ => CannotRun::Io(error),
        })?;
        let process = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        Ok(Self { child, group: process.filter(|_| has_group) })
    }

    /// Gives it its input. Who does not want to read it all need not.
    fn feed<'a>(&mut self, input: Option<&'a [u8]>) -> impl Future<Output = ()> + use<'a> {
        let stdin = self.child.stdin.take();
        async move {
            if let (Some(mut stdin), Some(input)) = (stdin, input) {
                let _ = stdin.write_all(input).await;
            }
        }
    }

    pub(super) async fn end(&mut self) -> std::io::Result<()> {
        self.end_group();
        // One that has ended by itself is past being ended.
        let _ = self.child.start_kill();
        self.child.wait().await.map(|_| ())
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

/// What `waiting` gives; beside it, and no longer, goes `feeding`.
async fn beside<T>(feeding: impl Future<Output = ()>, waiting: impl Future<Output = T>) -> T {
    let fed_for_good = async {
        feeding.await;
        std::future::pending::<std::convert::Infallible>().await
    };
    tokio::select! {
        biased;
        given = waiting => given,
        never = fed_for_good => match never {},
    }
}

/// Both streams into one pipe, in the order in which they were written.
fn pipe_together(command: &mut Command, most: usize) -> std::io::Result<Drain> {
    let (reader, writer) = std::io::pipe()?;
    command.stdout(writer.try_clone()?).stderr(writer);
    Drain::begin(OwnedFd::from(reader), most)
}

/// Whether what was to be run was begun: only then `bwrap` says how it ended. What it printed says
/// nothing of that, since whatever runs prints what it likes.
fn has_begun(status: &Path) -> bool {
    let said = std::fs::read(status).unwrap_or_default();
    memchr::memmem::find(&said, b"\"exit-code\"").is_some()
}

/// Tells what never began from what ended badly.
fn finished(
    end: RunEnd,
    never_began: bool,
    output: OutputEnd,
    complaints: OutputEnd,
) -> Result<FinishedRun, CannotRun> {
    let said = if complaints.bytes().is_empty() { &output } else { &complaints };
    match end {
        // One that a signal ended, or that was ended, says nothing more.
        RunEnd::Exited(1..128) if never_began => {
            let said = said.text();
            let cannot = CannotRun::said_by_bwrap(&said);
            return Err(cannot.unwrap_or_else(|| CannotRun::Refused(last_line(&said))));
        }
        RunEnd::Exited(126 | 127) => return Err(CannotRun::NotStarted(last_line(&said.text()))),
        _ => {}
    }
    Ok(FinishedRun { end, output, complaints })
}

fn last_line(text: &str) -> String {
    text.trim().lines().last().unwrap_or_default().to_owned()
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
