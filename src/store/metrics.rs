//! What metrics say of the ledger: one read, over indexes that hold nothing else, so that it takes
//! no longer than there are attempts.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row};

use super::columns::Json;
use super::controls;
use super::error::Error;
use super::jobs;
use crate::core::jobs::money::Spent;
use crate::core::jobs::{AttemptEnd, Question};
use crate::core::metrics::{Histogram, SECONDS};
use crate::core::model::incident::Incident;
use crate::core::model::time::Timestamp;
use crate::core::policy::controls::Controls;

/// How long attempts take.
const ATTEMPT_TIMES: [u64; 7] = [
    60 * SECONDS,
    5 * 60 * SECONDS,
    15 * 60 * SECONDS,
    30 * 60 * SECONDS,
    60 * 60 * SECONDS,
    2 * 60 * 60 * SECONDS,
    4 * 60 * 60 * SECONDS,
];

/// How long people wait for an answer.
pub const WAITING_TIMES: [u64; 8] = [
    SECONDS / 2,
    SECONDS,
    2 * SECONDS,
    5 * SECONDS,
    15 * SECONDS,
    60 * SECONDS,
    5 * 60 * SECONDS,
    30 * 60 * SECONDS,
];

/// What is asked of the ledger.
#[derive(Debug, Clone)]
pub struct MetricsQuery {
    pub now: Timestamp,
    /// When the day began that it is now.
    pub day_began: Timestamp,
    /// Whose spending of today is asked for.
    pub agents: Vec<String>,
    /// Texts that were answered after this moment, until the other one.
    pub answered: (Timestamp, Timestamp),
}

/// What the ledger holds, in numbers.
#[derive(Debug, Clone)]
pub struct LedgerMetrics {
    /// By the word for the state.
    pub jobs: BTreeMap<String, u64>,
    pub attempts: Vec<AttemptMetrics>,
    /// How many attempts each agent works on.
    pub leases: BTreeMap<String, u64>,
    pub inbox: WaitingRows,
    /// Effects that were not sent, or of which nobody knows yet whether they were.
    pub outbox: WaitingRows,
    pub dead_letters: u64,
    pub decisions: BTreeMap<Question, WaitingRows>,
    /// By kind.
    pub incidents: BTreeMap<&'static str, u64>,
    pub notifications: WaitingRows,
    pub spent_today: Spent,
    pub spent_by_agent: BTreeMap<String, Spent>,
    /// What the owner said of today.
    pub controls: Controls,
    /// How long the texts waited that were asked for.
    pub answered: Histogram,
    /// How large the file is.
    pub bytes: u64,
}

/// What waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WaitingRows {
    pub count: u64,
    /// Since when the oldest does.
    pub oldest: Option<Timestamp>,
}

/// Attempts of one agent that ended in one way.
#[derive(Debug, Clone)]
pub struct AttemptMetrics {
    pub agent: String,
    pub end: AttemptEnd,
    /// Whether what they cost is what they may have cost.
    pub is_bound: bool,
    pub count: u64,
    /// How many of them were rounds of repair.
    pub repairs: u64,
    pub spent: Spent,
    /// How long those took that were started.
    pub took: Histogram,
}

impl LedgerMetrics {
    /// Reads all of it, as of one moment.
    pub fn read(conn: &Connection, query: &MetricsQuery) -> Result<Self, Error> {
        let spent_by =
            |agent: &String| Ok((agent.clone(), jobs::spent_by(conn, agent, query.day_began)?));
        Ok(Self {
            jobs: by_word(conn, "SELECT state, count(*) FROM jobs GROUP BY state")?,
            attempts: attempts(conn)?,
            leases: by_word(conn, "SELECT agent, count(*) FROM leases GROUP BY agent")?,
            inbox: waiting(
                conn,
                "SELECT count(*), min(received_at) FROM inbox WHERE ended_at IS NULL",
            )?,
            outbox: waiting(
                conn,
                "SELECT count(*), min(created_at) FROM outbox WHERE ended_at IS NULL",
            )?,
            dead_letters: waiting(
                conn,
                "SELECT count(*), min(ended_at) FROM outbox WHERE state = 'dead'",
            )?
            .count,
            decisions: decisions(conn)?,
            incidents: incidents(conn)?,
            notifications: waiting(
                conn,
                "SELECT count(*), min(found_at) FROM notifications
                 WHERE ended_at IS NULL AND gone_at IS NULL",
            )?,
            spent_today: jobs::spent_since(conn, query.day_began)?,
            spent_by_agent: query.agents.iter().map(spent_by).collect::<Result<_, Error>>()?,
            controls: controls::at(conn, query.now)?,
            answered: answered(conn, query.answered)?,
            bytes: bytes(conn)?,
        })
    }
}

