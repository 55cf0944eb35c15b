//! The one report: looked after at the right moments, and whenever something moved.
//!
//! A look reads the ledger, asks [`core::report`](crate::core::report) what is to be written, and
//! puts that into the outbox, in the lane of the report's issue: an issue, a comment, an edit, as
//! any other effects. What a comment says is gathered (`gather`) once to see whether there is news,
//! and again right before it is sent (`write`). `home` knows where the issue is, or has it made.

mod gather;
mod home;
mod now;
mod write;

use std::collections::BTreeSet;
use std::sync::PoisonError;
use std::time::Duration;

use jiff::civil::Date;

use super::Engine;
use super::audience::Audiences;
use super::inbox::EngineError;
use crate::core::effect::{Body, Comment, CommentRef, EditComment, Effect, Source};
use crate::core::model::ids::{RepoId, RepoName, ThreadId};
use crate::core::model::time::Timestamp;
use crate::core::policy::audience::{Audience, Visible};
use crate::core::report::{
    Day, DayState, Hours, Outlook, Period, ReportTask, ReportTiming, best, tasks,
};
use crate::crash;
use crate::store::outbox::{self, NewEffect};
use crate::store::{Error, backlog, digest, reports};

pub use gather::{ReportAudience, ReportScope, gather, outlook};
pub use now::ReportResult;

/// What the configuration says of the report.
#[derive(Debug, Clone)]
pub struct Report {
    /// The repository of its issue, as it is called there.
    pub repository: RepoName,
    /// The title of the issue.
    pub title: String,
    /// When it may speak.
    pub hours: Hours,
}

/// Not a thread: where the report is looked after, beside all lanes.
pub(super) const REPORT_LANE: ThreadId = ThreadId { repo: RepoId(0), number: 0 };

/// When the report is looked at.
#[derive(Debug, Default)]
pub(super) struct ReportSchedule {
    /// When it was looked at last; none if it is to be looked at again, at once.
    last: Option<Timestamp>,
    /// What had been rung for then; none if it saw less than there was.
    generation: Option<u64>,
    /// When it is looked at next, whatever moves or does not.
    next: Timestamp,
    /// Not before: the forge was asked in vain.
    rests_until: Timestamp,
}

impl ReportSchedule {
    fn due(&self, now: Timestamp, generation: u64) -> Timestamp {
        let due = match self.last {
            None => now,
            Some(_) if self.generation == Some(generation) => self.next,
            // A clock that was set back is no reason to wait for it.
            Some(last) if last > now => now,
            Some(last) => last.after(crash::report_pause()).min(self.next),
        };
        due.max(self.rests_until)
    }
}

/// How far the forge's clock and ours may be apart when a comment is looked for.
const MARGIN: Duration = Duration::from_secs(24 * 3600);

/// A day's comment, written when it is sent.
fn text_of(day: Date, may_call: bool, when: ReportTiming) -> Body {
    Body::from_source(Source::Report { day, may_call, at_once: when == ReportTiming::Now })
}

impl Engine {
    /// When the report is to be looked at next, if so much was rung for; never without one.
    pub(super) fn report_due(&self, now: Timestamp, generation: u64) -> Option<Timestamp> {
        self.report.as_ref()?;
        Some(self.pace.lock().unwrap_or_else(PoisonError::into_inner).due(now, generation))
    }

    /// A look begins.
    pub(super) fn report_begins(&self, now: Timestamp, generation: u64) {
        if let Some(report) = &self.report {
            let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
            let next = report.hours.next_after(now);
            *pace = ReportSchedule {
                last: Some(now),
                generation: Some(generation),
                next,
                ..ReportSchedule::default()
            };
        }
    }

