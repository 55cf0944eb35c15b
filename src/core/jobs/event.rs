//! What moves a job.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::accepted::JudgedChange;
use super::clocks::Timeouts;
use super::ids::{Commit, Fence};
use super::merge::JobMerge;
use super::merge_refusal::MergeRefusal;
use super::money::{ChargeTerms, Usage};
use super::review::ReviewClaim;
use super::start_terms::StartProposal;
use super::told::ToldText;
use crate::core::command::value::Cause;
use crate::core::guards::ExaminedChange;
use crate::core::model::time::Timestamp;

/// One step of a job's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobStep {
    Act(Act),
    Event(JobEvent),
}

/// What only a transaction may do that has checked, right then, that it is still right: the ledger
/// offers these as functions of their own, and takes none from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// An agent gets the job.
    Lease(LeaseTerms),
    /// An agent would get it, and a person is asked first.
    Propose(Box<StartProposal>),
    /// Its preflight passed: from now on it may have been started.
    Start(Fence),
}

/// To whom a job is leased, and on which terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaseTerms {
    pub fence: Fence,
    pub agent: String,
    /// Whose model it runs.
    pub family: Option<String>,
    pub timeouts: Timeouts,
    pub terms: ChargeTerms,
    /// Whether it can be told something while it runs.
    pub can_be_told: bool,
}

/// What anybody may tell of a job that it happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobEvent {
    /// Of the attempt with this fence; of any other it is too late.
    Attempt(Fence, Progress),
    /// A deadline of the present state is over.
    Due,
    /// What the job waited for, without an attempt, is there.
    Ready,
    /// What the forge shows was judged.
    Judged(ResultJudgement),
    /// A commit was pushed to a branch of the job.
    Pushed(Push),
    /// Its pull request was merged by somebody.
    Merged(JobMerge),
    /// A commit on the branch that it was merged into takes that back.
    Reverted(Commit),
    /// The forge did not merge what a person accepted.
    NotMerged(MergeRefusal),
    /// A person answered the question with this number.
    Decided(u32, PersonAnswer),
    /// The question with this number cannot be answered any more as it was put: it is put anew.
    AskAgain(u32),
    /// A guard was lifted, or is to look again.
    Recheck,
    /// A person let pass what its round of repair is to mend: nobody has to mend it any more.
    Lifted,
    /// Text for the agent. It is kept with this event; the job counts it.
    Told(ToldText),
    /// An agent that timmy asked for a review of its pull request wants it changed. The text is kept
    /// and counted as one that was told.
    Reviewed(ToldText),
    /// The review that is the text with this number was dismissed before an agent heard it: nobody has to
    /// mend what it found.
    Dismissed(u32),
    Cancel(CancelReason),
    /// Once more, by this agent if one is named.
    Retry(Option<String>),
    /// The attempt is charged as one that never ran: its agent's breaker tripped.
    Refund(Fence),
    /// The ledger is a copy: what it believes to run may have ended, and another may run.
    Restored,
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// It is known that it never ran: what only did not answer may have begun.
    NeverRan(NeverRan),
    /// The agent works on it.
    Accepted,
    /// A sign of life. Not each has to be told: a few within the time that it may be silent.
    Alive,
    /// The text with this number, from 0 on, reached it.
    Heard(u32),
    /// It asks a person, and waits for the answer.
    Asks,
    /// The answer reached it.
    Answered,
    HostAway,
    HostBack,
    /// It ended, and says what it did. That is a claim.
    Ended {
        claim: AgentClaim,
        usage: Usage,
    },
    /// It ended in failure.
    Failed {
        failure: Failure,
        usage: Usage,
    },
    /// It ended because it was asked to stop.
    Stopped {
        usage: Usage,
    },
    /// It is gone, and nobody will learn how it ended: its gateway was interrupted, or knows nothing
    /// of it.
    Lost,
    /// A host that can be reached cannot tell whether it ran, or holds something else under its key.
    Unclear,
    /// timmy's own stop or crash ended it.
    CutOff {
        usage: Usage,
    },
}

impl Progress {
    /// Whether the attempt is over with it.
    pub fn is_end(&self) -> bool {
        match self {
            Self::NeverRan(_)
            | Self::Ended { .. }
            | Self::Failed { .. }
            | Self::Stopped { .. }
            | Self::Lost
            | Self::CutOff { .. } => true,
            Self::Accepted
            | Self::Alive
            | Self::Heard(_)
            | Self::Asks
            | Self::Answered
            | Self::HostAway
            | Self::HostBack
            | Self::Unclear => false,
        }
    }
}

