//! Quotas that agents share: windows, and what follows when an agent says that one is used up.

use timmy::agents::{AgentTrouble, FailureKind, Sighting};
use timmy::clock::Clock as _;
use timmy::core::jobs::money::{Tokens, Usage};
use timmy::core::jobs::{JobLimits, StateKind};
use timmy::core::model::ids::Subject;
use timmy::core::model::incident::Incident;
use timmy::core::model::quota::QuotaName;
use timmy::core::scheduling::Rejection;
use timmy::store::{incidents, jobs};

use super::scripted::ended;
use super::stage::{Stage, awake_where};
use crate::support::clock::{HOUR, MINUTE};
use crate::support::config::Config;
use crate::support::forge::DOOR;

/// ezra and bezalel share a quota, which has these windows.
async fn sharing(windows: &str) -> Stage {
    let change = |config: Config| {
        let config = config
            .without_agents()
            .agent("ezra", ["coder"])
            .its("pool", "common")
            .agent("bezalel", ["coder"])
            .its("pool", "common")
            .its("capacity", 2);
        config.and(&format!("[[pool]]\nname = \"common\"\nwindows = [{windows}]\n"))
    };
    awake_where(change).await
}

/// Its model's server says this and nothing else.
fn refused(words: &str) -> Sighting {
    let kind = FailureKind::PoolSpent { until: None };
    Sighting::Failed { kind, reason: words.to_owned(), usage: Usage::NONE }
}

fn used(tokens: u64) -> Sighting {
    let usage = Usage { tokens: Some(Tokens { input: tokens, output: 1 }), micro_usd: None };
    Sighting::Failed { kind: FailureKind::GaveUp, reason: "no".to_owned(), usage }
}

fn sent(stage: &Stage) -> usize {
    stage.ezra.script().sent.len() + stage.bezalel.script().sent.len()
}

async fn spent_quotas(stage: &Stage) -> Vec<Incident> {
    let all = stage.app.timmy.read(incidents::all).await;
    let all = all.into_iter().map(|open| open.incident);
    all.filter(|one| matches!(one, Incident::QuotaSpent { .. })).collect()
}

fn common() -> Vec<Incident> {
    vec![Incident::QuotaSpent { quota: QuotaName::Pool("common".to_owned()) }]
}

async fn lacks(stage: &Stage, agent: &str) -> Option<Rejection> {
    let judged = stage.app.timmy.engine().ranking().await.unwrap();
    let facts = judged.facts(judged.ranking.others[0].thread).unwrap().clone();
    let wanted = (facts.thread.repo, &facts.labels[..]);
    timmy::core::scheduling::lack(wanted, agent, None, &judged.setting.roster)
}

#[tokio::test]
async fn a_quota_that_is_used_up_is_one_incident_and_one_job_tries_it_for_all() {
    let stage = sharing("{ per = \"1d\", runs = 40 }").await;
    let first = stage.assign(1, Some("ezra")).await;
    stage.ezra.goes(refused("HTTP 429: Please try again in 2h"));
    stage.follow().await;
    assert_eq!(stage.kind(first).await, StateKind::Waiting);
    assert_eq!(stage.job(first).await.past.spent(), 0, "what never ran costs no attempt");
    assert_eq!(spent_quotas(&stage).await, common());
    assert_eq!(lacks(&stage, "bezalel").await, Some(Rejection::PoolEmpty));
    let second = stage.assign(2, Some("bezalel")).await;
    let third = stage.assign(3, Some("bezalel")).await;
    stage.pass(HOUR, 10 * MINUTE).await;
    assert_eq!(sent(&stage), 1, "nobody who lives on it gets anything");
    let why = stage.app.timmy.read(move |conn| jobs::waits_for(conn, second)).await.unwrap();
    assert!(why.contains("its quota is used up until Mon 23 Nov, 15:00 UTC"), "{why}");
    stage.pass(HOUR, 10 * MINUTE).await;
    assert_eq!(sent(&stage), 2, "one tries it");
    stage.pass(5 * MINUTE, MINUTE).await;
    assert_eq!(sent(&stage), 2, "as long as it is not known what that meets");
    let tries = [first, second, third];
    let mut trying = Vec::new();
    for id in tries {
        trying.extend((stage.kind(id).await == StateKind::Running).then_some(id));
    }
    let [trying] = trying.as_slice() else { panic!("{trying:?}") };
    let agent = stage.attempts(*trying).await.pop().unwrap().agent;
    let agent = if agent == "ezra" { &stage.ezra } else { &stage.bezalel };
    agent.goes(used(100));
    stage.follow().await;
    stage.pass(2 * MINUTE, MINUTE).await;
    assert_eq!(spent_quotas(&stage).await, []);
    assert!(sent(&stage) >= 4, "all go on: {}", sent(&stage));
    stage.end().await;
}

