//! What is said of the backlog: what comes next, what would be handed out, to whom.
//!
//! Threads are written as the thread that asks would write them: `#12`, or `o/r#12`.

use jiff::civil::Date;

use super::{Paused, words};
use crate::core::model::ids::ThreadId;
use crate::core::scheduling::{
    Beginning, Disregarded, Ineligible, MILLION, Rejection, Term, TermLine, TermReason,
};

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// The repository to which the question was narrowed down.
    pub repo: Option<String>,
    /// How many issues may be handed out.
    pub ready: usize,
    /// How many may not, by the firmest thing that is in the way; the most frequent first.
    pub waiting: Vec<(Ineligible, usize)>,
    /// The best of those that may be named here.
    pub next: Vec<QueueEntry>,
    /// How many between them cannot be named here.
    pub unnamed: usize,
    /// How many repositories were not read yet.
    pub unread: usize,
}

/// An issue that waits for its turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueEntry {
    /// Which.
    pub issue: ThreadId,
    /// Which place it has among all that are ready, from 1.
    pub place: usize,
    /// How it is written.
    pub thread: String,
    /// Its title, as people wrote it.
    pub title: String,
    /// Whether it goes before all that are not `p0`.
    pub is_p0: bool,
    /// What it is worth, in millionths of a point.
    pub points: u64,
    /// Its priority.
    pub priority: Option<String>,
    /// Its size.
    pub size: Option<String>,
    /// The day on which it is due.
    pub due: Option<Date>,
    /// Who would get it now.
    pub agent: Option<String>,
}

/// How far timmy goes by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Autonomy {
    /// Only what people assign.
    Off,
    /// It says what it would do.
    Suggest,
    /// It does it.
    Auto,
}

/// What would be handed out now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DispatchPreview {
    /// The agent to which the question was narrowed down.
    pub agent: Option<String>,
    /// How far timmy goes by itself.
    pub mode: Autonomy,
    /// Who gets what, the most valuable first, as far as it can be named here.
    pub planned: Vec<PlannedIssue>,
    /// How many more there are.
    pub more: usize,
    /// How many of those cannot be named here.
    pub unnamed: usize,
    /// Why nothing is handed out.
    pub idle: Option<Idle>,
}

/// An issue with the agent that would get it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedIssue {
    /// Which.
    pub thread: String,
    /// Its title, as people wrote it.
    pub title: String,
    /// Who.
    pub agent: String,
    /// What it is worth to give it to this agent: points times fit, in millionths.
    pub value: u64,
    /// Who came next, and what it lacked.
    pub runner_up: Option<(String, Rejection)>,
    /// Whether it starts by itself.
    pub beginning: Beginning,
}

/// A crew is proposed where no agent alone fits as well as this, in millionths: elsewhere one good agent
/// does better than several.
const CREW_BELOW: u64 = 450_000;

/// Why nothing would be handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Idle {
    /// There are no agents.
    NoAgents,
    /// The agent that was asked about, or the whole fleet, is paused.
    Paused(Paused),
    /// No issue is ready.
    NothingReady,
    /// What is ready is worth less than what is handed out by itself, in millionths of a point.
    BelowMinimum(u64),
    /// What the agents lacked for the best issue, the most frequent first.
    Lacks(Vec<Rejection>),
}

/// What the backlog says of one issue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The place that it has among all that are ready, or would have if it were; from 1.
    pub place: usize,
    /// How many those are.
    pub of: usize,
    /// What it is worth, in millionths of a point.
    pub points: u64,
    /// The score below which nothing is handed out, in millionths of a point.
    pub minimum: u64,
    /// What that is made of, in the order of the formula.
    pub terms: Vec<TermLine>,
    /// Open issues that wait for it directly, as far as they can be named here; the first few.
    pub waiting: Vec<String>,
    /// The role that it needs.
    pub role: String,
    /// The agents: who gets it, then the others, the runner-up first.
    pub bids: Vec<Bid>,
    /// Whether it starts by itself, if somebody gets it.
    pub beginning: Beginning,
    /// Whether agents could work on it as a crew.
    pub has_crew: bool,
    /// The roles that it asks for, where nobody holds all of them and a crew does.
    pub parts: Vec<String>,
    /// The circle of dependencies that it is part of; none for what cannot be named here.
    pub circle: Vec<Option<String>>,
    /// The pull requests that are to close it, and keep it back; none for what cannot be named here.
    pub pulls: Vec<Option<String>>,
    /// Those that say so, and do not keep it back.
    pub disregarded: Vec<DisregardedPull>,
    /// Who wrote it; none for a deleted user.
    pub author: Option<String>,
}

/// A pull request that does not keep an issue back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisregardedPull {
    /// Which; none for what cannot be named here.
    pub name: Option<String>,
    /// Why not.
    pub because: Disregarded,
}

