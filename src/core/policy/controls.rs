//! The fleet as a whole: its agents, what of it is paused, who approves in the owner's place.

use serde::{Deserialize, Serialize};

use crate::core::command::value::{Amount, JobId};
use crate::core::model::account::Account;
use crate::core::model::ids::RepoId;
use crate::core::model::time::Timestamp;

/// An agent, as people may know it: no keys, no addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentProfile {
    /// What people call it, in lower case.
    pub name: String,
    /// The login of its account on the forge.
    pub account: String,
    /// How it is driven, in the configuration's word.
    pub kind: String,
    pub roles: Vec<String>,
    /// Words that are compared with labels and texts; without any it fits everything.
    pub skills: Vec<String>,
    /// The machine that it runs on.
    pub host: Option<String>,
    /// How many jobs it takes at once.
    pub capacity: u32,
    /// What a million tokens cost, read and written, in millionths of a US dollar; none if nobody
    /// wrote it down.
    pub price: Option<(u64, u64)>,
    /// The share of good results that is expected before any is known, in millionths.
    pub prior: u64,
}

/// A part of the fleet that can be paused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PauseScope {
    All,
    Repo(RepoId),
    Agent(String),
}

/// A part in which nothing new starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    pub part: PauseScope,
    pub by: Account,
    pub since: Timestamp,
}

/// The right to approve, lent by the owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegation {
    /// To whom. It is the account's number that counts: names can be given again.
    pub to: Account,
    pub by: Account,
    /// When it ends.
    pub until: Timestamp,
}

/// What a budget is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetPart {
    /// A day of the whole fleet.
    All,
    /// A day of an agent.
    Agent(String),
    /// The issue of a job, as long as that has not ended.
    Job(JobId),
}

/// What may be spent, in place of what is configured: the owner's yes to a spent budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetBudget {
    pub of: BudgetPart,
    pub amount: Amount,
    pub by: Account,
    /// When it ends: with the day. What is said of a job ends with that.
    pub until: Timestamp,
}

/// What the ledger holds of the fleet at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Controls {
    pub pauses: Vec<Pause>,
    pub delegations: Vec<Delegation>,
    pub budgets: Vec<SetBudget>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlChange {
    /// Nothing new is started there.
    Pause(Pause),
    /// Work may start there again.
    Resume(PauseScope),
    /// Somebody may approve, in place of what was lent to them before.
    Delegate(Delegation),
    /// The account of this number may no longer.
    Undelegate(i64),
    /// So much may be spent, in place of what was said of that in this unit before.
    SetBudget(SetBudget),
}

impl Controls {
    pub fn pause_of(&self, part: &PauseScope) -> Option<&Pause> {
        self.pauses.iter().find(|pause| pause.part == *part)
    }

    /// The widest pause that keeps work for a repository from starting.
    pub fn pause_over(&self, repo: RepoId) -> Option<&Pause> {
        self.pause_of(&PauseScope::All).or_else(|| self.pause_of(&PauseScope::Repo(repo)))
    }

    /// What may be spent on it, as far as the owner said so: of each unit at most once.
    pub fn budgets(&self, of: &BudgetPart) -> impl Iterator<Item = Amount> {
        let of_it = self.budgets.iter().filter(move |budget| budget.of == *of);
        of_it.map(|budget| budget.amount)
    }

    /// The delegation to this account, if one is in force.
    pub fn delegation_to(&self, account: &Account) -> Option<&Delegation> {
        self.delegations.iter().find(|delegation| delegation.to.id == account.id)
    }

    pub fn apply(&mut self, change: ControlChange) {
        match change {
            ControlChange::Pause(pause) => {
                self.pauses.retain(|other| other.part != pause.part);
                self.pauses.push(pause);
            }
            ControlChange::Resume(part) => self.pauses.retain(|pause| pause.part != part),
            ControlChange::Delegate(delegation) => {
                self.delegations.retain(|other| other.to.id != delegation.to.id);
                self.delegations.push(delegation);
            }
            ControlChange::SetBudget(budget) => {
                let unit = budget.amount.unit();
                self.budgets.retain(|other| other.of != budget.of || other.amount.unit() != unit);
                self.budgets.push(budget);
            }
            ControlChange::Undelegate(id) => self.delegations.retain(|other| other.to.id != id),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::core::policy::controls::*;

    fn pause(part: PauseScope) -> Pause {
        let by = Account { id: 1, login: "alexander".into() };
        Pause { part, by, since: Timestamp::default() }
    }

    #[test]
    fn the_widest_pause_is_told() {
        let mut fleet = Controls::default();
        let door = RepoId(3);
        assert_eq!(fleet.pause_over(door), None);
        fleet.apply(ControlChange::Pause(pause(PauseScope::Agent("ezra".into()))));
        fleet.apply(ControlChange::Pause(pause(PauseScope::Repo(RepoId(4)))));
        assert_eq!(fleet.pause_over(door), None);
        fleet.apply(ControlChange::Pause(pause(PauseScope::Repo(door))));
        assert_eq!(fleet.pause_over(door), Some(&pause(PauseScope::Repo(door))));
        fleet.apply(ControlChange::Pause(pause(PauseScope::All)));
        assert_eq!(fleet.pause_over(door), Some(&pause(PauseScope::All)));
        fleet.apply(ControlChange::Resume(PauseScope::All));
        assert_eq!(fleet.pause_over(door), Some(&pause(PauseScope::Repo(door))));
    }

    #[test]
    fn a_delegation_follows_the_number_of_the_account() {
        let anna = Account { id: 7, login: "anna".into() };
        let lent = |until| Delegation {
            to: anna.clone(),
            by: Account { id: 1, login: "alexander".into() },
            until: Timestamp::from_micros(until),
        };
        let mut fleet = Controls::default();
        fleet.apply(ControlChange::Delegate(lent(5)));
        fleet.apply(ControlChange::Delegate(lent(9)));
        assert_eq!(fleet.delegations, [lent(9)]);
        assert!(fleet.delegation_to(&Account { login: "renamed".into(), ..anna }).is_some());
        assert!(fleet.delegation_to(&Account { id: 8, login: "anna".into() }).is_none());
        fleet.apply(ControlChange::Undelegate(7));
        assert_eq!(fleet.delegations, []);
    }
}
