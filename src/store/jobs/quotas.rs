//! Quotas: what was used of each, and which of them agents said are used up.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};

use super::attempts::{Used, ended_uses, used_within};
use crate::core::jobs::Fence;
use crate::core::model::quota::QuotaName;
use crate::core::model::spending::Spent;
use crate::core::model::time::Timestamp;
use crate::core::scheduling::{AgentSlot, Limits, Pool, QuotaGate, QuotaWindow, SpentQuota};
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
    let shared: Vec<AgentSlot> = workers.to_vec();
    for worker in workers.iter_mut() {
        let gate = gates.get(&QuotaName::of(&worker.name, worker.pool.as_deref()));
        if let Some(QuotaGate::Shut(until)) = gate {
            (worker.is_out_of_quota, worker.quota_at) = (true, Some(*until));
        }
        let pool = limits.pools.iter().find(|pool| Some(&pool.name) == worker.pool.as_ref());
        let Some(pool) = pool else { continue };
        for window in &pool.windows {
            if window.has_room(Spent::default(), worker.bound()) {
                continue;
            }
            let room = quotas.room_at(pool, window, &shared, worker.bound())?;
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
    for worker in workers.iter_mut().filter(|worker| worker.pool.is_none()) {
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
        Used { pool, agents, since: window.begins(self.now), except: self.own }
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
        let gate = spent.gate(latest_lease(conn, &name, own)?, now);
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

/// When the latest attempt that goes on got its agent, of those that use a quota.
fn latest_lease(
    conn: &Connection,
    name: &QuotaName,
    own: Option<Fence>,
) -> Result<Option<Timestamp>, Error> {
    let which = match name {
        QuotaName::Pool(_) => "leases.pool = ?1",
        QuotaName::Agent(_) => "leases.pool IS NULL AND leases.agent = ?1",
    };
    let (QuotaName::Pool(text) | QuotaName::Agent(text)) = name;
    let sql = format!(
        "SELECT max(leased_at) FROM leases JOIN attempts USING (fence)
         WHERE {which} AND fence IS NOT ?2"
    );
    let latest = conn.prepare_cached(&sql)?.query_row((text, own), |row| row.get(0))?;
    Ok(latest)
}

/// An agent said that a quota is used up, until a moment that is `told` or not.
pub fn quota_spent(
    tx: &Transaction<'_>,
    name: &QuotaName,
    told: Option<Timestamp>,
    now: Timestamp,
) -> Result<SpentQuota, Error> {
    let before = spent_of(tx, name)?;
    let found = SpentQuota::found(before, told, now);
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

/// Opens a quota whose attempt goes on. What is still known to be wrong with it at the moment `now`:
/// what an agent told is over when it told.
pub fn look_at_quota(
    tx: &Transaction<'_>,
    name: &QuotaName,
    now: Timestamp,
) -> Result<Option<SpentQuota>, Error> {
    let Some(spent) = spent_of(tx, name)? else { return Ok(None) };
    if let Some(leased_at) = latest_lease(tx, name, None)?
        && spent.gate(Some(leased_at), now) == QuotaGate::Open
    {
        quota_there(tx, name, leased_at)?;
        return Ok(None);
    }
    Ok(Some(spent).filter(|spent| !spent.is_told || spent.until > now))
}
