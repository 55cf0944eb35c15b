//! Where a job stands, with what is known only there.
//!
//! An attempt exists only in the states that hold one: nothing can be live twice.

use serde::{Deserialize, Serialize};

use super::clocks::{DeadlineKind, Deadlines, TimeLeft};
use super::event::{CancelReason, LeaseTerms, NeverRan};
use super::ids::{Commit, Fence};
use super::money::{Charge, Usage};
use super::start_terms::StartProposal;
use crate::core::model::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It waits for an agent.
    Queued(Queued),
    /// An agent is leased, and is looked at before it is started.
    Preflight(Preflight),
    Running(RunningAttempt),
    /// The agent is done; what it says is compared with the forge.
    Verifying(Verifying),
    /// A person is asked about the result.
    Deciding(Deciding),
    /// It waits for its time to be queued.
    BackingOff(BackingOff),
    Waiting(Waiting),
    Uncertain(Uncertain),
    Done(Done),
    NoChange,
    Cancelled(Cancelled),
    Dead(DeadReason),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queued {
    pub work: WorkKind,
    /// How long it waits for an agent.
    pub until: Timestamp,
}

/// What an attempt has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkKind {
    /// Work on the branch, from what it holds.
    Begin,
    /// Repair what was delivered; which round this is, from 1 on.
    Repair(u32),
}

/// An agent holds the job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leased {
    pub grant: LeaseTerms,
    pub work: WorkKind,
    /// On which of the job's branches, from 1 on.
    pub branch: u32,
}

impl Leased {
    pub fn fence(&self) -> Fence {
        self.grant.fence
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preflight {
    pub leased: Leased,
    /// How long that may take.
    pub until: Timestamp,
}

/// An attempt that may be running.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub leased: Leased,
    /// Since when it may run.
    pub since: Timestamp,
    pub phase: Phase,
    /// Whether its agent pushed something.
    pub pushed: bool,
    /// Whether what it asked is allowed, as long as it does not know.
    pub answer: Option<bool>,
    /// It was asked to stop.
    pub stopping: Option<Stopping>,
}

impl Attempt {
    pub fn fence(&self) -> Fence {
        self.leased.fence()
    }

    /// What it is charged if it used that.
    pub(super) fn charge(&self, usage: Usage) -> Charge {
        self.leased.grant.terms.charge(usage)
    }

    /// What it is charged as long as nobody knows what it used.
    pub(super) fn bound(&self) -> Charge {
        self.charge(Usage::NONE)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Its start is stored, and may have been sent. It says so many of the texts for the agent.
    Starting { texts: u32 },
    /// The agent accepted it.
    Working,
}

/// An attempt is to end. Until that is seen, or this is over, the issue stays leased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopping {
    pub then: Then,
    /// How long that is waited for.
    pub until: Timestamp,
}

/// What comes of a job whose attempt was stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    Cancel(CancelReason),
    /// Its pull request was merged meanwhile.
    Merged,
    /// The attempt failed: its time is over.
    TimedOut(DeadlineKind),
    /// What it was to mend is not wanted mended: what was brought before is judged once more.
    Lifted,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningAttempt {
    pub attempt: Attempt,
    pub clocks: Deadlines,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verifying {
    /// How long that may take.
    pub until: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deciding {
    pub question: Question,
    /// When nobody is waited for any longer; none: it stays open.
    pub until: Option<Timestamp>,
}

/// What a person is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Whether an attempt may begin.
    Dispatch,
    /// Whether a verified result is taken.
    Accept,
    /// Whether it is true that nothing has to change.
    NoChange,
    /// Whether a finding passes.
    Guard,
    /// Whether it is repaired further.
    Repair,
    /// What the agent needs to know, after its attempt.
    Stuck,
    /// What the agent may do, in mid-work.
    Permission,
    /// Whether there shall be another attempt, though this one may have run.
    Uncertain,
    /// Whether a crew may work by this plan.
    Plan,
    /// Whether an epic becomes these issues.
    Split,
}

impl Question {
    pub const ALL: [Self; 10] = [
        Self::Dispatch,
        Self::Accept,
        Self::NoChange,
        Self::Guard,
        Self::Repair,
        Self::Stuck,
        Self::Permission,
        Self::Uncertain,
        Self::Plan,
        Self::Split,
    ];

    /// One word for it, as the ledger and metrics say it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dispatch => "dispatch",
            Self::Accept => "accept",
            Self::NoChange => "no_change",
            Self::Guard => "guard",
            Self::Repair => "repair",
            Self::Stuck => "stuck",
            Self::Permission => "permission",
            Self::Uncertain => "uncertain",
            Self::Plan => "plan",
            Self::Split => "split",
        }
    }

