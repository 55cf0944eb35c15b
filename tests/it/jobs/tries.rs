//! How often a job is tried, by whom, and what costs an attempt.

use timmy::core::jobs::ladder::{Rung, preferred};
use timmy::core::jobs::money::{Charge, Usage};
use timmy::core::jobs::{
    Act, AgentClaim, AttemptEnd, DeadReason, Failure, Fence, IllegalReason, JobAction, JobEvent,
    JobLimits, LeaseTerms, NeverRan, Progress, State, ToldReview, ToldText, Tried, Verdict,
    WaitReason, Waiting,
};

use super::{DAY, MINUTE, Story, commit, ended, failed, grant};

fn waits_for(story: &Story) -> Option<WaitReason> {
    match &story.job.state {
        State::Waiting(Waiting::Idle(idle)) => Some(idle.for_what),
        _ => None,
    }
}

#[test]
fn a_job_goes_straight_to_its_end() {
    let story = Story::new();
    assert_eq!(story.job.attempt_number(), 1);
    let story = story.work();
    assert_eq!(story.actions, [JobAction::Follow(Fence(1))]);
    let story = story.progress(ended(AgentClaim::PullRequest { number: Some(58), commit: None }));
    let [JobAction::Judge(1), JobAction::Release { fence, end, charge, left }] = &story.actions[..]
    else {
        panic!("{:?}", story.actions)
    };
    assert_eq!((*fence, *end, *left), (Fence(1), AttemptEnd::Ended, None));
    assert_eq!(charge.spent.micro_usd, 600_000, "its usage is unknown");
    let story = story.judged(None, Verdict::Pass { ask: false }, "good");
    assert_eq!(story.state(), "done");
    assert_eq!(story.actions, [JobAction::Left { fence: Fence(1), left: true }]);
}

#[test]
fn attempts_that_fail_are_spent() {
    let mut story = Story::new();
    for (how, number) in [("turns", 1), ("garbage", 2)] {
        assert_eq!(story.job.attempt_number(), number);
        story = story.work().progress(failed(how));
        assert_eq!(story.state(), "backing_off");
    }
    let story = story.work().progress(failed("nothing"));
    assert_eq!(story.job.state, State::Dead(DeadReason::AttemptsSpent));
    let story = story.step(JobEvent::Retry(Some("bezalel".to_owned())));
    assert_eq!((story.job.attempt_number(), story.job.branch().number()), (1, 1));
    assert_eq!(story.work().state(), "running");
}

#[test]
fn what_left_nothing_is_an_attempt_whatever_it_says() {
    let story = Story::new().work().progress(ended(AgentClaim::NoChange { cited: Vec::new() }));
    let story = story.judged(None, Verdict::Nothing, "nothing");
    assert_eq!(story.actions, [JobAction::Left { fence: Fence(1), left: false }]);
    assert_eq!(story.job.past.charged, [Fence(1)]);
    assert_eq!(story.state(), "backing_off");
}

#[test]
fn three_equal_outcomes_are_a_loop() {
    let limits = JobLimits { attempts: 9, ..JobLimits::default() };
    let mut story = Story::within(limits);
    for how in ["same", "other", "same"] {
        story = story.work().progress(failed(how));
        assert_eq!(story.state(), "backing_off");
    }
    let story = story.work().progress(failed("same"));
    assert_eq!(story.job.state, State::Dead(DeadReason::Loop));
}

#[test]
fn the_pause_grows_and_chance_spreads_it() {
    let limits = JobLimits { attempts: 4, ..JobLimits::default() };
    let mut story = Story::within(limits);
    let mut pauses = Vec::new();
    for how in ["a", "b", "c"] {
        story = story.work().progress(failed(how));
        pauses.push(story.job.state.due_at().unwrap().since(story.now).as_secs());
    }
    assert_eq!(pauses, [30, 60, 120], "chance took its half");
    assert_eq!(story.try_step(JobEvent::Due), Err(IllegalReason::NotDue));
}

