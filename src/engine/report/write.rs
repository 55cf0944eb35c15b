//! What the report adds to the delivery of its effects: the text of a day, which is known only when
//! it is sent, and what follows when an effect is applied, or what it was for is gone.

use jiff::civil::Date;

use super::Reporter;
use crate::core::effect::{Effect, SetOpen, Source};
use crate::core::model::ids::{Lane, ThreadId};
use crate::core::model::repository::Repo;
use crate::core::report::{Day, DayState, is_reports, reopen_key};
use crate::engine::try_result::{Applied, TryResult};
use crate::gitea;
use crate::store::outbox::{self, NewEffect, OutboxRow as Row};
use crate::store::reports::{self, ReportedDay};
use crate::store::{Error, Transaction, repos};

impl Reporter {
    /// What the comment of a day says now; or how the try ends instead. Who may read it then
    /// decides what may be told.
    pub(in crate::engine) async fn text(
        &self,
        row: &Row,
        effect: &Effect,
        (day, may_call, at_once): (Date, bool, bool),
    ) -> Result<Result<String, TryResult>, Error> {
        // Comments tell how to answer: by timmy's name.
        if let Err(error) = self.identity.get().await {
            return Ok(Err(self.unread(row, &error.of_forge()?).await));
        }
        let Some(thread) = row.lane.thread() else { return Ok(Err(TryResult::NOTHING)) };
        match self.ctx.gitea.repo_by_id(thread.repo).await {
            Ok(repo) => self.ctx.ledger.write(move |tx| repos::remember(tx, &repo)).await?,
            Err(gitea::Error::NotFound { .. }) => {}
            Err(error) => return Ok(Err(self.unread(row, &error).await)),
        }
        let Some(report) = &self.ctx.policy.report else { return Ok(Err(TryResult::NOTHING)) };
        let now = self.ctx.now();
        if !at_once && report.hours.is_quiet(now) {
            let (due, reason) = (report.hours.next_after(now), "quiet hours".to_owned());
            return Ok(Err(TryResult::Later { due, reason, certain: !row.is_uncertain() }));
        }
        let told = self.ctx.ledger.read(move |conn| reports::of(conn, day)).await?;
        match effect {
            Effect::Comment(_) => {
                let is_awaited =
                    |told: &ReportedDay| told.key == row.key && told.entry.fate == DayState::Open;
                match told.filter(is_awaited) {
                    Some(told) if report.hours.day(now) == day => {
                        self.first_text(row, thread, told, may_call).await
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
        thread: ThreadId,
        told: ReportedDay,
        may_call: bool,
    ) -> Result<Result<String, TryResult>, Error> {
        let repo = self.ctx.ledger.read(move |conn| repos::name(conn, thread.repo)).await?;
        let Some(repo) = repo else { return Ok(Err(TryResult::NOTHING)) };
        let is_open = match self.ctx.gitea.issue(&repo.name, thread.number).await {
            Ok(issue) => issue.open,
            Err(gitea::Error::NotFound { .. }) => {
                self.lost(thread).await?;
                return Ok(Err(TryResult::NOTHING));
            }
            Err(error) => return Ok(Err(self.unread(row, &error).await)),
        };
        let news = self.told(told.entry.day, told.entry.period).await?;
        if !news.has_news() {
            return self.begun_in_vain(Some(told.entry.day)).await.map(Err);
        }
        // Closed by somebody: as long as it is configured, the report is on the list.
        let reopen = (!is_open).then_some(thread);
        self.intended_text(&told, &news, may_call && news.calls(), reopen).await.map(Ok)
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
        let (day, gist, now) = (told.entry.day, news.gist(calls), self.ctx.now());
        let key = reopen_key(&told.key);
        let write = move |tx: &Transaction<'_>| {
            if let Some(thread) = reopen {
                let effect = Effect::SetOpen(SetOpen { open: true });
                outbox::push(tx, &NewEffect::new(key, thread, &effect, now)?, now)?;
            }
            reports::tell(tx, day, gist, calls, now)
        };
        self.ctx.ledger.write(write).await?;
        Ok(news.comment(&told.key, calls))
    }

    /// Nothing is to be said any more: the next comment tells what this one was to tell.
    async fn begun_in_vain(&self, day: Option<Date>) -> Result<TryResult, Error> {
        if let Some(day) = day {
            self.ctx.ledger.write(move |tx| reports::end(tx, day, DayState::Void)).await?;
        }
        self.look_again();
        Ok(TryResult::NOTHING)
    }

    /// An effect is on the forge, which may be one of the report's; `is_old` if it was there before.
    pub(in crate::engine) async fn effect_applied(
        &self,
        row: &Row,
        effect: &Effect,
        applied: Applied,
        is_old: bool,
    ) -> Result<(), Error> {
        match (effect, applied.id, row.lane) {
            (Effect::Issue(_), Some(number), Lane::Repo(repo)) if is_reports(&row.key) => {
                self.record_issue(ThreadId { repo, number }, !is_old).await
            }
            _ => Ok(()),
        }
    }

    /// An effect was for something that is not there any more; none if it is not the report's.
    pub(in crate::engine) async fn target_gone(
        &self,
        row: &Row,
        effect: &Effect,
        repo: &Repo,
    ) -> Result<Option<TryResult>, Error> {
        if !is_reports(&row.key) {
            return Ok(None);
        }
        let Some(thread) = row.lane.thread() else {
            self.repository_is_gone().await?;
            return Ok(Some(TryResult::NOTHING));
        };
        let Effect::EditComment(edit) = effect else {
            self.lost(thread).await?;
            return Ok(Some(TryResult::NOTHING));
        };
        match self.ctx.gitea.issue(&repo.name, thread.number).await {
            // Somebody deleted the comment: it is not written again.
            Ok(_) => {
                if let Some(Source::Report { day, .. }) = edit.body.source() {
                    let day = *day;
                    let end = move |tx: &Transaction<'_>| reports::end(tx, day, DayState::Deleted);
                    self.ctx.ledger.write(end).await?;
                }
                Ok(Some(TryResult::NOTHING))
            }
            Err(gitea::Error::NotFound { .. }) => {
                self.lost(thread).await?;
                Ok(Some(TryResult::NOTHING))
            }
            Err(error) => {
                Ok(Some(TryResult::of_write(&self.ctx, &self.incidents, row, &error).await))
            }
        }
    }

    async fn unread(&self, row: &Row, error: &gitea::Error) -> TryResult {
        TryResult::of_read(&self.ctx, &self.incidents, row, error).await
    }
}
