//! Clocks, hosts that are away, questions in mid-work, and how an agent is stopped.

use timmy::core::jobs::money::{Charge, Usage};
use timmy::core::jobs::{
    AgentClaim, AgentStop, CancelReason, Failure, Fence, IllegalReason, JobAction, JobEvent,
    NeverRan, PersonAnswer, Progress, State, Then,
};

use super::{DAY, MINUTE, Story, ended, failed, stopped};

fn cancel() -> JobEvent {
    JobEvent::Cancel(CancelReason::Person("anna".to_owned()))
}

fn agent_of_cancelled(story: &Story) -> Option<AgentStop> {
    match &story.job.state {
        State::Cancelled(cancelled) => Some(cancelled.agent),
        _ => None,
    }
}

fn to_stop(story: &Story) -> Option<&Then> {
    story.job.state.attempt()?.stopping.as_ref().map(|stopping| &stopping.then)
}

#[test]
fn a_job_is_cancelled_when_its_agent_was_seen_to_stop() {
    let story = Story::new().work().step(cancel());
    assert_eq!((story.state(), &story.actions[..]), ("running", &[JobAction::Stop(Fence(1))][..]));
    assert!(story.job.state.leased().is_some(), "asked to stop is not stopped");
    assert_eq!(story.try_step(cancel()), Err(IllegalReason::AlreadyStopping));
    let story = story.progress(stopped());
    assert_eq!(agent_of_cancelled(&story), Some(AgentStop::Seen));
}

#[test]
fn an_agent_that_does_not_stop_is_not_waited_for_for_ever() {
    let story = Story::new().work().step(cancel());
    let until = story.now.after(2 * MINUTE);
    assert_eq!(story.job.state.due_at(), Some(until));
    let story = story.later(MINUTE).progress(Progress::Alive);
    assert_eq!(story.job.state.due_at(), Some(until), "a sign of life is no more time");
    let story = story.due();
    assert_eq!(agent_of_cancelled(&story), Some(AgentStop::NotSeen));
}

#[test]
fn what_ends_by_itself_meanwhile_is_cancelled_all_the_same() {
    let over = [
        ended(AgentClaim::Comment),
        failed("turns"),
        Progress::Lost,
        Progress::CutOff { usage: Usage::NONE },
    ];
    for progress in over {
        let story = Story::new().work().step(cancel()).progress(progress);
        assert_eq!(agent_of_cancelled(&story), Some(AgentStop::Seen));
    }
    let starting = Story::new().lease_to("ezra").start().step(cancel());
    let story = starting.progress(Progress::NeverRan(NeverRan::GatewayDown));
    assert_eq!(agent_of_cancelled(&story), Some(AgentStop::Seen));
    let free = |action: &JobAction| matches!(action, JobAction::Release { charge, .. } if *charge == Charge::NOTHING);
    assert!(story.actions.iter().any(free), "what never ran costs nothing");
}

#[test]
fn before_it_is_started_there_is_nothing_to_stop() {
    for story in [Story::new(), Story::new().lease_to("ezra")] {
        assert_eq!(agent_of_cancelled(&story.step(cancel())), Some(AgentStop::NoneRan));
    }
}

#[test]
fn each_clock_asks_the_agent_to_stop() {
    use timmy::core::jobs::DeadlineKind::{Silence, Start, Total};
    let starting = Story::new().lease_to("ezra").start();
    assert_eq!(to_stop(&starting.clone().due()), Some(&Then::TimedOut(Start)));
    let silent = Story::new().work().due();
    assert_eq!(to_stop(&silent), Some(&Then::TimedOut(Silence)));
    let mut busy = Story::new().work();
    for _ in 0..12 {
        busy = busy.later(5 * MINUTE);
        if busy.job.state.due_at().is_some_and(|due| due > busy.now) {
            busy = busy.progress(Progress::Alive);
        }
    }
    assert_eq!(to_stop(&busy.due()), Some(&Then::TimedOut(Total)));
    // Seen to have stopped, its branch is safe; else it may still push.
    assert_eq!(silent.clone().progress(stopped()).job.branch().number(), 1);
    let unseen = silent.clone().due();
    assert_eq!((unseen.job.branch().number(), unseen.job.attempt_number()), (2, 2));
    let late = silent.progress(ended(AgentClaim::Comment));
    assert_eq!(late.state(), "verifying", "it came just in time");
}

