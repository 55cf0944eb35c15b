//! Each step in each state: what comes of it, or why it cannot happen. All of it stands in
//! `table.txt`, to be read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use timmy::core::command::value::Cause;
use timmy::core::jobs::money::Usage;
use timmy::core::jobs::{
    Act, AgentClaim, CancelReason, Failure, Fence, JobEvent, JobStep, MergeRefusal, NeverRan,
    PersonAnswer, Progress, Push, Pusher, ResultJudgement, State, StateKind, StepKind, ToldReview,
    ToldText, Verdict, Waiting,
};

use super::{
    DAY, MINUTE, Story, attempt, commit, digest, ended, failed, grant, start_proposal, stopped,
};

/// Every state, with what of it matters to a step, as it is reached.
fn states() -> Vec<(&'static str, Story)> {
    let cancel = || JobEvent::Cancel(CancelReason::Person("anna".to_owned()));
    let pull = || AgentClaim::PullRequest { number: Some(58), commit: Some(commit('a')) };
    let needs = Progress::Failed { failure: Failure::NeedsAnswer, usage: Usage::NONE };
    let working = || Story::new().work();
    vec![
        ("queued", Story::new()),
        ("preflight", Story::new().lease_to("ezra")),
        ("running, starting", Story::new().lease_to("ezra").start()),
        ("running", working()),
        ("running, to be cancelled", working().step(cancel())),
        ("running, its time is over", working().due()),
        ("waiting, its host is away", working().progress(Progress::HostAway)),
        ("waiting, it asked", working().progress(Progress::Asks)),
        ("waiting for a yes", Story::new().step(Act::Propose(Box::new(start_proposal("ezra"))))),
        ("waiting for a host", Story::new().never_ran(NeverRan::HostAway)),
        ("waiting for an answer", working().progress(needs)),
        ("uncertain", working().progress(Progress::Unclear)),
        ("verifying", working().progress(ended(pull()))),
        ("deciding, accept", Story::new().delivered('a', Verdict::Pass { ask: true })),
        ("deciding, stuck", Story::new().delivered('a', Verdict::Stuck)),
        ("backing_off", working().progress(failed("turns"))),
        ("backing_off, to repair", Story::new().delivered('a', Verdict::Block)),
        ("done", Story::new().delivered('a', Verdict::Pass { ask: false })),
        (
            "done, accepted",
            Story::new()
                .delivered('a', Verdict::Pass { ask: true })
                .step(JobEvent::Decided(1, PersonAnswer::Yes)),
        ),
        (
            "done, merged",
            Story::new()
                .delivered('a', Verdict::Pass { ask: false })
                .step(JobEvent::Merged(commit('b').into())),
        ),
        ("no_change", Story::new().delivered('a', Verdict::NoChange { ask: false })),
        ("cancelled", Story::new().step(cancel())),
        (
            "dead",
            working()
                .progress(Progress::Failed { failure: Failure::BadRequest, usage: Usage::NONE }),
        ),
    ]
}

