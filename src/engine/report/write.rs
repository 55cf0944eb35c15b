//! Writes the report, exactly once: the issue and the day's comment are looked for before they are
//! written again, an edit is a wish (read, and write the difference).

use std::time::Duration;

use jiff::civil::Date;

use crate::core::model::ids::{RepoName, ThreadId};
use crate::core::model::time::Timestamp;
use crate::core::report::{Day, DayState, ReportTiming, Write, issue_body};
use crate::crash;
use crate::engine::Engine;
use crate::engine::incidents::WriteKind;
use crate::engine::outbox::Applied;
use crate::gitea;
use crate::gitea::Recovery;
use crate::store::outbox;
use crate::store::outbox::OutboxRow as EffectRow;
use crate::store::reports;
use crate::store::reports::ReportedDay;
use crate::store::{Error, Transaction, repos};

/// How far the forge's clock and ours may be apart when a comment is looked for.
const MARGIN: Duration = Duration::from_secs(24 * 3600);

/// What needed no write.
const NOTHING: Applied = Applied::Done { written: None, id: None, doubtful: false };

impl Engine {
    /// One try at a write of the report.
    pub(in crate::engine) async fn write_report(
        &self,
        row: &EffectRow,
        name: &RepoName,
        write: &Write,
    ) -> Result<Applied, Error> {
        // Comments tell how to answer: by timmy's name.
        if let Err(error) = self.identity().await {
            return Ok(self.unseen(row, &error).await);
        }
        if matches!(write, Write::Begin { .. } | Write::Update { .. }) {
            // Who may read it decides what may be told.
            match self.gitea.repo_by_id(row.thread.repo).await {
                Ok(repo) => self.ledger.write(move |tx| repos::remember(tx, &repo)).await?,
                Err(gitea::Error::NotFound { .. }) => {}
                Err(error) => return Ok(self.unseen(row, &error).await),
            }
        }
        match write {
            Write::Issue { title } => self.make_issue(row, name, title).await,
            Write::Pin => Ok(self.pin(row, name).await),
            Write::Begin { day, may_call, when } => {
                if let Some(later) = self.defer_quiet_hours(row, *when) {
                    return Ok(later);
                }
                let outcome = self.begin_day(row, name, *day, *may_call).await;
                // A day that was begun in vain may begin once more.
                if matches!(outcome, Ok(Applied::Done { id: None, .. })) {
                    self.report_continues();
                }
                outcome
            }
            Write::Update { day, when } => match self.defer_quiet_hours(row, *when) {
                Some(later) => Ok(later),
                None => self.update_day(row, name, *day).await,
            },
        }
    }

    async fn make_issue(
        &self,
        row: &EffectRow,
        name: &RepoName,
        title: &str,
    ) -> Result<Applied, Error> {
        // Always: a ledger that was restored has forgotten it.
        match self.find_issue(name).await {
            Ok(Some(number)) => {
                self.record_issue(ThreadId { number, ..row.thread }, false).await?;
                return Ok(Applied::Done { written: None, id: None, doubtful: row.is_uncertain() });
            }
            Ok(None) => {}
            Err(gitea::Error::NotFound { .. }) => {
                self.repository_is_gone().await?;
                return Ok(NOTHING);
            }
            Err(error) => return Ok(self.unseen(row, &error).await),
        }
        self.intend(row).await?;
        crash::point("sending");
        let made = self.gitea.open_issue(name, title, &issue_body()).await;
        crash::point("sent");
        Ok(match made {
            Ok(issue) => {
                self.record_issue(ThreadId { number: issue.number, ..row.thread }, true).await?;
                let doubtful = row.is_uncertain() || row.tries > 0;
                Applied::Done { written: Some(WriteKind::Reply), id: None, doubtful }
            }
            Err(error) => self.failed(row, &error).await,
        })
    }

    async fn pin(&self, row: &EffectRow, name: &RepoName) -> Applied {
        match self.gitea.pin(name, row.thread.number).await {
            Ok(()) => NOTHING,
            Err(error) if matches!(error.heals(), Recovery::Later(_)) => {
                self.failed(row, &error).await
            }
            Err(error) => {
                tracing::info!(%error, "the report's issue is not pinned");
                NOTHING
            }
        }
    }

    /// Puts off what would be written in quiet hours.
    fn defer_quiet_hours(&self, row: &EffectRow, when: ReportTiming) -> Option<Applied> {
        let (hours, now) = (&self.report.as_ref()?.hours, self.clock.now());
        (when == ReportTiming::InHours && hours.is_quiet(now)).then(|| Applied::Later {
            due: hours.next_after(now),
            reason: "quiet hours".to_owned(),
            certain: !row.is_uncertain(),
        })
    }

