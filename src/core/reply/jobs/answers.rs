//! What is answered to those who speak of jobs.

use super::view::JobView;
use crate::core::jobs::NotAdoptable;
use crate::core::reply::{Paused, RoutineView};
use crate::core::scheduling::{Ineligible, Rejection};

/// What came of a line about a job.
#[derive(Debug, Clone, PartialEq)]
pub enum JobAnswer {
    /// An issue is given to this agent, or to the best one.
    Given {
        agent: Option<String>,
        /// The role in which, if it is worth telling.
        role: Option<String>,
        /// The issue, if it is another one.
        target: Option<String>,
        /// The branch of the pull request with which it goes on, if it is one.
        branch: Option<String>,
        /// What would have kept timmy from it by itself.
        passed: Vec<Ineligible>,
        /// Why it does not begin at once.
        waits: Option<JobWait>,
        /// Whether another job works there: then that is meant where none is named.
        is_beside: bool,
    },
    /// A crew is to work on it: this agent plans. `asks`: people, before anybody works by the plan.
    Crew {
        manager: String,
        asks: bool,
        passed: Vec<Ineligible>,
        waits: Option<JobWait>,
    },
    /// This agent proposes the issues that it becomes.
    Split {
        manager: String,
        waits: Option<JobWait>,
    },
    /// Somebody works on it already; or, where that is over, what it brought for the same routine is open.
    Lives {
        view: Box<JobView>,
    },
    /// It cannot be given.
    Refused {
        why: JobRefusal,
    },
    /// There is no job here, or it begins with this very comment.
    NoneHere {
        begun: bool,
    },
    /// It is cancelled, or its agent was asked to stop.
    Cancelled {
        view: Box<JobView>,
    },
    AlreadyStopping {
        view: Box<JobView>,
    },
    /// It has ended: there is nothing to say to it.
    Over {
        view: Box<JobView>,
    },
    /// It is not over, and so not begun again.
    StillWorking {
        view: Box<JobView>,
    },
    /// It has ended, and its thread is closed. `is_merged`: a pull request that was merged.
    ThreadClosed {
        view: Box<JobView>,
        is_merged: bool,
    },
    /// It begins again, by this agent if one was named.
    Retried {
        id: String,
        agent: Option<String>,
        was_over: bool,
    },
    /// Its agent is told something. `reaches`: while it works; `is_asked`: a person is asked about
    /// what it brought.
    Told {
        id: String,
        agent: Option<String>,
        reaches: bool,
        is_asked: bool,
    },
    /// What it brought is examined once more.
    Rechecked {
        id: String,
        commit: Option<String>,
    },
    /// It has brought nothing that could be examined, or somebody works on it.
    NothingToCheck {
        view: Box<JobView>,
    },
    /// A guard says nothing any more of a commit. `others`: what its agent still mends.
    Lifted {
        guard: String,
        commit: String,
        agent: Option<String>,
        others: Vec<String>,
    },
    /// No guard is called so; all that are there.
    NoGuard {
        guard: String,
        instead: Option<String>,
        guards: Vec<String>,
    },
    /// A guard that says nothing against it; those that do.
    NothingLifted {
        guard: String,
        speaking: Vec<String>,
    },
    /// A guard is not lifted, since the round of repair that goes on is for more than that: for what
    /// its agent was told, or what no guard found.
    RoundGoesOn {
        guard: String,
        agent: Option<String>,
        is_told: bool,
    },
    /// What failed for good.
    Dead {
        jobs: Vec<JobView>,
        undelivered: Vec<DeadLetter>,
    },
    /// All that are there.
    Jobs {
        jobs: Vec<JobView>,
        live: usize,
        routines: Vec<RoutineView>,
    },
    /// Where it stands.
    Status {
        view: Box<JobView>,
    },
    /// What an agent does.
    Agent {
        name: String,
        capacity: u32,
        pause: Option<Paused>,
        jobs: Vec<JobView>,
        /// How many wait for it.
        queued: usize,
    },
}

/// A message that could not be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    pub place: String,
    pub at: String,
    pub reason: String,
}

/// Why a job does not begin at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobWait {
    /// It waits for these threads; those that cannot be named here are left out.
    Blocked {
        threads: Vec<String>,
    },
    Paused {
        pause: Paused,
    },
    Lacks {
        agent: String,
        lack: Rejection,
    },
    /// No agent can take it.
    NobodyFree {
        lacks: Vec<(String, Rejection)>,
    },
}

impl JobWait {
    /// Whether it waits for what this agent lacks, if one is named: then its name was said.
    pub(in crate::core) fn is_of(&self, named: &Option<String>) -> bool {
        matches!(self, Self::Lacks { agent, .. } if named.as_ref() == Some(agent))
    }
}

/// Why an issue is not given to an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobRefusal {
    NoAgents,
    /// The agent does not work in that repository; these do.
    NotInRepository {
        agent: String,
        others: Vec<String>,
    },
    /// The agent does not hold the role.
    LacksRole {
        agent: String,
        role: String,
        roles: Vec<String>,
    },
    NobodyHolds {
        role: String,
        roles: Vec<String>,
    },
    /// A crew works on issues.
    CrewOnAPull,
    /// Issues are split.
    SplitOfAPull,
    /// It neither has the label of those that gather others, nor check boxes.
    NoEpic {
        label: Option<String>,
    },
    /// Such a role is not about issues.
    NotOnAnIssue {
        role: String,
    },
    /// Such a role pushes nothing.
    NotOnAPull {
        role: String,
    },
    NotAdoptable {
        why: NotAdoptable,
    },
    /// The agent made the pull request that it is to review, or, if none is named, everybody did who
    /// reviews; these did not.
    OwnPull {
        agent: Option<String>,
        others: Vec<String>,
    },
    /// More than an issue may cost; with the most that may be given to whom.
    TooMuch {
        cap: String,
        who: String,
    },
    /// What no order passes over. `there`: in another thread.
    InTheWay {
        what: Ineligible,
        there: bool,
    },
}

impl JobAnswer {
    /// What came of the line, as a stable code for the audit.
    pub(in crate::core::reply) fn outcome(&self) -> &'static str {
        match self {
            Self::Given { .. }
            | Self::Crew { .. }
            | Self::Split { .. }
            | Self::Cancelled { .. }
            | Self::Retried { .. }
            | Self::Told { .. }
            | Self::Rechecked { .. }
            | Self::Lifted { .. }
            | Self::Dead { .. }
            | Self::Jobs { .. }
            | Self::Status { .. }
            | Self::Agent { .. } => "done",
            Self::Refused { .. } => "not_given",
            Self::NoneHere { .. } => "no_job",
            Self::Lives { .. }
            | Self::StillWorking { .. }
            | Self::NothingToCheck { .. }
            | Self::RoundGoesOn { .. } => "in_work",
            Self::NothingLifted { .. } | Self::NoGuard { .. } => "not_found",
            Self::AlreadyStopping { .. } | Self::Over { .. } | Self::ThreadClosed { .. } => "over",
        }
    }
}