/// Every kind of step, as it fits `story` best. `early`: before anything is due.
pub(super) fn steps(story: &Story) -> Vec<(String, JobStep)> {
    let (past, fence) = (&story.job.past, story.job.past.fence.map_or(0, |fence| fence.0));
    let pool = NeverRan::PoolSpent { until: story.now.after(MINUTE) };
    let fail = |failure| Progress::Failed { failure, usage: Usage::NONE };
    let of = |progress| attempt(fence, progress);
    let judged = |verdict| {
        let (look, commit) = (past.look, Some(commit('a')));
        JobEvent::Judged(ResultJudgement {
            look,
            commit,
            pull: None,
            verdict,
            digest: digest("found"),
            change: None,
            examined: None,
            asks: None,
        })
    };
    let push = |by, head| {
        let at = story.now.after(DAY);
        JobEvent::Pushed(Push { branch: past.branch, commit: commit(head), by, at })
    };
    let events = [
        ("never ran: host away", of(Progress::NeverRan(NeverRan::HostAway))),
        ("never ran: gateway down", of(Progress::NeverRan(NeverRan::GatewayDown))),
        ("never ran: pool spent", of(Progress::NeverRan(pool))),
        ("never ran: red branch", of(Progress::NeverRan(NeverRan::RedBranch))),
        ("accepted", of(Progress::Accepted)),
        ("alive", of(Progress::Alive)),
        ("alive, another attempt", attempt(fence + 1, Progress::Alive)),
        ("heard", of(Progress::Heard(0))),
        ("asks", of(Progress::Asks)),
        ("answered", of(Progress::Answered)),
        ("host away", of(Progress::HostAway)),
        ("host back", of(Progress::HostBack)),
        ("ended", of(ended(AgentClaim::Comment))),
        ("failed", of(failed("turns"))),
        ("failed: bad request", of(fail(Failure::BadRequest))),
        ("failed: pool spent", of(fail(Failure::PoolSpent { until: story.now }))),
        ("failed: needs an answer", of(fail(Failure::NeedsAnswer))),
        ("stopped", of(stopped())),
        ("lost", of(Progress::Lost)),
        ("unclear", of(Progress::Unclear)),
        ("cut off", of(Progress::CutOff { usage: Usage::NONE })),
        ("due", JobEvent::Due),
        ("due, too early", JobEvent::Due),
        ("ready", JobEvent::Ready),
        ("judged: pass", judged(Verdict::Pass { ask: false })),
        ("judged: pass, ask", judged(Verdict::Pass { ask: true })),
        ("judged: no change", judged(Verdict::NoChange { ask: false })),
        ("judged: no change, ask", judged(Verdict::NoChange { ask: true })),
        ("judged: ask", judged(Verdict::Ask)),
        ("judged: block", judged(Verdict::Block)),
        ("judged: stuck", judged(Verdict::Stuck)),
        ("judged: nothing", judged(Verdict::Nothing)),
        ("judged: the head moved", judged(Verdict::HeadMoved)),
        ("judged: unfit", judged(Verdict::Unfit)),
        ("pushed by the agent", push(Pusher::Agent, 'b')),
        ("pushed by nobody", push(Pusher::Unknown, 'b')),
        ("pushed by a person", push(Pusher::Known, 'b')),
        ("merged", JobEvent::Merged(commit('a').into())),
        ("reverted", JobEvent::Reverted(commit('d'))),
        ("not merged: it conflicts", JobEvent::NotMerged(MergeRefusal::Conflict)),
        ("not merged: another head", JobEvent::NotMerged(MergeRefusal::HeadMoved)),
        ("not merged: a draft", JobEvent::NotMerged(MergeRefusal::Draft)),
        ("decided: yes", JobEvent::Decided(past.asked, PersonAnswer::Yes)),
        ("decided: no", JobEvent::Decided(past.asked, PersonAnswer::No(Cause::Wrong))),
        ("decided: revise", JobEvent::Decided(past.asked, PersonAnswer::Revise)),
        ("decided, another question", JobEvent::Decided(past.asked + 1, PersonAnswer::Yes)),
        ("ask again", JobEvent::AskAgain(past.asked)),
        ("recheck", JobEvent::Recheck),
        ("lifted", JobEvent::Lifted),
        ("told", JobEvent::Told(ToldText::by("anna", "mind the tests"))),
        ("reviewed", JobEvent::Reviewed(ToldText::by("bezalel", "Not yet.").of(review()))),
        ("dismissed", JobEvent::Dismissed(0)),
        ("cancel", JobEvent::Cancel(CancelReason::Person("anna".to_owned()))),
        ("retry", JobEvent::Retry(None)),
        ("retry by another", JobEvent::Retry(Some("bezalel".to_owned()))),
        ("refund", JobEvent::Refund(Fence(fence))),
        ("restored", JobEvent::Restored),
    ];
    let mut steps = vec![
        ("lease".to_owned(), JobStep::Act(Act::Lease(grant(fence + 1, "ezra")))),
        ("lease, old fence".to_owned(), JobStep::Act(Act::Lease(grant(fence, "ezra")))),
        ("propose".to_owned(), JobStep::Act(Act::Propose(Box::new(start_proposal("ezra"))))),
        ("start".to_owned(), JobStep::Act(Act::Start(Fence(fence)))),
    ];
    steps.extend(events.map(|(name, event)| (name.to_owned(), JobStep::Event(event))));
    steps
}

