//! Results: judged, repaired, decided, late.

use std::time::Duration;

use timmy::core::command::value::Cause;
use timmy::core::jobs::{
    Act, AgentClaim, CancelReason, DeadReason, Done, Fence, IllegalReason, JobAction, JobEvent,
    JobLimits, MergeRefusal, NeverRan, PersonAnswer, Progress, Push, Pusher, Question,
    ResultJudgement, State, ToldReview, ToldText, Verdict, WorkKind,
};

use super::{MINUTE, Story, commit, digest, ended, failed, start_proposal, stopped};

fn decided(story: Story, answer: PersonAnswer) -> Story {
    let asked = story.job.past.asked;
    story.step(JobEvent::Decided(asked, answer))
}

fn question(story: &Story) -> Option<Question> {
    match &story.job.state {
        State::Deciding(deciding) => Some(deciding.question),
        _ => None,
    }
}

fn push(story: Story, head: char, by: Pusher) -> Story {
    let (branch, at) = (story.job.past.branch, story.now.after(MINUTE));
    story.step(JobEvent::Pushed(Push { branch, commit: commit(head), by, at }))
}

#[test]
fn three_rounds_of_repair_then_a_person_is_asked() {
    let mut story = Story::new().delivered('a', Verdict::Block);
    for (round, head) in [(1, 'b'), (2, 'c'), (3, 'd')] {
        let State::BackingOff(off) = &story.job.state else { panic!("{:?}", story.job.state) };
        assert_eq!(off.work, WorkKind::Repair(round));
        story = story.delivered(head, Verdict::Block);
    }
    assert_eq!(question(&story), Some(Question::Repair));
    assert_eq!(story.job.attempt_number(), 1, "a round is no attempt");
    assert_eq!(story.job.branch().number(), 1, "one branch, one pull request");
    let once = decided(story.clone(), PersonAnswer::Revise).delivered('e', Verdict::Block);
    assert_eq!(question(&once), Some(Question::Repair), "one round with the note");
    let mut more = decided(story, PersonAnswer::Yes);
    for head in ['e', 'f', '0'] {
        assert_eq!(more.state(), "backing_off");
        more = more.delivered(head, Verdict::Block);
    }
    assert_eq!(question(&more), Some(Question::Repair), "a yes is three more");
}

#[test]
fn agents_reviews_get_no_more_rounds_than_there_may_be() {
    let limits = JobLimits { repairs: 1, ..JobLimits::default() };
    let asks = |by: &str| ToldText::by(by, "Not yet.").of(ToldReview::new(2, None, Vec::new()));
    let spent = Story::within(limits).delivered('a', Verdict::Block).delivered('b', Verdict::Ask);
    assert_eq!(spent.job.past.rounds, 1);
    let mends = decided(spent, PersonAnswer::Revise).work();
    let judged = |story: Story| {
        let story = story.progress(ended(AgentClaim::Comment));
        story.judged(Some(commit('c')), Verdict::Pass { ask: true }, "c")
    };
    let by_an_agent = judged(mends.clone().step(JobEvent::Reviewed(asks("bezalel"))));
    assert_eq!(question(&by_an_agent), Some(Question::Repair));
    let by_both =
        mends.step(JobEvent::Reviewed(asks("bezalel"))).step(JobEvent::Told(asks("anna")));
    assert_eq!(judged(by_both).state(), "backing_off", "a person wants it");
}

#[test]
fn an_attempt_that_is_lost_within_a_round_repeats_it() {
    let story = Story::new().delivered('a', Verdict::Block).work().progress(Progress::Lost);
    let State::BackingOff(off) = &story.job.state else { panic!("{:?}", story.job.state) };
    assert_eq!((off.work, story.job.past.rounds), (WorkKind::Repair(1), 1));
    assert_eq!((story.job.branch().number(), story.job.attempt_number()), (2, 2));
}

#[test]
fn equal_findings_are_a_loop() {
    let limits = JobLimits { repairs: 9, ..JobLimits::default() };
    let block = |story: Story| {
        let story = story.work().progress(ended(AgentClaim::Comment));
        story.judged(None, Verdict::Block, "the same test fails")
    };
    let story = block(block(block(Story::within(limits))));
    assert_eq!(story.job.state, State::Dead(DeadReason::Loop));
}

