//! The stage: a forge in this process, and each part of timmy as a process of its own.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::host::{Host, Ports, SECRET, TOKEN, agent_token, configuration, furnish, make};
use super::outcome::{Outcome, PlayedJob};
use super::part::{End, Part};
use super::starts::Starts;
use crate::cli::demo::error::DemoError;
use crate::cli::demo::printout::Printout;
use crate::cli::demo::session;
use crate::confinement::Confinement;
use crate::core::jobs::JobId;
use crate::core::model::time::Timestamp;
use crate::sandbox::{Mode, Options, Sandbox};
use crate::store::{Connection, Error, Ledger, outbox, queue};

pub(super) const REPOSITORY: &str = "foundation/door";

/// What webhooks are signed with.
const KEY: &str = "between-the-demo-and-itself";

/// How long anything may take: many times what it takes.
const PATIENCE: Duration = Duration::from_secs(600);

/// Between two looks at what the parts do.
const GLANCE: Duration = Duration::from_millis(100);

/// A part that is restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RestartedPart {
    Timmy,
    Temporal,
    Worker(Host),
}

/// A forge, and all that runs.
pub(super) struct MachinesStage {
    sandbox: Sandbox,
    ports: Ports,
    timmy: Part,
    temporal: Part,
    /// In the order of [`Host::ALL`].
    workers: [Part; 2],
    starts: Starts,
    /// The jobs whose end was printed.
    told: BTreeSet<JobId>,
    folder: TempDir,
}

impl MachinesStage {
    /// Nothing runs yet. `temporal`: Temporal's program.
    pub(super) async fn set(temporal: PathBuf) -> Result<Self, DemoError> {
        let sandbox = Sandbox::start(Options::default()).await.map_err(DemoError::Sandbox)?;
        let token = sandbox.add_user("timmy");
        for login in ["alexander", "walt"] {
            sandbox.add_user(login);
        }
        sandbox.add_org("foundation", "alexander")?;
        sandbox.add_repo(REPOSITORY, false)?;
        let tokens = Host::ALL.map(|host| sandbox.add_user(host.agent()));
        for login in ["timmy", "walt"].into_iter().chain(Host::ALL.map(Host::agent)) {
            sandbox.collaborator(REPOSITORY, login, Mode::Write)?;
        }
        sandbox.commit("walt", REPOSITORY, "main", &[("README.md", "A door.\n")], "Begin")?;
        let starts = Starts::listen().await.map_err(DemoError::Ports)?;
        let [webhook, server, workers] = free_ports().map_err(DemoError::Ports)?;
        let ports = Ports { webhook, temporal: server, workers, starts: starts.port };
        let url = format!("http://127.0.0.1:{webhook}/webhook");
        sandbox.add_hook("foundation", &url, KEY, &["issues", "pull_request"])?;

        let folder = session::folder().map_err(DemoError::Folder)?;
        let text = configuration(sandbox.url(), ports, kept_in_by().await);
        let home = folder.path().join("home");
        make(folder.path()).map_err(DemoError::Folder)?;
        // What agents make in their clones, timmy pushes: their tokens are on its machine alone.
        let theirs = Host::ALL.map(agent_token);
        let mut secrets = vec![(TOKEN, token.as_str()), (SECRET, KEY)];
        secrets.extend(theirs.iter().map(String::as_str).zip(tokens.iter().map(String::as_str)));
        furnish(&home, &text, &secrets).map_err(DemoError::Folder)?;
        for host in Host::ALL {
            furnish(&folder.path().join(host.name()), &text, &[]).map_err(DemoError::Folder)?;
        }
        let timmy = std::env::current_exe().map_err(DemoError::Folder)?;
        let worker = |host: Host| {
            let (name, folder) = (host.name(), folder.path().join(host.name()));
            let words = ["worker", "--host", name];
            timmy_part(&format!("the worker of {name}"), &timmy, &words, folder)
        };
        Ok(Self {
            temporal: temporal_server(temporal, server, folder.path()),
            workers: Host::ALL.map(worker),
            timmy: timmy_part("timmy", &timmy, &["serve"], home),
            sandbox,
            ports,
            starts,
            told: BTreeSet::new(),
            folder,
        })
    }

    pub(super) fn url(&self) -> &str {
        self.sandbox.url()
    }

