//! Quotas: what was used of each, and which of them agents said are used up.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};

use super::attempts::{Used, ended_uses, used_within};
use crate::core::jobs::Fence;
use crate::core::model::quota::QuotaName;
use crate::core::model::spending::Spent;
use crate::core::model::time::Timestamp;
use crate::core::scheduling::{
    AgentSlot, Limits, Pool, QuotaGate, QuotaWindow, QuotaWord, SpentQuota,
};
use crate::store::backlog;
use crate::store::columns::Json;
use crate::store::error::Error;

/// Says of `workers` and of the pools of `limits` what the ledger knows of their quotas at the moment
/// `now`, beside the attempt `own`. When something of that changes by itself.
pub fn fill(
    conn: &Connection,
    workers: &mut [AgentSlot],
    limits: &mut Limits,
    own: Option<Fence>,
    now: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    let gates = gates(conn, own, now)?;
    let quotas = Quotas { conn, own, now };
    for pool in limits.pools.iter_mut().filter(|pool| !pool.windows.is_empty()) {
        let agents: Vec<String> = sharing(workers, &pool.name).map(|w| w.name.clone()).collect();
        for window in &mut pool.windows {
            window.used = used_within(conn, &quotas.used(pool.name.as_str(), &agents, window))?;
        }
    }
    let all: Vec<AgentSlot> = workers.to_vec();
    for worker in workers.iter_mut() {
        let own = QuotaName::Agent(worker.name.clone());
        let shared = worker.pool.clone().map(QuotaName::Pool);
        for name in shared.iter().chain([&own]) {
            if let Some(QuotaGate::Shut(until)) = gates.get(name) {
                worker.is_out_of_quota = true;
                worker.quota_at = worker.quota_at.max(Some(*until));
            }
        }
        let pool = limits.pools.iter().find(|pool| Some(&pool.name) == worker.pool.as_ref());
        let Some(pool) = pool else { continue };
        for window in &pool.windows {
            if window.has_room(Spent::default(), worker.bound()) {
                continue;
            }
            let room = quotas.room_at(pool, window, &all, worker.bound())?;
            let is_known = !worker.is_out_of_quota || worker.quota_at.is_some();
            worker.quota_at = room.filter(|_| is_known).max(worker.quota_at);
            worker.is_out_of_quota = true;
        }
    }
    for pool in &mut limits.pools {
        // One attempt tries it, whoever makes that.
        let gate = gates.get(&QuotaName::Pool(pool.name.clone()));
        pool.tries = matches!(gate, Some(QuotaGate::Ajar)).then_some(1);
    }
    for worker in workers.iter_mut() {
        let gate = gates.get(&QuotaName::Agent(worker.name.clone()));
        worker.tries = matches!(gate, Some(QuotaGate::Ajar)).then_some(1);
    }
    Ok(workers.iter().filter_map(|worker| worker.quota_at).filter(|at| *at > now).min())
}

fn sharing<'a>(
    workers: &'a [AgentSlot],
    pool: &'a str,
) -> impl Iterator<Item = &'a AgentSlot> + 'a {
    workers.iter().filter(move |worker| worker.pool.as_deref() == Some(pool))
}

struct Quotas<'a> {
    conn: &'a Connection,
    own: Option<Fence>,
    now: Timestamp,
}

impl Quotas<'_> {
    fn used<'a>(&self, pool: &'a str, agents: &'a [String], window: &QuotaWindow) -> Used<'a> {
        Used { pool, agents, since: window.begins(self.now), now: self.now, except: self.own }
    }

    fn room_at(
        &self,
        pool: &Pool,
        window: &QuotaWindow,
        workers: &[AgentSlot],
        bound: Spent,
    ) -> Result<Option<Timestamp>, Error> {
        let agents: Vec<String> = sharing(workers, &pool.name).map(|w| w.name.clone()).collect();
        let ended = ended_uses(self.conn, &self.used(&pool.name, &agents, window))?;
        Ok(window.room_at(ended, bound))
    }
}

/// The quotas that are used up, and whether attempts may use them beside `own`.
fn gates(
    conn: &Connection,
    own: Option<Fence>,
    now: Timestamp,
) -> Result<BTreeMap<QuotaName, QuotaGate>, Error> {
    let mut gates = BTreeMap::new();
    for (name, spent) in spent(conn)? {
        let gate = spent.gate(first_lease(conn, &name, spent.until, own)?, now);
        gates.insert(name, gate);
    }
    Ok(gates)
}

/// The quotas that agents said are used up.
fn spent(conn: &Connection) -> Result<Vec<(QuotaName, SpentQuota)>, Error> {
    let spent = conn
        .prepare_cached("SELECT quota, since, until, is_told, failures FROM spent_quotas")?
        .query_map([], |row| {
            let Json(name) = row.get(0)?;
            Ok((name, spent_quota(row)?))
        })?
        .collect::<Result<_, _>>()?;
    Ok(spent)
}

fn spent_quota(row: &Row<'_>) -> rusqlite::Result<SpentQuota> {
    Ok(SpentQuota {
        since: row.get("since")?,
        until: row.get("until")?,
        is_told: row.get("is_told")?,
        failures: row.get("failures")?,
    })
}

fn spent_of(conn: &Connection, name: &QuotaName) -> Result<Option<SpentQuota>, Error> {
    let spent = conn
        .prepare_cached(
            "SELECT since, until, is_told, failures FROM spent_quotas WHERE quota = ?1",
        )?
        .query_row([Json(name)], spent_quota)
        .optional()?;
    Ok(spent)
}

