//! How the agents are, and what their accounts may do in the repository in which they are asked about.

use std::collections::HashMap;

use super::Snapshots;
use crate::core::model::ids::RepoName;
use crate::core::reply::{AgentRights, AgentState, AgentView};
use crate::engine::error::EngineError;
use crate::engine::jobs::AgentCondition;
use crate::engine::rights::agent_rights;
use crate::store::jobs::{self, ProbeTime};

/// Of how many agents the forge is asked what they may do: each costs some requests.
const MOST: usize = 20;

impl Snapshots {
    /// All agents as they are now, with their rights in `repo`: what is said of a repository in its
    /// own threads tells its readers nothing new.
    pub(super) async fn agent_views(
        &self,
        repo: &RepoName,
        asker: &str,
    ) -> Result<HashMap<String, AgentView>, EngineError> {
        let policy = &self.ctx.policy;
        let (conditions, open) = (self.fleet.conditions(), self.open_breakers().await?);
        let shares = self.ctx.ledger.read(jobs::review_shares).await?;
        let mut views = HashMap::new();
        for (nth, profile) in policy.agents.iter().enumerate() {
            let name = &profile.name;
            let condition = conditions.get(name);
            let own = policy.jobs.agents.get(name).and_then(|terms| terms.own.as_ref());
            let who = (profile.account.as_str(), repo);
            let rights = match nth < MOST {
                true => agent_rights((&self.ctx.gitea, asker), own, who).await,
                false => AgentRights::Unknown,
            };
            let state = match condition {
                None => AgentState::Unknown,
                Some(condition) => condition.state(open.contains(name)),
            };
            let model = condition.and_then(AgentCondition::model).map(str::to_owned);
            let reviews = shares.get(name).copied();
            views.insert(name.clone(), AgentView { state, model, rights, reviews });
        }
        Ok(views)
    }

    /// The agents that left nothing lately, and are only tried now and then.
    async fn open_breakers(&self) -> Result<Vec<String>, EngineError> {
        let names: Vec<String> =
            self.ctx.policy.agents.iter().map(|one| one.name.clone()).collect();
        let now = self.ctx.now();
        let read = self.ctx.ledger.read(move |conn| {
            let mut open = Vec::new();
            for name in names {
                if jobs::probe_time(conn, &name, now)? != ProbeTime::Now {
                    open.push(name);
                }
            }
            Ok(open)
        });
        Ok(read.await?)
    }
}
