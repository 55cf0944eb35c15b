//! Somebody merges what a job brought while its next round waits, or is under way: that is what
//! happened, whatever closes the issue with it.

use std::io::Write as _;

use tempfile::NamedTempFile;
use timmy::clock::Clock as _;
use timmy::core::jobs::{Done, JobId, State, StateKind};
use timmy::core::model::incident::Incident;
use timmy::core::scheduling::AgentRecords;
use timmy::sandbox::{BranchRule, Sandbox, Scopes};
use timmy::store::{Connection, automatic, incidents, jobs};

use super::adopted::{TOPIC, adopted, proposed};
use super::decisions::{delivered, said};
use super::guards::hands_in;
use super::rounds::{in_a_round, to_be_repaired};
use super::stage::{Stage, live};
use crate::support::clock::{HOUR, MINUTE, SECOND};
use crate::support::forge::DOOR;

/// The pull request of the job's first branch.
const PULL: i64 = 9;

/// anna merges it, and its text closes the issue.
fn merges(stage: &Stage) {
    stage.app.sandbox.merge("anna", DOOR, PULL).unwrap();
    stage.app.sandbox.set_open("anna", DOOR, 1, false).unwrap();
}

async fn counts_as_merged(stage: Stage, job: JobId) {
    stage.pass(MINUTE * 10, SECOND * 30).await;
    let told = said(&stage);
    assert_eq!(stage.job(job).await.state, State::Done(Done::Merged), "{told:?}");
    stage.end().await;
}

#[tokio::test]
async fn while_the_next_round_waits() {
    let (stage, job, _) = to_be_repaired().await;
    assert_eq!(stage.kind(job).await, StateKind::BackingOff);
    merges(&stage);
    counts_as_merged(stage, job).await;
}

#[tokio::test]
async fn while_the_next_round_waits_for_an_agent() {
    let (stage, job, _) = to_be_repaired().await;
    stage.ezra.script().trouble = Some(timmy::agents::AgentTrouble::HostAway("asleep".to_owned()));
    stage.pass(MINUTE * 5, SECOND * 30).await;
    assert_eq!(stage.attempts(job).await.iter().filter(|a| a.started_at.is_some()).count(), 1);
    merges(&stage);
    counts_as_merged(stage, job).await;
}

#[tokio::test]
async fn while_an_agent_works_on_it() {
    let (stage, job, _) = in_a_round().await;
    merges(&stage);
    counts_as_merged(stage, job).await;
}

#[tokio::test]
async fn while_the_round_that_was_lost_is_done_on_another_branch() {
    let (stage, job, _) = in_a_round().await;
    stage.ezra.script().is_forgetful = true;
    stage.pass(MINUTE, SECOND * 30).await;
    stage.ezra.script().is_forgetful = false;
    assert_eq!(stage.job(job).await.past.pull, None);
    merges(&stage);
    counts_as_merged(stage, job).await;
}

#[tokio::test]
async fn where_the_pull_request_was_adopted() {
    let stage = live(|_| {}, |config| config.with("guards.trusted_reporters", ["ci"])).await;
    let sandbox = &stage.app.sandbox;
    let (pull, _) = proposed(sandbox);
    stage.pass(MINUTE * 3, MINUTE).await;
    let job = adopted(&stage, pull, TOPIC).await;
    let commit = sandbox.commit("ezra", DOOR, TOPIC, &[("oil.md", "less")], "Less").unwrap();
    sandbox.set_status("ci", DOOR, &commit, ("ci/test", "failure")).unwrap();
    hands_in(&stage, &commit).await;
    assert_eq!(stage.kind(job).await, StateKind::BackingOff);
    sandbox.merge("anna", DOOR, pull).unwrap();
    counts_as_merged(stage, job).await;
}

/// What ezra proved by what `who` merged of it: how much of that its trial counts, and all that tells
/// how well it fits; and how many issues people are counted to have had merged.
async fn proved_by_a_merge_of(who: &str) -> (u32, AgentRecords, u64) {
    let stage = live(|_| {}, |config| config).await;
    let (job, pull) = delivered(&stage).await;
    stage.app.sandbox.merge(who, DOOR, pull).unwrap();
    stage.pass(MINUTE * 10, SECOND * 30).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Merged));
    assert!(!stage.app.sandbox.is_open(DOOR, 1).unwrap());
    let trials = stage.app.timmy.read(automatic::trials).await;
    let merged = trials.get("ezra").map_or(0, |there| there.values().map(|one| one.merged).sum());
    let now = stage.app.clock.now();
    let records = stage.app.timmy.read(move |conn| jobs::outcomes(conn, now)).await;
    let touches = stage.app.timmy.read(move |conn| jobs::touches(conn, now.before(HOUR))).await;
    stage.end().await;
    (merged, records, touches.merged)
}

