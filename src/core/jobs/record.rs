//! A job with all that it went through, as people are told of it.

use super::action::AttemptEnd;
use super::event::{
    AgentClaim, CancelReason, Failure, JobEvent, JobStep, OutcomeDigest, Progress, ResultJudgement,
    Verdict,
};
use super::evidence::Finding;
use super::ids::{Commit, Fence};
use super::job::Job;
use super::merge_refusal::{MergeRecovery, MergeRefusal};
use super::moment::StepTime;
use super::money::{Charge, Spent};
use super::review::GivenReview;
use super::run_handle::RunHandle;
use super::state::{Done, State};
use super::told::ToldText;
use crate::core::command::value::DecisionId;
use crate::core::guards::ChangeSize;
use crate::core::model::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRecord {
    pub job: Job,
    pub created_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// Its history, in order.
    pub steps: Vec<(JobStep, StepTime)>,
    /// Its attempts, in order.
    pub attempts: Vec<AttemptRecord>,
    /// What its agent does, in its own words.
    pub doing: Option<String>,
    /// When its agent last showed a sign of life.
    pub seen_at: Option<Timestamp>,
    /// Why it got no agent the last time that one was looked for, in words.
    pub waits_for: Option<String>,
    /// The reviews that it gave, if it gives reviews; else those that agents gave to its pull request.
    pub reviews: Vec<GivenReview>,
    /// Whether its change waits for the reviews of its crew, before a person is asked.
    pub in_review: bool,
    /// The decision that waits for an answer, once it was put.
    pub asked: Option<DecisionId>,
}

/// An attempt, as far as people are told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRecord {
    pub fence: Fence,
    pub agent: String,
    /// How it is called outside.
    pub key: String,
    /// How its agent finds it again, once it does.
    pub run: Option<RunHandle>,
    /// What was found of what it brought, once that was looked at.
    pub findings: Option<Vec<Finding>>,
    pub started_at: Option<Timestamp>,
    pub ended: Option<(Timestamp, AttemptEnd)>,
    /// What it cost; until it has ended, what it may.
    pub charge: Charge,
}

impl JobRecord {
    /// The agent that has it, else the one that had it last, else the one that was named for it.
    pub fn agent(&self) -> Option<&str> {
        let Job { state, past, .. } = &self.job;
        let leased = state.leased().or(past.last.as_ref()).map(|leased| &leased.grant.agent);
        leased.or(past.agent.as_ref()).map(String::as_str)
    }

    /// The attempts that may have run.
    pub fn started(&self) -> impl Iterator<Item = &AttemptRecord> {
        self.attempts.iter().filter(|attempt| attempt.started_at.is_some())
    }

    /// How often agents had their try, or have it.
    pub fn tries(&self) -> usize {
        let is_try = |attempt: &&AttemptRecord| attempt.ended.is_none_or(|(_, end)| end.is_try());
        self.started().filter(is_try).count()
    }

    /// Whether an attempt of this agent may have run.
    pub fn has_worked(&self, agent: &str) -> bool {
        self.started().any(|attempt| attempt.agent == agent)
    }

    /// What the attempts that ended cost together.
    pub fn spent(&self) -> Charge {
        let ended = self.attempts.iter().filter(|attempt| attempt.ended.is_some());
        ended.fold(Charge::NOTHING, |sum, attempt| Charge {
            spent: Spent::plus(sum.spent, attempt.charge.spent),
            is_bound: sum.is_bound || attempt.charge.is_bound,
        })
    }

    /// From the first start to the last end, or to `now`.
    pub fn ran_for(&self, now: Timestamp) -> Option<std::time::Duration> {
        let first = self.started().filter_map(|attempt| attempt.started_at).min()?;
        Some(self.ended_at.unwrap_or(now).since(first))
    }

