//! A job: what it is for, what it went through, where it stands.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::accepted::{AcceptedChange, ChangeDigest};
use super::branch::JobBranch;
use super::event::{OutcomeDigest, ResultJudgement};
use super::ids::{Branch, Commit, Fence};
use super::spec::{NewJob, Origin, Spec};
use super::start_terms::StartTerms;
use super::state::{AgentStop, Cancelled, Done, Late, Leased, Queued, State, WorkKind};
use crate::core::command::value::JobId;
use crate::core::model::ids::{Lane, ThreadId};
use crate::core::model::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    pub spec: Spec,
    pub past: Past,
    pub state: State,
}

/// What a job went through, as far as its next steps depend on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// The agent that a person named for it.
    pub agent: Option<String>,
    /// Whether a person wanted it once more.
    pub retried: bool,
    /// The attempts that count: they ended without anything to judge.
    pub charged: Vec<Fence>,
    /// Rounds of repair begun, and how many may be before a person is asked.
    pub rounds: u32,
    pub rounds_allowed: u32,
    /// How often it did not even run, since it last brought something.
    pub never_ran: u32,
    /// Since when it was refused each time because its quota is used up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub out_of_quota_since: Option<Timestamp>,
    /// How often timmy's own stop cut an attempt off.
    pub cut_off: u32,
    /// How its results and failures looked, since a person last said something about them.
    pub outcomes: Vec<PastOutcome>,
    /// Who failed at it.
    pub tried: Vec<Tried>,
    /// The number of the branch on which it works.
    pub branch: u32,
    /// The newest lease that it ever had.
    pub fence: Option<Fence>,
    /// What was leased last and is over.
    pub last: Option<Leased>,
    /// The present round of repair, if an agent began with it and is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun: Option<WorkKind>,
    /// When its attempts could run.
    pub ran: Vec<Ran>,
    /// What it brought last: the pull request, and its head.
    pub pull: Option<i64>,
    pub commit: Option<Commit>,
    /// The pull request in which a routine's job is talked of, though its branch was left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home_pull: Option<i64>,
    /// The agent whose account merged that, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_by: Option<String>,
    /// What that changes, if it was judged and all of it was read; and the change that a person took,
    /// as long as nothing else is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<ChangeDigest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<AcceptedChange>,
    /// What was pushed outside of any lease, and no person has looked at.
    pub late: Option<Late>,
    /// What the last question about a finding was put of, and what a person let pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_about: Option<SeenResult>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<SeenResult>,
    /// What a person allowed it to begin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed: Option<StartTerms>,
    /// How often its result was to be judged.
    pub look: u32,
    /// How many questions it asked.
    pub asked: u32,
    /// How many texts there are for its agents.
    pub texts: u32,
    /// The numbers of those that reached none.
    pub unheard: Vec<u32>,
    /// The numbers of those that are reviews of the present pull request, and were not dealt with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reviews: Vec<u32>,
    /// The numbers of the texts that are reviews by agents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by_agents: Vec<u32>,
}

/// A result, as it was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenResult {
    pub commit: Option<Commit>,
    pub digest: OutcomeDigest,
    /// What guards asked about it; none if they asked nothing, or it was judged before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks: Option<BTreeSet<String>>,
}

impl SeenResult {
    pub fn of(judgement: &ResultJudgement) -> Self {
        Self {
            commit: judgement.commit.clone(),
            digest: judgement.digest.clone(),
            asks: judgement.asks.clone(),
        }
    }

    /// Whether who let this pass was shown all that is asked about `other`. Where it is not known what
    /// this one was asked about, the digest alone says that.
    pub fn covers(&self, other: &Self) -> bool {
        let is_same = self.commit == other.commit && self.digest == other.digest;
        let was_asked = match (&self.asks, &other.asks) {
            (Some(known), Some(asks)) => asks.is_subset(known),
            (None, _) | (_, None) => true,
        };
        is_same && was_asked
    }
}

/// When an attempt could run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ran {
    /// On which branch.
    pub branch: u32,
    pub from: Timestamp,
    pub until: Timestamp,
}

/// How a result or a failure looked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastOutcome {
    /// Of the attempt that failed so; none if it is of what it brought.
    pub of: Option<Fence>,
    pub digest: OutcomeDigest,
}

/// An agent that failed at a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    pub fence: Fence,
    pub agent: String,
    pub family: Option<String>,
}

impl Job {
    /// A job that waits for an agent: for this one, if one is named.
    pub fn new(spec: Spec, agent: Option<String>, at: Timestamp) -> Self {
        let past = Past {
            agent,
            retried: false,
            charged: Vec::new(),
            rounds: 0,
            rounds_allowed: spec.limits.repairs,
            never_ran: 0,
            out_of_quota_since: None,
            cut_off: 0,
            outcomes: Vec::new(),
            tried: Vec::new(),
            branch: 1,
            fence: None,
            last: None,
            begun: None,
            ran: Vec::new(),
            pull: spec.adopts.as_ref().and_then(|_| spec.given()).map(|thread| thread.number),
            commit: None,
            home_pull: None,
            merged_by: None,
            change: None,
            accepted: None,
            late: None,
            asked_about: None,
            passed: None,
            allowed: None,
            look: 0,
            asked: 0,
            texts: 0,
            unheard: Vec::new(),
            reviews: Vec::new(),
            by_agents: Vec::new(),
        };
        let until = at.after(spec.limits.queued);
        Self { spec, past, state: State::Queued(Queued { work: WorkKind::Begin, until }) }
    }