#[tokio::test]
async fn what_an_agents_account_merges_proves_nothing() {
    let (merged, records, of_people) = proved_by_a_merge_of("anna").await;
    assert_eq!((merged, of_people), (1, 1));
    assert_ne!(records, AgentRecords::default());
    assert_eq!(proved_by_a_merge_of("ezra").await, (0, AgentRecords::default(), 0));
    assert_eq!(proved_by_a_merge_of("bezalel").await, (0, AgentRecords::default(), 0));
}

/// Where agents merged something by themselves, as far as that is wrong by now.
async fn merged_into(stage: &Stage) -> Vec<(String, Option<String>)> {
    let open = stage.app.timmy.read(incidents::all).await;
    let open = open.into_iter().filter_map(|open| match open.incident {
        Incident::MergedByAgent { agent, branch, .. } => Some((agent, branch)),
        _ => None,
    });
    open.collect()
}

#[tokio::test]
async fn what_an_agent_merged_into_another_branch_is_over_once_it_may_not_do_that_any_more() {
    let shut = || {
        let only = Some(vec!["alexander".to_owned()]);
        BranchRule { pushers: only.clone(), mergers: only, ..BranchRule::default() }
    };
    let file = NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    let furnish = |sandbox: &Sandbox| {
        let token = sandbox.add_token("bezalel", Scopes::all()).unwrap();
        write!(file.as_file(), "{token}").unwrap();
        sandbox.protect(DOOR, "main", &shut()).unwrap();
    };
    let stage = live(furnish, |config| config.its("token_file", path)).await;
    let sandbox = &stage.app.sandbox;
    sandbox.commit("anna", DOOR, "release", &[("notes.md", "1.0")], "Release it").unwrap();
    sandbox.commit("anna", DOOR, TOPIC, &[("oil.md", "oil")], "Oil it").unwrap();
    let (texts, branches) = (("Oil it", ""), (Some("release"), TOPIC));
    let pull = sandbox.open_pull_into("anna", DOOR, texts, branches).unwrap();
    stage.pass(MINUTE * 3, MINUTE).await;
    let job = adopted(&stage, pull, TOPIC).await;
    let commit = sandbox.commit("ezra", DOOR, TOPIC, &[("oil.md", "less")], "Less").unwrap();
    hands_in(&stage, &commit).await;
    sandbox.merge("bezalel", DOOR, pull).unwrap();
    stage.pass(MINUTE * 15, MINUTE).await;
    assert_eq!(stage.job(job).await.state, State::Done(Done::Merged));
    let noted = [("bezalel".to_owned(), Some("release".to_owned()))];
    assert_eq!(merged_into(&stage).await, noted, "that the default branch is shut says nothing");
    sandbox.protect(DOOR, "release", &shut()).unwrap();
    stage.pass(MINUTE * 5, MINUTE).await;
    assert_eq!(merged_into(&stage).await, []);
    stage.end().await;
}

#[tokio::test]
async fn what_nobody_had_to_accept_proves_something_once_it_is_merged() {
    for is_merged in [true, false] {
        let stage = live(|_| {}, |config| config).await;
        let (job, pull) = delivered(&stage).await;
        assert_eq!(stage.job(job).await.state, State::Done(Done::Verified));
        let proved = async || {
            let now = stage.app.clock.now();
            let read = move |conn: &Connection| {
                let ended = jobs::results(conn, now.before(HOUR))?;
                let ended: Vec<bool> = ended.into_iter().map(|ended| ended.is_merged).collect();
                Ok((jobs::outcomes(conn, now)? != AgentRecords::default(), ended))
            };
            stage.app.timmy.read(read).await
        };
        assert_eq!(proved().await, (false, vec![false]), "it waits to be merged");
        match is_merged {
            true => stage.app.sandbox.merge("anna", DOOR, pull).unwrap(),
            false => stage.app.sandbox.set_open("anna", DOOR, pull, false).unwrap(),
        }
        stage.pass(MINUTE * 15, MINUTE).await;
        // What was not wanted is paid for all the same.
        assert_eq!(proved().await, (is_merged, vec![is_merged]));
        stage.end().await;
    }
}
