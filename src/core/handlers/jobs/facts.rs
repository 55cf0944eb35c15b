//! What has to be known of jobs to answer a text, and what is known of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::core::command::value::{DecisionId, JobId};
use crate::core::command::verb::Right;
use crate::core::crew::CrewRecord;
use crate::core::decisions::VoidReason;
use crate::core::guards::GuardName;
use crate::core::jobs::money::{Budgets, Ceiling, Spent};
use crate::core::jobs::{
    AdoptedBranch, Commit, Draw, Job, JobEvent, JobLimits, JobRecord, NewJob, NotAdoptable,
    PersonAnswer, StepTime, ToldText,
};
use crate::core::model::ids::{RepoId, RepoName, ThreadId};
use crate::core::model::time::Timestamp;
use crate::core::policy::controls::SetBudget;

/// What a text asks of jobs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobQuery {
    /// The latest job of its thread, and of the other threads that it names, and the latest review.
    pub latest: bool,
    /// With it the review under way of what the latest job brought.
    pub pull_reviews: bool,
    /// Jobs by their numbers.
    pub numbered: BTreeSet<JobId>,
    /// All that have not ended.
    pub live: bool,
    /// What failed for good: jobs and messages.
    pub dead: bool,
    /// Whether something is done about them: what the actor may do where they are.
    pub acts: bool,
    /// Whether a job may go on with its thread, or another that it names, where that is a pull request.
    pub adopts: bool,
    /// Whether the threads of those that have ended are closed.
    pub closed: bool,
    /// What was spent, and may be.
    pub spending: bool,
}

impl JobQuery {
    /// Asks for that as well.
    pub(in crate::core::handlers) fn extend(&mut self, other: Self) {
        let Self { latest, pull_reviews, numbered, live, dead, acts, adopts, closed, spending } =
            other;
        self.pull_reviews |= pull_reviews;
        self.spending |= spending;
        self.closed |= closed;
        self.adopts |= adopts;
        self.latest |= latest;
        self.numbered.extend(numbered);
        self.live |= live;
        self.dead |= dead;
        self.acts |= acts;
    }
}

/// What is known of jobs, as far as it was asked about and may be told here.
#[derive(Debug, Clone, Default)]
pub struct JobFacts {
    /// The job that works on a thread, on an issue or on the pull request that it brought: the one
    /// that has not ended, else the latest.
    pub latest: HashMap<ThreadId, KnownJob>,
    /// The job that reviews a thread: the one that has not ended, else the latest.
    pub reviews: HashMap<ThreadId, KnownJob>,
    /// The review under way of the pull request that was brought for a thread, which is another one.
    pub pull_reviews: HashMap<ThreadId, KnownJob>,
    pub numbered: HashMap<JobId, KnownJob>,
    /// What keeps those that have ended from going on.
    pub in_the_way: HashMap<JobId, JobInTheWay>,
    /// Those that have not ended, the oldest first.
    pub live: Vec<KnownJob>,
    /// Those that were given up lately, the latest first.
    pub dead: Vec<KnownJob>,
    /// Messages that could not be written lately, the latest first.
    pub undelivered: Vec<UndeliveredMessage>,
    /// What the actor may do in other repositories.
    pub rights: HashMap<RepoId, Option<Right>>,
    /// The agents that may not work in these repositories.
    pub kept_out: HashMap<RepoId, BTreeSet<String>>,
    /// Whether a job can go on with these pull requests, and on which branch.
    pub pulls: HashMap<ThreadId, Result<AdoptedBranch, NotAdoptable>>,
    /// Who opened these pull requests, by login.
    pub authors: HashMap<ThreadId, String>,
    /// The agents that ever worked on these threads.
    pub makers: HashMap<ThreadId, BTreeSet<String>>,
    /// The threads of jobs that have ended which are closed, or gone.
    pub closed: BTreeSet<ThreadId>,
    /// The guards that people lifted of what the jobs of these threads brought last.
    pub lifted: HashMap<JobId, BTreeSet<GuardName>>,
    /// The crews that were made last on these threads.
    pub crews: HashMap<ThreadId, CrewRecord>,
    /// How crews are made.
    pub crew: CrewRules,
    /// The labels of issues that gather others.
    pub epic_labels: Vec<String>,
    /// How often and how long a new job is tried.
    pub limits: JobLimits,
    /// What an issue may cost.
    pub issue_budget: Ceiling,
    /// What was spent and may be, if that was asked about.
    pub spending: SpendingFacts,
    /// What chance says to what is decided here.
    pub chance: Option<Draw>,
}

