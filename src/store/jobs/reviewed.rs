//! What a review makes of the job that works on what was reviewed.

use std::collections::BTreeSet;

use rusqlite::{Connection, Transaction};

use super::advance::{Advanced, advance};
use super::{load, record, reviews};
use crate::core::jobs::{
    Deciding, GivenReview, Job, JobEvent, Question, State, StateKind, StepTime, ToldText,
};
use crate::core::model::ids::ThreadId;
use crate::store::error::Error;

pub(super) const WORKED_ON: &str = "SELECT DISTINCT agent FROM attempts
    WHERE started_at IS NOT NULL AND job IN (
        SELECT id FROM jobs WHERE repo = ?1 AND number = ?2 AND is_review = 0
        UNION ALL
        SELECT id FROM jobs WHERE repo = ?1 AND pull = ?2 AND is_review = 0)";

/// The agents that worked on a pull request, or may have, in whichever job.
pub fn worked_on(conn: &Connection, pull: ThreadId) -> Result<BTreeSet<String>, Error> {
    let agents = conn
        .prepare_cached(WORKED_ON)?
        .query_map((pull.repo, pull.number), |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(agents)
}

/// What became of what a review asks for.
#[derive(Debug)]
pub enum ToldReviewed {
    /// The job that works there has it.
    Told(Box<Advanced>),
    /// The job that works there goes on without it: it brought something else by now, or a person has
    /// said yes.
    NotNow,
    /// The job that works there has not seen yet what was reviewed.
    NotYet,
    /// Nobody works there.
    Nobody,
}

/// Tells the job that works on a pull request, or whose result there nobody had to accept yet, what a
/// review of its head asks for; once for each review.
pub fn tell_reviewed(
    tx: &Transaction<'_>,
    pull: ThreadId,
    (review, told): (&GivenReview, ToldText),
    now: StepTime,
) -> Result<ToldReviewed, Error> {
    let Some(id) = record::latest_in(tx, pull)? else { return Ok(ToldReviewed::Nobody) };
    let Some(works) = load::get(tx, id)?.map(|stored| stored.job) else {
        return Ok(ToldReviewed::Nobody);
    };
    let kind = works.state.kind();
    // What a person took waits to be merged: an agent takes that back from nobody.
    let is_accepted = works.past.accepted.is_some()
        && !matches!(kind, StateKind::Cancelled | StateKind::Dead | StateKind::NoChange);
    let untold = match kind.is_end() && !is_accepted {
        true => ToldReviewed::Nobody,
        false => ToldReviewed::NotNow,
    };
    // What it brought by now may be something else than what was reviewed, which is the head: as long
    // as it is watched, it hears of that.
    let knows = works.past.commit.as_ref() == Some(&review.head);
    match kind {
        _ if is_accepted => return Ok(untold),
        StateKind::Verifying if !knows => return Ok(ToldReviewed::NotYet),
        StateKind::Deciding if !knows && watches_its_head(&works.state) => {
            return Ok(ToldReviewed::NotYet);
        }
        StateKind::Deciding | StateKind::Done if !knows => return Ok(untold),
        _ => {}
    }
    Ok(match advance(tx, id, Some(&key_of(review)), JobEvent::Reviewed(told), now)? {
        Ok(advanced) => ToldReviewed::Told(Box::new(advanced)),
        Err(_) => untold,
    })
}

/// Under what a review is told to a job.
fn key_of(review: &GivenReview) -> String {
    match review.review {
        Some(number) => format!("review.{number}"),
        None => format!("review.attempt.{}", review.attempt.0),
    }
}

/// The texts for the agents of `job` that are reviews which somebody dismissed before an agent heard
/// them, by number.
pub fn dismissed_texts(conn: &Connection, job: &Job) -> Result<Vec<u32>, Error> {
    let Some(pull) = job.pull() else { return Ok(Vec::new()) };
    let dismissed = reviews::reviews_of_pull(conn, pull)?;
    let dismissed = dismissed.iter().filter(|review| review.is_dismissed).map(key_of);
    let dismissed: BTreeSet<String> = dismissed.collect();
    if dismissed.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<Option<String>> = conn
        .prepare_cached(
            "SELECT key FROM job_events
             WHERE job = ?1 AND (json_type(step, '$.event.told') IS NOT NULL
                                 OR json_type(step, '$.event.reviewed') IS NOT NULL)
             ORDER BY seq",
        )?
        .query_map([job.spec.id], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let is_unheard =
        |text: &u32| job.past.unheard.contains(text) && job.past.by_agents.contains(text);
    let texts = (0_u32..).zip(keys).filter(|(text, _)| is_unheard(text));
    let texts = texts.filter(|(_, key)| key.as_ref().is_some_and(|key| dismissed.contains(key)));
    Ok(texts.map(|(text, _)| text).collect())
}

/// Whether a question is about a commit, so that a push is seen while it is open.
fn watches_its_head(state: &State) -> bool {
    let State::Deciding(Deciding { question, .. }) = state else { return false };
    matches!(question, Question::Accept | Question::Guard | Question::Repair)
}
