//! Attempts: what they cost, and what they left.

use rusqlite::{Connection, OptionalExtension as _, Params, Row, Transaction};

use crate::core::jobs::breaker::{Breaker, Finished};
use crate::core::jobs::evidence::Finding;
use crate::core::jobs::money::{Charge, Spending, Spent};
use crate::core::jobs::{AttemptEnd, Commit, Fence, JobId, Leased, Spec, WorkKind};
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::quota::QuotaName;
use crate::core::model::time::Timestamp;
use crate::store::backlog;
use crate::store::columns::{Json, Spelled};
use crate::store::error::Error;

/// An attempt, as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAttempt {
    pub fence: Fence,
    pub agent: String,
    /// Which of the job's branches it works on.
    pub branch: u32,
    /// How it is called outside.
    pub key: String,
    pub leased_at: Timestamp,
    pub started_at: Option<Timestamp>,
    /// What starts it, word for word, once that is known.
    pub request: Option<String>,
    /// Where its work is to be merged, and the commit that it begins at.
    pub base: Option<(String, Commit)>,
    /// How its agent finds it again, once it does.
    pub run: Option<String>,
    /// What it does, in its agent's words, and when it was last seen to do something.
    pub doing: Option<String>,
    /// What it asked a person for last, in its own words.
    pub asks: Option<String>,
    pub seen_at: Option<Timestamp>,
    /// Its agent's last words.
    pub said: Option<String>,
    /// What was found of what it brought, once that was looked at.
    pub findings: Option<Vec<Finding>>,
    pub ended: Option<(Timestamp, AttemptEnd)>,
    /// What it cost; until it has ended, what it may.
    pub charge: Charge,
    /// Whether it left something on the forge, once that is known.
    pub left: Option<bool>,
}

impl StoredAttempt {
    /// Since when what its agent does on the forge may be of it.
    pub fn may_run_since(&self) -> Timestamp {
        self.started_at.unwrap_or(self.leased_at)
    }
}

/// All attempts of a job, in order.
pub fn attempts(conn: &Connection, job: JobId) -> Result<Vec<StoredAttempt>, Error> {
    let attempts = conn
        .prepare_cached("SELECT * FROM attempts WHERE job = ?1 ORDER BY fence")?
        .query_map([job], stored)?
        .collect::<Result<_, _>>()?;
    Ok(attempts)
}

/// The attempt with this fencing token.
pub fn attempt(conn: &Connection, fence: Fence) -> Result<Option<StoredAttempt>, Error> {
    let attempt = conn
        .prepare_cached("SELECT * FROM attempts WHERE fence = ?1")?
        .query_row([fence], stored)
        .optional()?;
    Ok(attempt)
}

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredAttempt> {
    let ended: Option<Timestamp> = row.get("ended_at")?;
    let ending: Option<Json<AttemptEnd>> = row.get("ending")?;
    let (base_branch, base) =
        (row.get("base_branch")?, row.get::<_, Option<Spelled<Commit>>>("base")?);
    let base_branch: Option<String> = base_branch;
    let findings: Option<Json<Vec<Finding>>> = row.get("findings")?;
    Ok(StoredAttempt {
        fence: row.get("fence")?,
        agent: row.get("agent")?,
        branch: row.get("branch")?,
        key: row.get("key")?,
        leased_at: row.get("leased_at")?,
        started_at: row.get("started_at")?,
        request: row.get("request")?,
        base: base_branch.zip(base.map(|Spelled(base)| base)),
        run: row.get("run")?,
        doing: row.get("doing")?,
        asks: row.get("asks")?,
        seen_at: row.get("seen_at")?,
        said: row.get("said")?,
        findings: findings.map(|Json(findings)| findings),
        ended: ended.zip(ending.map(|Json(ending)| ending)),
        charge: Charge { spent: spent(row)?, is_bound: row.get("is_bound")? },
        left: row.get("left")?,
    })
}

fn spent(row: &Row<'_>) -> rusqlite::Result<Spent> {
    let count = |name| row.get::<_, i64>(name).map(|n| u64::try_from(n).unwrap_or_default());
    Ok(Spent { runs: count("runs")?, micro_usd: count("micro_usd")?, tokens: count("tokens")? })
}

/// As a column can hold it.
fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The number of the attempt that is leased next.
pub(super) fn next_fence(conn: &Connection) -> Result<Fence, Error> {
    let newest: Option<i64> = conn
        .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'attempts'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(Fence(newest.unwrap_or(0) + 1))
}