/// An agent beside the issue that it was judged for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bid {
    /// Which agent.
    pub agent: String,
    /// How well it fits, in millionths; 0 if its role or skills do not.
    pub fit: u64,
    /// What that rests on; none if nothing is known of it yet.
    pub basis: Option<Basis>,
    /// What it lacks; nothing if it gets the issue.
    pub lack: Option<Rejection>,
    /// When its quota is there again, if it lacks that.
    pub quota_at: Option<String>,
}

/// Of how many results of an agent how many were good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// In the same role and repository.
    Here {
        /// Verified.
        good: u32,
        /// Ended.
        all: u32,
    },
    /// In the same role.
    Role {
        /// Verified.
        good: u32,
        /// Ended.
        all: u32,
    },
    /// In any role.
    Any {
        /// Verified.
        good: u32,
        /// Ended.
        all: u32,
    },
}

/// An issue that an agent would not get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissedIssue {
    /// Which.
    pub next: QueueEntry,
    /// What it lacks for it.
    pub lack: Rejection,
}

impl Ineligible {
    /// Its stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::PullRequest => "pull_request",
            Self::RepoNotWatched => "repo_not_watched",
            Self::RepoArchived => "repo_archived",
            Self::Epic => "epic",
            Self::Blocked => "blocked",
            Self::Hold => "hold",
            Self::Snoozed => "snoozed",
            Self::Paused => "paused",
            Self::LiveJob => "live_job",
            Self::OpenDecision => "open_decision",
            Self::LinkedPullRequest => "linked_pull_request",
            Self::AssignedToPerson => "assigned_to_person",
            Self::Settled => "settled",
            Self::AttemptsSpent => "attempts_spent",
            Self::AuthorNotAllowed => "author_not_allowed",
            Self::MissingScope => "missing_scope",
        }
    }

    /// What is said of the issues that it keeps back, behind their number: `31 blocked`.
    pub fn said(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::PullRequest => "to be merged",
            Self::RepoNotWatched => "in repositories that I do not watch",
            Self::RepoArchived => "in archived repositories",
            Self::Epic => "gathering others",
            Self::Blocked => "blocked",
            Self::Hold => "on hold",
            Self::Snoozed => "snoozed",
            Self::Paused => "paused",
            Self::LiveJob => "in work",
            Self::OpenDecision => "waiting for an answer",
            Self::LinkedPullRequest => "with a pull request",
            Self::AssignedToPerson => "assigned to people",
            Self::Settled => "settled",
            Self::AttemptsSpent => "out of attempts",
            Self::AuthorNotAllowed => "by authors whose issues I leave alone",
            Self::MissingScope => "without scope",
        }
    }
}

impl Disregarded {
    /// Its stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::ByStranger => "by_stranger",
            Self::Draft => "draft",
            Self::Still => "still",
        }
    }

    /// What is said of such a pull request.
    pub fn said(self) -> &'static str {
        match self {
            Self::ByStranger => "its author may not write here",
            Self::Draft => "a draft",
            Self::Still => "it has not moved for 14 days",
        }
    }
}

impl Term {
    /// What it is called.
    pub fn said(self) -> &'static str {
        match self {
            Self::Urgency => "urgency",
            Self::Value => "value",
            Self::Dependents => "dependents",
            Self::People => "people",
            Self::Age => "age",
            Self::Readiness => "readiness",
            Self::Size => "size",
            Self::Failures => "failures",
        }
    }
}

impl Rejection {
    /// Whether the agent can never do this, however free it is.
    pub fn is_of_the_work(self) -> bool {
        matches!(self, Self::NoRole | Self::NoSkill | Self::NoAccess)
    }

    /// When that is over.
    pub fn ends(self) -> &'static str {
        match self {
            Self::NoRole | Self::NoSkill | Self::NoAccess | Self::AgentDown | Self::LowerValue => {
                "when that is over"
            }
            Self::AgentUnseen => "once I have",
            Self::CannotAsk => "with a yes to the question that I put about it",
            Self::AgentBusy | Self::HostFull | Self::RepoFull => "when a job there ends",
            Self::PoolEmpty => "when there is quota again",
            Self::ReviewsWaiting => "when somebody has reviewed",
            Self::Budget => "tomorrow, or when more is allowed",
        }
    }

    /// What is said of an agent that lacks it.
    pub fn said(self) -> &'static str {
        match self {
            Self::NoRole => "another role is needed",
            Self::NoSkill => "another skill is needed",
            Self::NoAccess => "may not work in that repository",
            Self::CannotAsk => "was not seen to ask before it does something dangerous",
            Self::AgentDown => "paused, or cannot be reached",
            Self::AgentUnseen => "I have not looked at it yet",
            Self::AgentBusy => "no free slot",
            Self::HostFull => "no free slot on its host",
            Self::PoolEmpty => "its quota is used up",
            Self::RepoFull => "enough is under way in that repository",
            Self::ReviewsWaiting => "too much waits for review",
            Self::Budget => "its budget is spent",
            Self::LowerValue => "worth less here",
        }
    }
}

