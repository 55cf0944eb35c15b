//! All about one job: what it went through, what it asked, what its attempts cost and said.

use super::lens::Lens;
use super::view::{AttemptRow, DecisionLine, JobStory, Listed, Place, StoryLog};
use super::waits::at_comment;
use crate::core::decisions::{Decision, DecisionStatus};
use crate::core::jobs::{AttemptRecord, JobId, JobRecord, PersonAnswer};
use crate::core::model::time::rounded;
use crate::core::policy::audience::Audience;
use crate::core::reply::decisions::void_notice;
use crate::core::reply::jobs::{JobView, timeline, usd};
use crate::core::reply::plain::plain;
use crate::engine::job_log::{LogSection, sections};
use crate::store::decisions::{self, StoredDecision};
use crate::store::{Connection, Error, jobs};

/// How many lines of its history are shown.
const LINES: usize = 200;

/// How many attempts are listed, and of how many their words are shown; the last ones.
const ATTEMPTS: usize = 100;
const LOGS: usize = 5;

/// How many bytes of a part of a log are shown: of its beginning, and of its end.
const KEPT: usize = 24 << 10;

/// All about a job, if there is one of which whoever looks may know.
pub(super) fn story(
    conn: &Connection,
    lens: &Lens,
    (id, name): (JobId, String),
) -> Result<Option<JobStory>, Error> {
    let Some(record) = jobs::record(conn, id)? else { return Ok(None) };
    let place = lens.job_place(conn, &record.job)?;
    if place == Place::Withheld {
        return Ok(None);
    }
    let pull = record.job.pull().filter(|pull| record.job.home() != Some(*pull));
    let pull = pull.map(|pull| lens.place(conn, pull)).transpose()?;
    let mut view = JobView::of(&record, lens.now, &lens.zone);
    if let Place::Named { name, title, .. } = &place {
        (view.target, view.title) = (Some(name.clone()), title.clone());
    }
    let asked = decisions::asked_by(conn, id)?;
    let decisions = asked.iter().map(|stored| decision(conn, lens, stored));
    let decisions = decisions.collect::<Result<Vec<_>, _>>()?;
    Ok(Some(JobStory {
        name,
        at: lens.said(lens.now),
        pull,
        view,
        timeline: timeline(&record, &lens.zone, LINES, lens.agent_words()),
        decisions,
        attempts: attempts(lens, &record),
        log: log(conn, lens, id)?,
        place,
    }))
}

fn decision(
    conn: &Connection,
    lens: &Lens,
    stored: &StoredDecision,
) -> Result<DecisionLine, Error> {
    let StoredDecision { decision, comment, .. } = stored;
    let url = match at_comment(lens.place(conn, decision.thread)?, *comment) {
        Place::Named { url, .. } => url.filter(|_| comment.is_some()),
        Place::Withheld => None,
    };
    Ok(DecisionLine {
        id: decision.id.to_string(),
        question: decision.question.said().to_owned(),
        asked: lens.said(decision.asked_at),
        answer: answered(lens, decision),
        url,
        is_open: decision.is_open(),
    })
}

fn answered(lens: &Lens, decision: &Decision) -> String {
    match &decision.status {
        DecisionStatus::Open => "waits for an answer".to_owned(),
        DecisionStatus::Decided { by, answer, at } => {
            let answer = match answer {
                PersonAnswer::Yes => "yes",
                PersonAnswer::No(_) => "no",
                PersonAnswer::Revise => "something else",
            };
            format!("{answer}, said {} on {}", by.login, lens.said(*at))
        }
        DecisionStatus::Void { why, at } => match void_notice(decision, why) {
            Some(notice) => plain(&notice),
            None => format!("void since {}: the job went on without it", lens.said(*at)),
        },
        DecisionStatus::Expired { at } => format!("nobody answered until {}", lens.said(*at)),
    }
}

fn attempts(lens: &Lens, record: &JobRecord) -> Listed<AttemptRow> {
    let more = record.attempts.len().saturating_sub(ATTEMPTS);
    let rows = record.attempts.iter().enumerate().skip(more);
    let rows = rows.map(|(nth, attempt)| row(lens, nth + 1, attempt));
    Listed { shown: rows.collect(), more }
}

fn row(lens: &Lens, nth: usize, attempt: &AttemptRecord) -> AttemptRow {
    let AttemptRecord { agent, started_at, ended, charge, .. } = attempt;
    let until = ended.map_or(lens.now, |(at, _)| at);
    AttemptRow {
        nth,
        agent: agent.clone(),
        started: started_at.map(|at| lens.said(at)),
        took: started_at.map(|at| rounded(until.since(at))),
        ended: ended.map(|(_, how)| how.said()),
        tokens: charge.spent.tokens,
        usd: usd(charge.spent.micro_usd),
        is_bound: charge.is_bound,
    }
}

fn log(conn: &Connection, lens: &Lens, id: JobId) -> Result<StoryLog, Error> {
    if lens.audience != Audience::Everything {
        return Ok(StoryLog::Withheld);
    }
    let logs = jobs::attempt_logs(conn, id)?;
    let earlier = logs.len().saturating_sub(LOGS);
    let shown = logs.iter().enumerate().skip(earlier);
    let shown = shown.map(|(nth, log)| {
        let sections = sections(log, nth + 1, &lens.zone).into_iter();
        sections.map(|one| LogSection { words: bounded(one.words, id), ..one }).collect()
    });
    Ok(StoryLog::Shown { attempts: shown.collect(), earlier })
}

/// The beginning and the end of a long text.
fn bounded(words: String, id: JobId) -> String {
    if words.len() <= 2 * KEPT {
        return words;
    }
    let head = (0..=KEPT).rev().find(|at| words.is_char_boundary(*at)).unwrap_or_default();
    let tail = words.len() - KEPT;
    let tail = (tail..words.len()).find(|at| words.is_char_boundary(*at)).unwrap_or(words.len());
    let left_out = tail - head;
    format!(
        "{}\n[{left_out} bytes are left out here: `timmy jobs {id} --log` prints them]\n{}",
        &words[..head],
        &words[tail..]
    )
}

#[cfg(test)]
mod tests {
    use crate::engine::overview::story::*;

    #[test]
    fn a_long_text_is_shown_by_its_ends() {
        let id = JobId(42);
        assert_eq!(bounded("short".to_owned(), id), "short");
        let long = format!("begin {} end", "é".repeat(KEPT * 2));
        let shown = bounded(long.clone(), id);
        assert!(shown.starts_with("begin é") && shown.ends_with("é end"), "{shown}");
        assert!(shown.contains("bytes are left out here: `timmy jobs j42 --log` prints them]"));
        assert!(shown.len() < 2 * KEPT + 100, "{}", shown.len());
    }
}