/// A new attempt, which may cost all that it may.
pub(super) fn add(
    tx: &Transaction<'_>,
    job: &Spec,
    leased: &Leased,
    (host, pool): (Option<&str>, Option<&str>),
    key: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let Spent { runs, micro_usd, tokens } = leased.grant.terms.bound;
    let agent = &leased.grant.agent;
    let round = match leased.work {
        WorkKind::Begin => 0,
        WorkKind::Repair(round) => round,
    };
    tx.prepare_cached(
        "INSERT INTO attempts (fence, job, repo, number, agent, branch, key, leased_at, runs,
                               micro_usd, tokens, is_bound, pool, repair)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 1, ?12, ?13)",
    )?
    .execute((
        leased.fence(),
        job.id,
        job.repo(),
        job.given().map(|thread| thread.number),
        agent,
        leased.branch,
        key,
        now,
        whole(runs),
        whole(micro_usd),
        whole(tokens),
        pool,
        round,
    ))?;
    tx.prepare_cached(
        "INSERT INTO leases (job, fence, agent, host, pool, repo) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((job.id, leased.fence(), agent, host, pool, job.repo()))?;
    Ok(())
}

/// From now on it may run.
pub(super) fn started(tx: &Transaction<'_>, fence: Fence, now: Timestamp) -> Result<(), Error> {
    tx.prepare_cached("UPDATE attempts SET started_at = ?2 WHERE fence = ?1")?
        .execute((fence, now))?;
    Ok(())
}

pub(super) fn end(
    tx: &Transaction<'_>,
    fence: Fence,
    end: AttemptEnd,
    charge: Charge,
    left: Option<bool>,
    now: Timestamp,
) -> Result<(), Error> {
    let Spent { runs, micro_usd, tokens } = charge.spent;
    tx.prepare_cached("DELETE FROM leases WHERE fence = ?1")?.execute([fence])?;
    tx.prepare_cached(
        "UPDATE attempts SET ended_at = ?2, ending = ?3, runs = ?4, micro_usd = ?5, tokens = ?6,
                is_bound = ?7, left = ?8
         WHERE fence = ?1",
    )?
    .execute((
        fence,
        now,
        Json(end),
        whole(runs),
        whole(micro_usd),
        whole(tokens),
        charge.is_bound,
        left,
    ))?;
    Ok(())
}

pub(super) fn left(tx: &Transaction<'_>, fence: Fence, left: bool) -> Result<(), Error> {
    tx.prepare_cached("UPDATE attempts SET left = ?2 WHERE fence = ?1")?.execute((fence, left))?;
    Ok(())
}

pub(super) fn agent_of(conn: &Connection, fence: Fence) -> Result<String, Error> {
    let agent = conn
        .prepare_cached("SELECT agent FROM attempts WHERE fence = ?1")?
        .query_row([fence], |row| row.get(0))?;
    Ok(agent)
}

pub(super) fn job_of(conn: &Connection, fence: Fence) -> Result<JobId, Error> {
    let job = conn
        .prepare_cached("SELECT job FROM attempts WHERE fence = ?1")?
        .query_row([fence], |row| row.get(0))?;
    Ok(job)
}

/// A person trusts an agent again: what it left until now is held against it no longer.
pub fn trust_again(tx: &Transaction<'_>, agent: &str, now: Timestamp) -> Result<(), Error> {
    tx.prepare_cached("INSERT OR REPLACE INTO trusted_again (agent, at) VALUES (?1, ?2)")?
        .execute((agent, now))?;
    backlog::moved(tx)
}

/// The breaker of an agent, by its attempts of which it is known what they left.
pub fn breaker(conn: &Connection, agent: &str) -> Result<Breaker, Error> {
    let mut latest = conn.prepare_cached(
        "SELECT fence, repo, number, left, ended_at,
                (SELECT routine FROM jobs WHERE id = attempts.job)
         FROM attempts
         WHERE agent = ?1 AND left IS NOT NULL
           AND ended_at > ifnull((SELECT at FROM trusted_again WHERE agent = ?1), ended_at - 1)
         ORDER BY ended_at DESC, fence DESC",
    )?;
    let mut failure = None;
    let finished = latest.query_map([agent], |row| {
        let (fence, left, at) = (row.get(0)?, row.get(3)?, row.get(4)?);
        let about: (RepoId, Option<i64>, Option<String>) = (row.get(1)?, row.get(2)?, row.get(5)?);
        Ok(Finished { fence, about, left, at })
    })?;
    let finished = finished.map_while(|row| row.map_err(|error| failure = Some(error)).ok());
    let breaker = Breaker::of(finished);
    match failure {
        Some(error) => Err(error.into()),
        None => Ok(breaker),
    }
}

/// When an agent may get work, as far as its breaker is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeTime {
    Now,
    /// Then; none: when what it does now is over.
    At(Option<Timestamp>),
}