#[test]
fn what_never_began_though_its_agent_took_it_costs_nothing() {
    let why = NeverRan::NoWorkplace;
    let never = Progress::Failed { failure: Failure::NeverBegan(why), usage: Usage::NONE };
    let story = Story::new().work().progress(never.clone());
    assert_eq!((story.state(), &story.job.past.charged[..]), ("backing_off", &[][..]));
    let free = |action: &JobAction| {
        let JobAction::Release { end, charge, left, .. } = action else { return false };
        *end == AttemptEnd::NeverRan(why) && *charge == Charge::NOTHING && left.is_none()
    };
    assert!(story.actions.iter().any(free), "{:?}", story.actions);
    let taken = Progress::Failed { failure: Failure::Unable(why), usage: Usage::NONE };
    let story = story.work().progress(taken);
    assert!(!story.actions.iter().any(free), "what ran is charged, whatever ended it");
    // Nor where its time was over meanwhile.
    let late = Story::new().work().due().progress(never.clone());
    assert_eq!((late.state(), &late.job.past.charged[..]), ("backing_off", &[][..]));
    // Not for ever.
    let mut story = story;
    while story.state() == "backing_off" {
        story = story.work().progress(never.clone());
    }
    assert_eq!(story.job.state, State::Dead(DeadReason::NeverRan(why)));
}

#[test]
fn what_never_ran_costs_no_attempt_and_not_for_ever() {
    let mut story = Story::new();
    for _ in 1..JobLimits::default().never_ran {
        story = story.never_ran(NeverRan::NoAccess);
        assert_eq!((story.state(), story.job.attempt_number()), ("backing_off", 1));
    }
    let brought = story.clone().delivered('a', Verdict::Block);
    assert_eq!(brought.job.past.never_ran, 0, "once it brought something, it is counted anew");
    let story = story.never_ran(NeverRan::NoAccess);
    assert_eq!(story.job.state, State::Dead(DeadReason::NeverRan(NeverRan::NoAccess)));
}

#[test]
fn what_is_not_there_is_waited_for() {
    let story = Story::new().never_ran(NeverRan::HostAway);
    assert_eq!(waits_for(&story), Some(WaitReason::Host));
    assert_eq!(story.clone().step(JobEvent::Ready).state(), "queued");
    assert_eq!(story.later(3 * DAY).step(JobEvent::Due).state(), "queued", "another may take it");

    let story = Story::new();
    let until = story.now.after(5 * MINUTE);
    let story = story.never_ran(NeverRan::PoolSpent { until });
    assert_eq!(
        (waits_for(&story), story.job.state.due_at()),
        (Some(WaitReason::Pool), Some(until))
    );

    let story = Story::new().never_ran(NeverRan::RedBranch);
    assert_eq!(waits_for(&story), Some(WaitReason::GreenBranch));
}

#[test]
fn a_quota_that_runs_out_in_mid_work_costs_money_and_no_attempt() {
    let story = Story::new();
    let until = story.now.after(DAY);
    let failure = Failure::PoolSpent { until };
    let story = story.work().progress(Progress::Failed { failure, usage: Usage::NONE });
    assert_eq!((waits_for(&story), story.job.attempt_number()), (Some(WaitReason::Pool), 1));
    let charged = story.actions.iter().any(|action| {
        matches!(action, JobAction::Release { charge, .. } if charge.spent.micro_usd == 600_000)
    });
    assert!(charged);
}

#[test]
fn a_quota_that_is_used_up_ends_a_job_by_time_and_not_by_how_often() {
    let refused = |story: Story| {
        let failure = Failure::PoolSpent { until: story.now };
        story.work().progress(Progress::Failed { failure, usage: Usage::NONE })
    };
    let mut story = Story::new();
    for _ in 0..3 * JobLimits::default().never_ran {
        story = refused(story);
        assert_eq!(waits_for(&story), Some(WaitReason::Pool));
        story = story.step(JobEvent::Due);
    }
    assert_eq!((story.state(), story.job.past.never_ran), ("queued", 0));
    let most = JobLimits::default().out_of_quota.expect("a bound");
    let long = refused(story.clone().later(most));
    let State::Dead(DeadReason::NeverRan(NeverRan::PoolSpent { .. })) = long.job.state else {
        panic!("{:?}", long.job.state)
    };
    // Once one got through, that begins anew.
    let through = story.later(most).work().progress(failed("turns")).later(DAY);
    let through = refused(through.step(JobEvent::Due));
    assert_eq!(waits_for(&through), Some(WaitReason::Pool));
}

