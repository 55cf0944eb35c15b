//! A week of work that starts by itself: issues come, results are merged or closed, and trials end.

use std::collections::BTreeMap;

use timmy::core::jobs::{JobRecord, StateKind};
use timmy::sandbox::{BranchRule, Sandbox};
use timmy::store::{Connection, Error, automatic, jobs};

use super::by_itself::{READY, Tokens};
use super::scripted::{Scripted, ended};
use super::stage::{Stage, live};
use crate::support::clock::{HOUR, MINUTE};
use crate::support::forge::DOOR;

const STARTS_PER_DAY: u32 = 4;

/// timmy's branch, but anna merges what she likes.
fn protect(sandbox: &Sandbox) {
    let mergers = Some(vec!["timmy".to_owned(), "anna".to_owned()]);
    let rule = BranchRule { pushers: Some(Vec::new()), mergers, ..BranchRule::default() };
    sandbox.protect(DOOR, "main", &rule).unwrap();
}

fn live_jobs(conn: &Connection) -> Result<Vec<JobRecord>, Error> {
    let ids = jobs::live_ids(conn)?.into_iter();
    ids.filter_map(|id| jobs::record(conn, id).transpose()).collect()
}

fn worker<'a>(stage: &'a Stage, agent: &str) -> &'a Scripted {
    if agent == "ezra" { &stage.ezra } else { &stage.bezalel }
}

/// Every agent that is at work hands in what it made; of three results two are merged.
async fn hand_in(stage: &Stage, results: &mut u32) {
    for record in stage.app.timmy.read(live_jobs).await {
        if record.job.state.kind() != StateKind::Running {
            continue;
        }
        let attempt = record.attempts.last().expect("an attempt");
        let (branch, agent) = (record.job.branch().to_string(), attempt.agent.as_str());
        let sandbox = &stage.app.sandbox;
        let file = format!("oiled/{branch}.md");
        let files = [(file.as_str(), "It squeaks no longer.\n")];
        let commit = sandbox.commit(agent, DOOR, &branch, &files, "Oil it").unwrap();
        let pull = sandbox.open_pull(agent, DOOR, "Oil it", "", &branch).unwrap();
        let text = format!(
            "timmy-result: {{\"outcome\":\"pull_request\",\"pull\":{pull},\"commit\":\"{commit}\"}}"
        );
        worker(stage, agent).script().runs.insert(attempt.key.clone(), ended(&text));
        stage.pass(3 * MINUTE, MINUTE).await;
        *results += 1;
        match *results % 3 {
            0 => stage.app.sandbox.set_open("anna", DOOR, pull, false).unwrap(),
            _ => stage.app.sandbox.merge("anna", DOOR, pull).unwrap(),
        }
        stage.pass(3 * MINUTE, MINUTE).await;
    }
}

#[tokio::test]
async fn in_a_week_nothing_is_started_beyond_its_bounds() {
    let tokens = Tokens::new();
    let furnish = |sandbox: &Sandbox| {
        tokens.write(sandbox);
        protect(sandbox);
    };
    let change = |config| tokens.fleet(config).with("dispatch.starts_per_day", STARTS_PER_DAY);
    let stage = live(furnish, change).await;
    let (mut results, mut by_day) = (0, BTreeMap::new());
    for hour in 0..24 * 7_u32 {
        if hour % 4 == 0 {
            stage.app.sandbox.open_issue("anna", DOOR, "The hinge squeaks", READY).unwrap();
        }
        stage.pass(HOUR / 2, HOUR / 4).await;
        let trials = stage.app.timmy.read(automatic::trials).await;
        for (agent, trial) in
            trials.iter().flat_map(|(agent, there)| there.values().map(move |trial| (agent, trial)))
        {
            assert!(!trial.lasts() || trial.open <= 1, "{agent} in hour {hour}: {trial:?}");
        }
        let midnight =
            timmy::clock::Clock::now(&stage.app.clock).day_began(&jiff::tz::TimeZone::UTC);
        let started = move |conn: &Connection| automatic::started_since(conn, midnight);
        let started = stage.app.timmy.read(started).await;
        assert!(started <= STARTS_PER_DAY, "hour {hour}: {started} started");
        by_day.insert(midnight, started);
        hand_in(&stage, &mut results).await;
    }
    let all: u32 = by_day.values().sum();
    println!("{all} started in {} days, {results} results: {by_day:?}", by_day.len());
    assert!(all >= 14 && results >= 14, "work goes on: {all} started, {results} results");
    let trials = stage.app.timmy.read(automatic::trials).await;
    assert!(trials.values().flat_map(BTreeMap::values).any(|trial| !trial.lasts()), "{trials:?}");
    stage.end().await;
}
