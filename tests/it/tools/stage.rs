//! A sandbox, a folder with a configuration, and the binary run in it.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use timmy::clock::{Clock as _, SystemClock};
use timmy::core::model::time::Timestamp;
use timmy::sandbox::{Clock, DeliveryResult, Options, Sandbox, Scopes};
use timmy::store::{Ledger, accounts};

use crate::support::clock::until_noon;
use crate::support::config::Config;
use crate::support::forge::{DOOR, EVENTS, add_repo, found};
use crate::support::process::{Process, Run, free_port, timmy, until};

pub const SECRET: &str = "s3cret-of-the-webhook";

/// A forge with an organisation, a user's repository, a bot, and the bot's configuration.
pub struct Stage {
    pub sandbox: Sandbox,
    pub folder: TempDir,
    pub port: u16,
    pub owner_token: String,
    /// How far the clock of forge and timmy is ahead of the machine's.
    ahead: Duration,
    config: RefCell<Config>,
}

impl Stage {
    /// timmy may write to `foundation/door`; alexander owns the organisation. No webhook yet.
    pub async fn set() -> Self {
        Self::set_on(Options::default()).await
    }

    /// The same on another forge.
    pub async fn set_on(options: Options) -> Self {
        Self::made(options, Duration::ZERO).await
    }

    /// As [`Stage::set`], at noon by the clock of forge and timmy: no day ends.
    pub async fn at_noon() -> Self {
        let ahead = until_noon();
        let clock: Clock = Arc::new(move || SystemClock.now().after(ahead));
        Self::made(Options { clock, ..Options::default() }, ahead).await
    }

    /// By that clock.
    pub fn now(&self) -> Timestamp {
        SystemClock.now().after(self.ahead)
    }

    async fn made(options: Options, ahead: Duration) -> Self {
        let sandbox = Sandbox::start(options).await.unwrap();
        found(&sandbox, "foundation", &[DOOR]);
        add_repo(&sandbox, "alexander/notes", &["timmy"]);
        let owner_token = sandbox.add_token("alexander", Scopes::all()).unwrap();
        let port = free_port();
        let config = Config::of(sandbox.url())
            .with("gitea.token_file", "token")
            .with("people.approvers", ["alexander"])
            .listening(&format!("127.0.0.1:{port}"))
            .with("webhook.public_url", format!("http://127.0.0.1:{port}/webhook"))
            .with("webhook.secret_files", ["webhook"]);
        let (folder, config) = (tempfile::tempdir().unwrap(), RefCell::new(config));
        let stage = Self { sandbox, folder, port, owner_token, ahead, config };
        stage.secret("owner", &stage.owner_token);
        stage.secret("webhook", SECRET);
        stage.token("write:issue,write:repository,read:organization,read:user");
        stage.configure(|config| config);
        stage
    }

    /// Gives timmy a token with these scopes.
    pub fn token(&self, scopes: &str) {
        let token = self.sandbox.add_token("timmy", Scopes::of(scopes)).unwrap();
        self.secret("token", &token);
    }

    /// Changes the configuration.
    pub fn configure(&self, change: impl FnOnce(Config) -> Config) {
        let changed = change(self.config.borrow().clone());
        changed.write(&self.path("timmy.toml"));
        self.config.replace(changed);
    }

    /// Gives a key of the configuration another value.
    pub fn configure_key(&self, key: &str, value: impl Into<Value>) {
        self.configure(|config| config.with(key, value));
    }

    pub fn watch<const N: usize>(&self, places: [&str; N]) {
        self.configure_key("gitea.watch", places);
    }

    pub fn secret_files(&self, files: Value) {
        self.configure_key("webhook.secret_files", files);
    }

    /// A file beside the configuration.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The ledger, of which nobody else may be the owner.
    pub fn ledger(&self) -> Ledger {
        Ledger::open(self.path("timmy.db")).unwrap()
    }

    /// What became of all deliveries so far: the status of each answer.
    pub fn outcomes(&self) -> Vec<u16> {
        let status = |outcome| match outcome {
            DeliveryResult::Answered(status) => status,
            other => panic!("{other:?}"),
        };
        self.sandbox.deliveries().into_iter().map(|sent| status(sent.outcome)).collect()
    }

    /// Puts a secret beside the configuration.
    pub fn secret(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }

    /// What the forge is to call.
    pub fn webhook(&self) -> String {
        format!("http://127.0.0.1:{}/webhook", self.port)
    }

    /// Makes a webhook there that is as it should be.
    pub fn hook(&self, home: &str) -> i64 {
        self.sandbox.add_hook(home, &self.webhook(), SECRET, &EVENTS).unwrap()
    }

    /// Runs timmy with these words. Addresses and numbers that differ from run to run are replaced
    /// by words.
    pub fn run(&self, words: &str) -> Run {
        let Run { code, out, err } = Run::of(&mut self.timmy(words));
        let steady = |text: String| {
            assert!(!text.contains('\x1b'), "colour, and no terminal");
            let text = text.replace(self.sandbox.url(), "http://forge");
            without_pids(&text.replace(&self.port.to_string(), "PORT"))
        };
        Run { code, out: steady(out), err: steady(err) }
    }

    fn timmy(&self, words: &str) -> Command {
        let mut command = timmy(self.folder.path(), words);
        command.env("TIMMY_CLOCK_AHEAD", self.ahead.as_secs().to_string());
        command
    }

    /// Starts `timmy serve` and returns when it is ready.
    pub async fn serve(&self) -> Process {
        let serve = self.timmy("serve").stderr(Stdio::null()).spawn().unwrap();
        let mut process = Process(serve);
        process.ready(self.port).await;
        process
    }

    /// As [`Stage::serve`], and returns when it has seen the accounts that the configuration names.
    pub async fn serve_and_know(&self) -> Process {
        let process = self.serve().await;
        let readers = Ledger::open_read_only(self.path("timmy.db")).unwrap();
        until("accounts are known", async || {
            !readers.read(accounts::all).await.unwrap().is_empty()
        })
        .await;
        process
    }
}

/// What a run of the binary in `folder` printed.
pub fn run(folder: &Path, words: &str) -> Run {
    Run::of(&mut timmy(folder, words))
}

/// The number behind a process.
fn without_pids(text: &str) -> String {
    let mut parts = text.split("process ");
    let mut steady = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        steady.push_str("process PID");
        steady.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    steady
}
