//! The one report: looked after at the right moments, and whenever something moved.
//!
//! A look reads the ledger, asks [`core::report`](crate::core::report) what is to be written, and
//! puts that into the outbox, in the lane of the report's issue: an issue, a comment, an edit, as
//! any other effects. What a comment says is gathered (`gather`) once to see whether there is news,
//! and again right before it is sent (`write`). `home` knows where the issue is, or has it made.

mod gather;
mod home;
mod jobs;
mod scope;
mod write;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::civil::Date;

use super::accounts::Accounts;
use super::context::Context;
use super::identity::Identity;
use super::incidents::Incidents;
use super::planner::Planner;
use crate::config::DispatchMode;
use crate::core::effect::{Body, CommentRef, CreateComment, EditComment, Effect, Source};
use crate::core::model::time::Timestamp;
use crate::core::policy::audience::Audience;
use crate::core::report::{Day, DayState, Period, ReportTask, ReportTiming, tasks};
use crate::store::outbox::{self, NewEffect};
use crate::store::{Error, digest, reports};

pub use gather::{gather, outlook};
pub use scope::{ReportAudience, ReportScope};

/// When the report is looked at.
#[derive(Debug, Default)]
pub(super) struct ReportSchedule {
    /// When it was looked at last; none if it is to be looked at again, at once.
    last: Option<Timestamp>,
    /// How often something new had been stored then; none if it saw less than there was.
    news: Option<u64>,
    /// When it is looked at next, whatever moves or does not.
    next: Timestamp,
    /// Not before: the forge was asked in vain.
    rests_until: Timestamp,
}

