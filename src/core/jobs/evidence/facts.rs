//! What the forge shows of an attempt, as far as its result is judged by it.

use crate::core::jobs::event::Citation;
use crate::core::jobs::ids::Commit;

/// How many citations are looked at: one that exists is enough.
pub const MOST_LOOKED_AT: usize = 6;

/// What the forge shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub made: Made,
    /// What was cited to show that nothing has to change, and whether it is there.
    pub cited: Vec<CitedFact>,
}

/// What an attempt was to make, by the purpose of its job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    /// A branch and a pull request.
    Code(Box<CodeFacts>),
    /// The numbers of the comments that its account wrote in the job's thread since it began.
    Comments(Vec<i64>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeFacts {
    /// The job's branch; none if there is none.
    pub branch: Option<BranchFacts>,
    /// The pull request of that branch: the open one, else the one that was merged or closed last.
    pub pull: Option<PullFacts>,
    pub named_pull: NamedPull,
    pub named_commit: NamedCommit,
    /// Whether the branch still holds the commit that a repair began at.
    pub given: GivenHead,
    /// Where the result is to be merged.
    pub base_branch: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchFacts {
    pub head: Commit,
    /// Whether it is more than the commit that the work began at.
    pub holds_work: bool,
    pub pusher: HeadPusher,
}

/// Who pushed the head of the job's branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeadPusher {
    Agent,
    /// timmy's own account: for an agent that does not push, or to bring in what is new in the base.
    Timmy,
    /// Somebody else, by login; whether the agent pushed to the branch before.
    Other {
        login: String,
        agent_before: bool,
    },
    /// The forge does not say.
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullFacts {
    pub number: i64,
    /// Who opened it, by login; none for a deleted user.
    pub author: Option<String>,
    /// Whether the agent's account opened it, or timmy for it.
    pub is_agents: bool,
    pub standing: PullStanding,
    pub head_branch: String,
    pub head: Commit,
    pub is_from_fork: bool,
    pub base_branch: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PullStanding {
    Open,
    Closed,
    /// Into this commit, where the forge says it.
    Merged(Option<Commit>),
}

/// The pull request that the agent named, beside that of the job's branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamedPull {
    /// None, or that of the job's branch.
    NoOther,
    /// There is none of that number.
    Missing(i64),
    Other(PullFacts),
}

/// The commit that the agent named, beside the head of the job's branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamedCommit {
    /// None, or the head.
    NoOther,
    /// The branch holds it, and more.
    Behind(Commit),
    /// It exists, and the branch does not hold it.
    Elsewhere(Commit),
    /// There is no such commit.
    Gone(Commit),
    CannotTell(Commit),
}

/// Whether a branch still holds what was given to an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GivenHead {
    /// It began at nothing of the job's own, or holds it.
    Yes,
    No(Commit),
    CannotTell(Commit),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CitedFact {
    pub citation: Citation,
    pub exists: bool,
}
