//! What a step means to an attempt that may be running, in whichever state its job is.

use super::action::AttemptEnd;
use super::event::{
    Failure, JobEvent, JobStep, NeverRan, OutcomeDigest, PersonAnswer, Progress, Pusher,
};
use super::illegal::IllegalReason;
use super::money::{Charge, Usage};
use super::state::{
    Attempt, DeadReason, IdleWait, Phase, State, Stopping, Then, WaitReason, Waiting,
};
use super::turn::{Turn, WHOLE_SECONDS};

/// How it looks in a job's outcomes when nobody answers its agent.
pub(super) const UNANSWERED: &str = "unanswered";

/// What a step means to an attempt, wherever it is.
pub(super) enum Live {
    /// It is over.
    Moved(State),
    /// The job stays where it is, with this.
    Same(Attempt),
    Due,
    /// The agent works.
    Works,
    Asks,
    Answered,
    HostAway,
    HostBack,
    Unclear,
    /// A person allows it, or not.
    Decided(bool),
    /// A person is asked anew.
    AskAgain,
}

pub(super) fn live(
    turn: &mut Turn<'_>,
    attempt: &Attempt,
    step: &JobStep,
) -> Result<Live, IllegalReason> {
    let JobStep::Event(event) = step else { return Err(IllegalReason::NotHere) };
    let same = || Ok(Live::Same(attempt.clone()));
    match event {
        JobEvent::Attempt(fence, _) if *fence != attempt.fence() => Err(IllegalReason::OldAttempt),
        JobEvent::Attempt(_, progress) => progress_of(turn, attempt, progress),
        JobEvent::Due => match &attempt.stopping {
            Some(stopping) if stopping.until > turn.at() => Err(IllegalReason::NotDue),
            _ => Ok(Live::Due),
        },
        // Within its lease an agent may push. What it brought is seen in the end.
        JobEvent::Pushed(push) => {
            turn.pushed(push, Some(attempt.since));
            let is_its_own = push.by != Pusher::Known
                && push.branch == attempt.leased.branch
                && push.at >= attempt.since.second().before(WHOLE_SECONDS);
            Ok(Live::Same(Attempt { pushed: attempt.pushed || is_its_own, ..attempt.clone() }))
        }
        JobEvent::Merged(merge) => {
            turn.merged(merge);
            Ok(Live::Same(stopping(turn, attempt, Then::Merged)))
        }
        JobEvent::Cancel(reason) => match &attempt.stopping {
            Some(Stopping { then: Then::Cancel(_) | Then::Merged, .. }) => {
                Err(IllegalReason::AlreadyStopping)
            }
            Some(Stopping { then: Then::TimedOut(_) | Then::Lifted, .. }) | None => {
                Ok(Live::Same(stopping(turn, attempt, Then::Cancel(reason.clone()))))
            }
        },
        JobEvent::Told(text) => {
            turn.told(text);
            same()
        }
        JobEvent::Reviewed(text) => {
            turn.reviewed(text);
            same()
        }
        JobEvent::Refund(fence) => {
            turn.refund(*fence)?;
            same()
        }
        JobEvent::Restored => Ok(Live::Unclear),
        JobEvent::Decided(asked, answer) => {
            match *asked == turn.past.asked && attempt.stopping.is_none() {
                true => Ok(Live::Decided(*answer == PersonAnswer::Yes)),
                false => Err(IllegalReason::OutOfDate),
            }
        }
        JobEvent::AskAgain(asked) => {
            match *asked == turn.past.asked && attempt.stopping.is_none() {
                true => Ok(Live::AskAgain),
                false => Err(IllegalReason::OutOfDate),
            }
        }
        // Of what was merged before it began once more.
        JobEvent::Reverted(_) if turn.past.retried => same(),
        JobEvent::Judged(_) | JobEvent::NotMerged(_) | JobEvent::Reverted(_) => {
            Err(IllegalReason::OutOfDate)
        }
        JobEvent::Ready
        | JobEvent::Recheck
        | JobEvent::Lifted
        | JobEvent::Dismissed(_)
        | JobEvent::Retry(_) => Err(IllegalReason::NotHere),
    }
}

