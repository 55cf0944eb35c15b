//! How much of which job was told to the collector of traces, and what moved since.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Row};
use serde::{Deserialize, Serialize};

use super::error::Error;
use crate::core::jobs::JobId;

/// How many jobs that ended are remembered: what is merged or begun once more is told then.
const ENDED: usize = 500;

/// How much of which job was told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TracedJobs {
    /// The steps that were told, by job.
    steps: BTreeMap<i64, u32>,
    /// The newest job of which anything was known.
    newest: i64,
}

/// A job that moved since its history was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MovedJob {
    pub id: JobId,
    /// How many of its steps were told.
    pub told: u32,
    /// How many there are.
    pub steps: u32,
}

impl TracedJobs {
    /// As if all that happened by now was told: nobody is told old stories.
    pub fn now(conn: &Connection) -> Result<Self, Error> {
        let newest = conn
            .prepare_cached("SELECT ifnull(max(id), 0) FROM jobs")?
            .query_row([], |row| row.get(0))?;
        let live = conn
            .prepare_cached("SELECT id, steps FROM jobs WHERE ended_at IS NULL")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        Ok(Self { steps: live, newest })
    }

    /// Whether a job is told of: not one that had ended before anything was, or so long ago that it is
    /// forgotten.
    pub fn knows(&self, job: JobId) -> bool {
        job.0 > self.newest || self.steps.contains_key(&job.0)
    }

    /// All of a job was told.
    pub fn told(&mut self, moved: MovedJob) {
        self.steps.insert(moved.id.0, moved.steps);
        self.newest = self.newest.max(moved.id.0);
    }

    /// Forgets the oldest of those that ended.
    fn shorten(&mut self, live: &BTreeMap<i64, u32>) {
        let ended = self.steps.keys().filter(|id| !live.contains_key(id));
        let ended: Vec<i64> = ended.copied().collect();
        let too_many = ended.len().saturating_sub(ENDED);
        for id in &ended[..too_many] {
            self.steps.remove(id);
        }
    }
}

/// The jobs that moved since they were told, the oldest first. What is too old is forgotten in `told`.
pub fn moved(
    conn: &Connection,
    mut told: TracedJobs,
) -> Result<(Vec<MovedJob>, TracedJobs), Error> {
    let row = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let live: BTreeMap<i64, u32> = conn
        .prepare_cached("SELECT id, steps FROM jobs WHERE ended_at IS NULL")?
        .query_map([], row)?
        .collect::<Result<_, _>>()?;
    told.shorten(&live);
    let mut all = live;
    let new = conn
        .prepare_cached("SELECT id, steps FROM jobs WHERE id > ?1")?
        .query_map([told.newest], row)?
        .collect::<Result<Vec<(i64, u32)>, _>>()?;
    all.extend(new);
    let mut one = conn.prepare_cached("SELECT steps FROM jobs WHERE id = ?1")?;
    for id in told.steps.keys() {
        if !all.contains_key(id)
            && let Some(steps) = one.query_row([id], |row| row.get(0)).optional()?
        {
            all.insert(*id, steps);
        }
    }
    let known = |id: &i64, steps: &u32| match told.steps.get(id) {
        Some(known) => *known,
        None if *id > told.newest => 0,
        // It was forgotten, and begins once more.
        None => steps.saturating_sub(1),
    };
    let moved = all
        .iter()
        .map(|(id, steps)| MovedJob { id: JobId(*id), told: known(id, steps), steps: *steps })
        .filter(|job| job.told < job.steps || !told.steps.contains_key(&job.id.0));
    let moved = moved.collect();
    Ok((moved, told))
}

#[cfg(test)]
mod tests {
    use crate::store::migrate::{self, MIGRATIONS};
    use crate::store::traced_jobs::*;

    fn ledger() -> Connection {
        let mut conn = Connection::open_in_memory().expect("a database in memory");
        migrate::run(&mut conn, MIGRATIONS, 0).expect("the schema");
        conn
    }

    /// There is a job with so many steps.
    fn job(conn: &Connection, id: i64, steps: u32, has_ended: bool) {
        let (state, ended_at) = if has_ended { ("done", Some(7)) } else { ("queued", None) };
        let sql = "INSERT OR REPLACE INTO jobs
                   (id, repo, number, state, created_at, ended_at, steps, first, job)
                   VALUES (?1, 1, ?1, ?2, 5, ?3, ?4, '{}', '{}')";
        conn.execute(sql, (id, state, ended_at, steps)).expect("a job");
    }

    /// What moved since `told`, which is told then: id, how many steps were told, and how many there are.
    fn moves(conn: &Connection, told: &mut TracedJobs) -> Vec<(i64, u32, u32)> {
        let (moved, shortened) = moved(conn, told.clone()).expect("what moved");
        *told = shortened;
        moved.iter().for_each(|job| told.told(*job));
        moved.into_iter().map(|job| (job.id.0, job.told, job.steps)).collect()
    }

    #[test]
    fn each_step_is_told_once_from_the_moment_on_that_anything_is() {
        let conn = ledger();
        job(&conn, 1, 4, true);
        job(&conn, 2, 3, false);
        let mut told = TracedJobs::now(&conn).expect("all that was");
        assert_eq!([1, 2, 3].map(|id| told.knows(JobId(id))), [false, true, true]);
        assert_eq!(moves(&conn, &mut told), []);
        job(&conn, 2, 5, false);
        job(&conn, 3, 1, false);
        assert_eq!(moves(&conn, &mut told), [(2, 3, 5), (3, 0, 1)]);
        assert_eq!(moves(&conn, &mut told), []);
        // It ends, and is merged then.
        for (before, steps) in [(1, 7), (7, 8)] {
            job(&conn, 3, steps, true);
            assert_eq!(moves(&conn, &mut told), [(3, before, steps)]);
        }
        // One that had ended before is tried once more.
        job(&conn, 1, 5, false);
        assert_eq!(moves(&conn, &mut told), [(1, 4, 5)]);
        assert!(told.knows(JobId(1)));
    }

    #[test]
    fn of_those_that_ended_the_oldest_are_forgotten_and_told_again_if_they_go_on() {
        let conn = ledger();
        let last = i64::try_from(ENDED).expect("a number") + 3;
        job(&conn, 1, 2, false);
        (2..=last).for_each(|id| job(&conn, id, 9, true));
        let mut told = TracedJobs::default();
        assert_eq!(moves(&conn, &mut told).len(), ENDED + 3);
        assert_eq!(moves(&conn, &mut told), []);
        let known = [1, 2, 3, 4, last].map(|id| told.knows(JobId(id)));
        assert_eq!(known, [true, false, false, true, true], "one that lives is not forgotten");
        job(&conn, 2, 10, false);
        assert_eq!(moves(&conn, &mut told), [(2, 9, 10)]);
    }
}
