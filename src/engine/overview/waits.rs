//! What waits for a person.

use super::in_flight::moved_at;
use super::lens::Lens;
use super::view::{Listed, Place, Waiting};
use crate::core::decisions::verbs_for;
use crate::core::jobs::{JobId, JobRecord};
use crate::core::model::time::Timestamp;
use crate::core::reply::decisions::{ShortQuestion, asked_in_short};
use crate::core::reply::jobs::{JobStanding, JobView, keeps_from_merging};
use crate::store::decisions::{self, StoredDecision};
use crate::store::{Connection, Error, jobs};

/// How many are shown.
const MOST: u32 = 50;

/// How many results are looked at whose merge the forge refused.
const MOST_REFUSED: u32 = 1000;

/// What waits, and since when.
type Since<T> = (Timestamp, T);

/// The open decisions, and what waits for something that is no answer; the oldest first.
pub(super) fn waits(conn: &Connection, lens: &Lens) -> Result<Listed<Waiting>, Error> {
    let (open, all) = decisions::first_open(conn, MOST)?;
    let unlisted = all.saturating_sub(open.len());
    let mut found = Vec::new();
    for stored in &open {
        found.extend(decision(conn, lens, stored)?);
    }
    for id in jobs::unasked_ids(conn)? {
        found.extend(unasked(conn, lens, id)?);
    }
    for id in jobs::refused_ids(conn, MOST_REFUSED)? {
        found.extend(unmerged(conn, lens, id)?);
    }
    found.sort_by_key(|(since, _)| *since);
    let more = unlisted + found.len().saturating_sub(MOST as usize);
    let shown = found.into_iter().take(MOST as usize).map(|(_, waiting)| waiting).collect();
    Ok(Listed { shown, more })
}

fn decision(
    conn: &Connection,
    lens: &Lens,
    stored: &StoredDecision,
) -> Result<Option<Since<Waiting>>, Error> {
    let StoredDecision { decision, comment, .. } = stored;
    let Some(record) = jobs::record(conn, decision.job)? else { return Ok(None) };
    let question = match lens.repo(decision.thread.repo) {
        Some(repo) => {
            let name = |number| format!("{}#{number}", repo.name);
            in_words(asked_in_short(decision, &record, name))
        }
        None => sentence(decision.question.said()),
    };
    let verb = verbs_for(decision.question).first();
    let waiting = Waiting {
        decision: Some(decision.id.to_string()),
        job: decision.job.to_string(),
        place: at_comment(lens.place(conn, decision.thread)?, *comment),
        question,
        since: lens.said(decision.asked_at),
        age: lens.age(decision.asked_at),
        due: record.job.state.due_at().map(|due| lens.said(due)),
        answer: verb.map(|verb| format!("{verb} {}", decision.id)),
    };
    Ok(Some((decision.asked_at, waiting)))
}

/// The thread at that comment of it.
pub(super) fn at_comment(place: Place, comment: Option<i64>) -> Place {
    match (place, comment) {
        (Place::Named { name, url: Some(url), title }, Some(comment)) => {
            Place::Named { name, url: Some(format!("{url}#issuecomment-{comment}")), title }
        }
        (place, _) => place,
    }
}

fn in_words(ShortQuestion { words, pull, rest }: ShortQuestion) -> String {
    format!("{words}{}{rest}", pull.unwrap_or_default())
}

fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), chars.as_str())
}

/// A job that needs a person, of whom nothing was asked that could be answered.
fn unasked(conn: &Connection, lens: &Lens, id: JobId) -> Result<Option<Since<Waiting>>, Error> {
    let record = jobs::record(conn, id)?.filter(|record| record.asked.is_none());
    let Some(record) = record else { return Ok(None) };
    let view = JobView::of(&record, lens.now, &lens.zone);
    let JobStanding::NeedsPerson { question } = view.standing else { return Ok(None) };
    let retry = format!("retry {}", view.id);
    waiting(conn, lens, &record, (sentence(question.said()), Some(retry))).map(Some)
}

/// What a person accepted and timmy could not merge.
fn unmerged(conn: &Connection, lens: &Lens, id: JobId) -> Result<Option<Since<Waiting>>, Error> {
    let Some(record) = jobs::record(conn, id)? else { return Ok(None) };
    let Some(why) = record.waits_to_be_merged() else { return Ok(None) };
    let words = format!("Accepted, and not merged: {}.", keeps_from_merging(why));
    waiting(conn, lens, &record, (words, None)).map(Some)
}

fn waiting(
    conn: &Connection,
    lens: &Lens,
    record: &JobRecord,
    (question, answer): (String, Option<String>),
) -> Result<Since<Waiting>, Error> {
    let since = moved_at(record);
    let waiting = Waiting {
        decision: None,
        job: record.job.spec.id.to_string(),
        place: lens.job_place(conn, &record.job)?,
        question,
        since: lens.said(since),
        age: lens.age(since),
        due: record.job.state.due_at().map(|due| lens.said(due)),
        answer,
    };
    Ok((since, waiting))
}
