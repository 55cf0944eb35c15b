//! A ledger that knows a backlog, and a timmy on it that reaches no forge.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use timmy::app::App;
use timmy::clock::ManualClock;
use timmy::config::{self, World};
use timmy::core::model::ids::RepoId;
use timmy::core::model::issue::{Issue, Label};
use timmy::core::model::text::{Account, Repo};
use timmy::core::model::time::Timestamp;
use timmy::core::scheduling::{BacklogEntry, Readiness};
use timmy::engine::Engine;
use timmy::store::backlog;
use timmy::store::backlog::{Source, SyncFinding};
use timmy::store::{Ledger, cursors, matches};
use tokio_util::sync::CancellationToken;

pub const DOOR: RepoId = RepoId(1);

/// Monday noon.
pub const NOON: Timestamp = Timestamp::from_micros(1_795_435_200_000_000);

/// A fleet of two, of which one can only review.
pub const FLEET: &str = r#"
    [[agent]]
    name = "ezra"
    kind = "forge"
    account = "ezra"
    roles = ["coder"]
    capacity = 2

    [[agent]]
    name = "ruth"
    kind = "forge"
    account = "ruth"
    roles = ["reviewer"]
"#;

/// An issue that says what is to be done, written `days` before noon.
pub fn issue(number: i64, label: &str, days: i64) -> BacklogEntry {
    let created_at = Timestamp::from_micros(NOON.micros() - days * 86_400_000_000);
    let item = Issue {
        id: number + 1000,
        number,
        title: format!("Issue {number}"),
        body: "It is stuck.".to_owned(),
        author: Some(Account { id: 7, login: "anna".to_owned() }),
        open: true,
        locked: false,
        is_pull: false,
        labels: vec![Label { id: 3, name: label.to_owned(), exclusive: true }],
        assignees: Vec::new(),
        milestone: None,
        due_at: None,
        pinned: false,
        created_at,
        updated_at: created_at,
    };
    let readiness = Readiness { scope: true, ..Readiness::default() };
    BacklogEntry { item, readiness, closes: Vec::new() }
}

/// A folder with a configuration and a ledger.
pub struct Stage {
    pub folder: TempDir,
    dispatch: &'static str,
}

impl Stage {
    /// The door is watched, and these are its open issues.
    pub async fn with(issues: Vec<BacklogEntry>) -> Self {
        let stage = Self { folder: tempfile::tempdir().unwrap(), dispatch: "minimum = 0" };
        fs::write(stage.path("timmy.toml"), stage.configuration(FLEET)).unwrap();
        let ledger = stage.ledger();
        let watch = ledger.write(|tx| {
            let name = "foundation/door".parse().unwrap();
            cursors::watch(tx, &Repo { id: DOOR, name, private: false }, NOON)?;
            backlog::keep_only(tx, &HashSet::from([DOOR]), true)?;
            let found = SyncFinding { open: HashMap::from([(DOOR, HashSet::new())]) };
            backlog::read_in_full(tx, &found, Timestamp::default())
        });
        watch.await.unwrap();
        put(&ledger, issues).await;
        stage
    }

    pub fn dispatching(mut self, dispatch: &'static str) -> Self {
        self.dispatch = dispatch;
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn ledger(&self) -> Ledger {
        Ledger::open(self.path("timmy.db")).unwrap()
    }

    /// A configuration with these agents. Nothing answers at its forge.
    pub fn configuration(&self, fleet: &str) -> String {
        format!(
            r#"
            [gitea]
            url = "http://127.0.0.1:1"
            watch = ["foundation"]
            [people]
            owner = "alexander"
            operators = []
            approvers = []
            [ledger]
            path = "timmy.db"
            [dispatch]
            {}
            {fleet}
            "#,
            self.dispatch
        )
    }

    /// Starts timmy at noon.
    pub async fn start(&self) -> Timmy {
        let anything = |name: &str| (name == "TIMMY_GITEA_TOKEN").then(|| "0123456789".to_owned());
        let no_file = |_: &Path| Err(std::io::ErrorKind::NotFound.into());
        let world = World { env: &anything, secret_file: &no_file };
        let text = self.configuration(FLEET);
        let config = config::parse(&text, &self.path("timmy.toml"), world).unwrap().config;
        let clock = ManualClock::at(NOON);
        let bot = App::new(&config, Arc::new(clock.clone()), Duration::ZERO).await.unwrap();
        let (engine, stop) = (bot.engine.clone(), CancellationToken::new());
        let running = tokio::spawn(bot.run(stop.clone()));
        engine.quiet().await;
        Timmy { engine, clock, stop, running }
    }
}

/// Has the backlog of the door hold these, besides what it holds.
pub async fn put(ledger: &Ledger, issues: Vec<BacklogEntry>) {
    let write = ledger.write(move |tx| {
        issues.iter().try_for_each(|issue| backlog::put(tx, DOOR, issue, Source::Webhook))
    });
    write.await.unwrap();
}

/// A running timmy whose time stands still.
pub struct Timmy {
    pub engine: Arc<Engine>,
    clock: ManualClock,
    stop: CancellationToken,
    running: tokio::task::JoinHandle<Result<(), timmy::app::AppError>>,
}

impl Timmy {
    /// Lets time pass, and what is due happen.
    pub async fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        self.engine.quiet().await;
    }

    /// How many ticks are stored.
    pub async fn ticks(&self) -> usize {
        self.engine.ledger.read(matches::ticks).await.unwrap().len()
    }

    /// Who gets what by the latest tick.
    pub async fn given(&self) -> Vec<(i64, String)> {
        let latest = self
            .engine
            .ledger
            .read(|conn| matches::latest(conn)?.map(|tick| matches::all(conn, tick)).transpose());
        let latest = latest.await.unwrap().unwrap_or_default();
        let given = |choice: timmy::core::scheduling::Match| {
            Some((choice.thread.number, choice.winner?.agent))
        };
        latest.into_iter().filter_map(given).collect()
    }

    pub async fn stop(self) {
        self.stop.cancel();
        self.running.await.unwrap().unwrap();
    }
}
