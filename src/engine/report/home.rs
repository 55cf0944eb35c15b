//! Where the report stands: the repository is looked up, the issue found again or made.

use std::time::Duration;

use super::Reporter;
use crate::core::effect::{CreateIssue, Effect, Pin};
use crate::core::model::ids::{Lane, RepoName, ThreadId};
use crate::core::model::incident::Incident;
use crate::core::report::{issue_body, issue_key, pin_key};
use crate::gitea;
use crate::store::outbox::{self, EffectState, NewEffect};
use crate::store::reports::{self, ReportIssue};
use crate::store::{Error, repos};

/// How long a repository that is not there is not asked for again.
const HOMELESS_FOR: Duration = Duration::from_secs(3600);

impl Reporter {
    /// The issue of the report. None if there is none yet: then it is being made, or cannot be,
    /// and why is noted.
    pub(super) async fn thread(&self) -> Result<Option<ThreadId>, Error> {
        let Some(home) = self.home().await? else { return Ok(None) };
        if let Some(thread) = home.thread() {
            return Ok(Some(thread));
        }
        self.make_issue(home).await?;
        Ok(None)
    }

    /// The repository of the report, as it was looked up, or as it is looked up now.
    async fn home(&self) -> Result<Option<ReportIssue>, Error> {
        let Some(report) = &self.ctx.policy.report else { return Ok(None) };
        let known = self.ctx.ledger.read(reports::home).await?;
        if let Some(home) = known.as_ref().filter(|home| home.configured == report.repository) {
            return Ok(Some(home.clone()));
        }
        let repo = match self.ctx.gitea.repo(&report.repository).await {
            Ok(repo) => repo,
            Err(error) => {
                self.back_off(&report.repository, &error).await;
                return Ok(None);
            }
        };
        self.incidents.set(Incident::ReportHomeless, None).await;
        let known = known.filter(|home| home.repo == repo.id);
        let home = ReportIssue {
            configured: report.repository.clone(),
            repo: repo.id,
            number: known.as_ref().and_then(|home| home.number),
            lost: known.map_or(0, |home| home.lost),
        };
        let stored = home.clone();
        let write = self.ctx.ledger.write(move |tx| {
            repos::remember(tx, &repo)?;
            reports::set_home(tx, &stored)
        });
        write.await?;
        Ok(Some(home))
    }

    async fn back_off(&self, repository: &RepoName, error: &gitea::Error) {
        let text = match error {
            gitea::Error::NotFound { .. } => format!(
                "report.repository, `{repository}`, is not there, or not for my account: make it, \
                 add my account to it, or correct the configuration"
            ),
            error => format!("report.repository, `{repository}`, cannot be read: {error}"),
        };
        self.incidents.set(Incident::ReportHomeless, Some(text)).await;
        let rests_until = match error {
            gitea::Error::NotFound { .. } => self.ctx.now().after(HOMELESS_FOR),
            _ => self.ctx.next_try(6),
        };
        let mut schedule = self.schedule();
        schedule.rests_until = rests_until;
        schedule.next = schedule.next.min(schedule.rests_until);
    }

    /// Stores the wish for an issue; one that was refused is wished for again the next day.
    async fn make_issue(&self, home: ReportIssue) -> Result<(), Error> {
        let Some(report) = &self.ctx.policy.report else { return Ok(()) };
        let (now, title, hours) = (self.ctx.now(), report.title.clone(), report.hours.clone());
        let lane = Lane::Repo(home.repo);
        let write = self.ctx.ledger.write(move |tx| {
            let mut home = home;
            while let Some(before) = outbox::get(tx, &issue_key(home.lost))? {
                let is_of_today = hours.day(before.created_at) == hours.day(now);
                let waits = match before.state {
                    EffectState::Queued | EffectState::Sending => true,
                    EffectState::Dead => is_of_today,
                    EffectState::Done => false,
                };
                if waits && before.lane == lane {
                    return Ok(());
                }
                home.lost += 1;
            }
            reports::set_home(tx, &home)?;
            let effect = Effect::Issue(CreateIssue { title, body: issue_body() });
            let effect = NewEffect::new(issue_key(home.lost), lane, &effect, now)?;
            outbox::push(tx, &effect, now).map(drop)
        });
        write.await?;
        self.ctx.stored.notify();
        Ok(())
    }

    /// The report stands in this issue from now on. One that was just made is to be pinned.
    pub(super) async fn record_issue(&self, thread: ThreadId, is_new: bool) -> Result<(), Error> {
        let now = self.ctx.now();
        let write = self.ctx.ledger.write(move |tx| {
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
        self.look_again();
        Ok(())
    }

    /// The repository is not there any more: it is looked up anew, by its name.
    pub(super) async fn repository_is_gone(&self) -> Result<(), Error> {
        self.ctx.ledger.write(reports::forget_home).await?;
        self.look_again();
        Ok(())
    }

    /// The issue is not there any more: it is made again, with what is to be told today.
    pub(super) async fn lost(&self, thread: ThreadId) -> Result<(), Error> {
        tracing::warn!(issue = thread.number, "report issue was deleted: creating another");
        self.ctx.ledger.write(move |tx| reports::lose(tx, thread)).await?;
        self.look_again();
        Ok(())
    }
}
