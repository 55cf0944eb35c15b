//! Jobs: what may happen to one, in which order, and what becomes of it.

mod decisions;
mod leases;
mod ledger;
mod moves;
mod properties;
mod repairs;
pub mod stage;
mod stopping;
mod table;
mod tries;
mod world;

use std::time::Duration;

use timmy::core::jobs::money::{Ceiling, ChargeTerms, Spent, Usage};
use timmy::core::jobs::start_terms::{StartProposal, StartReason, StartTerms};
use timmy::core::jobs::{
    Act, AgentClaim, Commit, Draw, Failure, Fence, IllegalReason, Job, JobAction, JobEvent, JobId,
    JobLimits, JobStep, LeaseTerms, NeverRan, Origin, OutcomeDigest, Progress, Purpose,
    ResultJudgement, Spec, State, StepTime, Timeouts, Verdict, advance,
};
use timmy::core::model::ids::{RepoId, ThreadId};
use timmy::core::model::time::Timestamp;

pub const MINUTE: Duration = Duration::from_secs(60);
pub const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub const TIMEOUTS: Timeouts = Timeouts {
    start: Duration::from_secs(120),
    silence: Duration::from_secs(600),
    total: Duration::from_secs(3600),
    stop: Duration::from_secs(120),
};

pub fn spec(limits: JobLimits) -> Spec {
    Spec {
        adopts: None,
        claims_by_card: false,
        crew: None,
        id: JobId(42),
        thread: ThreadId { repo: RepoId(1), number: 41 }.into(),
        purpose: Purpose::Code,
        role: "coder".to_owned(),
        origin: Origin::Person("alexander".to_owned()),
        limits,
        budget: None,
    }
}

pub fn terms() -> ChargeTerms {
    ChargeTerms { price: None, bound: Spent { micro_usd: 600_000, tokens: 200_000, runs: 1 } }
}

pub fn grant(fence: i64, agent: &str) -> LeaseTerms {
    LeaseTerms {
        fence: Fence(fence),
        agent: agent.to_owned(),
        family: None,
        timeouts: TIMEOUTS,
        terms: terms(),
        can_be_told: true,
    }
}

/// What is asked before `agent` begins.
pub fn start_proposal(agent: &str) -> StartProposal {
    let terms = StartTerms {
        agent: agent.to_owned(),
        text: None,
        budget: Ceiling::default(),
        cannot_ask: false,
    };
    let (reasons, configured) = (vec![StartReason::Devops], Ceiling::default());
    StartProposal { terms, reasons, configured }
}

/// A commit that is called by one digit.
pub fn commit(digit: char) -> Commit {
    digit.to_string().repeat(40).parse().unwrap()
}

pub fn digest(text: &str) -> OutcomeDigest {
    OutcomeDigest(text.to_owned())
}

pub fn attempt(fence: i64, progress: Progress) -> JobEvent {
    JobEvent::Attempt(Fence(fence), progress)
}

pub fn ended(claim: AgentClaim) -> Progress {
    Progress::Ended { claim, usage: Usage::NONE }
}

pub fn failed(how: &str) -> Progress {
    Progress::Failed { failure: Failure::Agent(digest(how)), usage: Usage::NONE }
}

pub fn stopped() -> Progress {
    Progress::Stopped { usage: Usage::NONE }
}

/// A job and the time, as a test tells its story.
#[derive(Clone)]
pub struct Story {
    pub job: Job,
    pub now: Timestamp,
    /// What the last step made a runner do.
    pub actions: Vec<JobAction>,
    fences: i64,
}

impl Story {
    pub fn new() -> Self {
        Self::within(JobLimits::default())
    }

    pub fn within(limits: JobLimits) -> Self {
        let now = Timestamp::from_micros(1_000_000_000_000);
        let job = Job::new(spec(limits), None, now);
        Self { job, now, actions: Vec::new(), fences: 0 }
    }

    pub fn later(mut self, by: Duration) -> Self {
        self.now = self.now.after(by);
        self
    }

    pub fn try_step(
        &self,
        step: impl Into<JobStep>,
    ) -> Result<(Job, Vec<JobAction>), IllegalReason> {
        let now = StepTime { at: self.now, chance: Draw(0) };
        advance(&self.job, &step.into(), now).map_err(|illegal| illegal.why)
    }

    pub fn step(mut self, step: impl Into<JobStep>) -> Self {
        let step = step.into();
        (self.job, self.actions) = self
            .try_step(step.clone())
            .unwrap_or_else(|why| panic!("{step:?} {why}: {:?}", self.job.state));
        self
    }

    /// The present attempt, or the last one.
    pub fn fence(&self) -> Fence {
        self.job.past.fence.expect("an attempt")
    }

    pub fn progress(self, progress: Progress) -> Self {
        let fence = self.fence();
        self.step(JobEvent::Attempt(fence, progress))
    }

    /// It is due as soon as it can be.
    pub fn due(mut self) -> Self {
        self.now = self.now.max(self.job.state.due_at().expect("something that is due"));
        self.step(JobEvent::Due)
    }

    pub fn lease_to(mut self, agent: &str) -> Self {
        if !matches!(self.job.state, State::Queued(_)) {
            self = self.due();
        }
        self.fences += 1;
        let grant = grant(self.fences, agent);
        self.step(Act::Lease(grant))
    }

    pub fn start(self) -> Self {
        let fence = self.fence();
        self.step(Act::Start(fence))
    }

    /// An agent works on it.
    pub fn work(self) -> Self {
        self.work_by("ezra")
    }

    pub fn work_by(self, agent: &str) -> Self {
        self.lease_to(agent).start().progress(Progress::Accepted)
    }

    pub fn judged(self, commit: Option<Commit>, verdict: Verdict, how: &str) -> Self {
        let look = self.job.past.look;
        let digest = digest(how);
        self.step(JobEvent::Judged(ResultJudgement {
            look,
            commit,
            pull: Some(58),
            verdict,
            digest,
            change: None,
            examined: None,
            asks: None,
        }))
    }

    /// An agent delivered this commit, and it was judged so.
    pub fn delivered(self, head: char, verdict: Verdict) -> Self {
        let claim = AgentClaim::PullRequest { number: Some(58), commit: Some(commit(head)) };
        self.work().progress(ended(claim)).judged(Some(commit(head)), verdict, &head.to_string())
    }

    pub fn never_ran(self, why: NeverRan) -> Self {
        self.lease_to("ezra").progress(Progress::NeverRan(why))
    }

    pub fn state(&self) -> &'static str {
        self.job.state.kind().name()
    }
}
