//! What metrics tell of jobs, their agents and what they cost.

use timmy::agents::{AgentEnding, Sighting};
use timmy::clock::Clock as _;
use timmy::core::jobs::StateKind;
use timmy::core::jobs::money::{Tokens, Usage};
use timmy::store::metrics::{LedgerMetrics, MetricsQuery};

use super::decisions::delivered;
use super::rounds::in_a_round;
use super::scripted::ended;
use super::stage::{Stage, awake_where, live};
use crate::support::clock::{HOUR, MINUTE};
use crate::support::config::Config;
use crate::support::scrape::Scrape;

fn watched(config: Config) -> Config {
    config.with("web.listen", "127.0.0.1:0")
}

async fn scrape(stage: &Stage) -> Scrape {
    stage.app.timmy.scrape().await
}

#[tokio::test]
async fn a_job_is_seen_from_its_lease_to_its_end() {
    let stage = awake_where(watched).await;
    let before = scrape(&stage).await;
    assert_eq!(before.told("timmy_jobs"), [""; 0]);
    assert_eq!(before.told("timmy_agent_up").len(), 2);
    assert_eq!(
        before.told("timmy_agent_capacity"),
        [r#"{agent="bezalel",kind="forge"} 2"#, r#"{agent="ezra",kind="forge"} 1"#]
    );

    let job = stage.assign(1, Some("ezra")).await;
    let running = scrape(&stage).await;
    assert_eq!(running.told("timmy_jobs"), [r#"{state="running"} 1"#]);
    assert_eq!(running.told("timmy_agent_leases"), [r#"{agent="ezra",kind="forge"} 1"#]);
    assert_eq!(running.told("timmy_attempts_total"), [""; 0]);

    stage.wait(MINUTE).await;
    let tokens = Tokens { input: 1000, output: 500 };
    let usage = Usage { tokens: Some(tokens), micro_usd: Some(250_000) };
    let ending = AgentEnding { text: "done".to_owned(), usage, unheard: None };
    stage.ezra.goes(Sighting::Ended(ending));
    stage.follow().await;
    assert_eq!(stage.kind(job).await, StateKind::Done);
    let done = scrape(&stage).await;
    assert_eq!(done.told("timmy_jobs"), [r#"{state="done"} 1"#]);
    assert_eq!(done.told("timmy_agent_leases"), [""; 0]);
    assert_eq!(
        done.told("timmy_attempts_total"),
        [r#"{agent="ezra",kind="forge",outcome="ended"} 1"#]
    );
    assert_eq!(
        done.told("timmy_cost_usd_total"),
        [r#"{agent="ezra",kind="forge",basis="said"} 0.25"#]
    );
    assert_eq!(
        done.told("timmy_tokens_total"),
        [r#"{agent="ezra",kind="forge",basis="said"} 1500"#]
    );
    assert_eq!(done.told("timmy_day_spent_usd"), [" 0.25"]);
    let labels = r#"{agent="ezra",kind="forge"}"#;
    assert_eq!(done.of_sample(&format!("timmy_attempt_duration_seconds_count{labels}")), "1");
    let took = done.of_sample(&format!("timmy_attempt_duration_seconds_sum{labels}"));
    assert!(took.parse::<f64>().unwrap() >= 60.0, "{took}");
    stage.end().await;
}

#[tokio::test]
async fn what_fails_for_good_is_seen() {
    let stage = awake_where(watched).await;
    for agent in [&stage.ezra, &stage.bezalel] {
        let failed = || Sighting::Failed {
            kind: timmy::agents::FailureKind::GaveUp,
            reason: "ran out of turns".to_owned(),
            usage: Usage::NONE,
        };
        agent.script().plan.extend([failed(), failed(), failed()]);
    }
    stage.assign(1, None).await;
    stage.pass(HOUR, MINUTE).await;
    let dead = scrape(&stage).await;
    assert_eq!(dead.told("timmy_jobs"), [r#"{state="dead"} 1"#]);
    let failed = dead.told("timmy_attempts_total");
    assert!(failed.iter().all(|told| told.contains(r#"outcome="failed""#)), "{failed:?}");
    let cost = dead.told("timmy_cost_usd_total");
    assert!(!cost.is_empty() && cost.iter().all(|told| told.contains("bound")), "{cost:?}");
    stage.end().await;
}

/// With on_yes = "merge" a verified result is a question.
#[tokio::test]
async fn what_waits_for_a_person_is_seen_with_its_age() {
    let stage = live(|_| {}, |config| watched(config).with("accept.on_yes", "merge")).await;
    delivered(&stage).await;
    stage.wait(HOUR).await;
    let asked = scrape(&stage).await;
    assert_eq!(asked.told("timmy_decisions_open"), [r#"{kind="accept"} 1"#]);
    let age = asked.of_sample(r#"timmy_decision_oldest_age_seconds{kind="accept"}"#);
    assert!(age.parse::<f64>().unwrap() >= 3600.0, "{age}");
    stage.end().await;
}

#[tokio::test]
async fn rounds_of_repair_are_counted_as_such() {
    let (stage, _, _) = in_a_round().await;
    let blocked = "timmy-result: {\"outcome\":\"blocked\",\"summary\":\"which oil?\"}";
    stage.ezra.goes(ended(blocked));
    stage.follow().await;
    let now = stage.app.clock.now();
    let query = MetricsQuery { now, day_began: now, agents: Vec::new(), answered: (now, now) };
    let metrics = stage.app.timmy.read(move |conn| LedgerMetrics::read(conn, &query)).await;
    let counted = |count: fn(&timmy::store::metrics::AttemptMetrics) -> u64| {
        metrics.attempts.iter().map(count).sum::<u64>()
    };
    assert_eq!((counted(|a| a.count), counted(|a| a.repairs)), (2, 1));
    stage.end().await;
}
