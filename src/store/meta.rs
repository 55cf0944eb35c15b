//! Small facts, each at a key that says what type it is of.

use std::collections::{BTreeMap, BTreeSet};
use std::marker::PhantomData;

use rusqlite::{Connection, OptionalExtension as _, Transaction};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::columns::Json;
use super::delivery_log::DeliveryLog;
use super::error::Error;
use super::traced_jobs::TracedJobs;
use crate::core::model::account::Account;
use crate::core::model::commit::Commit;
use crate::core::model::confined::ConfinementResult;
use crate::core::model::fixture::{CheckedFixture, GuardHostTrial};
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::time::Timestamp;
use crate::core::report::ReportIssue;
use crate::core::scheduling::AutoState;

/// The account that timmy is on the forge.
pub const ACCOUNT: Key<Account> = Key::new("account");

/// What begins all names of this ledger's that leave the house, so that two ledgers for one account
/// never mean different things by the same one.
pub const LEDGER: Key<String> = Key::new("ledger");

/// How this ledger began; none for one of an earlier version.
pub const LEDGER_START: Key<LedgerStart> = Key::new("ledger_start");

/// When this copy of a ledger was taken. The world went on without it: whoever starts on it must
/// not make up for what was said since, because the original may have.
pub const COPIED_AT: Key<Timestamp> = Key::new("copied_at");

/// Of the copy taken at this moment this ledger was made: it has a name and numbers of its own.
pub const RESTORED_FROM: Key<Timestamp> = Key::new("restored_from");

/// When that was found, by timmy's clock.
pub const RESTORED_AT: Key<Timestamp> = Key::new("restored_at");

/// When deliveries came last.
pub const DELIVERIES: Key<DeliveryLog> = Key::new("deliveries");

/// The issue of the report.
pub const REPORT: Key<ReportIssue> = Key::new("report");

/// When all repositories were last looked at for edits, by timmy's clock.
pub const SWEPT_AT: Key<Timestamp> = Key::new("swept_at");

/// The hold behind which the next look whether its reason still stands goes on; none if all were
/// looked at.
pub const HOLD_LOOKED_AT: Key<Option<ThreadId>> = Key::new("hold_looked_at");

/// The rules by which the texts of the backlog were read.
pub const BACKLOG_RULES: Key<String> = Key::new("backlog.rules");

/// When the backlog was last counted, by timmy's clock.
pub const BACKLOG_COUNTED_AT: Key<Timestamp> = Key::new("backlog.counted_at");

/// The watched repositories that are archived.
pub const BACKLOG_ARCHIVED: Key<BTreeSet<RepoId>> = Key::new("backlog.archived");

/// How many more threads the forge counts than a full read finds, by list: those that cannot be
/// read, or are not shown to this account.
pub const BACKLOG_SURPLUS: Key<BTreeMap<String, i64>> = Key::new("backlog.surplus");

/// Since when what is given up is told elsewhere; none if it never was.
pub const NOTIFIED_SINCE: Key<Timestamp> = Key::new("notified_since");

/// When the disk took a write again after it had taken none, by timmy's clock.
pub const WRITABLE_AT: Key<Timestamp> = Key::new("writable_at");

/// What the running service found of the fixtures of guards when it started.
pub const FIXTURES: Key<Vec<CheckedFixture>> = Key::new("fixtures");

/// Whether the running service found, when it started, that it can confine what an agent wrote; none if
/// nothing of it is to be run.
pub const CONFINEMENT: Key<Option<ConfinementResult>> = Key::new("confinement");

/// What the host was found to do on which guards run, if that is another one.
pub const GUARD_HOST: Key<GuardHostTrial> = Key::new("guard_host");

/// Where work starts by itself, and what was found that keeps it from that.
pub const AUTOMATIC: Key<AutoState> = Key::new("automatic");

/// How many small issues were begun without anybody asking for them.
pub const AUTOMATIC_SMALL: Key<u64> = Key::new("automatic.small");

/// What is known of pull requests that agents may have pushed to.
pub const AGENT_HEADS: Key<AgentHeads> = Key::new("agent_heads");

/// How much of which job the collector of traces was told; none if there never was one.
pub const TRACED_JOBS: Key<TracedJobs> = Key::new("traced_jobs");

/// By repository and number of a pull request: a head, whether it changes what Gitea's own Actions
/// run, and when that was noted.
pub type AgentHeads = BTreeMap<RepoId, BTreeMap<i64, (Commit, bool, Timestamp)>>;

/// What is known of branches that agents pushed and asked nobody to merge.
pub const AGENT_BRANCHES: Key<AgentBranches> = Key::new("agent_branches");

/// By repository, the branches that change what Gitea's own Actions run: a head that does, and when that
/// was noted.
pub type AgentBranches = BTreeMap<RepoId, BTreeMap<String, (Commit, Timestamp)>>;

/// Whose those are that change what Gitea's own Actions run.
pub const AGENT_PUSHERS: Key<AgentPushers> = Key::new("agent_pushers");

/// By repository: the agents' accounts that pushed the branches of [`AGENT_BRANCHES`], as far as that is
/// known, and of each pull request of [`AGENT_HEADS`] its branch and its agent's account.
pub type AgentPushers = BTreeMap<RepoId, PushersHere>;

/// The same of one repository.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushersHere {
    #[serde(default)]
    pub branches: BTreeMap<String, String>,
    #[serde(default)]
    pub pulls: BTreeMap<i64, (String, Option<String>)>,
}

/// When the ledger first learned who timmy is, and whether that account had answered before then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerStart {
    /// By timmy's clock.
    pub at: Timestamp,
    /// Whether the forge was asked what the account said before.
    pub asked: bool,
    /// When it had last answered, by the forge's clock.
    pub answered: Option<Timestamp>,
}

/// Where a `T` is kept. All keys are above: no two are the same.
#[derive(Debug)]
pub struct Key<T> {
    name: &'static str,
    value: PhantomData<fn() -> T>,
}

impl<T> Key<T> {
    const fn new(name: &'static str) -> Self {
        Self { name, value: PhantomData }
    }
}

/// The value at `key`, if there is one.
///
/// # Errors
/// Also when what is there is no `T`.
pub fn get<T: DeserializeOwned>(conn: &Connection, key: Key<T>) -> Result<Option<T>, Error> {
    let value = conn
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([key.name], |row| row.get::<_, Json<T>>(0))
        .optional()?;
    Ok(value.map(|Json(value)| value))
}

/// Of which moment this ledger is a copy that has no name of its own yet: it must not be spoken of by
/// the one that it has.
///
/// # Errors
/// As [`get`].
pub fn nameless_copy(conn: &Connection) -> Result<Option<Timestamp>, Error> {
    let restored = get(conn, RESTORED_FROM)?;
    Ok(get(conn, COPIED_AT)?.filter(|at| restored != Some(*at)))
}

/// Puts `value` at `key`, in place of what was there.
pub fn set<T: Serialize>(tx: &Transaction<'_>, key: Key<T>, value: &T) -> Result<(), Error> {
    tx.prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")?
        .execute((key.name, Json(value)))?;
    Ok(())
}

/// Takes the value at `key` away, if there is one.
///
/// # Errors
/// As [`get`]; then it stays.
pub fn take<T: DeserializeOwned>(tx: &Transaction<'_>, key: Key<T>) -> Result<Option<T>, Error> {
    let name = key.name;
    let value = get(tx, key)?;
    tx.prepare_cached("DELETE FROM meta WHERE key = ?1")?.execute([name])?;
    Ok(value)
}