impl ReportSchedule {
    fn due(&self, now: Timestamp, news: u64, every: Duration) -> Timestamp {
        let due = match self.last {
            None => now,
            Some(_) if self.news == Some(news) => self.next,
            // A clock that was set back is no reason to wait for it.
            Some(last) if last > now => now,
            Some(last) => last.after(every).min(self.next),
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

/// Writes the one report.
pub(super) struct Reporter {
    ctx: Context,
    identity: Arc<Identity>,
    incidents: Arc<Incidents>,
    accounts: Arc<Accounts>,
    planner: Arc<Planner>,
    schedule: Mutex<ReportSchedule>,
}

impl Reporter {
    pub(super) fn new(
        ctx: Context,
        (identity, incidents): (Arc<Identity>, Arc<Incidents>),
        accounts: Arc<Accounts>,
        planner: Arc<Planner>,
    ) -> Self {
        Self { ctx, identity, incidents, accounts, planner, schedule: Mutex::default() }
    }

    /// When the report is to be looked at next, if so much is new; never without one.
    pub(super) fn due(&self, now: Timestamp, news: u64) -> Option<Timestamp> {
        let report = self.ctx.policy.report.as_ref()?;
        Some(self.schedule().due(now, news, report.every))
    }

    fn schedule(&self) -> MutexGuard<'_, ReportSchedule> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A look begins.
    pub(super) fn begin_look(&self, now: Timestamp, news: u64) {
        if let Some(report) = &self.ctx.policy.report {
            let next = report.hours.next_after(now);
            *self.schedule() = ReportSchedule {
                last: Some(now),
                news: Some(news),
                next,
                ..ReportSchedule::default()
            };
        }
    }

    /// Something that the report waited for has ended: it is looked at again, at once.
    pub(super) fn look_again(&self) {
        self.schedule().last = None;
    }

    /// Whether it is to be looked at again, at once.
    pub(super) fn looks_again(&self) -> bool {
        self.schedule().last.is_none()
    }

    /// One look at the report.
    pub(super) async fn look(&self, when: ReportTiming) -> Result<(), Error> {
        let Some(report) = &self.ctx.policy.report else { return Ok(()) };
        let now = self.ctx.now();
        let today = report.hours.day(now);
        let diary = self.ctx.ledger.read(move |conn| reports::diary(conn, today)).await?;
        if diary.iter().any(|entry| entry.is_busy) {
            // What happened since that write was begun is left for the next look.
            self.schedule().news = None;
        }
        for task in tasks(now, when, &report.hours, &diary) {
            match task {
                ReportTask::Close { day, period, told } => {
                    let rest = Period { since: told, ..period };
                    let read = move |conn: &_| digest::of(conn, Audience::Everything, rest, now);
                    if self.ctx.ledger.read(read).await?.has_news() {
                        self.update(day, DayState::Closed, when).await?;
                    } else {
                        self.ctx
                            .ledger
                            .write(move |tx| reports::end(tx, day, DayState::Closed))
                            .await?;
                    }
                }
                ReportTask::Update { day, period } => {
                    let said = self.ctx.ledger.read(move |conn| reports::of(conn, day)).await?;
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
        let Some(thread) = self.thread().await? else { return Ok(()) };
        let now = self.ctx.now();
        self.ctx
            .ledger
            .write(move |tx| {
                let key = reports::begin(tx, day, period, thread)?;
                let body = text_of(day, may_call, when);
                let effect = Effect::Comment(CreateComment {
                    body,
                    since: now.before(MARGIN),
                    reply_to: None,
                });
                outbox::push(tx, &NewEffect::new(key, thread, &effect, now)?, now).map(drop)
            })
            .await?;
        self.ctx.stored.notify();
        Ok(())
    }

    async fn update(&self, day: Date, fate: DayState, when: ReportTiming) -> Result<(), Error> {
        let now = self.ctx.now();
        self.ctx
            .ledger
            .write(move |tx| {
                let Some(told) = reports::of(tx, day)? else { return Ok(()) };
                let key = reports::update(tx, day, fate)?;
                let comment = CommentRef::Key(told.key);
                let body = text_of(day, told.entry.called, when);
                let effect = Effect::EditComment(EditComment { comment, body });
                outbox::push(tx, &NewEffect::new(key, told.thread, &effect, now)?, now).map(drop)
            })
            .await?;
        self.ctx.stored.notify();
        Ok(())
    }

    /// What there is to tell of a day.
    async fn told(&self, day: Date, period: Period) -> Result<Day, Error> {
        let _turn = self.planner.turn().await;
        let (judged, told) = (self.planner.ranking().await?, self.telling(day, period));
        let now = self.ctx.now();
        let suggests = self.ctx.policy.dispatch.mode != DispatchMode::Off;
        let read = self.ctx.ledger.read(move |conn| {
            let mut day = gather(conn, &told, now)?;
            day.report.outlook = outlook(conn, &judged, told.to)?;
            if !suggests {
                day.report.outlook.suggest_nothing();
            }
            Ok(day)
        });
        read.await
    }

    /// Whether there is anything to tell of a day for which a comment is due.
    async fn has_news(&self, day: Date, period: Period) -> Result<bool, Error> {
        let (told, now) = (self.telling(day, period), self.ctx.now());
        self.ctx.ledger.read(move |conn| Ok(gather(conn, &told, now)?.has_news())).await
    }

    fn telling(&self, day: Date, period: Period) -> ReportScope {
        ReportScope {
            name: self.identity.known().map_or_else(String::new, |own| own.login.clone()),
            owner: self.accounts.people().owner.login().to_owned(),
            zone: self.ctx.policy.zone.clone(),
            agents: self.ctx.policy.agents.clone(),
            day_cap: self.ctx.policy.jobs.budgets.day.micro_usd,
            remind: self.ctx.policy.jobs.remind,
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
        const MINUTE: Duration = Duration::from_secs(60);
        let at = |seconds| Timestamp::default().after(Duration::from_secs(seconds));
        let mut schedule = ReportSchedule {
            last: Some(at(100)),
            news: Some(7),
            next: at(900),
            ..ReportSchedule::default()
        };
        assert_eq!(schedule.due(at(110), 7, MINUTE), at(900));
        assert_eq!(schedule.due(at(110), 8, MINUTE), at(160));
        // The clock was set back.
        assert_eq!(schedule.due(at(50), 8, MINUTE), at(50));
        schedule.last = None;
        assert_eq!(schedule.due(at(110), 7, MINUTE), at(110));
        schedule.rests_until = at(130);
        assert_eq!(schedule.due(at(110), 8, MINUTE), at(130));
        assert_eq!(ReportSchedule::default().due(at(3), 0, MINUTE), at(3));
    }
}