/// What makes an issue worth less than it could be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeakTerm {
    /// Nothing says when it is done.
    Acceptance,
    /// It does not say where the work is.
    Place,
    /// So many attempts failed.
    Fails(u32),
}

/// How many of the reasons for a score are told in its sentence.
const TOLD: usize = 3;

impl Judgement {
    /// What lifts it most: the terms that give a point or more, and have a reason.
    pub fn lifts(&self) -> Vec<&TermLine> {
        let lifts =
            |line: &&TermLine| line.points >= Some(MILLION) && line.because != TermReason::Nothing;
        let mut lines: Vec<&TermLine> = self.terms.iter().filter(lifts).collect();
        lines.sort_by_key(|line| std::cmp::Reverse(line.points));
        lines.truncate(TOLD);
        lines
    }

    /// What weighs it down.
    pub fn drags(&self) -> Vec<WeakTerm> {
        let mut drags = Vec::new();
        for line in &self.terms {
            match line.because {
                TermReason::Text(text) => {
                    drags.extend((!text.acceptance).then_some(WeakTerm::Acceptance));
                    drags.extend((!text.place).then_some(WeakTerm::Place));
                }
                TermReason::Failures(count) => drags.push(WeakTerm::Fails(count)),
                _ => {}
            }
        }
        drags
    }

    /// How many of those `all` that wait for it are not named.
    pub fn unnamed(&self, all: &u32) -> usize {
        usize::try_from(*all).unwrap_or(usize::MAX).saturating_sub(self.waiting.len())
    }

    /// The agent that would get it.
    pub fn winner(&self) -> Option<&Bid> {
        self.bids.iter().find(|bid| bid.lack.is_none())
    }

    /// What an agent lacks for it. Where nobody gets it, no other issue or agent is the reason that
    /// one with room does not. `is_ready`: nothing else stands in the way.
    pub fn lack_said(&self, lack: &Rejection, is_ready: bool) -> String {
        if *lack != Rejection::LowerValue || self.winner().is_some() {
            return lack.said().to_owned();
        }
        match is_ready {
            false => "has room for it".to_owned(),
            true if self.points < self.minimum => {
                format!("has room, but nothing below {} is handed out", words::points(self.minimum))
            }
            true => "its last free slot is kept for what is urgent".to_owned(),
        }
    }

    /// The agent that fits best, where it was tried and fits so little that a crew may do better.
    pub fn outdone_by_a_crew(&self) -> Option<&Bid> {
        let suits = |bid: &&Bid| !bid.lack.is_some_and(Rejection::is_of_the_work);
        let best = self.bids.iter().filter(suits).max_by_key(|bid| bid.fit)?;
        (self.has_crew && best.basis.is_some() && best.fit < CREW_BELOW).then_some(best)
    }

    /// The best of those that could do it, but not now.
    pub fn next_best(&self) -> Option<&Bid> {
        let suits = |bid: &&Bid| !bid.lack.is_some_and(Rejection::is_of_the_work);
        self.bids.iter().find(suits)
    }
}

impl Bid {
    /// Whether a person is asked about it, once somebody wants it.
    pub fn is_asked_about(&self) -> bool {
        self.lack == Some(Rejection::CannotAsk)
    }
}

impl DispatchPreview {
    /// Whether it is told of each how it begins.
    pub fn tells_beginnings(&self) -> bool {
        self.mode == Autonomy::Auto
    }

    /// How many issues would be handed out.
    pub fn count(&self) -> usize {
        self.planned.len() + self.more
    }
}

impl Queue {
    /// Whether somebody would get one of the issues that are shown.
    pub fn is_staffed(&self) -> bool {
        self.next.iter().any(|next| next.agent.is_some())
    }

    /// Whether one of them has a priority.
    pub fn has_priorities(&self) -> bool {
        self.next.iter().any(|next| next.priority.is_some())
    }

    /// Whether one of them has a size.
    pub fn has_sizes(&self) -> bool {
        self.next.iter().any(|next| next.size.is_some())
    }

    /// Whether one of them is due on some day.
    pub fn has_due_dates(&self) -> bool {
        self.next.iter().any(|next| next.due.is_some())
    }

    /// How many issues are not ready.
    pub fn behind(&self) -> usize {
        self.waiting.iter().map(|(_, count)| count).sum()
    }
}
