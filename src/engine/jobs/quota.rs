//! What follows when an agent says that its quota is used up: the quota is shut for all that live on
//! it, one incident says so, and one attempt tries it once its time is over.

use std::sync::atomic::Ordering;

use super::Jobs;
use crate::core::model::incident::Incident;
use crate::core::model::quota::QuotaName;
use crate::core::model::time::{Timestamp, said};
use crate::core::scheduling::AgentSlot;
use crate::store::{Error, Transaction, jobs};

impl Jobs {
    /// The quota of this agent is used up, until a moment that is `told` or not. Until when it is left
    /// alone.
    pub(super) async fn quota_spent(
        &self,
        agent: &str,
        told: Option<Timestamp>,
    ) -> Result<Timestamp, Error> {
        let (name, now) = (self.quota_of(agent), self.ctx.now());
        let quota = name.clone();
        let write = move |tx: &Transaction<'_>| jobs::quota_spent(tx, &quota, told, now);
        let spent = self.ctx.ledger.write(write).await?;
        let text = format!(
            "the quota of {name} is used up{}: until {} no job is given to {}, then one is, to try it",
            if spent.is_told { "" } else { ", and nobody says until when" },
            said(spent.until, now, &self.ctx.policy.zone),
            self.living_on(&name).join(", "),
        );
        self.incidents.set(Incident::QuotaSpent { quota: name }, Some(text)).await;
        self.has_moved.store(true, Ordering::SeqCst);
        self.ctx.stored.notify();
        Ok(spent.until)
    }

    /// Looks whether the quota of this agent is there again.
    pub(super) async fn look_at_quota(&self, agent: &str) -> Result<(), Error> {
        self.forget_quotas().await;
        let name = self.quota_of(agent);
        let incident = Incident::QuotaSpent { quota: name.clone() };
        if !self.incidents.is_open(&incident) {
            return Ok(());
        }
        let now = self.ctx.now();
        let look = self.ctx.ledger.write(move |tx| jobs::look_at_quota(tx, &name, now)).await?;
        if look.is_none() {
            self.incidents.set(incident, None).await;
            self.has_moved.store(true, Ordering::SeqCst);
        }
        Ok(())
    }

    /// Nobody lives any more on a quota that is in the configuration no more.
    async fn forget_quotas(&self) {
        for incident in self.incidents.all_open() {
            if let Incident::QuotaSpent { quota } = &incident
                && self.living_on(quota).is_empty()
            {
                self.incidents.set(incident, None).await;
            }
        }
    }

    fn quota_of(&self, agent: &str) -> QuotaName {
        let slot = self.ctx.policy.workers.iter().find(|slot| slot.name == agent);
        QuotaName::of(agent, slot.and_then(|slot| slot.pool.as_deref()))
    }

    /// The agents that live on a quota.
    fn living_on(&self, quota: &QuotaName) -> Vec<String> {
        let lives = |slot: &&AgentSlot| QuotaName::of(&slot.name, slot.pool.as_deref()) == *quota;
        self.ctx.policy.workers.iter().filter(lives).map(|slot| slot.name.clone()).collect()
    }
}