fn progress_of(
    turn: &mut Turn<'_>,
    attempt: &Attempt,
    progress: &Progress,
) -> Result<Live, IllegalReason> {
    let leased = &attempt.leased;
    let is_starting = matches!(attempt.phase, Phase::Starting { .. });
    let over = |state| Ok(Live::Moved(state));
    match progress {
        Progress::Accepted if is_starting => Ok(Live::Works),
        Progress::Alive if !is_starting => Ok(Live::Works),
        Progress::Accepted | Progress::Alive => Err(IllegalReason::NotHere),
        Progress::Heard(text) => {
            let unheard = turn.past.unheard.len();
            turn.past.unheard.retain(|other| other != text);
            match turn.past.unheard.len() < unheard {
                true => Ok(Live::Same(attempt.clone())),
                false => Err(IllegalReason::Again),
            }
        }
        Progress::Asks => Ok(Live::Asks),
        Progress::Answered => Ok(Live::Answered),
        Progress::HostAway => Ok(Live::HostAway),
        Progress::HostBack => Ok(Live::HostBack),
        Progress::Unclear => Ok(Live::Unclear),
        Progress::NeverRan(why) => match (is_starting, is_to_end(attempt)) {
            (false, _) => Err(IllegalReason::NotHere),
            (true, Some(then)) => over(turn.stopped(attempt, then, true, Charge::NOTHING)),
            (true, None) => over(never_began(turn, attempt, *why)),
        },
        Progress::Ended { usage, .. } => over(match is_to_end(attempt) {
            Some(then) => turn.stopped(attempt, then, true, attempt.charge(*usage)),
            None => ended(turn, attempt, *usage),
        }),
        Progress::CutOff { usage } => over(match is_to_end(attempt) {
            Some(then) => turn.stopped(attempt, then, true, attempt.charge(*usage)),
            None => {
                turn.release_ran(attempt, AttemptEnd::CutOff, attempt.charge(*usage));
                turn.cut_off(leased.work)
            }
        }),
        Progress::Lost => over(match is_to_end(attempt) {
            Some(then) => turn.stopped(attempt, then, true, attempt.bound()),
            None => {
                turn.release_ran(attempt, AttemptEnd::Lost, attempt.bound());
                turn.leave_branch();
                turn.spend(leased, None)
            }
        }),
        Progress::Failed { failure, usage } => {
            let (then, charge) = match failure {
                Failure::NeverBegan(_) => (is_to_end(attempt), Charge::NOTHING),
                Failure::Agent(_)
                | Failure::BadRequest
                | Failure::PoolSpent { .. }
                | Failure::Unable(_)
                | Failure::NeedsAnswer => {
                    let then = attempt.stopping.as_ref().map(|stopping| &stopping.then);
                    (then, attempt.charge(*usage))
                }
            };
            over(match then {
                Some(then) => turn.stopped(attempt, then, true, charge),
                None => failed(turn, attempt, failure, *usage),
            })
        }
        Progress::Stopped { usage } => over(match &attempt.stopping {
            Some(stopping) => turn.stopped(attempt, &stopping.then, true, attempt.charge(*usage)),
            None => {
                turn.release_ran(attempt, AttemptEnd::Failed, attempt.charge(*usage));
                turn.spend(leased, Some(OutcomeDigest("stopped".to_owned())))
            }
        }),
    }
}

/// What comes of the job, whatever its attempt brought. One whose time is over may still have brought
/// something.
fn is_to_end(attempt: &Attempt) -> Option<&Then> {
    match &attempt.stopping {
        Some(Stopping { then: then @ (Then::Cancel(_) | Then::Merged | Then::Lifted), .. }) => {
            Some(then)
        }
        Some(Stopping { then: Then::TimedOut(_), .. }) | None => None,
    }
}

/// What it says that it brought is no more than a claim: nothing of that is kept.
fn ended(turn: &mut Turn<'_>, attempt: &Attempt, usage: Usage) -> State {
    turn.release_ran(attempt, AttemptEnd::Ended, attempt.charge(usage));
    turn.verify()
}

fn failed(turn: &mut Turn<'_>, attempt: &Attempt, failure: &Failure, usage: Usage) -> State {
    let leased = &attempt.leased;
    match failure {
        Failure::Agent(outcome) => {
            turn.release_ran(attempt, AttemptEnd::Failed, attempt.charge(usage));
            turn.spend(leased, Some(outcome.clone()))
        }
        Failure::BadRequest => {
            turn.release_ran(attempt, AttemptEnd::Failed, attempt.charge(usage));
            turn.spend(leased, None);
            State::Dead(DeadReason::BadRequest)
        }
        Failure::PoolSpent { until } => {
            taken_away(turn, attempt, NeverRan::PoolSpent { until: *until }, usage)
        }
        Failure::Unable(why) => taken_away(turn, attempt, *why, usage),
        Failure::NeverBegan(why) => never_began(turn, attempt, *why),
        Failure::NeedsAnswer => {
            turn.release_ran(attempt, AttemptEnd::Asked, attempt.charge(usage));
            if turn.is_loop(None, OutcomeDigest(UNANSWERED.to_owned())) {
                return State::Dead(DeadReason::Unanswered);
            }
            // It was answered, and that did not reach it: the next one has the answer.
            if attempt.answer.is_some() {
                return turn.queue(leased.work);
            }
            turn.past.asked += 1;
            let until = turn.at().after(turn.spec.limits.question);
            let idle = IdleWait { work: leased.work, for_what: WaitReason::Person, until };
            State::Waiting(Waiting::Idle(idle))
        }
    }
}

/// What it needs was taken away: it counts as one that never ran.
fn taken_away(turn: &mut Turn<'_>, attempt: &Attempt, why: NeverRan, usage: Usage) -> State {
    turn.release_ran(attempt, AttemptEnd::NeverRan(why), attempt.charge(usage));
    turn.never_ran(attempt.leased.work, why)
}

/// Nothing of it ran: it costs nothing.
fn never_began(turn: &mut Turn<'_>, attempt: &Attempt, why: NeverRan) -> State {
    turn.release_ran(attempt, AttemptEnd::NeverRan(why), Charge::NOTHING);
    turn.never_ran(attempt.leased.work, why)
}

/// It is asked to stop; whoever waits for that already waits no longer for it.
pub(super) fn stopping(turn: &Turn<'_>, attempt: &Attempt, then: Then) -> Attempt {
    let until = match &attempt.stopping {
        Some(stopping) => stopping.until,
        None => turn.at().after(attempt.leased.grant.timeouts.stop),
    };
    Attempt { stopping: Some(Stopping { then, until }), ..attempt.clone() }
}
