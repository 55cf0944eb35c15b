//! What can be wrong with the world.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ids::{RepoId, ThreadId};
use super::quota::QuotaName;

/// Something wrong with the world, and where. It is open until it is over; the same thing is open
/// once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Incident {
    /// The token is not accepted.
    BadToken,
    /// The token lacks a scope, such as `write:issue`.
    MissingScope {
        scope: String,
    },
    /// The forge cannot be reached, or is not itself.
    ForgeDown,
    /// An owner or a repository cannot be read.
    CannotRead {
        /// Its name, as it is configured or listed.
        what: String,
    },
    /// An owner or a repository of `gitea.watch` has another name now.
    WatchRenamed {
        /// Its name, as it is configured.
        what: String,
    },
    /// A repository was watched, and is listed no more.
    RepoGone {
        repo: RepoId,
    },
    RepoArchived {
        repo: RepoId,
    },
    /// A repository lets timmy do less than it would.
    WriteForbidden {
        repo: RepoId,
    },
    /// A repository has no commit that work could begin at.
    NoDefaultBranch {
        repo: RepoId,
    },
    /// What a repository says of itself, in `.timmy.toml`, cannot be read.
    PolicyUnreadable {
        repo: RepoId,
    },
    ThreadLocked {
        thread: ThreadId,
    },
    /// Whoever opened a thread has blocked timmy's account.
    ThreadBlocked {
        thread: ThreadId,
    },
    /// What was asked in a thread was answered without what the forge did not tell.
    AnswerUnreadable {
        thread: ThreadId,
    },
    /// Somebody said something of a commit in timmy's name, in the pull request.
    VerdictForged {
        thread: ThreadId,
    },
    /// What issues of a repository wait for is told in a way that cannot be understood.
    DependenciesUnreadable {
        repo: RepoId,
    },
    /// The server that jobs are workflows of does not let them go on.
    JobServerAway,
    /// The host cannot be reached on which guards run.
    GuardHostAway {
        host: String,
    },
    /// The workflow of one job does not go on, and that server does.
    JobStuck {
        /// Its number.
        job: i64,
    },
    /// The report has no place to stand.
    ReportHomeless,
    /// A routine makes no jobs: its repository is not there.
    RoutineUnplaced {
        name: String,
    },
    /// Nobody takes what `[notify]` is to tell.
    NotifyFailed,
    /// The budget of the day has no room for what waits.
    DayBudgetSpent,
    /// The budget of an agent's own day has no room for what waits for it.
    AgentDaySpent {
        name: String,
    },
    /// Another ledger works as the same account: nothing starts by itself.
    OtherLedger,
    /// The account that is meant by a name of the configuration is called otherwise now.
    AccountRenamed {
        name: String,
    },
    /// A name of the configuration is another account's now.
    NameTaken {
        name: String,
    },
    /// A quota is used up: those that live on it get no work.
    QuotaSpent {
        quota: QuotaName,
    },
    /// An agent's account merged what a job brought, which is for people and for timmy.
    MergedByAgent {
        repo: RepoId,
        agent: String,
        /// The branch that it merged it into; none: the default one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        branch: Option<String>,
    },
    /// An agent takes no work, or what it is given comes to nothing.
    Agent {
        name: String,
        problem: AgentProblem,
    },
}

/// What is wrong with an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentProblem {
    /// Its host cannot be reached.
    HostAway,
    /// Its gateway does not answer, or takes no work.
    Down,
    BadKey,
    ModelGone,
    /// Its quota is used up.
    PoolSpent,
    /// Its account may not read or push where it is to work.
    NoAccess,
    /// What it was given lately left nothing on the forge, on several threads.
    LeavesNothing,
}

impl AgentProblem {
    pub const ALL: [Self; 7] = [
        Self::HostAway,
        Self::Down,
        Self::BadKey,
        Self::ModelGone,
        Self::PoolSpent,
        Self::NoAccess,
        Self::LeavesNothing,
    ];

    /// In two or three words.
    pub fn said(self) -> &'static str {
        match self {
            Self::HostAway => "host away",
            Self::Down => "down",
            Self::BadKey => "key refused",
            Self::ModelGone => "model gone",
            Self::PoolSpent => "quota used up",
            Self::NoAccess => "without access",
            Self::LeavesNothing => "leaves nothing",
        }
    }

    /// What is to be done about it.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::HostAway => {
                "Its jobs wait for it, three days at most: wake its host, or take the agent out of \
                 the configuration."
            }
            Self::Down => "Mend what it says; of a gateway its log says more.",
            Self::BadKey => "Put its gateway's key into its key_file, and restart timmy serve.",
            Self::ModelGone => "Name a model that is there, and restart timmy serve.",
            Self::PoolSpent => {
                "It is tried again when the quota begins anew: raise the quota, or wait."
            }
            Self::NoAccess => "Give its account write access to the repository.",
            Self::LeavesNothing => {
                "Look at its last attempts with timmy jobs: a spent key looks like an answer. It \
                 gets one job an hour until one leaves something, or until somebody says /timmy \
                 resume."
            }
        }
    }
}

