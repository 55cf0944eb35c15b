//! Starts attempts. A start of which this process does not know that it was never sent is looked
//! for first: nothing is started twice without a look.

use super::Jobs;
use super::look::{NextLook, SeenJob, told};
use super::trouble::never_ran;
use crate::agents::{Agent, AgentTrouble, RunHandle, Sighting, Started, StoredRequest};
use crate::core::jobs::money::Usage;
use crate::core::jobs::{Failure, Fence, JobEvent, NeverRan, Phase, Progress, State, Waiting};
use crate::core::model::incident::AgentProblem;
use crate::crash;
use crate::store::jobs::{self, StoredAttempt};
use crate::store::{Error, Transaction};

/// How soon what came of a start of unknown outcome is looked for.
const SOON: std::time::Duration = std::time::Duration::from_secs(2);

/// Whether an attempt was started, as its agent tells.
pub(super) enum Found {
    Runs(RunHandle),
    /// It surely was not started.
    Nothing,
    HostAway,
    /// The agent cannot tell, or holds something else under its name.
    Unclear,
    /// It could not be asked.
    Unknown,
}

impl Jobs {
    /// Starts the attempt, unless it was started before.
    pub(super) async fn start(&self, seen: &SeenJob, fence: Fence) -> Result<NextLook, Error> {
        let Some((agent, request)) = self.driven(seen) else {
            return self.progress(seen, fence, Progress::Unclear).await;
        };
        let is_unsent = self.watches.with(seen.id(), |watch| watch.unsent.take() == Some(fence));
        if !is_unsent {
            match self.find(&*agent, &request).await {
                Found::Runs(run) => return self.accepted(seen, fence, run).await,
                Found::Nothing => {}
                Found::HostAway => return self.progress(seen, fence, Progress::HostAway).await,
                Found::Unclear => return self.progress(seen, fence, Progress::Unclear).await,
                Found::Unknown => return Ok(self.later(seen)),
            }
            // Nobody waits any more for one that was not started in time.
            if seen.is_due(self.ctx.now()) {
                return Ok(NextLook::Idle);
            }
        }
        crash::point("job_starting");
        let started = agent.start(&request).await;
        crash::point("job_sent");
        match started {
            Ok(Started::Accepted(run)) => self.accepted(seen, fence, run).await,
            Ok(Started::Refused(trouble)) => self.refused_start(seen, fence, &trouble).await,
            Ok(Started::Unknown(why)) => {
                tracing::info!(job = %seen.id(), attempt = fence.0, why, "start of unknown outcome");
                Ok(NextLook::At(self.ctx.now().after(SOON)))
            }
            Err(trouble) => {
                tracing::info!(job = %seen.id(), attempt = fence.0, %trouble, "start of unknown outcome");
                self.met(request_agent(seen), &trouble).await?;
                Ok(NextLook::At(self.ctx.now().after(SOON)))
            }
        }
    }

    /// Finds out whether an attempt ran, or runs, of which that is not known.
    pub(super) async fn find_out(&self, seen: &SeenJob, fence: Fence) -> Result<NextLook, Error> {
        let Some((agent, request)) = self.driven(seen) else { return Ok(NextLook::Idle) };
        match self.find(&*agent, &request).await {
            // What is found counts only if something can be told of it: else this would never end.
            Found::Runs(run) => match agent.follow(&run).await {
                Ok(Sighting::Unclear(_)) => Ok(self.later(seen)),
                _ => self.accepted(seen, fence, run).await,
            },
            Found::Nothing => {
                let is_starting = phase(&seen.job.state).is_some_and(|phase| phase.0);
                let progress = match is_starting {
                    true => Progress::NeverRan(NeverRan::TooSlow),
                    false => Progress::Lost,
                };
                self.progress(seen, fence, progress).await
            }
            Found::HostAway | Found::Unclear | Found::Unknown => Ok(self.later(seen)),
        }
    }

    /// The agent of the attempt, with the request that starts it; none if one of them is not known.
    pub(super) fn driven(
        &self,
        seen: &SeenJob,
    ) -> Option<(std::sync::Arc<dyn Agent>, StoredRequest)> {
        let attempt = seen.attempt.as_ref()?;
        let agent = self.fleet.agent(&attempt.agent)?;
        Some((agent, serde_json::from_str(attempt.request.as_ref()?).ok()?))
    }

    pub(super) async fn find(&self, agent: &dyn Agent, request: &StoredRequest) -> Found {
        match agent.find(request).await {
            Ok(Some(run)) => Found::Runs(run),
            Ok(None) | Err(AgentTrouble::NotFound) => Found::Nothing,
            Err(AgentTrouble::HostAway(_)) => Found::HostAway,
            Err(AgentTrouble::Conflict | AgentTrouble::Unsupported) => Found::Unclear,
            Err(trouble) => {
                tracing::debug!(%trouble, "cannot be looked for yet");
                Found::Unknown
            }
        }
    }

    /// The agent has it: from now on it is followed.
    pub(super) async fn accepted(
        &self,
        seen: &SeenJob,
        fence: Fence,
        run: RunHandle,
    ) -> Result<NextLook, Error> {
        let is_starting = phase(&seen.job.state).is_some_and(|phase| phase.0);
        let progress = if is_starting { Progress::Accepted } else { Progress::Alive };
        let now = self.ctx.now();
        let event = JobEvent::Attempt(fence, progress);
        let told_it =
            self.tell_with(seen.id(), event, move |tx| keep(tx, fence, &run, now)).await?;
        self.agent_problem(request_agent(seen), AgentProblem::NoAccess, None).await;
        self.watches.with(seen.id(), |watch| {
            watch.failures = 0;
            watch.told_at = Some(now);
        });
        Ok(told(told_it.is_some()))
    }

    /// The agent surely did not start it.
    async fn refused_start(
        &self,
        seen: &SeenJob,
        fence: Fence,
        trouble: &AgentTrouble,
    ) -> Result<NextLook, Error> {
        tracing::info!(job = %seen.id(), attempt = fence.0, %trouble, "start refused");
        self.met(request_agent(seen), trouble).await?;
        let progress = match trouble {
            AgentTrouble::Conflict => Progress::Unclear,
            AgentTrouble::BadRequest(_) => {
                Progress::Failed { failure: Failure::BadRequest, usage: Usage::NONE }
            }
            other => Progress::NeverRan(never_ran(other, self.ctx.now())),
        };
        self.progress(seen, fence, progress).await
    }

    /// Tells what became of the attempt.
    pub(super) async fn progress(
        &self,
        seen: &SeenJob,
        fence: Fence,
        progress: Progress,
    ) -> Result<NextLook, Error> {
        Ok(told(self.tell(seen.id(), JobEvent::Attempt(fence, progress)).await?.is_some()))
    }
}

/// Whether the attempt is starting still, and whether it waits with its clocks standing.
pub(super) fn phase(state: &State) -> Option<(bool, bool)> {
    let attempt = state.attempt()?;
    let is_held = matches!(state, State::Waiting(Waiting::Held(_)));
    Some((matches!(attempt.phase, Phase::Starting { .. }), is_held))
}

/// Which agent the attempt is of.
pub(super) fn request_agent(seen: &SeenJob) -> &str {
    seen.attempt.as_ref().map_or("", |attempt: &StoredAttempt| &attempt.agent)
}

fn keep(
    tx: &Transaction<'_>,
    fence: Fence,
    run: &RunHandle,
    now: crate::core::model::time::Timestamp,
) -> Result<(), Error> {
    let run = serde_json::to_string(run).map_err(Error::Payload)?;
    jobs::found(tx, fence, &run, now)
}
