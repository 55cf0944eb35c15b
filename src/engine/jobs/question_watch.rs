//! Whether what an open question covers is still so.

use super::Jobs;
use super::ask::LOOKS;
use super::asked_question::AskedQuestion;
use super::look::{NextLook, SeenJob, told};
use super::watches::ASKS;
use crate::core::command::value::DecisionId;
use crate::core::decisions::{Decision, QuestionCheck};
use crate::core::jobs::Question;
use crate::core::model::repository::Repo;
use crate::core::reply::decisions::scheduled_notice;
use crate::engine::decision_check::check_covered;
use crate::store::{Error, decisions, jobs};

impl Jobs {
    /// Looks whether what an open question covers is still so, where something moved.
    pub(super) async fn watch(
        &self,
        seen: &SeenJob,
        asked: &AskedQuestion,
        decision: &Decision,
        repo: &Repo,
    ) -> Result<NextLook, Error> {
        let now = self.ctx.now();
        let next = NextLook::At(now.after(LOOKS));
        let covers = &decision.covers;
        let is_answered = covers.answers.is_some() && covers.answers != asked.answers;
        let of_issue = covers.text.or(covers.answers);
        if covers.head.is_none() && of_issue.is_none() && covers.start.is_none() {
            return Ok(NextLook::Idle);
        }
        let has_moved = self.watches.with(seen.id(), |watch| match &watch.question_seen {
            Some((moved, at)) => *moved != asked.moved || at.is_over(ASKS, now),
            None => true,
        });
        if !has_moved && !is_answered {
            return Ok(next);
        }
        let checked = match check_covered(&self.ctx, decision, &repo.name).await {
            Ok(checked) => checked,
            Err(error) => {
                let error = error.of_forge()?;
                self.incidents.met(&error, seen.job.lane()).await;
                return Ok(self.later(seen));
            }
        };
        match checked {
            QuestionCheck::Stands => {
                let [_, moved] = asked.moved;
                if let Some(head) = &covers.head
                    && self.watches.with(seen.id(), |watch| watch.is_timeline_new(moved, now))
                    && self.tell_scheduled(decision.id, head.pull, repo).await?
                {
                    self.watches.with(seen.id(), |watch| watch.timeline_seen = Some((moved, now)));
                }
                self.watches.with(seen.id(), |watch| {
                    watch.question_seen = Some((asked.moved, now));
                });
                Ok(next)
            }
            QuestionCheck::Void(why) => {
                let (id, now) = (decision.id, self.step_time());
                let write = self.ctx.ledger.write(move |tx| jobs::void(tx, id, why, false, now));
                let advanced = write.await?;
                if let Some(advanced) = &advanced {
                    self.moved(advanced).await;
                }
                Ok(told(advanced.is_some()))
            }
            QuestionCheck::PullGone => match self.head_of(seen, Question::Accept, repo).await {
                Ok(Err(event)) => Ok(told(self.tell(seen.id(), event).await?.is_some())),
                Ok(Ok(_)) => Ok(next),
                Err(error) => {
                    self.incidents.met(&error, seen.job.lane()).await;
                    Ok(self.later(seen))
                }
            },
        }
    }

    /// Says once that somebody has the forge merge what a person is asked about: it waits for nobody's
    /// yes. What cannot be told now is looked for again.
    pub(super) async fn tell_scheduled(
        &self,
        id: DecisionId,
        pull: i64,
        repo: &Repo,
    ) -> Result<bool, Error> {
        let scheduled = match self.ctx.gitea.scheduled_merge(&repo.name, pull).await {
            Ok(Some(scheduled)) => scheduled,
            Ok(None) => return Ok(true),
            Err(error) => {
                tracing::debug!(decision = %id, %error, "whether a merge is scheduled is unknown");
                return Ok(false);
            }
        };
        let (what, now) = (format!("scheduled.{}", scheduled.id), self.ctx.now());
        let says =
            move |decision: &Decision| scheduled_notice(decision, pull, scheduled.by.as_ref());
        let write =
            self.ctx.ledger.write(move |tx| decisions::say_beside(tx, id, &what, says, now));
        if write.await? {
            tracing::info!(decision = %id, pull, "somebody has the forge merge it");
            self.ctx.stored.notify();
        }
        Ok(true)
    }
}
