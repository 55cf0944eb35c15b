//! Jobs that start by themselves.

use super::Jobs;
use crate::core::command::value::Size;
use crate::core::jobs::{NewJob, Origin, Purpose};
use crate::core::model::time::Timestamp;
use crate::core::scheduling::{IssueLabels, Match, RankedBacklog};
use crate::store::jobs::{self, AutomaticLimits, AutomaticStart, Begun, ForgeView};
use crate::store::{Error, Transaction};

impl Jobs {
    /// Begins what was matched so, unless the backlog moved since it was of this version. Whether it
    /// did not.
    pub(in crate::engine) async fn begin_by_itself(
        &self,
        judged: &RankedBacklog,
        matches: &[Match],
        version: i64,
    ) -> Result<bool, Error> {
        if matches.is_empty() || self.drains() {
            return Ok(true);
        }
        let now = self.step_time();
        let view = self.ctx.ledger.read(self.view()).await?;
        let starts: Vec<AutomaticStart> =
            matches.iter().filter_map(|one| self.start_of(judged, one, view, now.at)).collect();
        let policy = &self.ctx.policy;
        let limits = AutomaticLimits {
            version,
            starts_per_day: policy.dispatch.starts_per_day,
            day_began: now.at.day_began(&policy.zone),
        };
        let begin = move |tx: &Transaction<'_>| jobs::begin_by_itself(tx, &starts, limits, now);
        let Some(begun) = self.ctx.ledger.write(begin).await? else { return Ok(false) };
        for (thread, begun) in begun {
            match begun {
                Begun::Leased(leased) => {
                    let (lease, advanced) = *leased;
                    self.watches.begin(lease.job(), lease.fence());
                    tracing::info!(job = %lease.job(), agent = lease.agent(), "started by itself");
                    self.moved(&advanced).await;
                }
                Begun::Asks => self.ctx.stored.notify(),
                Begun::Refused(refusal) => {
                    tracing::info!(issue = thread.number, %refusal, "not started by itself");
                }
            }
        }
        crate::crash::point("begun_by_itself");
        Ok(true)
    }

    fn start_of(
        &self,
        judged: &RankedBacklog,
        chosen: &Match,
        view: ForgeView,
        now: Timestamp,
    ) -> Option<AutomaticStart> {
        let agent = &chosen.winner.as_ref()?.agent;
        let labels = IssueLabels::of(&judged.facts(chosen.thread)?.labels);
        let new = NewJob {
            thread: chosen.thread.into(),
            purpose: Purpose::on_an_issue(&labels.role)?,
            role: labels.role,
            origin: Origin::Match,
            agent: None,
            limits: self.ctx.policy.jobs.limits,
            budget: None,
            adopts: None,
            claims_by_card: true,
            crew: None,
        };
        let is_small = labels.size.is_some_and(|size| size <= Size::S);
        let request = self.request(agent, chosen.thread.repo, view, now)?;
        Some(AutomaticStart { thread: chosen.thread, new, request, is_small })
    }
}