    /// Starts all of it.
    pub(super) async fn start(&mut self) -> Result<(), DemoError> {
        for part in [
            RestartedPart::Temporal,
            RestartedPart::Timmy,
            RestartedPart::Worker(Host::East),
            RestartedPart::Worker(Host::West),
        ] {
            self.start_part(part).await?;
        }
        Ok(())
    }

    /// Ends a part, and starts it again.
    pub(super) async fn restart(&mut self, part: RestartedPart, end: End) -> Result<(), DemoError> {
        self.part(part).end(end).await?;
        self.start_part(part).await
    }

    fn part(&mut self, part: RestartedPart) -> &mut Part {
        let [east, west] = &mut self.workers;
        match part {
            RestartedPart::Timmy => &mut self.timmy,
            RestartedPart::Temporal => &mut self.temporal,
            RestartedPart::Worker(Host::East) => east,
            RestartedPart::Worker(Host::West) => west,
        }
    }

    /// Starts a part; returns when it can be talked to, if it listens to anybody.
    async fn start_part(&mut self, part: RestartedPart) -> Result<(), DemoError> {
        let Ports { webhook, temporal, .. } = self.ports;
        let started = self.part(part);
        started.start()?;
        let begun = Instant::now();
        while !is_ready(part, webhook, temporal).await {
            started.require_alive()?;
            if begun.elapsed() > PATIENCE {
                return Err(started.failed("it does not begin to listen"));
            }
            tokio::time::sleep(GLANCE).await;
        }
        Ok(())
    }

    /// Opens issues, and gives each to an agent.
    pub(super) fn assign(&self, issues: i64) -> Result<(), DemoError> {
        let agents = Host::ALL.into_iter().cycle().map(Host::agent);
        for (number, agent) in (1..=issues).zip(agents) {
            let title = format!("Door {number} squeaks");
            let issue = self.sandbox.open_issue("walt", REPOSITORY, &title, "Oil the hinge.")?;
            let text = format!("/timmy assign {agent}");
            self.sandbox.comment("walt", REPOSITORY, issue, &text)?;
        }
        Ok(())
    }

    /// Returns when so many attempts have begun; prints meanwhile which jobs end.
    pub(super) async fn until_begun(
        &mut self,
        starts: usize,
        paper: &mut Printout,
    ) -> Result<(), DemoError> {
        self.until("attempts begin", paper, |begun, _| begun >= starts).await
    }

    /// Returns when so many jobs have ended.
    pub(super) async fn until_ended(
        &mut self,
        jobs: i64,
        paper: &mut Printout,
    ) -> Result<(), DemoError> {
        let all = usize::try_from(jobs).unwrap_or(usize::MAX);
        self.until("all jobs end", paper, |_, ended| ended >= all).await
    }