#[test]
fn while_a_host_is_away_its_clocks_stand() {
    let story = Story::new().work().later(4 * MINUTE);
    let left = story.job.state.due_at().unwrap().since(story.now);
    let story = story.progress(Progress::HostAway);
    assert_eq!(story.state(), "waiting");
    let story = story.later(2 * DAY).progress(Progress::HostBack);
    assert_eq!(story.job.state.due_at(), Some(story.now.after(left)));
    let story = story.progress(Progress::HostAway).later(3 * DAY).step(JobEvent::Due);
    assert_eq!(story.state(), "uncertain", "after three days nobody knows");
}

#[test]
fn an_uncertain_attempt_is_looked_for_and_then_given_up() {
    let story = Story::new().work().progress(Progress::Unclear);
    assert!(story.actions.contains(&JobAction::Look(Fence(1))));
    assert_eq!(story.clone().progress(Progress::Alive).state(), "running");
    assert_eq!(story.clone().progress(ended(AgentClaim::Comment)).state(), "verifying");
    let again = story.clone();
    let asked = again.job.past.asked;
    let again = again.step(JobEvent::Decided(asked, PersonAnswer::Yes));
    assert_eq!((again.state(), again.job.branch().number()), ("queued", 2));
    let story = story.later(DAY).step(JobEvent::Due);
    assert_eq!(agent_of_cancelled(&story), Some(AgentStop::NotSeen));
}

#[test]
fn a_copy_of_the_ledger_believes_nothing_that_runs() {
    for story in [Story::new().lease_to("ezra"), Story::new().work()] {
        let story = story.step(JobEvent::Restored);
        assert_eq!(story.state(), "uncertain");
    }
    let queued = Story::new().step(JobEvent::Restored);
    assert_eq!((queued.state(), queued.job.branch().number()), ("queued", 2));
}

#[test]
fn a_question_in_mid_work_costs_neither_attempt_nor_time() {
    let story = Story::new().work().later(4 * MINUTE);
    let left = story.job.state.due_at().unwrap().since(story.now);
    let story = story.progress(Progress::Asks).later(20 * MINUTE * 60);
    let asked = story.job.past.asked;
    let story = story.step(JobEvent::Decided(asked, PersonAnswer::Yes));
    assert_eq!(story.actions, [JobAction::Answer(Fence(1), true)]);
    assert_eq!(story.job.state.due_at(), Some(story.now.after(left)));
    let story = story.progress(Progress::Answered);
    assert_eq!(
        story.try_step(JobEvent::Attempt(Fence(1), Progress::Answered)),
        Err(IllegalReason::NotHere)
    );
}

#[test]
fn an_answer_is_not_lost_with_the_host() {
    let story = Story::new().work().progress(Progress::Asks);
    let asked = story.job.past.asked;
    let story =
        story.step(JobEvent::Decided(asked, PersonAnswer::Yes)).progress(Progress::HostAway);
    let story = story.later(DAY).progress(Progress::HostBack);
    assert_eq!(story.actions, [JobAction::Answer(Fence(1), true)]);
}

#[test]
fn a_question_that_nobody_answers_is_denied() {
    let story = Story::new().work().progress(Progress::Asks).due();
    assert_eq!(story.actions, [JobAction::Answer(Fence(1), false)]);
    let mut story = story;
    for _ in 0..2 {
        story = story.progress(Progress::Asks).due();
    }
    assert!(to_stop(&story).is_some(), "one that asks for ever does nothing else");
}

#[test]
fn an_attempt_may_end_to_ask() {
    let ask = || Progress::Failed { failure: Failure::NeedsAnswer, usage: Usage::NONE };
    let story = Story::new().work().progress(ask());
    assert_eq!((story.state(), story.job.attempt_number()), ("waiting", 1));
    assert!(story.job.state.leased().is_none(), "its slot is free");
    let asked = story.job.past.asked;
    assert_eq!(
        story.clone().step(JobEvent::Decided(asked, PersonAnswer::Revise)).state(),
        "queued"
    );
    let mut alone = story;
    for _ in 0..2 {
        alone = alone.due().work().progress(ask());
    }
    assert_eq!(alone.state(), "dead", "nobody answered three times");
}
