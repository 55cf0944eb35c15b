//! Keeps what an attempt said and did, once it is over. A job never waits for that: what its agent
//! does not tell is not kept.

use std::sync::PoisonError;
use std::time::Duration;

use super::Jobs;
use crate::agents::{AgentTrouble, RunHandle, Transcript};
use crate::core::jobs::{Fence, Job};
use crate::store::{Error, jobs};

/// How long its agent may take to tell it.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long an agent is asked what an attempt did, and of how many, after a start.
const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);
const MOST: u32 = 32;

impl Jobs {
    /// Keeps the transcript of the attempt that ended between `before` and `after`, if one did.
    pub(super) async fn keep_transcript(&self, before: &Job, after: &Job) {
        let fence = |job: &Job| job.state.leased().map(|leased| leased.fence());
        let Some(ended) = fence(before).filter(|ended| fence(after) != Some(*ended)) else {
            return;
        };
        if let Err(error) = self.ask_for_transcript(ended).await {
            tracing::warn!(attempt = ended.0, %error, "transcript not kept");
        }
    }

    /// What ended right before timmy did was not asked any more what it did: that is made up for
    /// when its agent is there for the first time.
    pub(super) async fn catch_up(&self, agent: &str) -> Result<(), Error> {
        let is_first = {
            let mut known = self.caught_up.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(agent.to_owned())
        };
        if !is_first {
            return Ok(());
        }
        let (agent, since) = (agent.to_owned(), self.ctx.now().before(REMEMBERED));
        let missing =
            self.ctx.ledger.read(move |conn| jobs::without_transcript(conn, &agent, since, MOST));
        for fence in missing.await? {
            self.ask_for_transcript(fence).await?;
        }
        Ok(())
    }

    async fn ask_for_transcript(&self, fence: Fence) -> Result<(), Error> {
        let attempt = self.ctx.ledger.read(move |conn| jobs::attempt(conn, fence)).await?;
        let Some(attempt) = attempt else { return Ok(()) };
        let run = attempt.run.and_then(|run| serde_json::from_str::<RunHandle>(&run).ok());
        let (Some(run), Some(agent)) = (run, self.fleet.agent(&attempt.agent)) else {
            return Ok(());
        };
        let told: Result<Transcript, AgentTrouble> = tokio::select! {
            told = agent.transcript(&run) => told,
            () = self.ctx.clock.sleep(PATIENCE) => Err(AgentTrouble::Timeout),
        };
        let transcript = match told {
            Ok(transcript) => transcript,
            Err(trouble) => {
                tracing::info!(attempt = fence.0, %trouble, "its agent tells no transcript");
                return Ok(());
            }
        };
        let Ok(text) = serde_json::to_string(&transcript) else { return Ok(()) };
        let now = self.ctx.now();
        self.ctx.ledger.write(move |tx| jobs::keep_transcript(tx, fence, &text, now)).await
    }
}
