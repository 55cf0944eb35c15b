//! What an agent asks for when it is to get a job: all that the ledger does not know.

use super::Jobs;
use crate::core::jobs::ask_first::StartRules;
use crate::core::model::ids::RepoId;
use crate::core::model::time::Timestamp;
use crate::store::jobs::{ForgeView, LeaseRequest};
use crate::store::{Connection, Error, jobs};

impl Jobs {
    /// The request of an agent of the configuration, as things are now.
    pub(super) fn request(
        &self,
        agent: &str,
        repo: RepoId,
        view: ForgeView,
        now: Timestamp,
    ) -> Option<LeaseRequest> {
        let policy = &self.ctx.policy;
        let terms = policy.jobs.agents.get(agent)?;
        let mut rules = self.accounts.present_rules();
        rules.machines.extend(self.identity.known().map(|own| own.login.clone()));
        Some(LeaseRequest {
            agent: agent.to_owned(),
            family: terms.family.clone(),
            timeouts: terms.timeouts,
            terms: terms.terms,
            can_be_told: self.fleet.can_be_told(agent),
            rules,
            workers: self.fleet.slots(&policy.workers, now),
            limits: policy.limits.clone(),
            budgets: policy.jobs.budgets,
            start_rules: self.start_rules(repo),
            day_began: now.day_began(&policy.zone),
            outside: view,
        })
    }

    /// What is asked before work begins in a repository.
    fn start_rules(&self, repo: RepoId) -> StartRules {
        let mut rules = self.ctx.policy.jobs.start_rules.clone();
        rules.paths.extend(self.policies.protected(repo));
        rules
    }

    /// What the backlog shows of the forge, as far as leases ask.
    pub(super) fn view(
        &self,
    ) -> impl FnOnce(&Connection) -> Result<ForgeView, Error> + Send + use<> {
        let rules = self.accounts.present_rules();
        move |conn| {
            let reviews_waiting = jobs::pulls_of(conn, &rules.machines)?;
            Ok(ForgeView { reviews_waiting, is_asked: false })
        }
    }
}