/// What was spent or is set aside, and what may be.
#[derive(Debug, Clone, Default)]
pub struct SpendingFacts {
    /// As they are configured.
    pub budgets: Budgets,
    /// On what the thread is about.
    pub issue: Spent,
    /// On what the jobs that are named are about.
    pub of_jobs: HashMap<JobId, Spent>,
    /// Today, by each agent.
    pub agents: BTreeMap<String, Spent>,
    /// Today, by all of them.
    pub day: Spent,
}

/// What the configuration says of crews.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CrewRules {
    /// The agents that may do its tasks; none: all that may work there.
    pub members: Option<BTreeSet<String>>,
    /// The agent that plans; none: the one that fits best.
    pub manager: Option<String>,
    pub ask_plan: bool,
    /// How often reviews may send the work back.
    pub rounds: u32,
}

impl CrewRules {
    /// Whether an agent may do tasks of a crew.
    pub fn admits(&self, agent: &str) -> bool {
        self.members.as_ref().is_none_or(|members| members.contains(agent))
    }
}

/// Another job, which keeps one that has ended from going on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobInTheWay {
    /// Which, if it may be told of here.
    pub known: Option<KnownJob>,
    /// Whether it does though it is over, or will be: its pull request is open.
    pub stays: bool,
}

/// A job that may be told of here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownJob {
    pub record: JobRecord,
    /// Where it works.
    pub repo: RepoName,
}

impl KnownJob {
    pub(in crate::core::handlers) fn id(&self) -> JobId {
        self.record.job.spec.id
    }

    /// Where it works.
    pub(in crate::core::handlers) fn repo_id(&self) -> RepoId {
        self.record.job.spec.repo()
    }

    /// The thread that it was given for, if there is one.
    pub(in crate::core::handlers) fn given(&self) -> Option<ThreadId> {
        self.record.job.spec.given()
    }
}

/// A message that could not be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UndeliveredMessage {
    /// Where, in full: `o/r#12`.
    pub place: String,
    pub at: Timestamp,
    pub reason: String,
}

/// What a text does about jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobRequest {
    /// Makes a job, which waits for an agent.
    Begin(Box<NewJob>),
    /// Something happens to a job that was seen as it is here.
    Happen { seen: Box<Job>, event: JobEvent, now: StepTime },
    /// A person answers a decision about a job that was seen as it is here; `told`: what the agent is
    /// told with it.
    Decide {
        seen: Box<Job>,
        decision: DecisionId,
        answer: PersonAnswer,
        told: Option<ToldText>,
        /// Whether only a right that is lent lets them: that is asked once more.
        is_lent: bool,
        now: StepTime,
    },
    /// A guard says nothing any more of this commit, which the job brought.
    /// `ends_round`: nothing is left for the round of repair that goes on.
    Lift {
        seen: Box<Job>,
        guard: GuardName,
        commit: Commit,
        reason: String,
        ends_round: bool,
        now: StepTime,
    },
    /// The owner lets the issue of a job cost more.
    Raise { seen: Box<Job>, budget: SetBudget, now: StepTime },
    /// A decision is found to be void.
    Void { seen: Box<Job>, decision: DecisionId, why: VoidReason, now: StepTime },
}

impl JobRequest {
    /// Where the job is talked of, if it is anywhere yet.
    pub fn home(&self) -> Option<ThreadId> {
        match self {
            Self::Begin(new) => new.thread.given(),
            Self::Happen { seen, .. }
            | Self::Decide { seen, .. }
            | Self::Lift { seen, .. }
            | Self::Raise { seen, .. }
            | Self::Void { seen, .. } => seen.home(),
        }
    }

    /// Whether the answer to it shows the job from then on.
    pub fn begins(&self) -> bool {
        match self {
            Self::Begin(_) => true,
            Self::Happen { seen, event, .. } => {
                matches!(event, JobEvent::Retry(_)) && seen.state.kind().is_end()
            }
            Self::Decide { .. } | Self::Lift { .. } | Self::Raise { .. } | Self::Void { .. } => {
                false
            }
        }
    }
}