/// When the breaker of `agent` lets something through, beside the attempt `own`.
pub(super) fn probe_time(
    conn: &Connection,
    agent: &str,
    own: Option<Fence>,
    now: Timestamp,
) -> Result<ProbeTime, Error> {
    let breaker = breaker(conn, agent)?;
    if breaker == Breaker::Closed {
        return Ok(ProbeTime::Now);
    }
    let is_probing = conn
        .prepare_cached("SELECT 1 FROM leases WHERE agent = ?1 AND fence IS NOT ?2")?
        .exists((agent, own))?;
    let latest = conn
        .prepare_cached("SELECT max(leased_at) FROM attempts WHERE agent = ?1 AND fence IS NOT ?2")?
        .query_row((agent, own), |row| row.get(0))?;
    Ok(match breaker.lets_through(is_probing, latest, now) {
        true => ProbeTime::Now,
        false => ProbeTime::At(breaker.next_probe(latest).filter(|at| !is_probing && *at > now)),
    })
}

/// Whether an agent ever left something in a repository; none if no attempt of its was judged there.
pub fn left_in(conn: &Connection, agent: &str, repo: RepoId) -> Result<Option<bool>, Error> {
    let left = conn
        .prepare_cached(
            "SELECT max(left) FROM attempts WHERE agent = ?1 AND left IS NOT NULL AND repo = ?2",
        )?
        .query_row((agent, repo), |row| row.get(0))?;
    Ok(left)
}

/// What was spent or is set aside by all since a moment.
pub fn spent_since(conn: &Connection, since: Timestamp) -> Result<Spent, Error> {
    sum(conn, "ended_at IS NULL OR ended_at >= ?1", [since])
}

/// What was spent or is set aside by one agent since a moment.
pub fn spent_by(conn: &Connection, agent: &str, since: Timestamp) -> Result<Spent, Error> {
    sum(conn, "(ended_at IS NULL OR ended_at >= ?1) AND agent = ?2", (since, agent))
}

/// What was spent or is set aside for a thread.
pub fn spent_on(conn: &Connection, thread: ThreadId) -> Result<Spent, Error> {
    sum(conn, SAME_WORK, (thread.repo, thread.number))
}

/// The attempts for what was made of the thread ?2, or what that was made of: an issue and its pull
/// requests are one piece of work, and have one budget. A routine's pull request has no issue, but
/// the job that brought it.
const SAME_WORK: &str = "((repo = ?1 AND number IN (
        SELECT ?2
        UNION ALL SELECT number FROM jobs WHERE repo = ?1 AND pull = ?2 AND number IS NOT NULL
        UNION ALL SELECT pull FROM jobs WHERE repo = ?1 AND number = ?2))
    OR job IN (SELECT id FROM jobs WHERE repo = ?1 AND pull = ?2 AND number IS NULL))";

/// What was spent or is set aside for the thread of a job; for a routine's, for the job. Without the
/// attempt `except`.
pub fn spent_of(conn: &Connection, job: &Spec, except: Option<Fence>) -> Result<Spent, Error> {
    match job.given() {
        Some(thread) => sum(
            conn,
            &format!("{SAME_WORK} AND fence IS NOT ?3"),
            (thread.repo, thread.number, except),
        ),
        None => sum(conn, "job = ?1 AND fence IS NOT ?2", (job.id, except)),
    }
}

/// What was spent or is set aside: for the thread of a job (for a routine's, for the job), and since
/// `day_began` by an agent and by all. What began before and has not ended counts as well. Without the
/// attempt `except`.
pub fn spending(
    conn: &Connection,
    job: &Spec,
    agent: &str,
    day_began: Timestamp,
    except: Option<Fence>,
) -> Result<Spending, Error> {
    let issue = spent_of(conn, job, except)?;
    let sql = format!(
        "SELECT agent = ?3, {SUMS} FROM attempts
         WHERE (ended_at IS NULL OR ended_at >= ?1) AND fence IS NOT ?2 GROUP BY 1"
    );
    let mut of_day = conn.prepare_cached(&sql)?;
    let mut rows = of_day.query((day_began, except, agent))?;
    let (mut agent_day, mut day) = (Spent::default(), Spent::default());
    while let Some(row) = rows.next()? {
        let spent = summed(row, 1)?;
        day = day.plus(spent);
        if row.get(0)? {
            agent_day = spent;
        }
    }
    Ok(Spending { issue, agent_day, day })
}

/// Which attempts count for a quota: those that said so, and of those of before that of its agents.
pub(super) struct Used<'a> {
    pub(super) pool: &'a str,
    pub(super) agents: &'a [String],
    /// What ended at this moment or before counts no more.
    pub(super) since: Timestamp,
    /// What ended later than this was written by a clock that was set back since: it counts no more.
    pub(super) now: Timestamp,
    pub(super) except: Option<Fence>,
}