    async fn begin_day(
        &self,
        row: &EffectRow,
        name: &RepoName,
        day: Date,
        may_call: bool,
    ) -> Result<Applied, Error> {
        // Always: a ledger that was restored has forgotten it.
        match self.look(name, row, row.created_at.before(MARGIN)).await {
            Ok(None) | Err(gitea::Error::NotFound { .. }) => {}
            Ok(found) => {
                let (written, doubtful) = (Some(WriteKind::Reply), row.is_uncertain());
                return Ok(Applied::Done { written, id: found, doubtful });
            }
            Err(error) => return Ok(self.unseen(row, &error).await),
        }
        let said = self.ledger.read(move |conn| reports::of(conn, day)).await?;
        let is_awaited =
            |said: &ReportedDay| said.key == row.key && said.entry.fate == DayState::Open;
        let Some(said) = said.filter(is_awaited) else { return Ok(NOTHING) };
        match self.gitea.issue(name, row.thread.number).await {
            Ok(issue) if issue.open => {}
            // Closed by somebody: as long as it is configured, the report is on the list.
            Ok(_) => {
                if let Err(error) = self.gitea.set_open(name, row.thread.number, true).await {
                    return Ok(self.failed(row, &error).await);
                }
            }
            Err(gitea::Error::NotFound { .. }) => {
                self.lost(row.thread).await?;
                return Ok(NOTHING);
            }
            Err(error) => return Ok(self.failed(row, &error).await),
        }
        let news = self.told(day, said.entry.period).await?;
        if !news.has_news() || self.today() != Some(day) {
            // The next comment tells what this one was to tell.
            self.ledger.write(move |tx| reports::end(tx, day, DayState::Void)).await?;
            return Ok(NOTHING);
        }
        let calls = may_call && news.needs() > 0;
        self.intend_to_tell(row, day, &news, calls).await?;
        let body = news.comment(&row.key, calls);
        Ok(self.post_body(row, name, &body).await)
    }

    async fn update_day(
        &self,
        row: &EffectRow,
        name: &RepoName,
        day: Date,
    ) -> Result<Applied, Error> {
        let said = self.ledger.read(move |conn| reports::of(conn, day)).await?;
        let Some((said, id)) = said.and_then(|said| said.comment.map(|id| (said, id))) else {
            return Ok(NOTHING);
        };
        let shown = match self.gitea.comment(name, id).await {
            Ok(Some(shown)) => shown,
            Ok(None) | Err(gitea::Error::NotFound { .. }) => {
                return self.is_gone(row, name, day).await;
            }
            Err(error) => return Ok(self.failed(row, &error).await),
        };
        let (news, calls) = (self.told(day, said.entry.period).await?, said.entry.called);
        let body = news.comment(&said.key, calls);
        self.intend_to_tell(row, day, &news, calls).await?;
        if shown.body == body {
            return Ok(NOTHING);
        }
        crash::point("wishing");
        let edited = self.gitea.edit_comment(name, id, &body).await;
        crash::point("wished");
        Ok(match edited {
            Ok(_) => Applied::Done { written: Some(WriteKind::Reply), id: None, doubtful: false },
            Err(error) => self.failed(row, &error).await,
        })
    }

    /// The day's comment is not there: somebody deleted it, or its issue.
    async fn is_gone(&self, row: &EffectRow, name: &RepoName, day: Date) -> Result<Applied, Error> {
        match self.gitea.issue(name, row.thread.number).await {
            Ok(_) => {
                self.ledger.write(move |tx| reports::end(tx, day, DayState::Deleted)).await?;
                Ok(NOTHING)
            }
            Err(gitea::Error::NotFound { .. }) => {
                self.lost(row.thread).await?;
                Ok(NOTHING)
            }
            Err(error) => Ok(self.failed(row, &error).await),
        }
    }

    /// Stores that this is about to be said.
    async fn intend_to_tell(
        &self,
        row: &EffectRow,
        day: Date,
        news: &Day,
        calls: bool,
    ) -> Result<(), Error> {
        let (seq, now, gist): (_, Timestamp, _) = (row.seq, self.clock.now(), news.gist(calls));
        let write = move |tx: &Transaction<'_>| {
            reports::tell(tx, day, gist, calls, now)?;
            outbox::sending(tx, seq, now)
        };
        self.ledger.write(write).await
    }

    /// Looks once more for duplicates of a write whose outcome was once unknown.
    pub(in crate::engine) async fn find_duplicate_issue(
        &self,
        name: &RepoName,
        row: &EffectRow,
        write: &Write,
    ) -> Result<Option<i64>, gitea::Error> {
        match write {
            Write::Issue { .. } => self.find_issue(name).await,
            Write::Begin { .. } => self.look(name, row, row.created_at.before(MARGIN)).await,
            Write::Pin | Write::Update { .. } => Ok(None),
        }
    }

    fn today(&self) -> Option<Date> {
        Some(self.report.as_ref()?.hours.day(self.clock.now()))
    }
}
