//! What an attempt is told while it runs: texts, and that it is to stop.

use std::time::Duration;

use super::Jobs;
use super::follow::run_of;
use super::look::{NextLook, SeenJob};
use super::start::{Found, request_agent};
use crate::agents::SteerOutcome;
use crate::core::jobs::{Fence, NeverRan, Progress};
use crate::core::prompt::told_words;
use crate::store::{Error, jobs};

/// How often an attempt is asked to stop that does not.
const AGAIN: Duration = Duration::from_secs(30);

/// How soon it is looked whether it did.
const SOON: Duration = Duration::from_secs(2);

impl Jobs {
    /// Asks the attempt to stop. That it did, following it tells.
    pub(super) async fn stop(&self, seen: &SeenJob, fence: Fence) -> Result<NextLook, Error> {
        let now = self.ctx.now();
        let soon = NextLook::At(now.after(SOON));
        let Some(agent) = self.fleet.agent(request_agent(seen)) else { return Ok(NextLook::Idle) };
        let Some(run) = run_of(seen) else { return self.stop_unseen(seen, fence).await };
        let asks = self.watches.with(seen.id(), |watch| {
            let asks = watch.stop_asked_at.is_none_or(|at| at.is_over(AGAIN, now));
            if asks {
                watch.stop_asked_at = Some(now);
            }
            asks
        });
        if asks && let Err(trouble) = agent.stop(&run).await {
            tracing::info!(job = %seen.id(), attempt = fence.0, %trouble, "could not be asked to stop");
        }
        Ok(soon)
    }

    /// Of one whose start may have been sent: what runs is looked for, then stopped.
    async fn stop_unseen(&self, seen: &SeenJob, fence: Fence) -> Result<NextLook, Error> {
        let Some((agent, request)) = self.driven(seen) else { return Ok(NextLook::Idle) };
        let is_unsent = self.watches.with(seen.id(), |watch| watch.unsent.take() == Some(fence));
        let found = match is_unsent {
            true => Found::Nothing,
            false => self.find(&*agent, &request).await,
        };
        match found {
            Found::Runs(run) => self.accepted(seen, fence, run).await,
            Found::Nothing => {
                self.progress(seen, fence, Progress::NeverRan(NeverRan::TooSlow)).await
            }
            Found::HostAway | Found::Unclear | Found::Unknown => Ok(self.later(seen)),
        }
    }

    /// Brings the attempt a text. One that it cannot be told now waits for the next attempt.
    pub(super) async fn bring(
        &self,
        seen: &SeenJob,
        fence: Fence,
        number: u32,
    ) -> Result<NextLook, Error> {
        let is_new = self.watches.with(seen.id(), |watch| watch.texts.insert(number));
        let Some(run) = run_of(seen).filter(|_| is_new) else { return Ok(NextLook::Idle) };
        let Some(agent) = self.fleet.agent(request_agent(seen)) else { return Ok(NextLook::Idle) };
        let id = seen.id();
        let texts = self.ctx.ledger.read(move |conn| jobs::texts(conn, id)).await?;
        let Some(text) = usize::try_from(number).ok().and_then(|n| texts.get(n)) else {
            return Ok(NextLook::Idle);
        };
        match agent.steer(&run, &told_words(text)).await {
            Ok(SteerOutcome::Taken) => self.progress(seen, fence, Progress::Heard(number)).await,
            Ok(SteerOutcome::NotNow) => Ok(NextLook::Idle),
            Err(trouble) => {
                tracing::info!(job = %seen.id(), attempt = fence.0, %trouble, "text not brought");
                Ok(NextLook::Idle)
            }
        }
    }
}