#[tokio::test]
async fn a_try_in_vain_shuts_it_for_longer_and_one_that_goes_on_opens_it() {
    let stage = sharing("{ per = \"1d\", runs = 40 }").await;
    let first = stage.assign(1, Some("ezra")).await;
    stage.ezra.goes(refused("HTTP 429: slow down"));
    stage.follow().await;
    stage.ezra.script().plan.push_back(refused("HTTP 429: slow down"));
    stage.pass(HOUR + 5 * MINUTE, 5 * MINUTE).await;
    assert_eq!((sent(&stage), stage.kind(first).await), (2, StateKind::Waiting));
    stage.pass(100 * MINUTE, 10 * MINUTE).await;
    assert_eq!(sent(&stage), 2, "twice as long, since nobody says until when");
    stage.pass(20 * MINUTE, 5 * MINUTE).await;
    assert_eq!((sent(&stage), spent_quotas(&stage).await), (3, common()));
    let second = stage.assign(2, Some("bezalel")).await;
    stage.pass(3 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(second).await, StateKind::Queued);
    stage.pass(6 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(second).await, StateKind::Running, "the other one goes on");
    assert_eq!(spent_quotas(&stage).await, []);
    stage.end().await;
}

#[tokio::test]
async fn it_is_used_up_for_the_next_process_of_timmy_as_well() {
    let mut stage = sharing("{ per = \"1d\", runs = 40 }").await;
    stage.assign(1, Some("ezra")).await;
    stage.ezra.goes(refused("HTTP 429: Please try again in 3h"));
    stage.follow().await;
    stage.app.timmy.kill().await;
    stage.app.wake().await;
    let second = stage.assign(2, Some("bezalel")).await;
    stage.pass(2 * HOUR, 30 * MINUTE).await;
    assert_eq!((sent(&stage), stage.kind(second).await), (1, StateKind::Queued));
    assert_eq!(spent_quotas(&stage).await, common());
    stage.pass(HOUR, 10 * MINUTE).await;
    assert_eq!(sent(&stage), 2);
    stage.end().await;
}

#[tokio::test]
async fn an_agent_without_a_pool_is_its_own() {
    let stage = awake_where(|config| config).await;
    stage.assign(1, Some("ezra")).await;
    stage.ezra.goes(refused("Claude AI usage limit reached|1795446000"));
    stage.follow().await;
    let own = Incident::QuotaSpent { quota: QuotaName::Agent("ezra".to_owned()) };
    assert_eq!(spent_quotas(&stage).await, [own]);
    let second = stage.assign(2, Some("bezalel")).await;
    assert_eq!(stage.kind(second).await, StateKind::Running);
    let third = stage.assign(3, Some("ezra")).await;
    stage.pass(30 * MINUTE, 10 * MINUTE).await;
    assert_eq!(stage.kind(third).await, StateKind::Queued);
    stage.end().await;
}

#[tokio::test]
async fn no_more_runs_within_a_window_than_it_has_and_they_come_back_one_by_one() {
    let stage = sharing("{ per = \"5h\", runs = 2 }").await;
    let first = stage.assign(1, Some("ezra")).await;
    stage.ezra.goes(ended("done"));
    stage.follow().await;
    assert_eq!(stage.kind(first).await, StateKind::Done);
    stage.wait(HOUR).await;
    let second = stage.assign(2, Some("bezalel")).await;
    stage.bezalel.goes(ended("done"));
    stage.follow().await;
    assert_eq!(stage.kind(second).await, StateKind::Done);
    let third = stage.assign(3, Some("bezalel")).await;
    stage.pass(2 * HOUR, HOUR).await;
    assert_eq!((sent(&stage), stage.kind(third).await), (2, StateKind::Queued));
    assert_eq!(lacks(&stage, "ezra").await, Some(Rejection::PoolEmpty));
    let why = stage.app.timmy.read(move |conn| jobs::waits_for(conn, third)).await.unwrap();
    assert!(why.contains("until Mon 23 Nov, 18:00 UTC"), "{why}");
    stage.pass(2 * HOUR, 10 * MINUTE).await;
    assert_eq!((sent(&stage), stage.kind(third).await), (3, StateKind::Running));
    assert_eq!(spent_quotas(&stage).await, [], "nothing is wrong with it");
    stage.end().await;
}