    /// Something that the report waited for has ended: it is looked at again, at once.
    fn report_continues(&self) {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner).last = None;
    }

    /// One look at the report.
    pub(super) async fn write_due_report(&self, when: ReportTiming) -> Result<(), Error> {
        let Some(report) = &self.report else { return Ok(()) };
        let now = self.clock.now();
        let today = report.hours.day(now);
        let diary = self.ledger.read(move |conn| reports::diary(conn, today)).await?;
        if diary.iter().any(|entry| entry.is_busy) {
            // What happened since that write was begun is left for the next look.
            self.pace.lock().unwrap_or_else(PoisonError::into_inner).generation = None;
        }
        for task in tasks(now, when, &report.hours, &diary) {
            match task {
                ReportTask::Close { day, period, told } => {
                    let rest = Period { since: told, ..period };
                    let read = move |conn: &_| digest::of(conn, Audience::Everything, rest, now);
                    if self.ledger.read(read).await?.has_news() {
                        self.update(day, DayState::Closed, when).await?;
                    } else {
                        self.ledger
                            .write(move |tx| reports::end(tx, day, DayState::Closed))
                            .await?;
                    }
                }
                ReportTask::Update { day, period } => {
                    let said = self.ledger.read(move |conn| reports::of(conn, day)).await?;
                    let Some(said) = said.filter(|said| said.comment.is_some()) else { continue };
                    let news = self.told(day, period).await?;
                    if said.gist != Some(news.gist(said.entry.called)) {
                        self.update(day, DayState::Open, when).await?;
                    }
                }
                ReportTask::Begin { day, period, may_call } => {
                    if self.has_news(day, period).await? {
                        self.begin(day, period, may_call, when).await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn begin(
        &self,
        day: Date,
        period: Period,
        may_call: bool,
        when: ReportTiming,
    ) -> Result<(), Error> {
        let Some(thread) = self.report_thread().await? else { return Ok(()) };
        let now = self.clock.now();
        self.ledger
            .write(move |tx| {
                let key = reports::begin(tx, day, period, thread)?;
                let body = text_of(day, may_call, when);
                let effect = Effect::Comment(Comment { body, since: now.before(MARGIN) });
                outbox::push(tx, &NewEffect::new(key, thread, &effect, now)?, now).map(drop)
            })
            .await?;
        self.notify();
        Ok(())
    }

    async fn update(&self, day: Date, fate: DayState, when: ReportTiming) -> Result<(), Error> {
        let now = self.clock.now();
        self.ledger
            .write(move |tx| {
                let Some(told) = reports::of(tx, day)? else { return Ok(()) };
                let key = reports::update(tx, day, fate)?;
                let comment = CommentRef::Key(told.key);
                let body = text_of(day, told.entry.called, when);
                let effect = Effect::EditComment(EditComment { comment, body });
                outbox::push(tx, &NewEffect::new(key, told.thread, &effect, now)?, now).map(drop)
            })
            .await?;
        self.notify();
        Ok(())
    }

    /// What there is to tell of a day.
    async fn told(&self, day: Date, period: Period) -> Result<Day, Error> {
        let (judged, told) = (self.ranking().await?, self.telling(day, period));
        let now = self.clock.now();
        let read = self.ledger.read(move |conn| {
            let mut day = gather(conn, &told, now)?;
            day.report.outlook = outlook(conn, &judged, told.to)?;
            Ok(day)
        });
        read.await
    }

    /// Whether there is anything to tell of a day for which a comment is due.
    async fn has_news(&self, day: Date, period: Period) -> Result<bool, Error> {
        let (told, now) = (self.telling(day, period), self.clock.now());
        self.ledger.read(move |conn| Ok(gather(conn, &told, now)?.has_news())).await
    }

    /// The backlog in a few lines, for those who read in a thread.
    pub(super) async fn outlook_for(&self, audience: Audience) -> Result<Outlook, EngineError> {
        let (judged, audiences) = (self.ranking().await?, Audiences::new(self));
        let mut visible = audiences.visible(audience).await?;
        let best = |visible: &Visible| {
            best(&judged.ranking, |repo| visible.may_name(repo)).collect::<BTreeSet<_>>()
        };
        let best: Vec<_> = audiences.sure_of(&mut visible, best).await?.into_iter().collect();
        let titles = self.ledger.read(move |conn| backlog::titles(conn, &best)).await?;
        Ok(Outlook::of(&judged, |repo| visible.may_name(repo), &titles))
    }

    fn telling(&self, day: Date, period: Period) -> ReportScope {
        ReportScope {
            name: self.own_account().map_or_else(String::new, |own| own.login.clone()),
            owner: self.people().owner.login().to_owned(),
            zone: self.zone.clone(),
            agents: self.agents.clone(),
            to: ReportAudience::Forge,
            day,
            period,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::engine::report::*;

    #[test]
    fn it_looks_once_a_minute_if_something_moved_and_else_at_its_moments() {
        let at = |seconds| Timestamp::default().after(Duration::from_secs(seconds));
        let mut pace = ReportSchedule {
            last: Some(at(100)),
            generation: Some(7),
            next: at(900),
            ..ReportSchedule::default()
        };
        assert_eq!(pace.due(at(110), 7), at(900));
        assert_eq!(pace.due(at(110), 8), at(160));
        // The clock was set back.
        assert_eq!(pace.due(at(50), 8), at(50));
        pace.last = None;
        assert_eq!(pace.due(at(110), 7), at(110));
        pace.rests_until = at(130);
        assert_eq!(pace.due(at(110), 8), at(130));
        assert_eq!(ReportSchedule::default().due(at(3), 0), at(3));
    }
}