#[test]
fn what_an_earlier_look_found_is_out_of_date() {
    let story = Story::new().work().progress(ended(AgentClaim::Comment));
    let found = |look| {
        let verdict = Verdict::Pass { ask: false };
        JobEvent::Judged(ResultJudgement {
            look,
            commit: None,
            pull: None,
            verdict,
            digest: digest(""),
            change: None,
            examined: None,
            asks: None,
        })
    };
    let story = story.step(JobEvent::Recheck);
    assert_eq!(story.actions, [JobAction::Judge(2)]);
    assert_eq!(story.try_step(found(1)), Err(IllegalReason::OutOfDate));
    assert_eq!(story.step(found(2)).job.state, State::Done(Done::Verified));
}

#[test]
fn a_yes_is_for_the_question_that_was_asked() {
    let story = Story::new().delivered('a', Verdict::Pass { ask: true });
    let asked = story.job.past.asked;
    let moved = push(story.clone(), 'b', Pusher::Known);
    assert_eq!(moved.state(), "verifying", "the head moved");
    let moved = moved.judged(Some(commit('b')), Verdict::Pass { ask: true }, "b");
    assert_eq!(
        moved.try_step(JobEvent::Decided(asked, PersonAnswer::Yes)),
        Err(IllegalReason::OutOfDate)
    );
    assert_eq!(decided(moved, PersonAnswer::Yes).job.state, State::Done(Done::Accepted));
    let no = decided(story, PersonAnswer::No(Cause::Unwanted));
    let State::Cancelled(cancelled) = &no.job.state else { panic!("{:?}", no.job.state) };
    assert_eq!(cancelled.reason, CancelReason::Rejected(Cause::Unwanted));
}

#[test]
fn what_an_agent_pushes_outside_of_its_lease_is_never_trusted_unseen() {
    for by in [Pusher::Agent, Pusher::Unknown] {
        let story = Story::new().delivered('a', Verdict::Pass { ask: true });
        let story = push(story, 'b', by);
        assert!(story.actions.iter().any(|action| matches!(action, JobAction::TellLate(_))));
        let story = story.judged(Some(commit('b')), Verdict::Pass { ask: false }, "b");
        assert_eq!(question(&story), Some(Question::Guard));
        let story = decided(story, PersonAnswer::Yes);
        let story = story.judged(Some(commit('b')), Verdict::Pass { ask: false }, "b");
        assert_eq!(story.job.state, State::Done(Done::Verified), "a person has looked");
    }
}

#[test]
fn what_it_pushed_in_time_and_is_told_later_is_not_late() {
    let story = Story::new().work();
    let at = story.now;
    let story = story.later(MINUTE).progress(ended(AgentClaim::Comment));
    let story = story.step(JobEvent::Pushed(Push {
        branch: 1,
        commit: commit('a'),
        by: Pusher::Agent,
        at,
    }));
    assert_eq!(story.job.past.late, None);
    let story = story.judged(Some(commit('a')), Verdict::Pass { ask: false }, "a");
    assert_eq!(story.state(), "done");
}

#[test]
fn what_it_pushed_in_the_second_in_which_it_began_is_not_late() {
    let begun = Story::new().later(Duration::from_millis(1700)).work();
    let at = begun.now.before(Duration::from_millis(700));
    let push = || JobEvent::Pushed(Push { branch: 1, commit: commit('a'), by: Pusher::Agent, at });
    let ended = begun.clone().later(MINUTE).progress(ended(AgentClaim::Comment));
    for story in [begun.step(push()), ended.step(push())] {
        assert_eq!(story.job.past.late, None, "the forge counts whole seconds");
    }
}

#[test]
fn what_it_pushed_between_two_attempts_is_late_whenever_it_is_told() {
    let failed = Story::new().work().progress(failed("turns"));
    let at = failed.now.after(Duration::from_secs(2));
    let push = || JobEvent::Pushed(Push { branch: 1, commit: commit('a'), by: Pusher::Agent, at });
    let running = failed.work();
    let later = running.clone().later(MINUTE).progress(ended(AgentClaim::Comment));
    for story in [running.step(push()), later.step(push())] {
        assert!(story.actions.iter().any(|action| matches!(action, JobAction::TellLate(_))));
        assert!(story.job.past.late.is_some());
    }
}