    async fn until(
        &mut self,
        what: &str,
        paper: &mut Printout,
        is_so: impl Fn(usize, usize) -> bool,
    ) -> Result<(), DemoError> {
        let begun = Instant::now();
        loop {
            let ended = self.ended().await?;
            for job in &ended {
                if self.told.insert(job.id) {
                    paper.line(&told(job))?;
                }
            }
            if is_so(self.starts.all().len(), ended.len()) {
                return Ok(());
            }
            let [east, west] = &mut self.workers;
            for part in [&mut self.timmy, &mut self.temporal, east, west] {
                part.require_alive()?;
            }
            if begun.elapsed() > PATIENCE {
                let (starts, ended) = (self.starts.all().len(), ended.len());
                let what =
                    format!("it is waited in vain until {what}: {starts} attempts, {ended} ended");
                return Err(self.timmy.failed(&what));
            }
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// The jobs that have ended.
    pub(super) async fn ended(&self) -> Result<Vec<PlayedJob>, DemoError> {
        self.read(PlayedJob::ended).await
    }

    /// Lets all of it finish what it does, stops it, and tells what came of it.
    pub(super) async fn strike(mut self) -> Result<Outcome, DemoError> {
        // Twice: timmy's own comments come back as webhooks, to which nothing is to be done.
        for _ in 0..2 {
            self.sandbox.settle().await;
            self.until_idle().await?;
        }
        let [east, west] = &mut self.workers;
        east.stop().await?;
        west.stop().await?;
        self.timmy.stop().await?;
        self.temporal.end(End::Killed).await?;
        let mut outcome = self.read(Outcome::of).await?;
        outcome.starts = self.starts.all();
        for job in &outcome.jobs {
            let Some(issue) = job.issue else { continue };
            let said = self.sandbox.comments(REPOSITORY, issue)?.into_iter();
            let own = said.filter(|said| said.author == "timmy").map(|said| said.body);
            outcome.said.push((issue, own.collect()));
        }
        drop(self.folder);
        Ok(outcome)
    }

    async fn until_idle(&mut self) -> Result<(), DemoError> {
        let begun = Instant::now();
        while !self.read(is_idle).await? {
            self.timmy.require_alive()?;
            if begun.elapsed() > PATIENCE {
                return Err(self.timmy.failed("it does not come to rest"));
            }
            tokio::time::sleep(GLANCE).await;
        }
        Ok(())
    }

    async fn read<T: Send + 'static>(
        &self,
        look: fn(&Connection) -> Result<T, Error>,
    ) -> Result<T, DemoError> {
        let ledger = Ledger::open_read_only(self.folder.path().join("home/timmy.db"));
        let ledger = ledger.map_err(|error| DemoError::Ledger(error.to_string()))?;
        ledger.read(look).await.map_err(|error| DemoError::Ledger(error.to_string()))
    }
}

/// This very program, with the configuration in its folder.
fn timmy_part(name: &str, program: &Path, words: &[&str], folder: PathBuf) -> Part {
    let config = folder.join("timmy.toml");
    let arguments = [OsString::from("--config"), config.into_os_string()].into_iter();
    let arguments = arguments.chain(words.iter().map(OsString::from)).collect();
    Part::new(name, program.to_owned(), arguments, folder)
}

/// Temporal's own server for development, with its state in a file.
fn temporal_server(program: PathBuf, port: u16, folder: &Path) -> Part {
    // It runs in another folder.
    let program = std::path::absolute(&program).unwrap_or(program);
    let port = port.to_string();
    let arguments = [
        "server",
        "start-dev",
        "--headless",
        "--ip",
        "127.0.0.1",
        "--log-level",
        "error",
        "--sqlite-pragma",
        "journal_mode=WAL",
        "--db-filename",
        "temporal.db",
        "--port",
        &port,
    ];
    let arguments = arguments.map(OsString::from).to_vec();
    Part::new("the Temporal server", program, arguments, folder.to_owned())
}

/// What agents are kept in by: without `bwrap` there is nothing, and these two are known.
async fn kept_in_by() -> &'static str {
    let Ok(confinement) = Confinement::bwrap(&[], &[]) else { return "none" };
    match confinement.check(&std::env::temp_dir()).await {
        Ok(()) => "bwrap",
        Err(_) => "none",
    }
}

fn told(job: &PlayedJob) -> String {
    let PlayedJob { id, issue, state, pull, agent, attempts, .. } = job;
    let brought = pull.map(|pull| format!(", #{pull}")).unwrap_or_default();
    let issue = issue.unwrap_or_default();
    let again = if *attempts > 1 { format!(", at attempt {attempts}") } else { String::new() };
    format!("{id} for {REPOSITORY}#{issue}: {}{brought}, by {agent}{again}", state.name())
}

/// Whether timmy has nothing to do, not even later.
fn is_idle(conn: &Connection) -> Result<bool, Error> {
    Ok(queue::is_idle(conn)? && outbox::next_recheck_after(conn, Timestamp::default())?.is_none())
}

/// Whether a part can be talked to. A worker listens to nobody.
async fn is_ready(part: RestartedPart, webhook: u16, temporal: u16) -> bool {
    match part {
        RestartedPart::Worker(_) => true,
        RestartedPart::Temporal => {
            TcpStream::connect((Ipv4Addr::LOCALHOST, temporal)).await.is_ok()
        }
        RestartedPart::Timmy => says_ready(webhook).await.unwrap_or(false),
    }
}

async fn says_ready(port: u16) -> std::io::Result<bool> {
    let mut line = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    line.write_all(b"GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n").await?;
    let mut answer = Vec::new();
    line.take(4096).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).contains(" 200 "))
}

/// Ports that stay free while nobody listens there: below those that the system gives to others, and above
/// those of the project's own tests, which play this among others.
fn free_ports() -> std::io::Result<[u16; 3]> {
    const FIRST: u16 = 30_000;
    const MANY: u16 = 2_500;
    let start = u16::try_from(std::process::id() % 100).unwrap_or_default() * 25;
    let candidates = (0..MANY).map(|nth| FIRST + (start + nth) % MANY);
    let free: Vec<u16> = candidates
        .filter(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .take(3)
        .collect();
    free.try_into().map_err(|_| std::io::Error::other("no port is free"))
}
