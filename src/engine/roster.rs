//! The fleet at a moment, as the ledger has it: what runs, what may be spent, who may work where,
//! and what everybody has proved.

use jiff::tz::TimeZone;

use crate::config::FleetLimits;
use crate::core::jobs::money::Spent;
use crate::core::model::ids::RepoId;
use crate::core::model::repository::Repo;
use crate::core::model::time::Timestamp;
use crate::core::policy::controls::{Controls, PauseScope};
use crate::core::scheduling::{AgentSlot, Roster, Workplaces};
use crate::store::jobs::{self, ProbeTime};
use crate::store::{Connection, Error, automatic, repos};

/// What there is to know of the fleet in the ledger.
pub(super) struct FleetRecords<'a> {
    pub(super) conn: &'a Connection,
    pub(super) controls: &'a Controls,
    pub(super) limits: &'a FleetLimits,
    /// The accounts of agents, by login: their pull requests wait for reviews.
    pub(super) machines: &'a [String],
    pub(super) zone: &'a TimeZone,
    pub(super) now: Timestamp,
}

impl FleetRecords<'_> {
    /// `roster`, whose agents are as they were found to be, as it stands with all that.
    pub(super) fn added_to(&self, mut roster: Roster) -> Result<Roster, Error> {
        let repos = repos::all(self.conn)?;
        let day_began = self.now.day_began(self.zone);
        let of_day = jobs::spent_since(self.conn, day_began)?;
        roster.load = jobs::present_load(self.conn, jobs::pulls_of(self.conn, self.machines)?)?;
        roster.outcomes = jobs::outcomes(self.conn, self.now)?;
        roster.auto = automatic::terms(self.conn, self.limits.starts_per_day, day_began)?;
        roster.small_handed_out = automatic::small_started(self.conn)?;
        for worker in &mut roster.workers {
            let pause = self.controls.pause_of(&PauseScope::Agent(worker.name.clone()));
            worker.is_up &= pause.is_none();
            worker.is_unseen &= pause.is_none();
            match jobs::probe_time(self.conn, &worker.name, self.now)? {
                ProbeTime::Now => {}
                ProbeTime::At(at) => {
                    (worker.is_up, worker.is_unseen) = (false, false);
                    roster.until = roster.until.into_iter().chain(at).min();
                }
            }
            let of_agent = jobs::spent_by(self.conn, &worker.name, day_began)?;
            worker.is_spent |= self.is_spent(worker, of_agent, of_day);
            worker.workplaces = self.workplaces(worker, &repos);
        }
        let (workers, limits) = (&mut roster.workers, &mut roster.limits);
        let at = jobs::fill_quotas(self.conn, workers, limits, None, self.now)?;
        roster.until = roster.until.into_iter().chain(at).min();
        Ok(roster)
    }

    /// Whether another attempt may cost more today than is left.
    fn is_spent(&self, worker: &AgentSlot, of_agent: Spent, of_day: Spent) -> bool {
        let budgets = self.limits.budgets.today(self.controls, &worker.name);
        let bound = Spent { micro_usd: worker.micro_usd, tokens: 0, runs: 1 };
        !budgets.agent_day.has_room(of_agent, bound) || !budgets.day.has_room(of_day, bound)
    }

    fn workplaces(&self, worker: &AgentSlot, repos: &[Repo]) -> Workplaces {
        match self.limits.repositories.get(&worker.name) {
            Some(filter) if !filter.is_everything() => {
                let covered = repos.iter().filter(|repo| filter.covers(&repo.name, !repo.private));
                let ids: Vec<RepoId> = covered.map(|repo| repo.id).collect();
                worker.workplaces.within(ids)
            }
            Some(_) | None => worker.workplaces.clone(),
        }
    }
}
