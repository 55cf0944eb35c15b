//! Where the report stands: the repository is looked up, the issue found again or made.

use std::sync::PoisonError;
use std::time::Duration;

use crate::core::effect::{Effect, Issue, Pin};
use crate::core::model::ids::{RepoName, ThreadId};
use crate::core::report::{issue_body, issue_key, pin_key};
use crate::engine::{Engine, retry};
use crate::gitea;
use crate::store::outbox::{self, NewEffect, State};
use crate::store::reports::{self, ReportIssue};
use crate::store::{Error, repos};

/// How long a repository that is not there is not asked for again.
const HOMELESS_FOR: Duration = Duration::from_secs(3600);

impl Engine {
    /// The issue of the report. None if there is none yet: then it is being made, or cannot be,
    /// and why is noted.
    pub(super) async fn report_thread(&self) -> Result<Option<ThreadId>, Error> {
        let Some(home) = self.report_home().await? else { return Ok(None) };
        if let Some(thread) = home.thread() {
            return Ok(Some(thread));
        }
        self.have_the_issue_made(home).await?;
        Ok(None)
    }

    /// The repository of the report, as it was looked up, or as it is looked up now.
    async fn report_home(&self) -> Result<Option<ReportIssue>, Error> {
        let Some(report) = &self.report else { return Ok(None) };
        let known = self.ledger.read(reports::home).await?;
        if let Some(home) = known.as_ref().filter(|home| home.configured == report.repository) {
            return Ok(Some(home.clone()));
        }
        let repo = match self.gitea.repo(&report.repository).await {
            Ok(repo) => repo,
            Err(error) => {
                self.report_backs_off(&report.repository, &error).await;
                return Ok(None);
            }
        };
        self.report_placed().await;
        let known = known.filter(|home| home.repo == repo.id);
        let home = ReportIssue {
            configured: report.repository.clone(),
            repo: repo.id,
            number: known.as_ref().and_then(|home| home.number),
            lost: known.map_or(0, |home| home.lost),
        };
        let stored = home.clone();
        let write = self.ledger.write(move |tx| {
            repos::remember(tx, &repo)?;
            reports::set_home(tx, &stored)
        });
        write.await?;
        Ok(Some(home))
    }

    async fn report_backs_off(&self, repository: &RepoName, error: &gitea::Error) {
        let text = match error {
            gitea::Error::NotFound { .. } => format!(
                "report.repository, `{repository}`, is not there, or not for my account: make it, \
                 add my account to it, or correct the configuration"
            ),
            error => format!("report.repository, `{repository}`, cannot be read: {error}"),
        };
        self.report_unplaced(text).await;
        let pause = match error {
            gitea::Error::NotFound { .. } => HOMELESS_FOR,
            _ => retry::wait(None, 6, retry::chance()),
        };
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        pace.rests_until = self.clock.now().after(pause);
        pace.next = pace.next.min(pace.rests_until);
    }

    /// Stores the wish for an issue; one that was refused is wished for again the next day.
    async fn have_the_issue_made(&self, home: ReportIssue) -> Result<(), Error> {
        let Some(report) = &self.report else { return Ok(()) };
        let (now, title, hours) = (self.clock.now(), report.title.clone(), report.hours.clone());
        let thread = ThreadId { repo: home.repo, number: 0 };
        let write = self.ledger.write(move |tx| {
            let mut home = home;
            while let Some(before) = outbox::get(tx, &issue_key(home.lost))? {
                let is_of_today = hours.day(before.created_at) == hours.day(now);
                let waits = match before.state {
                    State::Queued | State::Sending => true,
                    State::Dead => is_of_today,
                    State::Done => false,
                };
                if waits && before.thread == thread {
                    return Ok(());
                }
                home.lost += 1;
            }
            reports::set_home(tx, &home)?;
            let effect = Effect::Issue(Issue { title, body: issue_body() });
            let effect = NewEffect::new(issue_key(home.lost), thread, &effect, now)?;
            outbox::push(tx, &effect, now).map(drop)
        });
        write.await?;
        self.notify();
        Ok(())
    }

    /// The report stands in this issue from now on. One that was just made is to be pinned.
    pub(super) async fn record_issue(&self, thread: ThreadId, is_new: bool) -> Result<(), Error> {
        let now = self.clock.now();
        let write = self.ledger.write(move |tx| {
            if let Some(home) = reports::home(tx)?.filter(|home| home.repo == thread.repo) {
                reports::set_home(tx, &ReportIssue { number: Some(thread.number), ..home })?;
            }
            if is_new {
                let effect = NewEffect::new(pin_key(thread), thread, &Effect::Pin(Pin {}), now)?;
                outbox::push(tx, &effect, now)?;
            }
            Ok(())
        });
        write.await?;
        self.report_continues();
        Ok(())
    }

    /// The repository is not there any more: it is looked up anew, by its name.
    pub(super) async fn repository_is_gone(&self) -> Result<(), Error> {
        self.ledger.write(reports::forget_home).await?;
        self.report_continues();
        Ok(())
    }

    /// The issue is not there any more: it is made again, with what is to be told today.
    pub(super) async fn lost(&self, thread: ThreadId) -> Result<(), Error> {
        tracing::warn!(issue = thread.number, "report issue was deleted: creating another");
        self.ledger.write(move |tx| reports::lose(tx, thread)).await?;
        self.report_continues();
        Ok(())
    }
}
