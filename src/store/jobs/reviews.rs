//! The reviews that agents gave.

use std::collections::{BTreeSet, HashMap};

use rusqlite::{Connection, Row, Transaction};

use crate::core::jobs::{Commit, Fence, GivenReview, JobId, NotACommit, ReviewShare};
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::time::Timestamp;
use crate::store::columns::Json;
use crate::store::error::Error;

/// Keeps a review that was given; told again, of the same attempt or of another one, it changes nothing.
pub fn keep_review(
    tx: &Transaction<'_>,
    repo: RepoId,
    review: &GivenReview,
    now: Timestamp,
) -> Result<(), Error> {
    let GivenReview {
        attempt,
        job,
        review,
        pull,
        agent,
        head,
        opinion,
        places,
        left_out,
        follow_up,
        is_dismissed: _,
    } = review;
    tx.prepare_cached(
        "INSERT INTO agent_reviews (attempt, job, repo, pull, agent, given_at, head, opinion, findings,
                              left_out, follow_up, review)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT DO NOTHING",
    )?
    .execute((
        attempt,
        job,
        repo,
        pull,
        agent,
        now,
        head.to_string(),
        Json(opinion),
        Json(places),
        left_out,
        Json(follow_up),
        review,
    ))?;
    Ok(())
}

const COLUMNS: &str =
    "attempt, job, pull, agent, head, opinion, findings, left_out, follow_up, review,
                       dismissed_at IS NOT NULL";

/// Those that a job gave, in order.
pub(super) fn reviews_of_job(conn: &Connection, job: JobId) -> Result<Vec<GivenReview>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM agent_reviews WHERE job = ?1 ORDER BY attempt");
    let found = conn.prepare_cached(&sql)?.query_map([job], review)?.collect::<Result<_, _>>()?;
    Ok(found)
}

/// Those that were given to a pull request, in order.
pub fn reviews_of_pull(conn: &Connection, pull: ThreadId) -> Result<Vec<GivenReview>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM agent_reviews WHERE repo = ?1 AND pull = ?2 ORDER BY attempt"
    );
    let mut found = conn.prepare_cached(&sql)?;
    let found = found.query_map((pull.repo, pull.number), review)?.collect::<Result<_, _>>()?;
    Ok(found)
}

/// Keeps which of those that were given to a pull request are dismissed, by the numbers of all that are.
pub fn keep_dismissed(
    tx: &Transaction<'_>,
    pull: ThreadId,
    dismissed: &BTreeSet<i64>,
    now: Timestamp,
) -> Result<(), Error> {
    tx.prepare_cached(
        "UPDATE agent_reviews
         SET dismissed_at = iif(review IN (SELECT value FROM json_each(?3)),
                                ifnull(dismissed_at, ?4), NULL)
         WHERE repo = ?1 AND pull = ?2 AND review IS NOT NULL",
    )?
    .execute((pull.repo, pull.number, Json(dismissed), now))?;
    Ok(())
}

/// The numbers of those that other attempts than this one gave to a pull request.
pub fn taken_reviews(
    conn: &Connection,
    pull: ThreadId,
    attempt: Fence,
) -> Result<BTreeSet<i64>, Error> {
    let taken = conn
        .prepare_cached(
            "SELECT review FROM agent_reviews
             WHERE repo = ?1 AND pull = ?2 AND attempt <> ?3 AND review IS NOT NULL",
        )?
        .query_map((pull.repo, pull.number, attempt), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(taken)
}

/// Those that a job gave and of which it is not known yet what they led to.
pub fn uncounted_reviews(conn: &Connection, job: JobId) -> Result<Vec<GivenReview>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM agent_reviews WHERE job = ?1 AND counted_at IS NULL ORDER BY attempt"
    );
    let found = conn.prepare_cached(&sql)?.query_map([job], review)?.collect::<Result<_, _>>()?;
    Ok(found)
}

/// Keeps how many findings of a review led to a commit, of the pull request that ended with `last`.
pub fn count_review(
    tx: &Transaction<'_>,
    attempt: Fence,
    last: Option<&Commit>,
    led: Option<u32>,
    now: Timestamp,
) -> Result<(), Error> {
    tx.prepare_cached(
        "UPDATE agent_reviews SET final_head = ?2, led = ?3, counted_at = ?4 WHERE attempt = ?1",
    )?
    .execute((attempt, last.map(ToString::to_string), led, now))?;
    Ok(())
}

/// What the reviews of each agent led to.
pub fn review_shares(conn: &Connection) -> Result<HashMap<String, ReviewShare>, Error> {
    let shares = conn
        .prepare_cached(
            "SELECT agent, count(*),
                    ifnull(sum(iif(led IS NULL, 0, json_array_length(findings) + left_out)), 0),
                    ifnull(sum(led), 0)
             FROM agent_reviews GROUP BY agent",
        )?
        .query_map([], |row| {
            let (reviews, findings, led) = (row.get(1)?, row.get(2)?, row.get(3)?);
            Ok((row.get(0)?, ReviewShare { reviews, findings, led }))
        })?
        .collect::<Result<_, _>>()?;
    Ok(shares)
}

fn review(row: &Row<'_>) -> rusqlite::Result<GivenReview> {
    let Json(opinion) = row.get(5)?;
    let (Json(places), Json(follow_up)) = (row.get(6)?, row.get(8)?);
    Ok(GivenReview {
        attempt: row.get(0)?,
        job: row.get(1)?,
        pull: row.get(2)?,
        agent: row.get(3)?,
        head: commit(row, 4)?,
        opinion,
        places,
        left_out: row.get(7)?,
        follow_up,
        review: row.get(9)?,
        is_dismissed: row.get(10)?,
    })
}

fn commit(row: &Row<'_>, column: usize) -> rusqlite::Result<Commit> {
    let name: String = row.get(column)?;
    name.parse().map_err(|error: NotACommit| {
        let kind = rusqlite::types::Type::Text;
        rusqlite::Error::FromSqlConversionFailure(column, kind, Box::new(error))
    })
}