/// One that was refused since the quota was used up, and does not say what it used, used nothing of
/// it.
const OF_QUOTA: &str =
    "(pool = ?1 OR (pool IS NULL AND agent IN (SELECT value FROM json_each(?2))))
    AND fence IS NOT ?4
    AND NOT (is_bound AND ending IS NOT NULL AND ending -> '$.never_ran.pool_spent' IS NOT NULL)";

/// What was used or is set aside of a quota.
pub(super) fn used_within(conn: &Connection, of: &Used<'_>) -> Result<Spent, Error> {
    let which = format!("(ended_at IS NULL OR (ended_at > ?3 AND ended_at <= ?5)) AND {OF_QUOTA}");
    sum(conn, &which, (of.pool, Json(of.agents), of.since, of.except, of.now))
}

/// What the attempts used of it that have ended, and when, the oldest first.
pub(super) fn ended_uses(
    conn: &Connection,
    of: &Used<'_>,
) -> Result<Vec<(Timestamp, Spent)>, Error> {
    let sql = format!(
        "SELECT ended_at, runs, micro_usd, tokens FROM attempts
         WHERE ended_at > ?3 AND ended_at <= ?5 AND {OF_QUOTA} ORDER BY ended_at, fence"
    );
    let uses = conn
        .prepare_cached(&sql)?
        .query_map((of.pool, Json(of.agents), of.since, of.except, of.now), |row| {
            Ok((row.get(0)?, summed(row, 1)?))
        })?
        .collect::<Result<_, _>>()?;
    Ok(uses)
}

/// What an attempt lives on, and when its agent got it.
pub(super) fn quotas_of(
    conn: &Connection,
    fence: Fence,
) -> Result<(Vec<QuotaName>, Timestamp), Error> {
    let quota = conn
        .prepare_cached("SELECT agent, pool, leased_at FROM attempts WHERE fence = ?1")?
        .query_row([fence], |row| {
            let (agent, pool): (String, Option<String>) = (row.get(0)?, row.get(1)?);
            let own = QuotaName::Agent(agent);
            Ok((pool.map(QuotaName::Pool).into_iter().chain([own]).collect(), row.get(2)?))
        })?;
    Ok(quota)
}

/// The sums of what was spent. SQLite fails where one overflows, so one attempt counts as no more
/// than 2^40 of anything: a million dollars, and far above every ceiling.
const SUMS: &str = "ifnull(sum(min(runs, 1099511627776)), 0), \
                    ifnull(sum(min(micro_usd, 1099511627776)), 0), \
                    ifnull(sum(min(tokens, 1099511627776)), 0)";

fn sum(conn: &Connection, which: &str, values: impl Params) -> Result<Spent, Error> {
    let sql = format!("SELECT {SUMS} FROM attempts WHERE {which}");
    let spent = conn.prepare_cached(&sql)?.query_row(values, |row| summed(row, 0))?;
    Ok(spent)
}

/// The sums that begin with this column.
fn summed(row: &Row<'_>, first: usize) -> rusqlite::Result<Spent> {
    let count =
        |at| row.get::<_, i64>(first + at).map(|sum| u64::try_from(sum).unwrap_or_default());
    Ok(Spent { runs: count(0)?, micro_usd: count(1)?, tokens: count(2)? })
}

#[cfg(test)]
mod tests {
    use crate::store::jobs::attempts::*;
    use crate::store::migrate::{self, MIGRATIONS};

    #[test]
    fn what_an_issue_cost_is_found_by_the_issue_however_many_jobs_there_are() {
        let mut conn = Connection::open_in_memory().expect("a database in memory");
        migrate::run(&mut conn, MIGRATIONS, 0).expect("the schema");
        let sql = format!(
            "EXPLAIN QUERY PLAN
             SELECT {SUMS} FROM attempts WHERE {SAME_WORK}"
        );
        let mut plan = conn.prepare(&sql).expect("a query");
        let steps = plan.query_map((1, 2), |row| row.get(3)).expect("its plan");
        let steps: Vec<String> = steps.collect::<Result<_, _>>().expect("its steps");
        let reads = |step: &&String| step.contains("jobs") || step.contains("attempts");
        let found: Vec<_> = steps.iter().filter(reads).collect();
        let by_its_place = |step: &&String| {
            ["(repo=? AND number=?)", "(repo=? AND pull=?)", "(job=?)"]
                .iter()
                .any(|key| step.contains(key))
        };
        assert!(found.len() == 5 && found.iter().all(by_its_place), "{steps:?}");
    }
}