/// In two or three words, without the place: what a log line says.
impl fmt::Display for Incident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadToken => f.write_str("token not accepted"),
            Self::MissingScope { scope } => write!(f, "token lacks {scope}"),
            Self::ForgeDown => f.write_str("forge away"),
            Self::CannotRead { what } => write!(f, "{what} unreadable"),
            Self::WatchRenamed { what } => write!(f, "{what} renamed"),
            Self::RepoGone { .. } => f.write_str("repository gone"),
            Self::RepoArchived { .. } => f.write_str("repository archived"),
            Self::WriteForbidden { .. } => f.write_str("write forbidden"),
            Self::NoDefaultBranch { .. } => f.write_str("no default branch"),
            Self::PolicyUnreadable { .. } => f.write_str("policy unreadable"),
            Self::ThreadLocked { .. } => f.write_str("thread locked"),
            Self::ThreadBlocked { .. } => f.write_str("account blocked"),
            Self::AnswerUnreadable { .. } => f.write_str("answer unreadable"),
            Self::VerdictForged { .. } => f.write_str("verdict forged"),
            Self::DependenciesUnreadable { .. } => f.write_str("dependencies unreadable"),
            Self::JobServerAway => f.write_str("job server away"),
            Self::GuardHostAway { host } => write!(f, "host {host} of guards away"),
            Self::JobStuck { job } => write!(f, "job j{job} stuck"),
            Self::ReportHomeless => f.write_str("report without a place"),
            Self::RoutineUnplaced { name } => write!(f, "routine {name} without a repository"),
            Self::NotifyFailed => f.write_str("notifications not taken"),
            Self::DayBudgetSpent => f.write_str("day's budget spent"),
            Self::AgentDaySpent { name } => write!(f, "day's budget of {name} spent"),
            Self::OtherLedger => f.write_str("another ledger"),
            Self::AccountRenamed { name } => write!(f, "account {name} renamed"),
            Self::NameTaken { name } => write!(f, "name {name} taken"),
            Self::QuotaSpent { quota } => write!(f, "quota of {quota} used up"),
            Self::MergedByAgent { agent, .. } => write!(f, "merged by agent {agent}"),
            Self::Agent { name, problem } => write!(f, "agent {name} {}", problem.said()),
        }
    }
}

impl Incident {
    /// The repository that is concerned, if it is one alone and known by its number.
    pub fn repo(&self) -> Option<RepoId> {
        match self {
            Self::RepoGone { repo }
            | Self::RepoArchived { repo }
            | Self::WriteForbidden { repo }
            | Self::DependenciesUnreadable { repo }
            | Self::NoDefaultBranch { repo }
            | Self::PolicyUnreadable { repo }
            | Self::MergedByAgent { repo, .. }
            | Self::ThreadLocked { thread: ThreadId { repo, .. } }
            | Self::ThreadBlocked { thread: ThreadId { repo, .. } }
            | Self::AnswerUnreadable { thread: ThreadId { repo, .. } }
            | Self::VerdictForged { thread: ThreadId { repo, .. } } => Some(*repo),
            Self::BadToken
            | Self::MissingScope { .. }
            | Self::ForgeDown
            | Self::CannotRead { .. }
            | Self::WatchRenamed { .. }
            | Self::JobServerAway
            | Self::GuardHostAway { .. }
            | Self::JobStuck { .. }
            | Self::ReportHomeless
            | Self::RoutineUnplaced { .. }
            | Self::NotifyFailed
            | Self::DayBudgetSpent
            | Self::AgentDaySpent { .. }
            | Self::OtherLedger
            | Self::AccountRenamed { .. }
            | Self::NameTaken { .. }
            | Self::QuotaSpent { .. }
            | Self::Agent { .. } => None,
        }
    }

    /// The thread that is concerned, if it is one alone.
    pub fn thread(&self) -> Option<ThreadId> {
        match self {
            Self::ThreadLocked { thread }
            | Self::ThreadBlocked { thread }
            | Self::AnswerUnreadable { thread }
            | Self::VerdictForged { thread } => Some(*thread),
            _ => None,
        }
    }