#[test]
fn a_push_to_a_branch_that_was_left_is_told_and_changes_nothing() {
    let story = Story::new().work().progress(Progress::Lost);
    let at = story.now.after(MINUTE);
    let late = Push { branch: 1, commit: commit('a'), by: Pusher::Agent, at };
    let story = story.work().step(JobEvent::Pushed(late));
    assert!(matches!(story.actions[..], [JobAction::TellLate(_)]));
    assert_eq!((story.job.past.late.as_ref(), story.state()), (None, "running"));
}

#[test]
fn what_comes_after_the_end_is_told_and_does_not_wake_the_job() {
    let story = Story::new().work().step(JobEvent::Cancel(CancelReason::IssueGone)).due();
    assert_eq!(story.state(), "cancelled");
    let story = push(story, 'a', Pusher::Agent);
    assert!(matches!(story.actions[..], [JobAction::TellLate(_)]));
    assert_eq!(story.state(), "cancelled");
    let story = story.step(JobEvent::Retry(None));
    assert_eq!(story.job.branch().number(), 2, "that one may still be pushed to");
}

#[test]
fn a_guard_that_is_lifted_takes_its_repair_back() {
    let story = Story::new().delivered('a', Verdict::Block).step(JobEvent::Lifted);
    assert_eq!((story.state(), story.job.past.rounds), ("verifying", 0));
    let leased = Story::new().delivered('a', Verdict::Block).due().lease_to("ezra");
    let story = leased.step(JobEvent::Lifted);
    assert_eq!((story.state(), story.job.past.rounds), ("verifying", 0));
    assert_eq!(story.job.past.last.map(|last| last.fence()), Some(Fence(1)));
}

/// What was delivered, and a person said yes to.
fn accepted() -> Story {
    decided(Story::new().delivered('a', Verdict::Pass { ask: true }), PersonAnswer::Yes)
}

#[test]
fn changes_that_a_person_asks_for_after_a_yes_are_a_round() {
    let review = ToldReview::new(58, Some(commit('a')), Vec::new());
    let asks = ToldText::by("anna", "Paint it.").of(review);
    let story = accepted().step(JobEvent::Told(asks.clone()));
    assert_eq!((story.state(), story.job.past.rounds), ("backing_off", 1));
    assert_eq!((&story.job.past.unheard[..], &story.job.past.accepted), (&[0][..], &None));
    let story = story.delivered('b', Verdict::Pass { ask: true });
    assert_eq!(question(&story), Some(Question::Accept), "a person is asked anew");
    let note = JobEvent::Told(ToldText::by("anna", "mind the tests"));
    assert_eq!(accepted().try_step(note), Err(IllegalReason::Ended));
    let merged = accepted().step(JobEvent::Merged(commit('b').into()));
    assert_eq!(merged.try_step(JobEvent::Told(asks)), Err(IllegalReason::Ended));
}

#[test]
fn what_a_review_holds_up_is_judged_anew_as_it_was_not_in_earlier_versions() {
    for (refusal, state) in [
        (MergeRefusal::ReviewObjects, "verifying"),
        (MergeRefusal::ReviewBlocks, "verifying"),
        (serde_json::from_str("\"changes_requested\"").unwrap(), "done"),
    ] {
        let story = accepted().step(JobEvent::NotMerged(refusal));
        assert_eq!(story.state(), state, "a history gives the job that is stored");
    }
}

#[test]
fn a_review_that_is_dismissed_before_its_round_takes_that_back() {
    let review = ToldText::by("bezalel", "Not yet.").of(ToldReview::new(58, None, Vec::new()));
    let asked = Story::new().delivered('a', Verdict::Pass { ask: true });
    let begins = asked.step(JobEvent::Reviewed(review.clone())).due().lease_to("ezra");
    assert_eq!((begins.state(), begins.job.past.rounds), ("preflight", 1));
    let story = begins.clone().step(JobEvent::Dismissed(0));
    assert_eq!((story.state(), story.job.past.rounds), ("verifying", 0));
    assert_eq!(story.job.past.last.as_ref().map(|last| last.fence()), Some(Fence(1)));
    let story = story.judged(Some(commit('a')), Verdict::Pass { ask: true }, "good");
    assert_eq!(question(&story), Some(Question::Accept), "as if it had asked for nothing");

    // What else was asked for is done without it.
    let told = begins.clone().step(JobEvent::Told(ToldText::by("anna", "mind the tests")));
    let told = told.step(JobEvent::Dismissed(0));
    assert_eq!((told.state(), told.job.past.rounds), ("preflight", 1));
    assert_eq!((&told.job.past.unheard[..], &told.job.past.reviews[..]), (&[1][..], &[][..]));
    for text in [0, 1, 2] {
        assert_eq!(told.try_step(JobEvent::Dismissed(text)), Err(IllegalReason::Again));
    }
    let other = begins.clone().step(JobEvent::Reviewed(review));
    assert_eq!(other.step(JobEvent::Dismissed(0)).state(), "preflight");
    // Whoever works on it has heard it.
    assert_eq!(begins.start().try_step(JobEvent::Dismissed(0)), Err(IllegalReason::NotHere));
}