/// Why an attempt never ran. It costs none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NeverRan {
    HostAway,
    /// Its gateway does not take work, or does not answer.
    GatewayDown,
    /// Its quota is used up; until then, as far as it says.
    PoolSpent {
        until: Timestamp,
    },
    /// Its account may not read or push there.
    NoAccess,
    /// Its key is not accepted.
    BadKey,
    /// Its model is gone.
    ModelGone,
    /// The default branch is red, and nobody asked for the job in person.
    RedBranch,
    /// No agent was free in all the time that it was queued.
    NobodyFree,
    /// Whatever its agent was given lately, it left nothing.
    LeftNothing,
    /// It could not be found out in time whether it can begin.
    TooSlow,
    /// The issue is not any more what was matched, or may not be worked on any more.
    Moved,
    /// What it was to work on could not be brought to it.
    NoWorkplace,
    /// Its program is not there, or cannot be started.
    NoProgram,
    /// It was asked to stop before that.
    Stopped,
}

/// How an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The agent gave up, ran out of turns or answered garbage: which, so that equal ones are seen.
    Agent(OutcomeDigest),
    /// What it was asked cannot be understood by any agent: nothing is gained by asking again.
    BadRequest,
    /// Its quota ran out in mid-work.
    PoolSpent { until: Timestamp },
    /// What it needs was taken away in mid-work, which is no fault of its own.
    Unable(NeverRan),
    /// What it needs was not there before any of it ran.
    NeverBegan(NeverRan),
    /// It ended because a person has to be asked; its answer starts the next one.
    NeedsAnswer,
}

/// What an agent says that it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentClaim {
    PullRequest {
        number: Option<i64>,
        commit: Option<Commit>,
    },
    Comment,
    /// It looked at a pull request, and says this of it.
    Review(Box<ReviewClaim>),
    /// Nothing has to change, as this shows.
    NoChange {
        cited: Vec<Citation>,
    },
    /// It cannot go on without a person.
    Blocked,
    /// Nothing that could be understood.
    Nothing,
}

/// What an agent cites to show that nothing has to change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Citation {
    Commit(Commit),
    /// A file at the commit that the work began at, by its path.
    File(String),
    /// A pull request, by number.
    Pull(i64),
}

/// What equal outcomes have in common: a short text that is made of nothing that changes by itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OutcomeDigest(pub String);

/// What was found of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultJudgement {
    /// Which look it was that found it ([`JobAction::Judge`](super::JobAction::Judge)): what an earlier
    /// one finds is out of date.
    pub look: u32,
    /// The commit that was judged; none if there is none, or it was not known which one to judge.
    pub commit: Option<Commit>,
    /// The pull request that it stands in.
    pub pull: Option<i64>,
    pub verdict: Verdict,
    pub digest: OutcomeDigest,
    /// What it changes, if all of that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<JudgedChange>,
    /// What the guards saw of it; none where none looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub examined: Option<ExaminedChange>,
    /// What guards ask a person about, by [`GuardFinding::asked_key`]; none if they ask nothing.
    ///
    /// [`GuardFinding::asked_key`]: crate::core::guards::GuardFinding::asked_key
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks: Option<BTreeSet<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// All guards passed. `ask`: a person accepts.
    Pass { ask: bool },
    /// It was shown that nothing has to change. `ask`: a person accepts.
    NoChange { ask: bool },
    /// A finding has to be decided by a person.
    Ask,
    /// A guard blocks, checks are red, it conflicts with its base.
    Block,
    /// The agent cannot go on without a person.
    Stuck,
    /// It left nothing on the forge, whatever it says.
    Nothing,
    /// A review of a commit that is the head no more, which was not given yet: it is made once more.
    HeadMoved,
    /// A review that does not stand: whoever gave it mends nothing, so another one is asked.
    Unfit,
}

/// A push to a branch of the job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Push {
    /// To which of its branches, from 1 on.
    pub branch: u32,
    pub commit: Commit,
    pub by: Pusher,
    /// When it was pushed, by timmy's clock as far as that is known.
    pub at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pusher {
    Agent,
    /// Nobody who can be named.
    Unknown,
    /// A person, or timmy itself.
    Known,
}