/// Which leases use a quota. What an agent alone has no more of, it has wherever it lives.
fn leases_of(name: &QuotaName) -> (&'static str, &str) {
    match name {
        QuotaName::Pool(name) => ("leases.pool = ?1", name),
        QuotaName::Agent(name) => ("leases.agent = ?1", name),
    }
}

/// When the first attempt that goes on got its agent, of those that use a quota and got one at the
/// moment `since` or later.
fn first_lease(
    conn: &Connection,
    name: &QuotaName,
    since: Timestamp,
    own: Option<Fence>,
) -> Result<Option<Timestamp>, Error> {
    let (which, text) = leases_of(name);
    let sql = format!(
        "SELECT min(leased_at) FROM leases JOIN attempts USING (fence)
         WHERE {which} AND leased_at >= ?2 AND fence IS NOT ?3"
    );
    let first = conn.prepare_cached(&sql)?.query_row((text, since, own), |row| row.get(0))?;
    Ok(first)
}

/// Whether an attempt has gone on for long enough, and was seen to, that got its agent since then.
fn goes_on(
    conn: &Connection,
    name: &QuotaName,
    since: Timestamp,
    now: Timestamp,
) -> Result<bool, Error> {
    let (which, text) = leases_of(name);
    let sql = format!(
        "SELECT 1 FROM leases JOIN attempts USING (fence, agent)
         WHERE {which} AND leased_at >= ?2 AND started_at <= ?3 AND seen_at IS NOT NULL"
    );
    let began = SpentQuota::shown_by_what_began(now);
    Ok(conn.prepare_cached(&sql)?.exists((text, since, began))?)
}

/// Somebody said that a quota is used up.
pub fn quota_spent(
    tx: &Transaction<'_>,
    name: &QuotaName,
    word: QuotaWord,
    now: Timestamp,
) -> Result<SpentQuota, Error> {
    let before = spent_of(tx, name)?;
    let found = SpentQuota::found(before, word, now);
    if before != Some(found) {
        let SpentQuota { since, until, is_told, failures } = found;
        tx.prepare_cached(
            "INSERT OR REPLACE INTO spent_quotas (quota, since, until, is_told, failures)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((Json(name), since, until, is_told, failures))?;
        backlog::moved(tx)?;
    }
    Ok(found)
}

/// An agent gave for its answer that its quota is used up: it gets nothing for a while, and nor do
/// those that share `pool` if another one of `sharing` says so too, or if that was known. Which quota
/// that is.
pub fn quota_claimed_spent(
    tx: &Transaction<'_>,
    agent: &str,
    (pool, sharing): (Option<&str>, &[String]),
    told: Option<Timestamp>,
    now: Timestamp,
) -> Result<(QuotaName, SpentQuota), Error> {
    let shared = pool.map(|pool| QuotaName::Pool(pool.to_owned()));
    let mut is_shared = match &shared {
        Some(shared) => spent_of(tx, shared)?.is_some_and(|spent| spent.since <= now),
        None => false,
    };
    for other in sharing.iter().filter(|other| *other != agent) {
        let of_other = spent_of(tx, &QuotaName::Agent(other.clone()))?;
        is_shared |= of_other.is_some_and(|spent| spent.since <= now && spent.until > now);
    }
    let own = QuotaName::Agent(agent.to_owned());
    let name = shared.filter(|_| is_shared).unwrap_or(own);
    let found = quota_spent(tx, &name, QuotaWord::Answer(told), now)?;
    Ok((name, found))
}

/// A person wants it tried: it may be at once, whatever was said of it.
pub fn try_quota_at_once(
    tx: &Transaction<'_>,
    name: &QuotaName,
    now: Timestamp,
) -> Result<(), Error> {
    let changed = tx
        .prepare_cached("UPDATE spent_quotas SET until = ?2 WHERE quota = ?1 AND until > ?2")?
        .execute((Json(name), now))?;
    if changed == 0 { Ok(()) } else { backlog::moved(tx) }
}

/// An attempt that this agent got then has shown that its quota is there.
pub(super) fn quota_there(
    tx: &Transaction<'_>,
    name: &QuotaName,
    leased_at: Timestamp,
) -> Result<(), Error> {
    let gone = tx
        .prepare_cached("DELETE FROM spent_quotas WHERE quota = ?1 AND until <= ?2")?
        .execute((Json(name), leased_at))?;
    if gone == 0 { Ok(()) } else { backlog::moved(tx) }
}

fn forget(tx: &Transaction<'_>, name: &QuotaName) -> Result<(), Error> {
    tx.prepare_cached("DELETE FROM spent_quotas WHERE quota = ?1")?.execute([Json(name)])?;
    backlog::moved(tx)
}

/// Whether a quota is known to be used up, and nothing has shown yet that it is there again.
pub fn is_quota_spent(conn: &Connection, name: &QuotaName) -> Result<bool, Error> {
    Ok(spent_of(conn, name)?.is_some())
}

/// Opens a quota whose attempt goes on. Whether it is there as far as anybody knows at the moment
/// `now`.
pub fn look_at_quota(
    tx: &Transaction<'_>,
    name: &QuotaName,
    now: Timestamp,
) -> Result<bool, Error> {
    let Some(spent) = spent_of(tx, name)? else { return Ok(true) };
    let is_there = spent.since > now || goes_on(tx, name, spent.until, now)?;
    if is_there {
        forget(tx, name)?;
    }
    Ok(is_there)
}
