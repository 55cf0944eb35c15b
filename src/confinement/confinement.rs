//! The way in: how one run is started and ended.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::process::{ChildStdin, Command};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::bounds::Bounds;
use super::cannot_run::CannotRun;
use super::launch::Launch;
use super::network::Network;
use super::output::{Drain, OutputEnd};
use super::reach::{self, ReachProxy};
use super::running::{Running, has_begun};
use super::session::{Session, SessionEnd, SessionRequest};
use super::view::Mounts;
use super::watch::{RunEnd, require_room, until_over};
use super::workspace::Workspace;

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
    pub network: Network<'a>,
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

    /// The same, for whoever has a copy of `home`.
    ///
    /// # Errors
    /// Also if that copy would show one of the secrets, or holds the place where copies are made.
    pub fn with_home(
        mounts: &[PathBuf],
        home: Option<&Path>,
        secrets: &[PathBuf],
    ) -> Result<Self, CannotRun> {
        if let Some(home) = home {
            Mounts::require_apart(home, secrets)?;
        }
        Self::bwrap(mounts, secrets)
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
        let RunRequest { words, network, bounds, .. } = *request;
        let launch = Launch { words, variables: &[], network, bounds };
        let mut command = self.command(workspace, &launch).await?;
        let proxy = proxy(workspace, network)?;
        let most = bounds.output;
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
        let mut running = self.running(command, workspace)?;
        let feeding = feed(running.child.stdin.take(), request.input);
        let waiting = until_over(&mut running.child, workspace.folder(), &bounds);
        let end = beside(feeding, waiting).await?;
        running.end().await?;
        if let Some(proxy) = proxy {
            proxy.end().await;
        }
        let output = output.end().await;
        let complaints = match complaints {
            Some(complaints) => complaints.end().await,
            None => OutputEnd::default(),
        };
        let said = if complaints.bytes().is_empty() { &output } else { &complaints };
        require_begun(end, self.never_began(&workspace.status()), &said.text())?;
        Ok(FinishedRun { end, output, complaints })
    }

    /// Begins something that is talked to.
    ///
    /// # Errors
    /// If it could not be run at all. What shows only once it runs, [`Session::ended`] tells.
    pub async fn begin(
        &self,
        workspace: &Workspace,
        request: &SessionRequest<'_>,
    ) -> Result<Session, CannotRun> {
        require_room(workspace.folder())?;
        let SessionRequest { words, variables, network, bounds } = *request;
        let launch = Launch { words, variables, network, bounds };
        let mut command = self.command(workspace, &launch).await?;
        let proxy = proxy(workspace, network)?;
        let (said, complaints) = std::io::pipe()?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(complaints);
        let said = Drain::begin(OwnedFd::from(said), bounds.output)?;
        let mut running = self.running(command, workspace)?;
        let pipes = (running.child.stdin.take(), running.child.stdout.take());
        let (stop, me) = (CancellationToken::new(), self.clone());
        let (stopped, folder, status) =
            (stop.clone(), workspace.folder().to_owned(), workspace.status());
        let watching = tokio::spawn(async move {
            let over = tokio::select! {
                biased;
                over = until_over(&mut running.child, &folder, &bounds) => Some(over),
                () = stopped.cancelled() => None,
            };
            running.end().await?;
            let reached = match proxy {
                Some(proxy) => proxy.end().await,
                None => Vec::new(),
            };
            let (end, complaints) = (over.transpose()?, said.end().await);
            if let Some(end) = end {
                require_begun(end, me.never_began(&status), &complaints.text())?;
            }
            Ok(SessionEnd { end, complaints, reached })
        });
        Ok(Session::new(pipes, stop, AbortOnDropHandle::new(watching)))
    }

    async fn command(
        &self,
        workspace: &Workspace,
        launch: &Launch<'_>,
    ) -> Result<Command, CannotRun> {
        match self.keeper {
            Keeper::Bwrap => launch.confined(workspace, &self.mounts).await,
            Keeper::Nothing => launch.bare(workspace, &self.mounts),
        }
    }

    fn running(&self, command: Command, workspace: &Workspace) -> Result<Running, CannotRun> {
        Ok(match self.keeper {
            Keeper::Bwrap => Running::begin(command)?.told_in(workspace.status()),
            Keeper::Nothing => Running::begin(command)?,
        })
    }

    /// Whether what was to be run in there never was. Asked once it has ended.
    fn never_began(&self, status: &Path) -> bool {
        match self.keeper {
            Keeper::Bwrap => !has_begun(status),
            Keeper::Nothing => false,
        }
    }
}

/// The proxy through which a run reaches what it may, if it has one.
fn proxy(workspace: &Workspace, network: Network<'_>) -> Result<Option<ReachProxy>, CannotRun> {
    let Network::Through(reach) = network else { return Ok(None) };
    let listener = reach::listen(&workspace.reach(), workspace.owner())?;
    Ok(Some(ReachProxy::begin(reach.clone(), listener)))
}

/// Gives a process its input. Who does not want to read it all need not.
async fn feed(stdin: Option<ChildStdin>, input: Option<&[u8]>) {
    if let (Some(mut stdin), Some(input)) = (stdin, input) {
        let _ = stdin.write_all(input).await;
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

/// Tells what never began from what ended badly. `said`: what there is of words about it.
fn require_begun(end: RunEnd, never_began: bool, said: &str) -> Result<(), CannotRun> {
    match end {
        // One that a signal ended, or that was ended, says nothing more.
        RunEnd::Exited(1..128) if never_began => {
            let cannot = CannotRun::said_by_bwrap(said);
            Err(cannot.unwrap_or_else(|| CannotRun::Refused(last_line(said))))
        }
        RunEnd::Exited(126 | 127) => Err(CannotRun::NotStarted(last_line(said))),
        _ => Ok(()),
    }
}

fn last_line(text: &str) -> String {
    text.trim().lines().last().unwrap_or_default().to_owned()
}