/// What a person said to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonAnswer {
    Yes,
    No(Cause),
    /// Do it otherwise, or know this: the text is told apart ([`JobEvent::Told`]).
    Revise,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// A person, by login.
    Person(String),
    /// A person, by login, took its agent off its thread, or asks it for its review no longer, in the
    /// forge's own page.
    TakenOff(String),
    /// Its result was rejected, or its pull request closed by nobody who is known.
    Rejected(Cause),
    /// A person, by login, closed its pull request unmerged.
    PullClosed { by: String, pull: i64 },
    /// The issue was closed, moved away or deleted.
    IssueGone,
    /// The pull request was merged before it was reviewed.
    PullMerged,
    /// It may have run, and nobody said that another attempt shall.
    Uncertain,
    /// A person did not want it to begin, or to go on.
    Declined,
    /// Nobody said in time that it may begin, or go on.
    NotAllowed,
    /// Another ledger of the same account had it first.
    Elsewhere,
    /// Its card could not be written, so that it was not claimed.
    Unannounced,
}

impl From<Act> for JobStep {
    fn from(act: Act) -> Self {
        Self::Act(act)
    }
}

impl From<JobEvent> for JobStep {
    fn from(event: JobEvent) -> Self {
        Self::Event(event)
    }
}

/// What kind of step it is: one word, for logs and for the table of the tests.
macro_rules! kinds {
    ($($kind:ident = $word:literal: $pattern:pat,)+) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum StepKind { $($kind,)+ }

        impl StepKind {
            pub const ALL: &[Self] = &[$(Self::$kind,)+];

            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $word,)+ }
            }
        }

        impl JobStep {
            pub fn kind(&self) -> StepKind {
                match self { $($pattern => StepKind::$kind,)+ }
            }
        }
    };
}

kinds! {
    Lease = "lease": Self::Act(Act::Lease(_)),
    Propose = "propose": Self::Act(Act::Propose(_)),
    Start = "start": Self::Act(Act::Start(_)),
    NeverRan = "never ran": Self::Event(JobEvent::Attempt(_, Progress::NeverRan(_))),
    Accepted = "accepted": Self::Event(JobEvent::Attempt(_, Progress::Accepted)),
    Alive = "alive": Self::Event(JobEvent::Attempt(_, Progress::Alive)),
    Heard = "heard": Self::Event(JobEvent::Attempt(_, Progress::Heard(_))),
    Asks = "asks": Self::Event(JobEvent::Attempt(_, Progress::Asks)),
    Answered = "answered": Self::Event(JobEvent::Attempt(_, Progress::Answered)),
    HostAway = "host away": Self::Event(JobEvent::Attempt(_, Progress::HostAway)),
    HostBack = "host back": Self::Event(JobEvent::Attempt(_, Progress::HostBack)),
    Ended = "ended": Self::Event(JobEvent::Attempt(_, Progress::Ended { .. })),
    Failed = "failed": Self::Event(JobEvent::Attempt(_, Progress::Failed { .. })),
    Stopped = "stopped": Self::Event(JobEvent::Attempt(_, Progress::Stopped { .. })),
    Lost = "lost": Self::Event(JobEvent::Attempt(_, Progress::Lost)),
    Unclear = "unclear": Self::Event(JobEvent::Attempt(_, Progress::Unclear)),
    CutOff = "cut off": Self::Event(JobEvent::Attempt(_, Progress::CutOff { .. })),
    Due = "due": Self::Event(JobEvent::Due),
    Ready = "ready": Self::Event(JobEvent::Ready),
    Judged = "judged": Self::Event(JobEvent::Judged(_)),
    Pushed = "pushed": Self::Event(JobEvent::Pushed(_)),
    Merged = "merged": Self::Event(JobEvent::Merged(_)),
    Reverted = "reverted": Self::Event(JobEvent::Reverted(_)),
    NotMerged = "not merged": Self::Event(JobEvent::NotMerged(_)),
    Decided = "decided": Self::Event(JobEvent::Decided(..)),
    AskAgain = "ask again": Self::Event(JobEvent::AskAgain(_)),
    Recheck = "recheck": Self::Event(JobEvent::Recheck),
    Lifted = "lifted": Self::Event(JobEvent::Lifted),
    Told = "told": Self::Event(JobEvent::Told(_)),
    Reviewed = "reviewed": Self::Event(JobEvent::Reviewed(_)),
    Dismissed = "dismissed": Self::Event(JobEvent::Dismissed(_)),
    Cancel = "cancel": Self::Event(JobEvent::Cancel(_)),
    Retry = "retry": Self::Event(JobEvent::Retry(_)),
    Refund = "refund": Self::Event(JobEvent::Refund(_)),
    Restored = "restored": Self::Event(JobEvent::Restored),
}
