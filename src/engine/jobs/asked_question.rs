//! A question of a job, with all that it is put and watched by.

use super::look::SeenJob;
use crate::core::crew::Crew;
use crate::core::decisions::Decision;
use crate::core::jobs::money::Ceiling;
use crate::core::jobs::{JobRecord, Purpose};
use crate::core::model::ids::ThreadId;
use crate::core::model::issue::TextDigest;
use crate::core::model::time::Timestamp;
use crate::core::split::SplitProposal;
use crate::store::{
    Connection, Error, backlog, controls, covered_text, crews, decisions, jobs, reports, splits,
};

/// What is asked, and of whom it is asked what.
pub(super) struct AskedQuestion {
    pub(super) record: JobRecord,
    /// The agent's last words.
    pub(super) said: Option<String>,
    /// What it asks to do.
    pub(super) asks: Option<String>,
    /// Where it is asked; none as long as there is nothing to write it in.
    pub(super) home: Option<ThreadId>,
    pub(super) text: Option<TextDigest>,
    pub(super) answers: Option<TextDigest>,
    pub(super) decision: Option<Decision>,
    /// The crew that it is of.
    pub(super) crew: Option<Crew>,
    /// What the owner lets the issue cost at least.
    pub(super) raised: Ceiling,
    /// What it proposed that its epic becomes.
    pub(super) split: Option<SplitProposal>,
    /// What the issue said when what it proposed was judged.
    pub(super) judged_text: Option<TextDigest>,
    /// When the threads of the job moved last, by the forge's clock.
    pub(super) moved: [Option<Timestamp>; 2],
}

impl AskedQuestion {
    pub(super) fn read(
        conn: &Connection,
        seen: &SeenJob,
        number: u32,
    ) -> Result<Option<Self>, Error> {
        let (id, given) = (seen.id(), seen.job.spec.given());
        let Some(record) = jobs::record(conn, id)? else { return Ok(None) };
        let moved_at = |thread: Option<ThreadId>| match thread {
            Some(thread) => backlog::moved_at(conn, thread),
            None => Ok(None),
        };
        let (text, answers) = match given {
            Some(thread) => {
                (covered_text::digest(conn, thread)?, covered_text::answers(conn, thread)?)
            }
            None => (None, None),
        };
        // What is asked before there is a pull request stands in the report.
        let home = match record.job.home() {
            Some(home) => Some(home),
            None => reports::place_for(conn, record.job.spec.repo())?,
        };
        let stored = decisions::of_question(conn, id, number)?;
        let last = jobs::attempts(conn, id)?.pop();
        let (said, asks) = last.map(|last| (last.said, last.asks)).unwrap_or_default();
        Ok(Some(Self {
            said,
            asks,
            text,
            answers,
            home,
            decision: stored.map(|stored| stored.decision),
            crew: jobs::crew_of(conn, &record.job)?,
            raised: controls::raised(conn, id)?,
            split: splits::proposal(conn, id)?,
            judged_text: match record.job.spec.purpose {
                Purpose::Plan => crews::text(conn, id)?,
                _ => splits::text(conn, id)?,
            },
            moved: [moved_at(given)?, moved_at(record.job.pull())?],
            record,
        }))
    }

    /// Whether the issue says something else by now than when what was proposed for it was judged, as far
    /// as the ledger knows.
    pub(super) fn is_edited_since(&self) -> bool {
        self.judged_text.zip(self.text).is_some_and(|(then, now)| then != now)
    }
}
