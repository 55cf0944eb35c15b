//! A ledger that knows a backlog, and a timmy on it that reaches no forge.

use std::collections::{HashMap, HashSet};

use timmy::core::model::ids::RepoId;
use timmy::core::model::issue::{Label, NamedPaths};
use timmy::core::model::time::Timestamp;
use timmy::core::scheduling::{BacklogEntry, Readiness};
use timmy::store::backlog::{self, BacklogSource, SyncFinding};
use timmy::store::{Error, Transaction, cursors, matches};

use crate::support::app::Timmy;
use crate::support::clock::{DAY, NOON, noon};
use crate::support::config::Config;
use crate::support::facts;

pub const DOOR: RepoId = RepoId(1);

/// A fleet of two, of which one can only review. Nothing answers at its forge.
pub fn configuration() -> Config {
    Config::of("http://127.0.0.1:1")
        .with("dispatch.minimum", 0)
        .agent("ezra", ["coder"])
        .its("capacity", 2)
        .agent("ruth", ["reviewer"])
}

/// An issue that says what is to be done, written `days` before noon.
pub fn issue(number: i64, label: &str, days: u32) -> BacklogEntry {
    let mut item = facts::issue(number, NOON.before(days * DAY));
    item.labels = vec![Label { id: 3, name: label.to_owned(), exclusive: true }];
    let readiness = Readiness { scope: true, ..Readiness::default() };
    BacklogEntry {
        item,
        readiness,
        may_be_a_form: false,
        closes: Vec::new(),
        paths: NamedPaths::default(),
    }
}

/// A timmy that sleeps at noon. The door is watched, and these are its open issues.
pub async fn with(issues: Vec<BacklogEntry>) -> Timmy {
    let timmy = Timmy::asleep(configuration(), "0123456789", &noon());
    timmy.config.write(&timmy.path("timmy.toml"));
    let known = timmy.ledger().write(move |tx| {
        cursors::watch(tx, &facts::repo("foundation/door"), NOON)?;
        backlog::keep_only(tx, &HashSet::from([DOOR]), true)?;
        let found = SyncFinding { open: HashMap::from([(DOOR, HashSet::new())]) };
        backlog::read_in_full(tx, &found, Timestamp::default())?;
        put(tx, &issues)
    });
    known.await.unwrap();
    timmy
}

/// Has the backlog of the door hold these, besides what it holds.
pub fn put(tx: &Transaction<'_>, issues: &[BacklogEntry]) -> Result<(), Error> {
    issues.iter().try_for_each(|issue| backlog::put(tx, DOOR, issue, BacklogSource::Webhook))
}

impl Timmy {
    /// How many ticks are stored.
    pub async fn ticks(&self) -> usize {
        self.read(matches::ticks).await.len()
    }

    /// Who gets what by the latest tick.
    pub async fn given(&self) -> Vec<(i64, String)> {
        let latest = self
            .read(|conn| matches::latest(conn)?.map(|tick| matches::all(conn, tick)).transpose())
            .await
            .unwrap_or_default();
        let given = |choice: timmy::core::scheduling::Match| {
            Some((choice.thread.number, choice.winner?.agent))
        };
        latest.into_iter().filter_map(given).collect()
    }
}
