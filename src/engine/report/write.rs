//! What the report adds to the delivery of its effects: the text of a day, which is known only when
//! it is sent, and what follows when an effect is applied, or what it was for is gone.

use jiff::civil::Date;

use crate::core::effect::{Effect, SetOpen, Source};
use crate::core::model::ids::ThreadId;
use crate::core::model::repository::Repo;
use crate::core::report::{Day, DayState, reopen_key};
use crate::engine::Engine;
use crate::engine::outbox::{Applied, TryResult};
use crate::gitea;
use crate::store::outbox::{self, NewEffect, OutboxRow as Row};
use crate::store::reports::{self, ReportedDay};
use crate::store::{Error, Transaction, repos};

impl Engine {
    /// What the comment of a day says now; or how the try ends instead. Who may read it then
    /// decides what may be told.
    pub(in crate::engine) async fn report_text(
        &self,
        row: &Row,
        effect: &Effect,
        source: &Source,
    ) -> Result<Result<String, TryResult>, Error> {
        let Source::Report { day, may_call, at_once } = *source;
        // Comments tell how to answer: by timmy's name.
        if let Err(error) = self.identity().await {
            return Ok(Err(self.unseen(row, &error).await));
        }
        match self.gitea.repo_by_id(row.thread.repo).await {
            Ok(repo) => self.ledger.write(move |tx| repos::remember(tx, &repo)).await?,
            Err(gitea::Error::NotFound { .. }) => {}
            Err(error) => return Ok(Err(self.unseen(row, &error).await)),
        }
        let Some(report) = &self.report else { return Ok(Err(TryResult::NOTHING)) };
        let now = self.clock.now();
        if !at_once && report.hours.is_quiet(now) {
            let (due, reason) = (report.hours.next_after(now), "quiet hours".to_owned());
            return Ok(Err(TryResult::Later { due, reason, certain: !row.is_uncertain() }));
        }
        let told = self.ledger.read(move |conn| reports::of(conn, day)).await?;
        match effect {
            Effect::Comment(_) => {
                let is_awaited =
                    |told: &ReportedDay| told.key == row.key && told.entry.fate == DayState::Open;
                match told.filter(is_awaited) {
                    Some(told) if report.hours.day(now) == day => {
                        self.first_text(row, told, may_call).await
                    }
                    told => self.begun_in_vain(told.map(|_| day)).await.map(Err),
                }
            }
            _ => {
                let Some(told) = told.filter(|told| told.comment.is_some()) else {
                    return Ok(Err(TryResult::NOTHING));
                };
                let news = self.told(day, told.entry.period).await?;
                self.intended_text(&told, &news, may_call, None).await.map(Ok)
            }
        }
    }

    /// What the first comment of today says, in an issue that is open, or will be.
    async fn first_text(
        &self,
        row: &Row,
        told: ReportedDay,
        may_call: bool,
    ) -> Result<Result<String, TryResult>, Error> {
        let thread = row.thread;
        let repo = self.ledger.read(move |conn| repos::name(conn, thread.repo)).await?;
        let Some(repo) = repo else { return Ok(Err(TryResult::NOTHING)) };
        let is_open = match self.gitea.issue(&repo.name, thread.number).await {
            Ok(issue) => issue.open,
            Err(gitea::Error::NotFound { .. }) => {
                self.lost(thread).await?;
                return Ok(Err(TryResult::NOTHING));
            }
            Err(error) => return Ok(Err(self.unseen(row, &error).await)),
        };
        let news = self.told(told.entry.day, told.entry.period).await?;
        if !news.has_news() {
            return self.begun_in_vain(Some(told.entry.day)).await.map(Err);
        }
        // Closed by somebody: as long as it is configured, the report is on the list.
        let reopen = (!is_open).then_some(thread);
        self.intended_text(&told, &news, may_call && news.needs() > 0, reopen).await.map(Ok)
    }

    /// The text of a comment. Stores that it is about to be said, and that `reopen` is to be opened
    /// again.
    async fn intended_text(
        &self,
        told: &ReportedDay,
        news: &Day,
        calls: bool,
        reopen: Option<ThreadId>,
    ) -> Result<String, Error> {
        let (day, gist, now) = (told.entry.day, news.gist(calls), self.clock.now());
        let key = reopen_key(&told.key);
        let write = move |tx: &Transaction<'_>| {
            if let Some(thread) = reopen {
                let effect = Effect::SetOpen(SetOpen { open: true });
                outbox::push(tx, &NewEffect::new(key, thread, &effect, now)?, now)?;
            }
            reports::tell(tx, day, gist, calls, now)
        };
        self.ledger.write(write).await?;
        Ok(news.comment(&told.key, calls))
    }

    /// Nothing is to be said any more: the next comment tells what this one was to tell.
    async fn begun_in_vain(&self, day: Option<Date>) -> Result<TryResult, Error> {
        if let Some(day) = day {
            self.ledger.write(move |tx| reports::end(tx, day, DayState::Void)).await?;
        }
        self.report_continues();
        Ok(TryResult::NOTHING)
    }

    /// One of the report's effects is on the forge; `is_old` if it was there before.
    pub(in crate::engine) async fn report_effect_applied(
        &self,
        row: &Row,
        effect: &Effect,
        applied: Applied,
        is_old: bool,
    ) -> Result<(), Error> {
        match (effect, applied.id) {
            (Effect::Issue(_), Some(number)) => {
                self.record_issue(ThreadId { number, ..row.thread }, !is_old).await
            }
            _ => Ok(()),
        }
    }

    /// One of the report's effects was for something that is not there any more.
    pub(in crate::engine) async fn report_target_gone(
        &self,
        row: &Row,
        effect: &Effect,
        repo: &Repo,
    ) -> Result<TryResult, Error> {
        match effect {
            Effect::Issue(_) => self.repository_is_gone().await?,
            Effect::EditComment(edit) => {
                match self.gitea.issue(&repo.name, row.thread.number).await {
                    // Somebody deleted it: it is not written again.
                    Ok(_) => {
                        if let Some(Source::Report { day, .. }) = edit.body.source() {
                            let day = *day;
                            self.ledger
                                .write(move |tx| reports::end(tx, day, DayState::Deleted))
                                .await?;
                        }
                    }
                    Err(gitea::Error::NotFound { .. }) => self.lost(row.thread).await?,
                    Err(error) => return Ok(self.failed(row, &error).await),
                }
            }
            _ => self.lost(row.thread).await?,
        }
        Ok(TryResult::NOTHING)
    }
}