/// A count as it comes out of a column.
fn count(row: &Row<'_>, at: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(at).map(|count| u64::try_from(count).unwrap_or_default())
}

fn by_word(conn: &Connection, sql: &str) -> Result<BTreeMap<String, u64>, Error> {
    let counted = conn
        .prepare_cached(sql)?
        .query_map([], |row| Ok((row.get(0)?, count(row, 1)?)))?
        .collect::<Result<_, _>>()?;
    Ok(counted)
}

fn waiting(conn: &Connection, sql: &str) -> Result<WaitingRows, Error> {
    let waiting = conn
        .prepare_cached(sql)?
        .query_row([], |row| Ok(WaitingRows { count: count(row, 0)?, oldest: row.get(1)? }))?;
    Ok(waiting)
}

fn attempts(conn: &Connection) -> Result<Vec<AttemptMetrics>, Error> {
    let within: Vec<String> = ATTEMPT_TIMES
        .iter()
        .map(|bound| format!("ifnull(sum(ended_at - started_at <= {bound}), 0)"))
        .collect();
    // One attempt counts as no more than 2^40 of anything: SQLite fails where a sum overflows.
    let sql = format!(
        "SELECT agent, ending, is_bound, count(*), sum(repair > 0),
                sum(min(micro_usd, 1099511627776)), sum(min(tokens, 1099511627776)),
                count(started_at),
                ifnull(sum(min(max(ended_at - started_at, 0), 1099511627776)), 0), {}
         FROM attempts WHERE ended_at IS NOT NULL GROUP BY agent, ending, is_bound",
        within.join(", ")
    );
    let read = |row: &Row<'_>| {
        let Json(end) = row.get(1)?;
        let first = 9;
        let within: Vec<u64> = (0..ATTEMPT_TIMES.len())
            .map(|place| count(row, first + place))
            .collect::<Result<_, _>>()?;
        let (micro_usd, tokens, runs) = (count(row, 5)?, count(row, 6)?, count(row, 3)?);
        Ok(AttemptMetrics {
            agent: row.get(0)?,
            end,
            is_bound: row.get(2)?,
            count: runs,
            repairs: count(row, 4)?,
            spent: Spent { micro_usd, tokens, runs },
            took: Histogram::counted(&ATTEMPT_TIMES, &within, count(row, 7)?, count(row, 8)?),
        })
    };
    let attempts = conn.prepare_cached(&sql)?.query_map([], read)?.collect::<Result<_, _>>()?;
    Ok(attempts)
}

/// One that took no time, of no attempt.
pub fn no_attempts() -> Histogram {
    Histogram::new(&ATTEMPT_TIMES)
}

fn decisions(conn: &Connection) -> Result<BTreeMap<Question, WaitingRows>, Error> {
    let open = conn
        .prepare_cached(
            "SELECT kind, count(*), min(asked_at) FROM decisions WHERE state = 'open' GROUP BY kind",
        )?
        .query_map([], |row| {
            let Json(question) = row.get(0)?;
            Ok((question, WaitingRows { count: count(row, 1)?, oldest: row.get(2)? }))
        })?
        .collect::<Result<_, _>>()?;
    Ok(open)
}

fn incidents(conn: &Connection) -> Result<BTreeMap<&'static str, u64>, Error> {
    let mut open = BTreeMap::new();
    let mut all = conn.prepare_cached("SELECT incident FROM incidents")?;
    for incident in all.query_map([], |row| row.get::<_, Json<Incident>>(0))? {
        let Json(incident) = incident?;
        *open.entry(incident.kind()).or_default() += 1;
    }
    Ok(open)
}

fn answered(conn: &Connection, (after, until): (Timestamp, Timestamp)) -> Result<Histogram, Error> {
    let mut took = Histogram::new(&WAITING_TIMES);
    let mut answered = conn.prepare_cached(
        "SELECT ended_at - received_at FROM inbox
         WHERE ending = 'answered' AND ended_at > ?1 AND ended_at <= ?2",
    )?;
    let waited = answered.query_map((after, until), |row| row.get::<_, i64>(0))?;
    for micros in waited {
        took.observe(u64::try_from(micros?).unwrap_or_default());
    }
    Ok(took)
}

fn bytes(conn: &Connection) -> Result<u64, Error> {
    let pages: i64 = conn.pragma_query_value(None, "page_count", |row| row.get(0))?;
    let size: i64 = conn.pragma_query_value(None, "page_size", |row| row.get(0))?;
    Ok(u64::try_from(pages.saturating_mul(size)).unwrap_or_default())
}
