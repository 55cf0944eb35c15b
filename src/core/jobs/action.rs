//! What a runner has to do for a job.

use serde::{Deserialize, Serialize};

use super::clocks::DeadlineKind;
use super::event::NeverRan;
use super::ids::{Commit, Fence};
use super::job::Job;
use super::money::Charge;
use super::state::{
    Deciding, HeldAttempt, HeldBy, IdleWait, Late, Phase, Question, RunningAttempt, State,
    WaitReason, Waiting,
};

/// The first ones stand as long as the state does: [`standing`] gives them to a runner that does
/// not remember, so that nothing is lost with its memory. [`Release`](JobAction::Release) and those
/// behind it are told once, and belong into the transaction that stores the step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobAction {
    /// Look whether the agent can begin.
    Preflight(Fence),
    /// Start it. Whoever may have done so before looks for it first.
    Start(Fence),
    /// Look how it goes.
    Follow(Fence),
    /// Bring it the text with this number.
    Tell(Fence, u32),
    /// Bring it the answer: whether what it asked is allowed.
    Answer(Fence, bool),
    /// Ask it to stop.
    Stop(Fence),
    /// Find out whether it ran, or runs.
    Look(Fence),
    /// Judge what the forge shows. The number grows with each time that it is to be judged anew.
    Judge(u32),
    /// Ask a person the question of this number.
    Ask(u32, Question),
    /// The attempt is over: its agent is free, its cost is known.
    Release { fence: Fence, end: AttemptEnd, charge: Charge, left: Option<bool> },
    /// Whether the attempt left something on the forge.
    Left { fence: Fence, left: bool },
    /// Close the pull requests of the job's branches before this one: it took their place.
    CloseBefore(u32),
    /// A person took the result: do what their yes covers, on exactly this commit of this pull
    /// request; none of them where the result is a comment, or that nothing has to change.
    TakeOver { pull: Option<i64>, commit: Option<Commit> },
    /// A person does not want the result: close the pull requests of the job's branches.
    CloseAll,
    /// A person said yes to the issues that an epic would become: make them, as their yes covers them.
    MakeIssues,
    /// Answer what these reviews, by the numbers of their texts, say of lines: it was dealt with.
    AnswerRemarks(Vec<u32>),
    /// Tell that something was pushed outside of any lease. The same may be told again: it is one
    /// fact, by its commit.
    TellLate(Late),
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptEnd {
    /// By itself.
    Ended,
    Failed,
    TimedOut(DeadlineKind),
    /// It was stopped.
    Stopped,
    Lost,
    /// Nobody knows.
    Uncertain,
    NeverRan(NeverRan),
    /// By timmy's own stop.
    CutOff,
    /// To ask a person.
    Asked,
}

impl AttemptEnd {
    /// All words for one.
    pub const NAMES: [&str; 9] = [
        "ended",
        "failed",
        "timed_out",
        "stopped",
        "lost",
        "uncertain",
        "never_ran",
        "cut_off",
        "asked",
    ];

    /// One word for it, without the reason.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Failed => "failed",
            Self::TimedOut(_) => "timed_out",
            Self::Stopped => "stopped",
            Self::Lost => "lost",
            Self::Uncertain => "uncertain",
            Self::NeverRan(_) => "never_ran",
            Self::CutOff => "cut_off",
            Self::Asked => "asked",
        }
    }

    /// Whether it was a try of its agent: what never ran, was cut off by timmy or had to ask a person costs
    /// no attempt.
    pub fn is_try(self) -> bool {
        match self {
            Self::NeverRan(_) | Self::CutOff | Self::Asked => false,
            Self::Ended
            | Self::Failed
            | Self::TimedOut(_)
            | Self::Stopped
            | Self::Lost
            | Self::Uncertain => true,
        }
    }
}

/// What is to be done for `job` as long as it stands where it stands.
pub fn standing(job: &Job) -> Vec<JobAction> {
    let asks = |question| JobAction::Ask(job.past.asked, question);
    match &job.state {
        State::Preflight(preflight) => vec![JobAction::Preflight(preflight.leased.fence())],
        State::Running(running) => working(job, running),
        State::Waiting(Waiting::Held(held)) => {
            let HeldAttempt { attempt, by, .. } = &**held;
            let fence = attempt.fence();
            match (&attempt.stopping, by) {
                (Some(_), _) => vec![JobAction::Follow(fence), JobAction::Stop(fence)],
                (None, HeldBy::Host) => vec![JobAction::Follow(fence)],
                (None, HeldBy::Person) => {
                    vec![JobAction::Follow(fence), asks(Question::Permission)]
                }
            }
        }
        State::Uncertain(uncertain) => {
            let fence = uncertain.attempt.fence();
            let more = match &uncertain.attempt.stopping {
                Some(_) => JobAction::Stop(fence),
                None => asks(Question::Uncertain),
            };
            vec![JobAction::Look(fence), more]
        }
        State::Verifying(_) => vec![JobAction::Judge(job.past.look)],
        State::Deciding(Deciding { question, .. }) => vec![asks(*question)],
        State::Waiting(Waiting::Idle(IdleWait { for_what: WaitReason::Person, .. })) => {
            vec![asks(Question::Permission)]
        }
        State::Waiting(Waiting::Start(_)) => vec![asks(Question::Dispatch)],
        State::Waiting(Waiting::Idle(_))
        | State::Queued(_)
        | State::BackingOff(_)
        | State::Done(_)
        | State::NoChange
        | State::Cancelled(_)
        | State::Dead(_) => Vec::new(),
    }
}

fn working(job: &Job, running: &RunningAttempt) -> Vec<JobAction> {
    let attempt = &running.attempt;
    let fence = attempt.fence();
    match (attempt.phase, &attempt.stopping) {
        // Whether the start was sent is not known: what may run is looked for and stopped.
        (Phase::Starting { .. }, Some(_)) => vec![JobAction::Stop(fence)],
        (Phase::Starting { .. }, None) => vec![JobAction::Start(fence)],
        (Phase::Working, Some(_)) => vec![JobAction::Follow(fence), JobAction::Stop(fence)],
        (Phase::Working, None) => {
            let mut actions = vec![JobAction::Follow(fence)];
            actions.extend(attempt.answer.map(|answer| JobAction::Answer(fence, answer)));
            if attempt.leased.grant.can_be_told {
                actions.extend(job.past.unheard.iter().map(|text| JobAction::Tell(fence, *text)));
            }
            actions
        }
    }
}

/// What is to be done after a step that was not before.
pub(super) fn begun(before: &Job, after: &Job) -> Vec<JobAction> {
    let before = standing(before);
    standing(after).into_iter().filter(|action| !before.contains(action)).collect()
}
