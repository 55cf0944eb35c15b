//! What drives jobs from outside: agents, and whoever writes and reads on the forge for them.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::agents::{Agent, AgentTask};
use crate::core::crew::CrewPlan;
use crate::core::guards::CannotBeRead;
use crate::core::jobs::evidence::Finding;
use crate::core::jobs::{
    AgentClaim, CancelReason, Commit, Course, GivenReview, Job, JobBranch, JobMerge, NeverRan,
    OutcomeDigest, Push, ResultJudgement, RoutineRun, ToldText, Verdict,
};
use crate::core::model::issue::{Comment, Issue};
use crate::core::model::repository::Repo;
use crate::core::model::time::Timestamp;
use crate::core::split::SplitProposal;
use crate::gitea::{self, PullRequest};
use crate::guard_runs::GuardHost;
use crate::store::jobs::StoredAttempt;
use crate::store::permissions::PermissionSaid;

/// What a question to the forge gives in the end.
pub type ForgeCall<'a, T> = Pin<Box<dyn Future<Output = Result<T, gitea::Error>> + Send + 'a>>;

/// What jobs need of the forge.
pub trait JobForge: Send + Sync {
    /// What the agent is asked to do; or why it cannot be asked now.
    fn task<'a>(&'a self, order: &'a JobOrder) -> ForgeCall<'a, Result<AgentTask, CannotBegin>>;

    /// The reviews of a pull request that stood before `until`, and by which somebody who may asks
    /// for changes, by their numbers.
    fn reviews<'a>(
        &'a self,
        _pull: (&'a Repo, i64),
        _until: Timestamp,
    ) -> ForgeCall<'a, Vec<(i64, ToldText)>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Whether the default branch of a repository is red; none if nobody can tell.
    fn is_red<'a>(&'a self, repo: &'a Repo) -> ForgeCall<'a, Option<bool>>;

    /// What an agent says in its last words that it did.
    fn claim(&self, text: &str) -> AgentClaim;

    /// What the forge shows of what a job brought; none if that cannot be told yet.
    fn judge<'a>(&'a self, result: &'a JobResult) -> ForgeCall<'a, Option<JobEvidence>>;

    /// The same with what the guards say of it; none if that cannot be told yet.
    fn examine<'a>(
        &'a self,
        _result: &'a JobResult,
        evidence: JobEvidence,
    ) -> ForgeCall<'a, Option<JobEvidence>> {
        Box::pin(async { Ok(Some(evidence)) })
    }
}

/// What an attempt is about, as it is now.
#[derive(Debug, Clone)]
pub enum OrderSubject {
    /// An issue, or a pull request.
    Issue(Box<Issue>),
    Routine(RoutineRun),
}

/// Why an attempt cannot begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CannotBegin {
    NeverRan(NeverRan),
    /// The agent's account may not do its work there: what is wrong, and what to do.
    NoAccess(String),
    /// There is no commit to begin at: what is wrong, and what to do.
    NoDefaultBranch(String),
    /// The job's pull request was merged meanwhile: what that made.
    Merged(JobMerge),
}

impl From<NeverRan> for CannotBegin {
    fn from(why: NeverRan) -> Self {
        Self::NeverRan(why)
    }
}

/// What the forge shows of a result.
#[derive(Debug, Clone)]
pub struct JobEvidence {
    pub judgement: ResultJudgement,
    /// That somebody merged its pull request already, or that which it was to review.
    pub merged: Option<JobMerge>,
    /// Why nobody needs its result any more, if so.
    pub over: Option<CancelReason>,
    /// What a person is told of it.
    pub findings: Vec<Finding>,
    /// The push that made the head of the job's branch, where that is told.
    pub head_push: Option<Push>,
    /// The change that is to be examined, if it is one that could be accepted.
    pub change: Option<Box<ShownChange>>,
    /// What its agent said, where that is its result.
    pub said: Option<Box<ShownWords>>,
    /// The review that it gave, if it gave one.
    pub review: Option<Box<ReviewEvidence>>,
    /// What it proposed, if that is its result and can be put to a person.
    pub proposed: Option<Proposed>,
}

/// What is kept of a result that is only said.
#[derive(Debug, Clone)]
pub enum Proposed {
    /// The plan of a crew, and the issue for which that was made.
    Plan { plan: Box<CrewPlan>, issue: Box<Issue> },
    /// What an epic would become, and the epic of which that was made.
    Split { proposal: Box<SplitProposal>, epic: Box<Issue> },
}