    /// Whether it is over when a whole round of polling met none of it: one request that succeeds
    /// says little about others.
    pub fn ends_with_polling(&self) -> bool {
        match self {
            Self::BadToken
            | Self::MissingScope { .. }
            | Self::ForgeDown
            | Self::CannotRead { .. }
            | Self::WatchRenamed { .. } => true,
            Self::RepoGone { .. }
            | Self::RepoArchived { .. }
            | Self::WriteForbidden { .. }
            | Self::ThreadLocked { .. }
            | Self::ThreadBlocked { .. }
            | Self::AnswerUnreadable { .. }
            | Self::VerdictForged { .. }
            | Self::DependenciesUnreadable { .. }
            | Self::NoDefaultBranch { .. }
            | Self::PolicyUnreadable { .. }
            | Self::JobServerAway
            | Self::GuardHostAway { .. }
            | Self::JobStuck { .. }
            | Self::ReportHomeless
            | Self::RoutineUnplaced { .. }
            | Self::NotifyFailed
            | Self::DayBudgetSpent
            | Self::AgentDaySpent { .. }
            | Self::OtherLedger
            | Self::AccountRenamed { .. }
            | Self::NameTaken { .. }
            | Self::QuotaSpent { .. }
            | Self::MergedByAgent { .. }
            | Self::Agent { .. } => false,
        }
    }

    /// Whether the owner is told. What is about single threads, and may be somebody else's wish or
    /// doing, calls nobody: the log and doctor have it.
    pub fn is_reported(&self) -> bool {
        !Self::CALLS_NOBODY.contains(&self.kind())
    }

    /// Whether another run may find it so still. The others it finds out anew: its token and its
    /// configuration may be others by then.
    pub fn outlives_a_run(&self) -> bool {
        match self {
            Self::BadToken
            | Self::ForgeDown
            | Self::RepoArchived { .. }
            | Self::WriteForbidden { .. }
            | Self::ThreadLocked { .. }
            | Self::ThreadBlocked { .. }
            | Self::AnswerUnreadable { .. }
            | Self::VerdictForged { .. }
            | Self::QuotaSpent { .. }
            | Self::MergedByAgent { .. }
            | Self::ReportHomeless => true,
            Self::MissingScope { .. }
            | Self::CannotRead { .. }
            | Self::WatchRenamed { .. }
            | Self::RepoGone { .. }
            | Self::DependenciesUnreadable { .. }
            | Self::NoDefaultBranch { .. }
            | Self::PolicyUnreadable { .. }
            | Self::JobServerAway
            | Self::GuardHostAway { .. }
            | Self::JobStuck { .. }
            | Self::RoutineUnplaced { .. }
            | Self::NotifyFailed
            | Self::DayBudgetSpent
            | Self::AgentDaySpent { .. }
            | Self::OtherLedger
            | Self::AccountRenamed { .. }
            | Self::NameTaken { .. }
            | Self::Agent { .. } => false,
        }
    }

    /// Whether a comment in the thread `home` shows by being there that it is over.
    pub fn is_disproved_by_speaking(&self, home: Option<ThreadId>) -> bool {
        match self {
            Self::BadToken | Self::ForgeDown | Self::ReportHomeless => true,
            Self::RepoArchived { repo } | Self::WriteForbidden { repo } => {
                home.is_some_and(|home| home.repo == *repo)
            }
            Self::ThreadLocked { thread } | Self::ThreadBlocked { thread } => home == Some(*thread),
            Self::MissingScope { .. }
            | Self::CannotRead { .. }
            | Self::WatchRenamed { .. }
            | Self::RepoGone { .. }
            | Self::AnswerUnreadable { .. }
            | Self::VerdictForged { .. }
            | Self::DependenciesUnreadable { .. }
            | Self::NoDefaultBranch { .. }
            | Self::PolicyUnreadable { .. }
            | Self::JobServerAway
            | Self::GuardHostAway { .. }
            | Self::JobStuck { .. }
            | Self::RoutineUnplaced { .. }
            | Self::NotifyFailed
            | Self::DayBudgetSpent
            | Self::AgentDaySpent { .. }
            | Self::OtherLedger
            | Self::AccountRenamed { .. }
            | Self::NameTaken { .. }
            | Self::QuotaSpent { .. }
            | Self::MergedByAgent { .. }
            | Self::Agent { .. } => false,
        }
    }
}