#[tokio::test]
async fn unknown_usage_counts_at_its_bound_and_known_usage_as_it_is() {
    let stage = sharing("{ per = \"1d\", tokens = 450000 }").await;
    let first = stage.assign(1, Some("ezra")).await;
    stage.assign(2, Some("bezalel")).await;
    let third = stage.assign(3, Some("bezalel")).await;
    stage.pass(5 * MINUTE, MINUTE).await;
    assert_eq!((sent(&stage), stage.kind(third).await), (2, StateKind::Queued));
    stage.ezra.goes(used(1000));
    stage.follow().await;
    stage.cancel(first).await;
    stage.pass(2 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(third).await, StateKind::Running, "it used less than it might");
    stage.end().await;
}

#[tokio::test]
async fn what_health_says_shuts_it_without_an_attempt() {
    let stage = sharing("{ per = \"1d\", runs = 40 }").await;
    let until = stage.app.clock.now().after(2 * HOUR);
    stage.ezra.script().trouble = Some(AgentTrouble::PoolSpent { until: Some(until) });
    stage.pass(2 * MINUTE, MINUTE).await;
    assert_eq!(spent_quotas(&stage).await, common());
    let second = stage.assign(2, Some("bezalel")).await;
    assert_eq!(stage.kind(second).await, StateKind::Queued);
    stage.ezra.script().trouble = None;
    stage.pass(2 * HOUR, 10 * MINUTE).await;
    assert_eq!(stage.kind(second).await, StateKind::Running);
    stage.end().await;
}

/// Only what it gives for its answer says so.
fn claims(words: &str) -> Sighting {
    let kind = FailureKind::ClaimsPoolSpent;
    Sighting::Failed { kind, reason: words.to_owned(), usage: Usage::NONE }
}

#[tokio::test]
async fn what_an_agent_gives_for_its_answer_shuts_it_alone_and_for_a_day_at_most() {
    let stage = sharing("{ per = \"1d\", runs = 40 }").await;
    stage.assign(1, Some("ezra")).await;
    stage.ezra.goes(claims("HTTP 429: try again in 30d"));
    stage.follow().await;
    let own = Incident::QuotaSpent { quota: QuotaName::Agent("ezra".to_owned()) };
    assert_eq!(spent_quotas(&stage).await, [own]);
    assert_eq!(lacks(&stage, "ezra").await, Some(Rejection::PoolEmpty));
    assert_ne!(lacks(&stage, "bezalel").await, Some(Rejection::PoolEmpty));
    stage.pass(23 * HOUR, HOUR).await;
    assert_eq!(sent(&stage), 1);
    stage.pass(HOUR + 5 * MINUTE, 5 * MINUTE).await;
    assert_eq!(sent(&stage), 2, "it is tried again");
    stage.end().await;
}

#[tokio::test]
async fn what_another_agent_says_too_shuts_the_quota_that_they_share() {
    let stage = sharing("{ per = \"1d\", runs = 40 }").await;
    for (number, name) in [(1, "ezra"), (2, "bezalel")] {
        stage.assign(number, Some(name)).await;
        let agent = if name == "ezra" { &stage.ezra } else { &stage.bezalel };
        agent.goes(claims("HTTP 429"));
        stage.follow().await;
    }
    assert!(spent_quotas(&stage).await.contains(&common()[0]));
    stage.end().await;
}

#[tokio::test]
async fn resume_has_it_tried_at_once() {
    let stage = sharing("{ per = \"1d\", runs = 40 }").await;
    let first = stage.assign(1, Some("ezra")).await;
    stage.ezra.goes(refused("HTTP 429: Please try again in 20h"));
    stage.follow().await;
    assert_eq!(stage.kind(first).await, StateKind::Waiting);
    resumes(&stage, "ezra").await;
    assert_eq!((sent(&stage), stage.kind(first).await), (2, StateKind::Running));
    assert_eq!(spent_quotas(&stage).await, common(), "it did not get through yet");
    stage.pass(10 * MINUTE, MINUTE).await;
    assert_eq!(spent_quotas(&stage).await, []);
    stage.end().await;
}

/// The owner resumes an agent. No webhook tells of it, so he vouches for it.
async fn resumes(stage: &Stage, agent: &str) {
    let sandbox = &stage.app.sandbox;
    sandbox.comment("alexander", DOOR, 4, &format!("/timmy resume {agent}")).unwrap();
    stage.pass(2 * MINUTE, MINUTE).await;
    let said = sandbox.comments(DOOR, 4).unwrap();
    let question = said.into_iter().rfind(|one| one.author == "timmy").expect("a question");
    assert!(question.body.starts_with("**Is this yours"), "{}", question.body);
    sandbox.react("alexander", Subject::Comment(question.id), "+1").unwrap();
    stage.pass(3 * MINUTE, MINUTE).await;
}