    /// What the agent of the last attempt that ended by itself said that it did.
    pub fn last_claim(&self) -> Option<&AgentClaim> {
        self.steps.iter().rev().find_map(|(step, _)| match step {
            JobStep::Event(JobEvent::Attempt(_, Progress::Ended { claim, .. })) => Some(claim),
            JobStep::Event(_) | JobStep::Act(_) => None,
        })
    }

    /// Why an attempt failed, as far as its agent said that.
    pub fn failure(&self, fence: Fence) -> Option<&OutcomeDigest> {
        self.steps.iter().rev().find_map(|(step, _)| match step {
            JobStep::Event(JobEvent::Attempt(of, Progress::Failed { failure, .. }))
                if *of == fence =>
            {
                match failure {
                    Failure::Agent(how) => Some(how),
                    Failure::BadRequest
                    | Failure::PoolSpent { .. }
                    | Failure::Unable(_)
                    | Failure::NeverBegan(_)
                    | Failure::NeedsAnswer => None,
                }
            }
            JobStep::Event(_) | JobStep::Act(_) => None,
        })
    }

    /// What was found of what the last attempt brought; none if nobody has looked.
    pub fn findings(&self) -> Option<&[Finding]> {
        let last = self.job.past.last.as_ref()?.fence();
        let attempt = self.attempts.iter().find(|attempt| attempt.fence == last)?;
        attempt.findings.as_deref()
    }

    /// What its agents were told, by number.
    pub fn told(&self) -> impl Iterator<Item = &ToldText> {
        self.steps.iter().filter_map(|(step, _)| match step {
            JobStep::Event(JobEvent::Told(text) | JobEvent::Reviewed(text)) => Some(text),
            JobStep::Event(_) | JobStep::Act(_) => None,
        })
    }

    /// Who asked for it to be cancelled, and when.
    pub fn cancel_asked(&self) -> Option<(&CancelReason, Timestamp)> {
        self.steps.iter().rev().find_map(|(step, now)| match step {
            JobStep::Event(JobEvent::Cancel(reason)) => Some((reason, now.at)),
            JobStep::Event(_) | JobStep::Act(_) => None,
        })
    }

    /// What was found of its result the last time.
    pub fn last_judgement(&self) -> Option<&ResultJudgement> {
        self.steps.iter().rev().find_map(|(step, _)| match step {
            JobStep::Event(JobEvent::Judged(judgement)) => Some(judgement),
            JobStep::Event(_) | JobStep::Act(_) => None,
        })
    }

    pub fn last_verdict(&self) -> Option<Verdict> {
        self.last_judgement().map(|judgement| judgement.verdict)
    }

    /// How large the change is that it brought last, if that was read.
    pub fn change_size(&self) -> Option<ChangeSize> {
        self.last_judgement()?.examined.as_ref()?.size
    }

    /// The commit that took back what it brought, and when that was seen.
    pub fn reverted(&self) -> Option<(&Commit, Timestamp)> {
        self.steps.iter().rev().find_map(|(step, now)| match step {
            JobStep::Event(JobEvent::Reverted(commit)) => Some((commit, now.at)),
            JobStep::Event(_) | JobStep::Act(_) => None,
        })
    }

    /// Why what a person accepted is not merged, if a person has to do something about that.
    pub fn waits_to_be_merged(&self) -> Option<&MergeRefusal> {
        let is_accepted = matches!(self.job.state, State::Done(Done::Accepted));
        let is_a_persons = |refusal: &&MergeRefusal| refusal.recovery() == MergeRecovery::ByAPerson;
        self.last_refusal().filter(|refusal| is_accepted && is_a_persons(refusal))
    }

    /// Why it was not merged the last time that somebody said yes to it in vain.
    pub fn last_refusal(&self) -> Option<&MergeRefusal> {
        self.steps.iter().rev().find_map(|(step, _)| match step {
            JobStep::Event(JobEvent::NotMerged(refusal)) => Some(refusal),
            JobStep::Event(_) | JobStep::Act(_) => None,
        })
    }
}