#[test]
fn jobs_of_before_end_as_they_did_when_their_quota_is_used_up() {
    let mut stored = serde_json::to_value(JobLimits::default()).unwrap();
    stored.as_object_mut().unwrap().remove("out_of_quota");
    let limits: JobLimits = serde_json::from_value(stored).unwrap();
    let mut story = Story::within(limits);
    for _ in 0..limits.never_ran {
        let failure = Failure::PoolSpent { until: story.now };
        story = story.work().progress(Progress::Failed { failure, usage: Usage::NONE });
    }
    assert_eq!(story.state(), "dead");
}

#[test]
fn what_no_agent_understands_is_never_asked_again() {
    let failure = Failure::BadRequest;
    let story = Story::new().work().progress(Progress::Failed { failure, usage: Usage::NONE });
    assert_eq!(story.job.state, State::Dead(DeadReason::BadRequest));
}

#[test]
fn what_follows_a_lost_attempt_has_a_branch_of_its_own() {
    let story = Story::new().work();
    assert_eq!(story.job.branch().to_string(), "timmy/41-j42");
    let story = story.progress(failed("turns")).work();
    assert_eq!(story.job.branch().to_string(), "timmy/41-j42", "its end was seen");
    let story = story.progress(Progress::Lost).work();
    assert_eq!(story.job.branch().to_string(), "timmy/41-j42-2");
    let pull = AgentClaim::PullRequest { number: Some(60), commit: None };
    let story = story.progress(ended(pull)).judged(None, Verdict::Pass { ask: false }, "good");
    assert!(story.actions.contains(&JobAction::CloseBefore(2)), "the first one's is closed");
}

#[test]
fn timmys_own_stop_costs_no_attempt_and_keeps_the_branch() {
    let cut = Progress::CutOff { usage: Usage::NONE };
    let story = Story::new().work().progress(cut.clone());
    assert_eq!((story.state(), story.job.attempt_number()), ("queued", 1));
    assert_eq!(story.job.branch().number(), 1);
    let mut story = story;
    for _ in 1..JobLimits::default().cut_off {
        story = story.work().progress(cut.clone());
    }
    assert_eq!(story.job.state, State::Dead(DeadReason::CutOff));
}

#[test]
fn what_an_old_attempt_tells_comes_too_late() {
    let story = Story::new().work().progress(Progress::Lost).work();
    let late = JobEvent::Attempt(Fence(1), ended(AgentClaim::Comment));
    assert_eq!(story.try_step(late), Err(IllegalReason::OldAttempt));
    let story = story.progress(failed("turns")).due();
    assert_eq!(story.try_step(Act::Lease(grant(2, "ezra"))), Err(IllegalReason::OldFence));
}

#[test]
fn an_attempt_is_given_back_once() {
    let story = Story::new().work().progress(failed("nothing"));
    let story = story.step(JobEvent::Refund(Fence(1)));
    assert_eq!(story.job.attempt_number(), 1);
    assert_eq!(story.try_step(JobEvent::Refund(Fence(1))), Err(IllegalReason::Again));
    assert_eq!((story.job.past.tried.len(), story.job.past.outcomes.len()), (0, 0));
}

#[test]
fn attempts_that_are_always_given_back_end_too() {
    let mut story = Story::new();
    for _ in 0..JobLimits::default().never_ran {
        story = story.work().progress(failed("nothing"));
        let fence = story.fence();
        story = story.step(JobEvent::Refund(fence));
    }
    let story = story.work().progress(failed("nothing"));
    let reason = DeadReason::NeverRan(NeverRan::LeftNothing);
    assert_eq!(story.job.state, State::Dead(reason));
}

#[test]
fn a_job_that_nobody_takes_ends() {
    let story = Story::new().later(13 * DAY);
    assert_eq!(story.try_step(JobEvent::Due), Err(IllegalReason::NotDue));
    let reason = DeadReason::NeverRan(NeverRan::NobodyFree);
    assert_eq!(story.later(DAY).step(JobEvent::Due).job.state, State::Dead(reason));
}

fn rung(agent: &str, family: &str, micro_usd: u64, fit: u64) -> Rung {
    let (agent, family) = (agent.to_owned(), Some(family.to_owned()));
    Rung { agent, family, micro_usd, fit, is_kin: false }
}

