//! What agents ask to do, and how the answers of people reach them.
//!
//! A gateway waits minutes for an answer, people take hours. So the question is put to people at
//! once, and who answers while the gateway still waits answers that attempt. One whose gateway waits
//! no longer goes on without what it needs: it is stopped, and the next attempt gets the answer. So is
//! one that runs on this machine, at once: it keeps nothing busy while people think.

use super::Jobs;
use super::follow::{SLOWEST, run_of};
use super::look::{NextLook, SeenJob};
use super::start::request_agent;
use crate::agents::{AgentTrouble, Allowance, Sighting};
use crate::core::jobs::{AgentClaim, Failure, Fence, JobEvent, Progress, State};
use crate::store::permissions::{
    PermissionSaid, give_back_permission, permissions, use_permission,
};
use crate::store::{Error, jobs};

/// What became of an answer to what an agent asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PassedOn {
    Said,
    /// The agent waits for it no longer.
    NotAwaited,
    Later,
}

impl Jobs {
    /// It asks whether it may do something.
    pub(super) async fn asks(
        &self,
        seen: &SeenJob,
        fence: Fence,
        question: Option<String>,
    ) -> Result<NextLook, Error> {
        let next = NextLook::At(self.ctx.now().after(SLOWEST));
        // An answer is on its way, or it is to stop: it is followed until that is seen.
        let is_answered = seen.job.state.attempt().is_some_and(|a| a.answer.is_some());
        if is_answered || !matches!(seen.job.state, State::Running(_)) {
            return Ok(next);
        }
        // Old gateways tell it only to who listens: nobody can be asked about what is not told.
        let Some(question) = question else { return Ok(next) };
        let (id, asks) = (seen.id(), question.clone());
        let said = self.ctx.ledger.read(move |conn| permissions(conn, id)).await?;
        match said.into_iter().find(|(known, _)| *known == question) {
            Some((_, PermissionSaid::Allowed(_))) => {
                self.allow(seen, &question).await?;
                Ok(next)
            }
            Some((_, PermissionSaid::Denied)) => {
                self.deny(seen).await;
                Ok(next)
            }
            None => {
                let event = JobEvent::Attempt(fence, Progress::Asks);
                let told =
                    self.tell_with(id, event, move |tx| jobs::asks(tx, fence, &asks)).await?;
                Ok(super::look::told(told.is_some()).or(next))
            }
        }
    }

    /// What is seen of an attempt about whose question a person is asked.
    pub(super) async fn sighted_while_asked(
        &self,
        seen: &SeenJob,
        fence: Fence,
        sighting: Sighting,
    ) -> Result<NextLook, Error> {
        let next = NextLook::At(self.ctx.now().after(SLOWEST));
        match sighting {
            Sighting::Asks { .. } if self.waits_for_people(seen) => Ok(next),
            // It waits no longer, or is not to.
            Sighting::Asks { .. } | Sighting::Working { .. } => self.stop(seen, fence).await,
            over => self.over_without_answer(seen, fence, over).await,
        }
    }

    fn waits_for_people(&self, seen: &SeenJob) -> bool {
        self.fleet.agent(request_agent(seen)).is_none_or(|agent| agent.waits_for_people())
    }

    /// It is over, and the answer had not reached it: the next attempt gets it, unless this one
    /// found another way.
    pub(super) async fn over_without_answer(
        &self,
        seen: &SeenJob,
        fence: Fence,
        sighting: Sighting,
    ) -> Result<NextLook, Error> {
        let unanswered = |usage| Progress::Failed { failure: Failure::NeedsAnswer, usage };
        match sighting {
            Sighting::Stopped(usage) => self.progress(seen, fence, unanswered(usage)).await,
            Sighting::Ended(ending) => match self.forge.claim(&ending.text) {
                AgentClaim::PullRequest { .. }
                | AgentClaim::Comment
                | AgentClaim::Review(_)
                | AgentClaim::NoChange { .. } => self.ended(seen, fence, ending).await,
                AgentClaim::Blocked | AgentClaim::Nothing => {
                    self.progress(seen, fence, unanswered(ending.usage)).await
                }
            },
            other => self.sighted_over(seen, fence, other).await,
        }
    }

    /// Brings the attempt the answer to what it asked for.
    pub(super) async fn answer(
        &self,
        seen: &SeenJob,
        fence: Fence,
        allowed: bool,
    ) -> Result<NextLook, Error> {
        let asks = seen.attempt.as_ref().and_then(|attempt| attempt.asks.as_deref());
        let passed_on = match asks.filter(|_| allowed) {
            Some(question) => self.allow(seen, question).await?,
            None => self.deny(seen).await,
        };
        match passed_on {
            PassedOn::Said => self.progress(seen, fence, Progress::Answered).await,
            // What it goes on without it cannot do: it is stopped, and the next attempt may.
            PassedOn::NotAwaited => self.stop(seen, fence).await,
            PassedOn::Later => Ok(self.later(seen)),
        }
    }

    /// Passes on that a person allowed this, once: after a crash in between nobody did. What was not
    /// heard may be passed on again.
    async fn allow(&self, seen: &SeenJob, question: &str) -> Result<PassedOn, Error> {
        let (id, asked, now) = (seen.id(), question.to_owned(), self.ctx.now());
        let (Some(agent), Some(run)) = (self.fleet.agent(request_agent(seen)), run_of(seen)) else {
            return Ok(PassedOn::Said);
        };
        let write = self.ctx.ledger.write(move |tx| {
            let said = permissions(tx, id)?.into_iter().find(|(known, _)| *known == asked);
            let Some((_, PermissionSaid::Allowed(decision))) = said else { return Ok(None) };
            Ok(use_permission(tx, decision, now)?.then_some(decision))
        });
        let Some(decision) = write.await? else { return Ok(PassedOn::Said) };
        let passed_on = match agent.allow(&run, question).await {
            Ok(Allowance::Taken) => PassedOn::Said,
            Ok(Allowance::Unclear(trouble)) => {
                tracing::info!(job = %id, %trouble, "a yes may not have reached it: it has to ask again");
                PassedOn::Said
            }
            Ok(Allowance::NotAwaited) => PassedOn::NotAwaited,
            Err(trouble) => {
                tracing::info!(job = %id, %trouble, "yes could not be said");
                PassedOn::Later
            }
        };
        if passed_on != PassedOn::Said {
            self.ctx.ledger.write(move |tx| give_back_permission(tx, decision)).await?;
        }
        Ok(passed_on)
    }

    /// Denies what the attempt asks for. What waits for that no longer was denied as well.
    async fn deny(&self, seen: &SeenJob) -> PassedOn {
        let (Some(agent), Some(run)) = (self.fleet.agent(request_agent(seen)), run_of(seen)) else {
            return PassedOn::Said;
        };
        match agent.deny(&run).await {
            // It is being stopped, and had no answer: the next attempt gets it.
            Err(AgentTrouble::NotFound) if !agent.waits_for_people() => PassedOn::NotAwaited,
            Ok(()) | Err(AgentTrouble::NotFound | AgentTrouble::Unsupported) => PassedOn::Said,
            Err(trouble) => {
                tracing::info!(job = %seen.id(), %trouble, "no could not be said");
                PassedOn::Later
            }
        }
    }
}