/// A review, as the forge shows it.
#[derive(Debug, Clone)]
pub struct ReviewEvidence {
    pub review: GivenReview,
    /// What is told of it to whoever mends what it found.
    pub told: ToldText,
    /// Whether it is of the head of an open pull request.
    pub is_current: bool,
    /// Whether an agent may go on with that.
    pub may_be_mended: bool,
}

impl JobEvidence {
    /// That it was judged so, and nothing more.
    pub(super) fn of(judgement: ResultJudgement) -> Self {
        Self {
            judgement,
            merged: None,
            over: None,
            findings: Vec::new(),
            head_push: None,
            change: None,
            said: None,
            review: None,
            proposed: None,
        }
    }

    /// Of a job whose result is only said: `what` is proposed, and what was found of it.
    pub(super) fn of_proposal(
        job: &Job,
        what: &str,
        (verdict, findings): (Verdict, Vec<Finding>),
        proposed: Option<Proposed>,
    ) -> Self {
        let codes: Vec<&str> = findings.iter().map(Finding::code).collect();
        let judgement = ResultJudgement {
            look: job.past.look,
            commit: None,
            pull: None,
            verdict,
            digest: OutcomeDigest(format!("{what} {}", codes.join(" "))),
            change: None,
            examined: None,
            asks: None,
        };
        Self { findings, proposed, ..Self::of(judgement) }
    }

    /// Of a job whose result nobody needs any more.
    pub(super) fn over(job: &Job, why: CancelReason) -> Self {
        let judgement = ResultJudgement {
            look: job.past.look,
            commit: None,
            pull: None,
            verdict: Verdict::Nothing,
            digest: OutcomeDigest(String::new()),
            change: None,
            examined: None,
            asks: None,
        };
        Self { over: Some(why), ..Self::of(judgement) }
    }
}

/// A change, as the forge showed it.
#[derive(Debug, Clone)]
pub struct ShownChange {
    pub pull: PullRequest,
    /// Who pushed its head, by login; none if nobody can tell.
    pub pusher: Option<String>,
    /// The commit that a person accepted, if timmy brought it up to date to make this head.
    pub updates: Option<Commit>,
    /// The issue, where it is still there.
    pub issue: Option<Issue>,
}

/// What an agent said in the thread of its job, or wants said.
#[derive(Debug, Clone)]
pub struct ShownWords {
    pub comments: Result<Vec<Comment>, CannotBeRead>,
    /// What is said for it: nothing of that stands there yet, if it must not.
    pub answer: Option<String>,
    /// The issue, where it is still there.
    pub issue: Option<Issue>,
}

/// An attempt that is about to begin.
#[derive(Debug, Clone)]
pub struct JobOrder {
    pub job: Job,
    pub repo: Repo,
    /// The issue as it is now.
    pub about: OrderSubject,
    /// What was answered in comments when its author was asked what it does not say.
    pub answers: Vec<String>,
    pub agent: String,
    /// How the attempt is called outside.
    pub key: String,
    pub branch: JobBranch,
    /// What people said for its agents and none has heard yet.
    pub texts: Vec<ToldText>,
    /// The attempts before it, in order.
    pub earlier: Vec<StoredAttempt>,
    /// What came of them.
    pub course: Course,
    /// The open pull requests of the same repository that were known to close the issue.
    pub linked: Vec<i64>,
    /// Whether the agent ever left something in this repository; none if it did not work there yet.
    pub left_before: Option<bool>,
    /// What its agents asked to do, and what people said to that.
    pub permissions: Vec<(String, PermissionSaid)>,
}

/// What an attempt may have brought.
#[derive(Debug, Clone)]
pub struct JobResult {
    pub job: Job,
    pub repo: Repo,
    /// All attempts of the job, in order: the last one is that of the result.
    pub attempts: Vec<StoredAttempt>,
    /// Whether the job has ended, and it is judged all the same.
    pub is_over: bool,
}

/// Who does the work: without agents jobs wait. Who sees what came of it, if not the forge that timmy
/// is on, and who runs guards, if not this machine.
#[derive(Clone, Default)]
pub struct JobDrivers {
    /// By name.
    pub agents: BTreeMap<String, Arc<dyn Agent>>,
    pub forge: Option<Arc<dyn JobForge>>,
    pub guards: Option<Arc<dyn GuardHost>>,
}