#[test]
fn a_review_is_dismissed_wherever_its_round_waits() {
    let review = ToldText::by("bezalel", "Not yet.").of(ToldReview::new(58, None, Vec::new()));
    let asked = Story::new().delivered('a', Verdict::Pass { ask: true });
    let paused = asked.step(JobEvent::Reviewed(review));
    let queued = paused.clone().due();
    let waits = [
        ("backing_off", paused.clone()),
        ("queued", queued.clone()),
        ("waiting", paused.never_ran(NeverRan::HostAway)),
        ("waiting", queued.step(Act::Propose(Box::new(start_proposal("ezra"))))),
    ];
    for (state, story) in waits {
        assert_eq!((story.state(), story.job.past.rounds), (state, 1));
        assert_eq!(story.try_step(JobEvent::Dismissed(1)), Err(IllegalReason::Again));
        let told = story.clone().step(JobEvent::Told(ToldText::by("anna", "mind the tests")));
        let told = told.step(JobEvent::Dismissed(0));
        assert_eq!((told.state(), &told.job.past.unheard[..]), (state, &[1][..]));
        let story = story.step(JobEvent::Dismissed(0));
        assert_eq!((story.state(), story.job.past.rounds), ("verifying", 0));
        let story = story.judged(Some(commit('a')), Verdict::Pass { ask: true }, "good");
        assert_eq!(question(&story), Some(Question::Accept));
    }
}

#[test]
fn a_round_that_nobody_could_begin_with_is_taken_back_all_the_same() {
    let review = ToldText::by("bezalel", "Not yet.").of(ToldReview::new(58, None, Vec::new()));
    let asked = || Story::new().delivered('a', Verdict::Pass { ask: true });
    let away = asked().step(JobEvent::Reviewed(review.clone())).never_ran(NeverRan::HostAway);
    assert_eq!((away.state(), away.job.past.rounds), ("waiting", 1));
    let story = away.step(JobEvent::Ready).lease_to("ezra").step(JobEvent::Dismissed(0));
    assert_eq!((story.state(), story.job.past.rounds), ("verifying", 0));

    // Also where the agent was called in vain.
    let called = asked().step(JobEvent::Reviewed(review.clone())).due().lease_to("ezra").start();
    let down = called.progress(Progress::NeverRan(NeverRan::GatewayDown)).due().lease_to("ezra");
    let story = down.step(JobEvent::Dismissed(0));
    assert_eq!((story.state(), story.job.past.rounds), ("verifying", 0));

    // What an agent began with has to be done: the note that it heard is told nobody as something new.
    let note = JobEvent::Told(ToldText::by("anna", "mind the tests"));
    let noted = decided(asked().step(note), PersonAnswer::Revise).work();
    assert!(noted.job.past.unheard.is_empty() && noted.job.past.reviews.is_empty());
    let tried = noted.progress(failed("turns")).step(JobEvent::Reviewed(review.clone()));
    let story = tried.due().lease_to("ezra").step(JobEvent::Dismissed(1));
    assert_eq!((story.state(), story.job.past.rounds), ("preflight", 1));

    // A round that was taken back leaves its number to the next one, of which it says nothing.
    let lifted = Story::new().delivered('a', Verdict::Block).work().step(JobEvent::Lifted);
    let judged =
        lifted.progress(stopped()).judged(Some(commit('a')), Verdict::Pass { ask: true }, "a");
    let begins = judged.step(JobEvent::Reviewed(review)).due().lease_to("ezra");
    let story = begins.step(JobEvent::Dismissed(0));
    assert_eq!((story.state(), story.job.past.rounds), ("verifying", 0));
}