    /// The branch on which it works now, or will next.
    pub fn branch(&self) -> JobBranch {
        self.branch_numbered(self.past.branch)
    }

    /// Which one has this number, from 1 on.
    pub fn branch_numbered(&self, number: u32) -> JobBranch {
        let thread = self.spec.given().map(|thread| thread.number);
        match &self.spec.adopts {
            Some(adopted) => JobBranch::Adopted(adopted.clone()),
            None => JobBranch::Own(Branch { thread, job: self.spec.id, number }),
        }
    }

    /// What it brought last, if that is a pull request.
    pub fn pull(&self) -> Option<ThreadId> {
        self.past.pull.map(|number| ThreadId { repo: self.spec.repo(), number })
    }

    /// Where it is talked of: the thread that it was given for, else the pull request that it brought,
    /// also from a branch that was left.
    pub fn home(&self) -> Option<ThreadId> {
        self.spec.given().or_else(|| {
            let number = self.past.pull.or(self.past.home_pull)?;
            Some(ThreadId { repo: self.spec.repo(), number })
        })
    }

    /// Where what is met on its way is met.
    pub fn lane(&self) -> Lane {
        self.home().map_or(Lane::Repo(self.spec.repo()), Lane::Thread)
    }

    /// Whether a person wants it: then what only keeps timmy from starting by itself does not.
    pub fn is_asked_for(&self) -> bool {
        self.past.retried || matches!(self.spec.origin, Origin::Person(_))
    }

    /// Whether what a person took of it is this commit of the pull request `pull`. Begun once more, it
    /// may have brought another one since.
    pub fn is_accepted_as(&self, pull: i64, commit: &Commit) -> bool {
        let accepted = self.past.accepted.as_ref().map(|accepted| &accepted.commit);
        self.state == State::Done(Done::Accepted)
            && self.past.pull == Some(pull)
            && accepted.is_none_or(|accepted| accepted == commit)
    }

    /// Whether what this attempt brought is judged just now.
    pub fn judges(&self, fence: Fence) -> bool {
        let last = self.past.last.as_ref().map(Leased::fence);
        matches!(self.state, State::Verifying(_)) && last == Some(fence)
    }

    /// Whether it was given up while its agent may still work: what that pushes comes late.
    pub fn may_push_late(&self) -> bool {
        matches!(&self.state, State::Cancelled(Cancelled { agent: AgentStop::NotSeen, .. }))
    }

    /// Which attempt this is, or the next one would be, from 1 on.
    pub fn attempt_number(&self) -> u32 {
        self.past.spent() + 1
    }
}

impl NewJob {
    /// The job that it becomes under this number.
    pub fn numbered(&self, id: JobId, at: Timestamp) -> Job {
        let Self {
            thread,
            purpose,
            role,
            origin,
            agent,
            limits,
            budget,
            adopts,
            claims_by_card,
            crew,
        } = self.clone();
        let spec = Spec {
            id,
            thread,
            purpose,
            role,
            origin,
            limits,
            budget,
            adopts,
            claims_by_card,
            crew,
        };
        Job::new(spec, agent, at)
    }
}

impl Past {
    /// How many attempts were spent.
    pub fn spent(&self) -> u32 {
        u32::try_from(self.charged.len()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use crate::core::guards::{FindingCode, GuardFinding, GuardName, Sentence};
    use crate::core::jobs::job::*;

    fn seen(asks: &[(GuardName, FindingCode, &str)]) -> SeenResult {
        let key = |(guard, code, said): &(GuardName, FindingCode, &str)| {
            GuardFinding::new(guard.clone(), *code, Sentence::of(said, &[])).asked_key()
        };
        let digest = OutcomeDigest("pull_request protected:protected_path".to_owned());
        let asks: BTreeSet<String> = asks.iter().map(key).collect();
        SeenResult { commit: None, digest, asks: (!asks.is_empty()).then_some(asks) }
    }

    #[test]
    fn who_let_something_pass_was_asked_about_that_alone() {
        let path = |said| (GuardName::Protected, FindingCode::ProtectedPath, said);
        let lines = |said| (GuardName::Size, FindingCode::TooManyLines, said);
        let one = seen(&[path("`a` is protected.")]);
        let both = seen(&[path("`a` is protected."), path("`b` is protected.")]);
        assert!(one.covers(&one) && both.covers(&one));
        assert!(!one.covers(&both));
        let large = |said| seen(&[path("`a` is protected."), lines(said)]);
        assert!(large("It changes 9 lines.").covers(&large("It changes 8 lines.")));
        assert!(!one.covers(&large("It changes 9 lines.")));
        let digest = OutcomeDigest("pull_request".to_owned());
        assert!(!both.covers(&SeenResult { digest, ..one.clone() }));
        // What was stored before is as good as it was.
        let stored = r#"{"commit":null,"digest":"pull_request protected:protected_path"}"#;
        let before: SeenResult = serde_json::from_str(stored).unwrap();
        assert!(before.covers(&both));
        assert_eq!(serde_json::to_string(&before).unwrap(), stored);
    }
}
