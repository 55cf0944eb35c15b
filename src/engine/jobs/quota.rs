//! What follows when an agent says that its quota is used up: the quota is shut for all that live on
//! it, one incident says so, and one attempt tries it once its time is over.

use std::sync::atomic::Ordering;

use super::Jobs;
use crate::core::jobs::JobId;
use crate::core::model::incident::Incident;
use crate::core::model::quota::QuotaName;
use crate::core::model::time::{Timestamp, said};
use crate::core::scheduling::{AgentSlot, QuotaWord, SpentQuota};
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
        let (quota, word) = (name.clone(), QuotaWord::Server(told));
        let write = move |tx: &Transaction<'_>| jobs::quota_spent(tx, &quota, word, now);
        let spent = self.ctx.ledger.write(write).await?;
        self.tell_spent(name, spent).await;
        Ok(spent.until)
    }

    /// This agent gave for its answer that its quota is used up, until a moment that is `told` or not.
    /// Until when it is left alone.
    pub(super) async fn quota_claimed_spent(
        &self,
        agent: &str,
        told: Option<Timestamp>,
    ) -> Result<Timestamp, Error> {
        let (quota, now) = (self.quota_of(agent), self.ctx.now());
        let (sharing, agent) = (self.living_on(&quota), agent.to_owned());
        let write = self.ctx.ledger.write(move |tx| {
            let pool = match &quota {
                QuotaName::Pool(pool) => Some(pool.as_str()),
                QuotaName::Agent(_) => None,
            };
            jobs::quota_claimed_spent(tx, &agent, (pool, &sharing), told, now)
        });
        let (name, spent) = write.await?;
        self.tell_spent(name, spent).await;
        Ok(spent.until)
    }

    async fn tell_spent(&self, name: QuotaName, spent: SpentQuota) {
        let text = format!(
            "the quota of {name} is used up{}: until {} no job is given to {}, then one is, to try it",
            if spent.is_told { "" } else { ", and nobody says until when" },
            said(spent.until, self.ctx.now(), &self.ctx.policy.zone),
            self.living_on(&name).join(", "),
        );
        self.incidents.set(Incident::QuotaSpent { quota: name }, Some(text)).await;
        self.has_moved.store(true, Ordering::SeqCst);
        self.ctx.stored.notify();
    }

    /// Looks whether what this agent lives on is there again.
    pub(super) async fn look_at_quota(&self, agent: &str) -> Result<(), Error> {
        self.forget_quotas().await;
        for name in self.ctx.policy.quotas_of(agent) {
            let (incident, now) = (Incident::QuotaSpent { quota: name.clone() }, self.ctx.now());
            let known = name.clone();
            let is_known = self.ctx.ledger.read(move |conn| jobs::is_quota_spent(conn, &known));
            let is_known = is_known.await?;
            let look = self.ctx.ledger.write(move |tx| jobs::look_at_quota(tx, &name, now));
            let is_there = !is_known || look.await?;
            if is_there && (is_known || self.incidents.is_open(&incident)) {
                self.incidents.set(incident, None).await;
                self.has_moved.store(true, Ordering::SeqCst);
            }
        }
        Ok(())
    }

    /// Whether the agent that had a job last, which waits for its quota, may try it now; none if that
    /// agent is in the configuration no more.
    pub(super) async fn has_quota(&self, job: JobId) -> Result<Option<bool>, Error> {
        let policy = &self.ctx.policy;
        let (mut workers, mut limits) = (policy.workers.clone(), policy.limits.clone());
        let now = self.ctx.now();
        let read = self.ctx.ledger.read(move |conn| {
            let Some(last) = jobs::attempts(conn, job)?.pop() else { return Ok(None) };
            jobs::fill_quotas(conn, &mut workers, &mut limits, None, now)?;
            let worker = workers.iter().find(|worker| worker.name == last.agent);
            Ok(worker.map(|worker| !worker.is_out_of_quota))
        });
        read.await
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
        let lives = |slot: &&AgentSlot| match quota {
            QuotaName::Pool(pool) => slot.pool.as_ref() == Some(pool),
            QuotaName::Agent(agent) => slot.name == *agent,
        };
        self.ctx.policy.workers.iter().filter(lives).map(|slot| slot.name.clone()).collect()
    }
}