fn review() -> ToldReview {
    ToldReview::new(58, Some(commit('a')), Vec::new())
}

/// The state, with what of it differs most.
fn said(story: &Story) -> String {
    let kind = story.job.state.kind().name();
    match &story.job.state {
        State::Running(running) => match &running.attempt.stopping {
            Some(stopping) => format!("{kind}, then {:?}", stopping.then),
            None => kind.to_owned(),
        },
        State::Waiting(Waiting::Held(held)) => format!("{kind} ({:?})", held.by),
        State::Waiting(Waiting::Start(_)) => format!("{kind} (for a yes)"),
        State::Waiting(Waiting::Idle(idle)) => format!("{kind} ({:?})", idle.for_what),
        State::Queued(queued) => format!("{kind} ({:?})", queued.work),
        State::BackingOff(off) => format!("{kind} ({:?})", off.work),
        State::Deciding(deciding) => format!("{kind} ({:?})", deciding.question),
        State::Done(done) => format!("{kind} ({done:?})"),
        State::Dead(reason) => format!("{kind} ({reason:?})"),
        State::Cancelled(cancelled) => format!("{kind} ({:?})", cancelled.agent),
        _ => kind.to_owned(),
    }
}

fn table() -> String {
    let mut table = String::new();
    for (name, story) in states() {
        writeln!(table, "{name}").unwrap();
        let mut illegal: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (step, sample) in steps(&story) {
            let at = match (step.as_str(), story.job.state.due_at()) {
                ("due", Some(due)) => story.clone().later(due.since(story.now)),
                _ => story.clone(),
            };
            match at.try_step(sample) {
                Ok((job, actions)) => {
                    let after = said(&Story { job, ..at.clone() });
                    let after = if after == said(&at) { "same".to_owned() } else { after };
                    let actions: Vec<String> = actions
                        .iter()
                        .map(|a| format!("{a:?}"))
                        .map(|a| a.split(['(', ' ']).next().unwrap_or_default().to_lowercase())
                        .collect();
                    let does = if actions.is_empty() {
                        String::new()
                    } else {
                        format!(" [{}]", actions.join(" "))
                    };
                    writeln!(table, "  {step} -> {after}{does}").unwrap();
                }
                Err(why) => illegal.entry(format!("{why:?}")).or_default().push(step),
            }
        }
        for (why, steps) in illegal {
            writeln!(table, "  {why}: {}", steps.join(" | ")).unwrap();
        }
    }
    table
}

#[test]
fn each_step_in_each_state() {
    let table = table();
    if let Ok(path) = std::env::var("TIMMY_WRITE_TABLE") {
        std::fs::write(path, &table).unwrap();
    }
    for (now, then) in table.lines().zip(include_str!("table.txt").lines()) {
        assert_eq!(
            now, then,
            "read what changed; TIMMY_WRITE_TABLE=tests/it/jobs/table.txt writes it"
        );
    }
    assert_eq!(table.len(), include_str!("table.txt").len());
}

#[test]
fn the_table_leaves_no_state_and_no_step_out() {
    let states = states();
    let kinds: BTreeSet<StateKind> = states.iter().map(|(_, s)| s.job.state.kind()).collect();
    assert_eq!(kinds, StateKind::ALL.iter().copied().collect());
    let steps: BTreeSet<StepKind> = steps(&states[0].1).iter().map(|(_, s)| s.kind()).collect();
    assert_eq!(steps, StepKind::ALL.iter().copied().collect());
}

#[test]
fn only_retry_a_merge_that_fails_and_a_review_lead_out_of_an_end() {
    for (name, story) in states() {
        if !story.job.state.kind().is_end() {
            continue;
        }
        for (step, sample) in steps(&story) {
            let goes_on = match step.as_str() {
                "retry" | "retry by another" => true,
                "not merged: it conflicts" | "not merged: another head" => name == "done, accepted",
                "reviewed" => name == "done",
                _ => false,
            };
            if let Ok((job, _)) = story.try_step(sample) {
                assert_eq!(!job.state.kind().is_end(), goes_on, "{step} of {name}");
            }
        }
    }
}
