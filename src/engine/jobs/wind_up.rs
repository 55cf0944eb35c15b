//! A stop starts nothing new, and waits a while for attempts that would end with timmy.

use super::Jobs;
use crate::store::{Error, jobs};

impl Jobs {
    /// Starts nothing more, and waits until no attempt runs that ends with timmy, or nobody waits
    /// for one any longer. What runs elsewhere is found again at the next start.
    pub(in crate::engine) async fn wind_up(&self) {
        self.drain();
        let mut patience = self.ctx.clock.sleep(self.ctx.policy.jobs.stop);
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            match self.attempts_within().await {
                Ok(0) => return,
                Ok(attempts) => tracing::info!(attempts, "waiting for attempts to end"),
                Err(error) => {
                    tracing::warn!(%error, "nobody can tell what runs");
                    return;
                }
            }
            tokio::select! {
                () = freed => {}
                () = &mut patience => return,
            }
        }
    }

    /// How many attempts run that end with timmy.
    async fn attempts_within(&self) -> Result<usize, Error> {
        let leases = self.ctx.ledger.read(jobs::leases).await?;
        let ends = |agent: &str| self.fleet.agent(agent).is_some_and(|a| a.ends_with_timmy());
        Ok(leases.iter().filter(|lease| ends(lease.agent())).count())
    }
}
