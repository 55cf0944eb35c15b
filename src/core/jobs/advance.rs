//! The reducer: one step of one job.

use super::action::{JobAction, begun};
use super::event::JobStep;
use super::illegal::{IllegalEvent, IllegalReason};
use super::job::Job;
use super::moment::StepTime;
use super::state::{State, Waiting};
use super::turn::Turn;
use super::{attempt, ended, idle, preflight, result};

/// Where `job` stands after `step`, and what is to be done then that was not before.
///
/// # Errors
/// If the step cannot happen where the job stands. Nothing has changed then.
pub fn advance(
    job: &Job,
    step: &JobStep,
    now: StepTime,
) -> Result<(Job, Vec<JobAction>), IllegalEvent> {
    let mut past = job.past.clone();
    let mut turn = Turn { spec: &job.spec, past: &mut past, now, once: Vec::new() };
    let state = state_after(&mut turn, &job.state, step)
        .map_err(|why| IllegalEvent::new(job, step, why))?;
    let once = turn.once;
    let after = Job { spec: job.spec.clone(), past, state };
    let mut actions = begun(job, &after);
    actions.extend(once);
    Ok((after, actions))
}

/// No arm of this match, nor of those that it leads to, stands for what is not named: a new state
/// or a new step does not compile before each says what it means there.
fn state_after(turn: &mut Turn<'_>, state: &State, step: &JobStep) -> Result<State, IllegalReason> {
    match state {
        State::Queued(queued) => idle::queued(turn, queued, step),
        State::BackingOff(backing_off) => idle::backing_off(turn, backing_off, step),
        State::Waiting(Waiting::Idle(idle)) => idle::waiting(turn, idle, step),
        State::Waiting(Waiting::Start(awaited)) => idle::awaiting_start(turn, awaited, step),
        State::Preflight(preflight) => preflight::preflight(turn, preflight, step),
        State::Running(running) => attempt::running(turn, running, step),
        State::Waiting(Waiting::Held(held)) => attempt::waiting(turn, held, step),
        State::Uncertain(uncertain) => attempt::uncertain_step(turn, uncertain, step),
        State::Verifying(verifying) => result::verifying(turn, verifying, step),
        State::Deciding(deciding) => result::deciding(turn, deciding, step),
        State::Done(_) | State::NoChange | State::Cancelled(_) | State::Dead(_) => {
            ended::ended(turn, state, step)
        }
    }
}

/// Where a job stands that began as `first` and went through `history`.
///
/// # Errors
/// If a step of it cannot have happened.
pub fn fold<'h>(
    first: Job,
    history: impl IntoIterator<Item = (&'h JobStep, StepTime)>,
) -> Result<Job, IllegalEvent> {
    history
        .into_iter()
        .try_fold(first, |job, (step, now)| advance(&job, step, now).map(|(after, _)| after))
}