    /// Whether a yes to it closes the thread and does no more, since nothing was changed; `pull`: where the
    /// result is, if it is in a pull request.
    pub fn only_closes(self, pull: Option<i64>) -> bool {
        match self {
            Self::NoChange => true,
            Self::Accept => pull.is_none(),
            Self::Dispatch
            | Self::Guard
            | Self::Repair
            | Self::Stuck
            | Self::Permission
            | Self::Uncertain
            | Self::Plan
            | Self::Split => false,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackingOff {
    pub work: WorkKind,
    pub until: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Waiting {
    /// With an attempt whose clocks stand.
    Held(Box<HeldAttempt>),
    /// Without one.
    Idle(IdleWait),
    /// For a person to say that it may begin.
    Start(Box<AwaitedStart>),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldAttempt {
    pub attempt: Attempt,
    pub left: TimeLeft,
    pub by: HeldBy,
    pub until: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldBy {
    /// Its host is away.
    Host,
    /// It asked a person.
    Person,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdleWait {
    pub work: WorkKind,
    pub for_what: WaitReason,
    /// When it is tried all the same.
    pub until: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitReason {
    Host,
    Pool,
    Person,
    /// The default branch to be green again.
    GreenBranch,
}

/// An agent would take it, and a person is asked first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwaitedStart {
    pub work: WorkKind,
    pub proposal: StartProposal,
    /// When nobody is waited for any longer.
    pub until: Timestamp,
}

/// A host that can be reached could not tell whether the attempt ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uncertain {
    pub attempt: Attempt,
    pub left: TimeLeft,
    /// When the job is given up.
    pub until: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// All guards passed, and nobody had to be asked.
    Verified,
    Accepted,
    /// Somebody merged its pull request.
    Merged,
    /// It was merged, and taken back: it counts as one that failed.
    Reverted,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cancelled {
    pub reason: CancelReason,
    pub agent: AgentStop,
}

/// What is known of the agent of a job that was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentStop {
    /// None was running.
    NoneRan,
    /// It was seen to have ended.
    Seen,
    /// It was asked to stop, and may still be running: what it pushes is late.
    NotSeen,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadReason {
    AttemptsSpent,
    /// Equal outcomes.
    Loop,
    /// No agent understands what is asked.
    BadRequest,
    /// It never even ran, for this reason the last time.
    NeverRan(NeverRan),
    /// timmy's own stops cut it off too often.
    CutOff,
    /// The agent needed a person, and nobody answered.
    Unanswered,
    /// It proposed nothing that an epic could become, however often it was told what is wrong.
    NoProposal,
}

/// One word for each state, as people and the ledger say it.
macro_rules! kinds {
    ($($kind:ident = $word:literal: $pattern:pat,)+) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum StateKind { $($kind,)+ }

        impl StateKind {
            pub const ALL: &[Self] = &[$(Self::$kind,)+];

            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $word,)+ }
            }
        }

        impl State {
            pub fn kind(&self) -> StateKind {
                match self { $($pattern => StateKind::$kind,)+ }
            }
        }
    };
}

kinds! {
    Queued = "queued": Self::Queued(_),
    Preflight = "preflight": Self::Preflight(_),
    Running = "running": Self::Running(_),
    Verifying = "verifying": Self::Verifying(_),
    Deciding = "deciding": Self::Deciding(_),
    BackingOff = "backing_off": Self::BackingOff(_),
    Waiting = "waiting": Self::Waiting(_),
    Uncertain = "uncertain": Self::Uncertain(_),
    Done = "done": Self::Done(_),
    NoChange = "no_change": Self::NoChange,
    Cancelled = "cancelled": Self::Cancelled(_),
    Dead = "dead": Self::Dead(_),
}

impl StateKind {
    /// Whether nothing leads out of it but [`Retry`](super::JobEvent::Retry), of what a person
    /// accepted that it was [not merged](super::JobEvent::NotMerged), and of what nobody had to accept
    /// a [review](super::JobEvent::Reviewed).
    pub fn is_end(self) -> bool {
        match self {
            Self::Done | Self::NoChange | Self::Cancelled | Self::Dead => true,
            Self::Queued
            | Self::Preflight
            | Self::Running
            | Self::Verifying
            | Self::Deciding
            | Self::BackingOff
            | Self::Waiting
            | Self::Uncertain => false,
        }
    }
}

impl State {
    /// What holds a lease: the only attempt there is.
    pub fn leased(&self) -> Option<&Leased> {
        match (self, self.attempt()) {
            (Self::Preflight(Preflight { leased, .. }), _) => Some(leased),
            (_, Some(attempt)) => Some(&attempt.leased),
            (_, None) => None,
        }
    }

    /// The attempt, once it may have been started.
    pub fn attempt(&self) -> Option<&Attempt> {
        match self {
            Self::Running(RunningAttempt { attempt, .. })
            | Self::Uncertain(Uncertain { attempt, .. }) => Some(attempt),
            Self::Waiting(Waiting::Held(held)) => Some(&held.attempt),
            Self::Preflight(_)
            | Self::Queued(_)
            | Self::Verifying(_)
            | Self::Deciding(_)
            | Self::BackingOff(_)
            | Self::Waiting(Waiting::Idle(_) | Waiting::Start(_))
            | Self::Done(_)
            | Self::NoChange
            | Self::Cancelled(_)
            | Self::Dead(_) => None,
        }
    }

    /// When [`Due`](super::JobEvent::Due) is to be told; none: nothing is due here by itself.
    pub fn due_at(&self) -> Option<Timestamp> {
        if let Some(Stopping { until, .. }) = self.attempt().and_then(|a| a.stopping.as_ref()) {
            return Some(*until);
        }
        match self {
            Self::Running(running) => Some(running.clocks.first()),
            Self::Queued(Queued { until, .. })
            | Self::Preflight(Preflight { until, .. })
            | Self::Verifying(Verifying { until })
            | Self::BackingOff(BackingOff { until, .. })
            | Self::Waiting(Waiting::Idle(IdleWait { until, .. }))
            | Self::Uncertain(Uncertain { until, .. }) => Some(*until),
            Self::Waiting(Waiting::Held(held)) => Some(held.until),
            Self::Waiting(Waiting::Start(start)) => Some(start.until),
            Self::Deciding(deciding) => deciding.until,
            Self::Done(_) | Self::NoChange | Self::Cancelled(_) | Self::Dead(_) => None,
        }
    }
}

/// A commit of the job's that timmy has to look at with care.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Late {
    pub branch: u32,
    pub commit: Commit,
}
