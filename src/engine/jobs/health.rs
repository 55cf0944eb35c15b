//! Asks agents how they are, and says what is wrong with them.

use super::Jobs;
use super::trouble::problem;
use crate::agents::{Agent, AgentHealth, AgentTrouble, Asking};
use crate::core::jobs::breaker::Breaker;
use crate::core::model::incident::AgentProblem;
use crate::store::{Connection, Error, jobs};

/// What is over when an agent answers that it takes work.
const ENDED_BY_HEALTH: [AgentProblem; 4] =
    [AgentProblem::HostAway, AgentProblem::Down, AgentProblem::BadKey, AgentProblem::ModelGone];

impl Jobs {
    /// Asks the agent at `place` how it is.
    pub(in crate::engine) async fn check(&self, place: usize) -> Result<(), Error> {
        let Some(name) = self.fleet.name(place) else { return Ok(()) };
        let Some(agent) = self.fleet.agent(&name) else { return Ok(()) };
        // Whatever it says is noted there.
        if self.health(&name, &*agent).await?.is_ok() {
            self.catch_up(&name).await?;
        }
        self.look_at_quota(&name).await?;
        let of = name.clone();
        let breaker = self.ctx.ledger.read(move |conn| jobs::breaker(conn, &of)).await?;
        if breaker == Breaker::Closed {
            self.agent_problem(&name, AgentProblem::LeavesNothing, None).await;
        }
        Ok(())
    }

    /// How an agent is right now; what that means for others is noted.
    pub(super) async fn health(
        &self,
        name: &str,
        agent: &dyn Agent,
    ) -> Result<Result<AgentHealth, AgentTrouble>, Error> {
        let health = match agent.health().await {
            Ok(health) => Ok(self.remembered(name, health).await?),
            trouble => trouble,
        };
        let now = self.ctx.now();
        if self.fleet.note(name, health.clone(), now) {
            tracing::info!(agent = name, takes_work = self.fleet.is_up(name), "agent");
            self.ctx.ledger.write(jobs::fleet_moved).await?;
            self.has_moved.store(true, std::sync::atomic::Ordering::SeqCst);
            self.ctx.stored.notify();
        }
        match &health {
            Ok(_) => {
                for problem in ENDED_BY_HEALTH {
                    self.agent_problem(name, problem, None).await;
                }
            }
            Err(trouble) => self.met(name, trouble).await?,
        }
        Ok(health)
    }

    /// `health`, with what a process of timmy before this one saw: that the agent asks.
    async fn remembered(&self, name: &str, mut health: AgentHealth) -> Result<AgentHealth, Error> {
        let (Asking::NotSeen, Some(process)) = (health.capabilities.asking, health.process.clone())
        else {
            return Ok(health);
        };
        health.capabilities.asking = match self.fleet.asking(name, &process) {
            Some(known) => known,
            None => {
                let name = name.to_owned();
                let read = move |conn: &Connection| jobs::has_asked(conn, &name, &process);
                match self.ctx.ledger.read(read).await? {
                    true => Asking::Seen,
                    false => Asking::NotSeen,
                }
            }
        };
        Ok(health)
    }

    /// Notes what a trouble says about an agent.
    pub(super) async fn met(&self, name: &str, trouble: &AgentTrouble) -> Result<(), Error> {
        if let AgentTrouble::PoolSpent { until } = trouble {
            self.quota_spent(name, *until).await?;
            return Ok(());
        }
        if let Some(problem) = problem(trouble) {
            self.agent_problem(name, problem, Some(format!("agent {name}: {trouble}"))).await;
        }
        Ok(())
    }
}