/// What runs goes on for twelve minutes, and shows signs of life.
async fn goes_on(stage: &Stage) {
    for _ in 0..3 {
        for agent in [&stage.ezra, &stage.bezalel] {
            let runs: Vec<String> = agent.script().begun.keys().cloned().collect();
            if !runs.is_empty() {
                agent.moves();
            }
        }
        stage.pass(4 * MINUTE, MINUTE).await;
    }
}

#[tokio::test]
async fn when_one_got_through_all_the_others_begin_at_once() {
    let stage = sharing("{ per = \"1d\", runs = 40 }").await;
    let first = stage.assign(1, Some("ezra")).await;
    stage.ezra.goes(refused("HTTP 429: Please try again in 2h"));
    stage.follow().await;
    let others = [stage.assign(2, Some("bezalel")).await, stage.assign(3, Some("bezalel")).await];
    stage.pass(2 * HOUR + 2 * MINUTE, 2 * MINUTE).await;
    assert_eq!(sent(&stage), 2, "one tries it");
    goes_on(&stage).await;
    assert_eq!(sent(&stage), 4, "and no more than ten minutes later all are there");
    for job in others.into_iter().chain([first]) {
        assert_eq!(stage.kind(job).await, StateKind::Running);
    }
    stage.end().await;
}

#[tokio::test]
async fn what_a_spent_quota_refused_takes_no_room_in_its_windows() {
    let stage = sharing("{ per = \"1d\", tokens = 450000 }").await;
    let first = stage.assign(1, Some("ezra")).await;
    for words in ["HTTP 429: Please try again in 2h", "HTTP 429: Please try again in 2h"] {
        stage.ezra.goes(refused(words));
        stage.pass(2 * HOUR + 5 * MINUTE, 5 * MINUTE).await;
    }
    assert_eq!(sent(&stage), 3);
    let second = stage.assign(2, Some("bezalel")).await;
    goes_on(&stage).await;
    for job in [first, second] {
        assert_eq!(stage.kind(job).await, StateKind::Running, "two fit, as ever");
    }
    stage.end().await;
}

#[tokio::test]
async fn short_times_that_are_told_in_vain_end_no_job() {
    let stage = sharing("{ per = \"1d\", runs = 400 }").await;
    let job = stage.assign(1, Some("ezra")).await;
    let most = usize::try_from(JobLimits::default().never_ran).unwrap();
    for tries in 1..most + 3 {
        assert_eq!(sent(&stage), tries);
        // What is not known would count as money, of which an issue has only so much.
        let usage = Usage { tokens: Some(Tokens { input: 1, output: 1 }), micro_usd: Some(1) };
        let (kind, reason) = (FailureKind::PoolSpent { until: None }, "HTTP 429: try again in 20s");
        stage.ezra.goes(Sighting::Failed { kind, reason: reason.to_owned(), usage });
        stage.follow().await;
        assert_eq!(stage.kind(job).await, StateKind::Waiting, "{tries}");
        let due = stage.job(job).await.state.due_at().expect("it ends");
        stage.wait(due.since(stage.app.clock.now())).await;
        stage.pass(5 * MINUTE, MINUTE).await;
    }
    assert_eq!(stage.job(job).await.past.never_ran, 0);
    stage.end().await;
}

#[tokio::test]
async fn agents_and_why_say_until_when() {
    let stage = sharing("{ per = \"1d\", runs = 40 }").await;
    stage.assign(1, Some("ezra")).await;
    stage.ezra.goes(refused("HTTP 429: Please try again in 2h"));
    stage.follow().await;
    for (line, words) in [
        ("/timmy agents", "quota used up until Mon 23 Nov, 15:00 UTC"),
        ("/timmy why", "its quota is used up until Mon 23 Nov, 15:00 UTC"),
        ("/timmy why ezra", "quota used up until Mon 23 Nov, 15:00 UTC"),
    ] {
        stage.app.sandbox.comment("alexander", DOOR, 4, line).unwrap();
        stage.pass(2 * MINUTE, MINUTE).await;
        let said = stage.app.sandbox.comments(DOOR, 4).unwrap();
        let said = said.into_iter().rfind(|one| one.author == "timmy").expect("an answer").body;
        assert!(said.contains(words), "{line}: {said}");
    }
    stage.end().await;
}
