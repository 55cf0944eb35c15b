//! The real binary as a process: started, killed, told to stop.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use timmy::crash::DIES_AT;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::stage::Waits;
use crate::support::config::Config;
use crate::support::process::{PATIENCE, timmy};

const SIGABRT: i32 = 6;

/// How to start the binary.
pub struct Launch {
    pub config: PathBuf,
    pub log: PathBuf,
    pub port: u16,
    pub environment: Vec<(&'static str, String)>,
}

impl Launch {
    /// The configuration, the ledger and the log are called `name`.
    pub fn new(
        folder: &Path,
        name: &str,
        port: u16,
        environment: Vec<(&'static str, String)>,
    ) -> Self {
        let [config, log] = ["toml", "log"].map(|kind| folder.join(name).with_extension(kind));
        Self { config, log, port, environment }
    }

    /// Its configuration for a forge, with these waiting times.
    pub fn configuration(&self, forge: &str, waits: Waits) -> Config {
        let millis = |wait: Duration| format!("{}ms", wait.as_millis());
        let ledger = self.config.with_extension("db");
        Config::of(forge)
            .listening(&format!("127.0.0.1:{}", self.port))
            .without("webhook.secret_files")
            .with("gitea.settle", millis(waits.settle))
            .with("gitea.recheck", millis(waits.recheck))
            .with("poll.every", millis(waits.poll))
            .with("ledger.path", ledger.to_str().unwrap())
            .with("people.operators", ["writers", "walt"])
            .with("people.approvers", ["alexander"])
    }

    /// `timmy serve` in the folder of its configuration.
    pub fn command(&self) -> std::process::Command {
        let config = self.config.file_name().and_then(|name| name.to_str()).unwrap();
        let folder = self.config.parent().unwrap();
        let mut command = timmy(folder, &format!("serve --config {config}"));
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// `timmy serve`, not yet listening. `more` is added to its environment.
    pub fn start(&self, more: &[(&str, &str)]) -> Bot {
        let log = File::options().append(true).create(true).open(&self.log).unwrap();
        let log_before = log.metadata().unwrap().len();
        let child = Command::from(self.command())
            .envs(more.iter().copied())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Bot { child, port: self.port, log: self.log.clone(), log_before }
    }
}

pub struct Bot {
    child: Child,
    port: u16,
    log: PathBuf,
    /// How long the log was when it started.
    log_before: u64,
}

impl Bot {
    /// Returns when it has once polled for what webhooks missed.
    pub async fn first_poll(&mut self) {
        assert!(self.polls(1).await, "the bot ended early:\n{}", tail(&self.log));
    }

    /// Whether it has polled so often for what webhooks missed, once it has, or has ended before.
    pub async fn polls(&mut self, times: usize) -> bool {
        let polling = async {
            while self.polled() < times {
                if self.child.try_wait().unwrap().is_some() {
                    return false;
                }
                sleep(Duration::from_millis(5)).await;
            }
            true
        };
        let polled = timeout(PATIENCE, polling).await;
        polled.unwrap_or_else(|_| panic!("the bot does not poll:\n{}", tail(&self.log)))
    }

    /// How often it has polled for what webhooks missed: each time it logs that.
    pub fn polled(&self) -> usize {
        let mut log = File::open(&self.log).unwrap();
        log.seek(SeekFrom::Start(self.log_before)).unwrap();
        let lines = BufReader::new(log).lines();
        lines.filter(|line| line.as_ref().unwrap().ends_with("poll finished")).count()
    }

    /// Returns when it takes connections.
    pub async fn listening(&mut self) {
        assert!(self.listens().await, "the bot ended early:\n{}", tail(&self.log));
    }

    /// Whether it takes connections, once it does, or has ended before.
    pub async fn listens(&mut self) -> bool {
        let connected = async {
            while TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
                if self.child.try_wait().unwrap().is_some() {
                    return false;
                }
                sleep(Duration::from_millis(5)).await;
            }
            true
        };
        timeout(PATIENCE, connected).await.expect("the bot listens or ends")
    }

    /// SIGKILL; whether it still lived.
    pub async fn kill(mut self) -> bool {
        if self.child.try_wait().unwrap().is_some() {
            return false;
        }
        self.child.start_kill().unwrap();
        self.child.wait().await.unwrap();
        true
    }

    /// How it ended by itself, whenever that is.
    pub async fn death(&mut self) -> ExitStatus {
        self.child.wait().await.unwrap()
    }

    /// Returns when it has died at this step, as it was told to: `done:2` is the second time that `done` is
    /// passed. Whatever else it dies of is a failure.
    pub async fn dies_at(&mut self, at: &str) {
        let death = self.death().await;
        let step = at.split(':').next().unwrap();
        let mut log = File::open(&self.log).unwrap();
        log.seek(SeekFrom::Start(self.log_before)).unwrap();
        let said = format!("{DIES_AT}{step}");
        let has_said = BufReader::new(log).lines().any(|line| line.unwrap() == said);
        assert!(
            death.signal() == Some(SIGABRT) && has_said,
            "it was to die at {at}: {death}\n{}",
            tail(&self.log)
        );
    }

    /// SIGTERM; how it ended.
    pub async fn stop(self) -> ExitStatus {
        let pid = self.child.id().expect("it runs").to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
        self.ended("be told to stop").await
    }

    /// How it ended by itself.
    pub async fn ended(mut self, why: &str) -> ExitStatus {
        match timeout(PATIENCE, self.child.wait()).await {
            Ok(status) => status.unwrap(),
            Err(_) => panic!("the bot did not end; it had to {why}:\n{}", tail(&self.log)),
        }
    }
}

/// The last lines of a log.
pub fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(150)..].join("\n")
}
