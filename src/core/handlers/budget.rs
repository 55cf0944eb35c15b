//! budget: what was spent and may be; and by the owner's word more, of this issue or today.

use super::context::CommandContext;
use super::handler::Handler;
use super::jobs::{JobQuery, JobRequest, KnownJob};
use super::snapshot::Needs;
use crate::core::command::value::{Amount, Date, JobId, Scope};
use crate::core::command::verb::Verb;
use crate::core::jobs::ask_first::issue_budget;
use crate::core::jobs::money::{Ceiling, Spent};
use crate::core::jobs::{State, Waiting};
use crate::core::model::time::{Timestamp, said};
use crate::core::policy::controls::{BudgetPart, ControlChange, SetBudget};
use crate::core::reply::{Answer, BudgetAnswer, JobAnswer, SpentBudget};

pub(super) fn budget(amount: Option<Amount>, scope: Option<&Scope>) -> Handler<'_> {
    let job = match scope {
        Some(Scope::Job(job)) => Some(*job),
        None | Some(Scope::Issue | Scope::All | Scope::Repo(_) | Scope::Agent(_)) => None,
    };
    let jobs = JobQuery {
        latest: true,
        numbered: job.into_iter().collect(),
        // It may be of another repository.
        acts: job.is_some(),
        spending: amount.is_none(),
        ..JobQuery::default()
    };
    Handler::new(Needs { jobs, ..Needs::default() }, move |context| {
        let answer = match (amount, scope) {
            (_, Some(Scope::Repo(_))) => Err(BudgetAnswer::OfRepository.into()),
            (None, Some(Scope::Job(_))) => {
                context.meant_job(job, Verb::Budget).map(|known| context.budgets(Some(&known)))
            }
            (None, None | Some(Scope::Issue | Scope::All | Scope::Agent(_))) => {
                Ok(context.budgets(None))
            }
            (Some(amount), None | Some(Scope::Issue | Scope::Job(_))) => {
                context.raise_issue(amount, job)
            }
            (Some(amount), Some(Scope::All)) => {
                Ok(context.set_day(BudgetPart::All, "all".to_owned(), amount))
            }
            (Some(amount), Some(Scope::Agent(name))) => {
                context.agent_called(name.as_str(), Verb::Budget).map(|agent| {
                    let name = agent.name.clone();
                    context.set_day(BudgetPart::Agent(name.clone()), name, amount)
                })
            }
        };
        answer.unwrap_or_else(|refusal| refusal)
    })
}

impl CommandContext<'_> {
    fn set_day(&mut self, of: BudgetPart, what: String, amount: Amount) -> Answer {
        let (now, zone) = (self.snapshot.now, &self.snapshot.zone);
        let tomorrow = now.zoned(zone).date().tomorrow();
        let until = tomorrow.map_or(now, |day| Date(day).begins(zone));
        let (until_said, by) = (said(until, now, zone), self.asked.actor.clone());
        self.apply_control(ControlChange::SetBudget(SetBudget { of, amount, by, until }));
        let amount = in_words(amount);
        BudgetAnswer::Day { what, amount, until: until_said }.into()
    }

    /// The issue of the job that is here, or of the one that is named, may cost more.
    fn raise_issue(&mut self, amount: Amount, job: Option<JobId>) -> Result<Answer, Answer> {
        let known = self.meant_job(job, Verb::Budget)?;
        let job = &known.record.job;
        if job.state.kind().is_end() {
            let view = Box::new(self.job_view(&known));
            return Err(JobAnswer::Over { view }.into());
        }
        let id = job.spec.id;
        let present = issue_budget(job, self.snapshot.jobs.issue_budget, self.raised(id));
        if present.at_least(Ceiling::default().set(amount)) == present {
            return Err(BudgetAnswer::NoMore { most: present.said() }.into());
        }
        let (by, until) = (self.asked.actor.clone(), Timestamp::from_micros(i64::MAX));
        let budget = SetBudget { of: BudgetPart::Job(id), amount, by, until };
        self.fleet.apply(ControlChange::SetBudget(budget.clone()));
        let is_asked = matches!(job.state, State::Waiting(Waiting::Start(_)));
        let (seen, now) = (Box::new(job.clone()), self.step_time());
        self.changes.jobs.push(JobRequest::Raise { seen, budget, now });
        Ok(BudgetAnswer::Issue { amount: in_words(amount), job: id.to_string(), is_asked }.into())
    }

    /// What the owner lets the issue of a job cost at least.
    fn raised(&self, job: JobId) -> Ceiling {
        self.fleet.budgets(&BudgetPart::Job(job)).fold(Ceiling::default(), Ceiling::set)
    }

    /// What was spent, and may be: on this issue or that of the job that is named, by each agent that
    /// worked today, by all of them.
    fn budgets(&self, named: Option<&KnownJob>) -> Answer {
        let facts = &self.snapshot.jobs.spending;
        let lives = named.cloned().or_else(|| self.job_in(self.asked.inbound.thread()));
        let lives = lives.filter(|known| !known.record.job.state.kind().is_end());
        let job = lives.as_ref().map(|known| &known.record.job);
        let configured = facts.budgets.issue;
        let of_issue =
            job.map_or(configured, |job| issue_budget(job, configured, self.raised(job.spec.id)));
        let today = |agent: &str| facts.budgets.today(&self.fleet, agent);
        let worked = facts.agents.iter().filter(|(_, spent)| **spent != Spent::default());
        let agents =
            worked.map(|(name, spent)| (name.clone(), line(today(name).agent_day, *spent)));
        let more = job.and_then(|job| {
            let more = of_issue.doubled()?.to_string();
            Some((more, job.spec.id.to_string()))
        });
        let spent = named.map_or(facts.issue, |known| {
            facts.of_jobs.get(&known.id()).copied().unwrap_or_default()
        });
        BudgetAnswer::Shown {
            day: line(today("").day, facts.day),
            issue: line(of_issue, spent),
            of: named.map(|known| (known.id().to_string(), self.job_view(known).target)),
            agents: agents.collect(),
            more,
        }
        .into()
    }
}

fn line(most: Ceiling, spent: Spent) -> SpentBudget {
    SpentBudget { spent: most.said_of(spent), most: most.said() }
}

fn in_words(amount: Amount) -> String {
    Ceiling::default().set(amount).said().unwrap_or_default()
}