#[test]
fn also_one_that_has_begun_unless_something_new_is_there() {
    let mends = || Story::new().delivered('a', Verdict::Block).work();
    let story = mends().step(JobEvent::Lifted);
    assert_eq!(story.actions, [JobAction::Stop(Fence(2))]);
    for over in [stopped(), ended(AgentClaim::Nothing), failed("turns"), Progress::Lost] {
        let story = story.clone().progress(over);
        assert_eq!((story.state(), story.job.past.rounds), ("verifying", 0));
        assert_eq!(story.job.past.last.map(|last| last.fence()), Some(Fence(1)));
        assert_eq!(story.job.past.branch, 1);
    }
    let unseen = story.clone().due();
    assert_eq!(question(&unseen), Some(Question::Guard), "it may still push");
    assert_eq!(mends().try_step(JobEvent::Recheck), Err(IllegalReason::NotHere));
    let cancelled = story.step(JobEvent::Cancel(CancelReason::Person("anna".to_owned())));
    assert_eq!(cancelled.progress(stopped()).state(), "cancelled");
    let pushed = push(mends(), 'b', Pusher::Agent);
    assert_eq!(pushed.try_step(JobEvent::Lifted), Err(IllegalReason::NotHere));
    let first = Story::new().work();
    assert_eq!(first.try_step(JobEvent::Lifted), Err(IllegalReason::NotHere));
}

#[test]
fn what_cannot_be_judged_in_time_is_asked() {
    let story = Story::new().work().progress(ended(AgentClaim::Comment)).due();
    assert_eq!(question(&story), Some(Question::Guard));
}

#[test]
fn an_agent_that_is_stuck_gets_an_answer_or_the_job_ends() {
    let story = Story::new().delivered('a', Verdict::Stuck);
    assert_eq!(story.clone().due().job.state, State::Dead(DeadReason::Unanswered));
    let story = decided(story, PersonAnswer::Revise);
    assert_eq!((story.state(), story.job.attempt_number()), ("queued", 1));
}

#[test]
fn a_merge_by_hand_ends_it_wherever_it_is() {
    let merged = || JobEvent::Merged(commit('a').into());
    let story = Story::new().delivered('a', Verdict::Block).step(merged());
    assert_eq!(story.job.state, State::Done(Done::Merged));
    let story = Story::new().delivered('a', Verdict::Block).work().step(merged());
    assert!(story.actions.contains(&JobAction::Stop(Fence(2))), "its agent is stopped first");
    assert_eq!(story.due().job.state, State::Done(Done::Merged));
}

#[test]
fn late_work_that_is_blocked_as_well_is_asked_about_and_not_repaired() {
    let story = push(Story::new().delivered('a', Verdict::Pass { ask: true }), 'b', Pusher::Agent);
    let story = story.judged(Some(commit('b')), Verdict::Block, "b");
    assert_eq!((question(&story), story.job.past.rounds), (Some(Question::Guard), 0));
    let story = decided(story, PersonAnswer::Yes).judged(Some(commit('b')), Verdict::Block, "c");
    assert_eq!((story.state(), story.job.past.rounds), ("backing_off", 1), "a person has looked");
}

/// What the job waits to have done.
fn queued(story: &Story) -> Option<WorkKind> {
    match &story.job.state {
        State::Queued(queued) => Some(queued.work),
        _ => None,
    }
}

#[test]
fn a_round_that_was_not_done_goes_on_when_a_person_has_said_more() {
    let in_round = || Story::new().delivered('a', Verdict::Block);
    let stuck = decided(in_round().delivered('b', Verdict::Stuck), PersonAnswer::Revise);
    let nothing = in_round().delivered('b', Verdict::NoChange { ask: true });
    for story in [stuck, decided(nothing, PersonAnswer::Revise)] {
        assert_eq!((queued(&story), story.job.past.rounds), (Some(WorkKind::Repair(1)), 1));
        assert_eq!((story.job.branch().number(), story.job.past.pull), (1, Some(58)));
    }
    let first = decided(Story::new().delivered('a', Verdict::Stuck), PersonAnswer::Revise);
    assert_eq!(queued(&first), Some(WorkKind::Begin));
}