fn order(story: &Story, is_small: bool) -> Vec<String> {
    let fleet = vec![
        rung("ezra", "openai", 5, 90),
        rung("bezalel", "openai", 1, 70),
        rung("claude", "anthropic", 9, 80),
    ];
    preferred(&story.job, is_small, fleet).into_iter().map(|rung| rung.agent).collect()
}

#[test]
fn the_second_attempt_prefers_another_family() {
    let story = Story::new();
    assert_eq!(order(&story, false), ["ezra", "claude", "bezalel"]);
    assert_eq!(order(&story, true), ["bezalel", "ezra", "claude"], "small work begins cheap");
    let family = Some("openai".to_owned());
    let leased = story.step(Act::Lease(LeaseTerms { family: family.clone(), ..grant(1, "ezra") }));
    let story = leased.start().progress(Progress::Accepted).progress(failed("turns")).due();
    let tried = Tried { fence: Fence(1), agent: "ezra".to_owned(), family };
    assert_eq!(story.job.past.tried, [tried]);
    assert_eq!(order(&story, false), ["claude", "bezalel", "ezra"]);
}

#[test]
fn a_repair_prefers_who_knows_the_work_and_a_name_is_a_name() {
    let story = Story::new().delivered('a', Verdict::Block).due();
    assert_eq!(order(&story, false)[0], "ezra");
    let story = story.step(JobEvent::Retry(Some("claude".to_owned())));
    assert_eq!(order(&story, false), ["claude"]);
}

/// A review of what was delivered last, that asks for changes.
fn review() -> JobEvent {
    JobEvent::Told(ToldText::by("anna", "Not yet.").of(ToldReview::new(2, None, Vec::new())))
}

#[test]
fn no_result_passes_by_a_review_that_no_agent_heard() {
    let story = Story::new().delivered('a', Verdict::Block).due().work().step(review());
    let story = story.progress(ended(AgentClaim::Comment));
    for verdict in [
        Verdict::Pass { ask: true },
        Verdict::Pass { ask: false },
        Verdict::NoChange { ask: true },
        Verdict::Ask,
        Verdict::Block,
    ] {
        let repaired = story.clone().judged(Some(commit('b')), verdict, "b");
        let work = match &repaired.job.state {
            State::BackingOff(off) => Some(off.work),
            State::Queued(queued) => Some(queued.work),
            _ => None,
        };
        assert!(work.is_some(), "{verdict:?}: {:?}", repaired.job.state);
        let heard = repaired.due().work().progress(ended(AgentClaim::Comment));
        let passed = heard.judged(Some(commit('c')), Verdict::Pass { ask: true }, "c");
        assert!(matches!(passed.job.state, State::Deciding(_)), "{verdict:?}");
        assert!(passed.actions.contains(&JobAction::AnswerRemarks(vec![0])), "{verdict:?}");
        assert_eq!(passed.job.past.reviews, [] as [u32; 0]);
    }
}

#[test]
fn a_review_is_not_dealt_with_by_an_attempt_that_brought_nothing() {
    let story = Story::new().delivered('a', Verdict::Block).due().work().step(review());
    let story = story.progress(Progress::Heard(0)).progress(failed("turns"));
    assert_eq!(story.job.past.unheard, [] as [u32; 0]);
    assert_eq!(story.job.past.reviews, [0]);
    let passed = story.due().delivered('b', Verdict::Pass { ask: true });
    assert!(passed.actions.contains(&JobAction::AnswerRemarks(vec![0])));
}

#[test]
fn a_text_reaches_the_agent_that_runs_or_the_next_one() {
    let told = |text: &str| JobEvent::Told(ToldText::by("anna", text));
    let story = Story::new().step(told("before")).work();
    assert_eq!(story.job.past.unheard, [] as [u32; 0], "it stood in the start");
    let story = story.step(told("meanwhile"));
    assert_eq!(story.actions, [JobAction::Tell(Fence(1), 1)]);
    let story = story.step(told("more")).progress(Progress::Heard(1));
    assert_eq!(
        story.try_step(JobEvent::Attempt(Fence(1), Progress::Heard(1))),
        Err(IllegalReason::Again)
    );
    let story = story.progress(failed("turns"));
    assert_eq!(story.job.past.unheard, [2]);
    assert_eq!(story.work().job.past.unheard, [] as [u32; 0]);
}
