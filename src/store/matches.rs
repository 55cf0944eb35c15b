//! Matches of past ticks, with the facts that they were decided from.
//!
//! A tick that decides nothing new leaves no row. Of the others the last [`KEPT`] can be decided
//! again: `timmy simulate` does. Before [`add`] has a
//! tick, [`note`] has to store what [`moved`] finds, until that is nothing: only one loop may do
//! so. A crash in between does no harm, since what was noted is then simply known.

use rusqlite::{Connection, OptionalExtension as _, Transaction};

use super::columns::{self, Json, integer_column};
use super::error::Error;
use crate::core::model::ids::ThreadId;
use crate::core::scheduling::{IssueFacts, Match, RankingInput};

/// The number of ticks that are kept for replay.
pub const KEPT: i64 = 20;

/// The number of a tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MatchTick(pub i64);

integer_column!(MatchTick);

/// The decisions of one tick, with what they were made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMatch {
    /// What it was decided in.
    pub setting: RankingInput,
    /// What was known of the backlog.
    pub facts: Vec<IssueFacts>,
    pub choices: Vec<Match>,
}

/// How many moves are found at once: the first tick of a large backlog must neither take much
/// memory nor keep other writers waiting for long.
const AT_ONCE: usize = 10_000;

/// What became of an issue's facts since they were noted last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactsChange {
    thread: ThreadId,
    /// What is known now, as JSON; none if it matters no more.
    facts: Option<String>,
}

/// The latest tick.
pub fn latest(conn: &Connection) -> Result<Option<MatchTick>, Error> {
    Ok(conn.prepare_cached("SELECT max(tick) FROM ticks")?.query_row([], |row| row.get(0))?)
}

/// All ticks that are kept, the oldest first.
pub fn ticks(conn: &Connection) -> Result<Vec<MatchTick>, Error> {
    let ticks = conn
        .prepare_cached("SELECT tick FROM ticks ORDER BY tick")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(ticks)
}

/// What was decided in the latest tick about an issue; none if it was not among those looked at.
pub fn of(conn: &Connection, thread: ThreadId) -> Result<Option<Match>, Error> {
    let choice = conn
        .prepare_cached(
            "SELECT record FROM matches
             WHERE repo = ?1 AND number = ?2 AND tick = (SELECT max(tick) FROM ticks)",
        )?
        .query_row((thread.repo, thread.number), |row| row.get::<_, Json<_>>(0))
        .optional()?;
    Ok(choice.map(|Json(choice)| choice))
}

/// What was decided in a tick, in the order of the decision.
pub fn all(conn: &Connection, tick: MatchTick) -> Result<Vec<Match>, Error> {
    let choices = conn
        .prepare_cached("SELECT record FROM matches WHERE tick = ?1 ORDER BY place")?
        .query_map([tick], |row| row.get(0).map(|Json(choice)| choice))?
        .collect::<Result<_, _>>()?;
    Ok(choices)
}

/// A tick with all that it was decided from.
pub fn tick(conn: &Connection, tick: MatchTick) -> Result<Option<StoredMatch>, Error> {
    let setting = conn
        .prepare_cached("SELECT setting FROM ticks WHERE tick = ?1")?
        .query_row([tick], |row| row.get::<_, Json<RankingInput>>(0))
        .optional()?;
    let Some(Json(setting)) = setting else { return Ok(None) };
    let facts = conn
        .prepare_cached(
            "SELECT facts FROM tick_facts
             WHERE since <= ?1 AND (until IS NULL OR until > ?1) ORDER BY repo, number",
        )?
        .query_map([tick], |row| row.get(0).map(|Json(facts)| facts))?
        .collect::<Result<_, _>>()?;
    Ok(Some(StoredMatch { setting, facts, choices: all(conn, tick)? }))
}

/// How `facts`, which go by repository and number, differ from what was noted: some of the
/// differences, as long as there are any.
pub fn moved<'f>(
    conn: &Connection,
    facts: impl IntoIterator<Item = &'f IssueFacts>,
) -> Result<Vec<FactsChange>, Error> {
    let mut known = conn.prepare_cached(
        "SELECT repo, number, facts FROM tick_facts WHERE until IS NULL ORDER BY repo, number",
    )?;
    let mut known =
        known.query_map([], |row| Ok((columns::thread(row)?, row.get::<_, String>(2)?)))?;
    let mut next = known.next().transpose()?;
    let mut moved = Vec::new();
    for facts in facts {
        if moved.len() >= AT_ONCE {
            return Ok(moved);
        }
        let (thread, json) = (facts.thread, json(facts)?);
        while let Some((left, _)) = next.take_if(|(known, _)| *known < thread) {
            moved.push(FactsChange { thread: left, facts: None });
            next = known.next().transpose()?;
        }
        match next.take_if(|(known, _)| *known == thread) {
            Some((_, old)) => {
                if old != json {
                    moved.push(FactsChange { thread, facts: Some(json) });
                }
                next = known.next().transpose()?;
            }
            None => moved.push(FactsChange { thread, facts: Some(json) }),
        }
    }
    while let Some((left, _)) = next {
        moved.push(FactsChange { thread: left, facts: None });
        next = known.next().transpose()?;
    }
    Ok(moved)
}

fn json(facts: &IssueFacts) -> Result<String, Error> {
    let json = serde_json::to_string(facts);
    Ok(json.map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?)
}

/// Notes facts for the tick that comes next.
pub fn note(tx: &Transaction<'_>, moved: &[FactsChange]) -> Result<(), Error> {
    let tick = next(tx)?;
    let mut take_back =
        tx.prepare_cached("DELETE FROM tick_facts WHERE repo = ?1 AND number = ?2 AND since = ?3")?;
    let mut end = tx.prepare_cached(
        "UPDATE tick_facts SET until = ?3 WHERE repo = ?1 AND number = ?2 AND until IS NULL",
    )?;
    let mut begin = tx.prepare_cached(
        "INSERT INTO tick_facts (repo, number, since, facts) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for FactsChange { thread, facts } in moved {
        let key = (thread.repo, thread.number, tick);
        take_back.execute(key)?;
        end.execute(key)?;
        if let Some(facts) = facts {
            begin.execute((thread.repo, thread.number, tick, facts))?;
        }
    }
    Ok(())
}

fn next(conn: &Connection) -> Result<MatchTick, Error> {
    Ok(MatchTick(latest(conn)?.map_or(1, |MatchTick(latest)| latest + 1)))
}

/// Stores a decision about the facts that were noted, and forgets those before the last [`KEPT`].
pub fn add(tx: &Transaction<'_>, setting: &RankingInput, choices: &[Match]) -> Result<(), Error> {
    let tick = next(tx)?;
    tx.prepare_cached("INSERT INTO ticks (tick, setting) VALUES (?1, ?2)")?
        .execute((tick, Json(setting)))?;
    let mut insert = tx.prepare_cached(
        "INSERT INTO matches (tick, place, repo, number, record) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (choice, place) in choices.iter().zip(1_i64..) {
        insert.execute((tick, place, choice.thread.repo, choice.thread.number, Json(choice)))?;
    }
    forget_before(tx, MatchTick(tick.0 - KEPT + 1))
}

fn forget_before(tx: &Transaction<'_>, oldest: MatchTick) -> Result<(), Error> {
    tx.prepare_cached("DELETE FROM matches WHERE tick < ?1")?.execute([oldest])?;
    tx.prepare_cached("DELETE FROM ticks WHERE tick < ?1")?.execute([oldest])?;
    tx.prepare_cached("DELETE FROM tick_facts WHERE until <= ?1")?.execute([oldest])?;
    Ok(())
}
