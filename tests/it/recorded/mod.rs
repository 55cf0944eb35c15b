//! The sandbox against recordings of real servers: Gitea 1.22.6, 1.25.4 and 1.27.0.
//!
//! Three walks were recorded of each, each a chain of requests, or of git commands, and the webhooks
//! that they caused. Here every request is sent again, in the same order by the same people, and status, headers
//! and the shape of each body must be the recorded ones. `recordings.txt` names every recording
//! there is; what is not replayed stands in `not_replayed`, with the reason. Gitea 1.27.0 was asked to
//! merge a moment too early, and said so; here it says what it would have said later.

mod git_steps;
mod not_replayed;
mod recording;
mod shape;
mod stage;

use std::collections::BTreeSet;

use serde_json::json;
use timmy::core::model::time::Timestamp;
use timmy::sandbox::{Mode, Unit, Version};

use not_replayed::{NOT_REPLAYED, is_excused};
use recording::Walk;
use stage::Stage;

async fn replay_the_first_walk(version: Version) {
    let mut stage = Stage::new(version, "sekrit").await;
    let sandbox = &stage.sandbox;
    sandbox.add_org("foundation", "alexander").unwrap();
    sandbox.add_repo("foundation/config", false).unwrap();
    sandbox.add_repo("foundation/private-notes", true).unwrap();
    for writer in ["timmy", "ezra", "bezalel"] {
        sandbox.collaborator("foundation/config", writer, Mode::Write).unwrap();
    }
    let due = Timestamp::parse("2026-12-24T00:00:00Z");
    sandbox.add_milestone("foundation/config", "v1", due).unwrap();
    stage.replay_all(Walk::First).await;
}

async fn replay_the_second_walk(version: Version) {
    let mut stage = Stage::new(version, "s").await;
    let sandbox = &stage.sandbox;
    sandbox.add_org("lab", "alexander").unwrap();
    let all = [Unit::Code, Unit::Issues, Unit::Pulls].map(|unit| (unit, Mode::Write));
    let makers = sandbox.add_team("lab", "makers", &all, &["timmy", "ezra"]).unwrap();
    let triage = [(Unit::Code, Mode::Read), (Unit::Issues, Mode::Write), (Unit::Pulls, Mode::Read)];
    sandbox.add_team("lab", "triage", &triage, &["bezalel"]).unwrap();
    let public = sandbox.add_repo("lab/pub", false).unwrap();
    sandbox.add_repo("lab/priv", true).unwrap();
    let app = [("app.py", "def add(a, b):\n    return a - b\n")];
    sandbox.commit("alexander", "lab/pub", "main", &app, "Add").unwrap();
    let kept = ("app".to_owned(), "12ee7431b8e0e3e366c904c33ef3dee767b1bc20".to_owned());
    stage.kept_hashes.extend([kept]);
    stage.kept.insert("makers".to_owned(), makers);
    stage.kept.insert("pub".to_owned(), public.0);
    stage.replay_all(Walk::Second).await;
}

async fn replay_the_walk_of_a_job(version: Version) {
    let mut stage = Stage::new(version, "s").await;
    let sandbox = &stage.sandbox;
    sandbox.add_org("jobs", "alexander").unwrap();
    sandbox.add_repo("jobs/work", false).unwrap();
    for writer in ["timmy", "ezra", "bezalel"] {
        sandbox.collaborator("jobs/work", writer, Mode::Write).unwrap();
    }
    stage.replay_all(Walk::Job).await;
}

#[tokio::test]
async fn the_first_walk_of_1_22() {
    replay_the_first_walk(Version::V1_22).await;
}

#[tokio::test]
async fn the_first_walk_of_1_25() {
    replay_the_first_walk(Version::V1_25).await;
}

#[tokio::test]
async fn the_first_walk_of_1_27() {
    replay_the_first_walk(Version::V1_27).await;
}

#[tokio::test]
async fn the_second_walk_of_1_22() {
    replay_the_second_walk(Version::V1_22).await;
}

#[tokio::test]
async fn the_second_walk_of_1_25() {
    replay_the_second_walk(Version::V1_25).await;
}

#[tokio::test]
async fn the_second_walk_of_1_27() {
    replay_the_second_walk(Version::V1_27).await;
}

#[tokio::test]
async fn the_walk_of_a_job_of_1_22() {
    replay_the_walk_of_a_job(Version::V1_22).await;
}

#[tokio::test]
async fn the_walk_of_a_job_of_1_25() {
    replay_the_walk_of_a_job(Version::V1_25).await;
}

#[tokio::test]
async fn the_walk_of_a_job_of_1_27() {
    replay_the_walk_of_a_job(Version::V1_27).await;
}

#[tokio::test]
async fn texts_are_stored_as_they_were_sent() {
    let stage = Stage::new(Version::default(), "s").await;
    stage.sandbox.add_repo("ezra/notes", false).unwrap();
    stage.sandbox.open_issue("ezra", "ezra/notes", "Texts", "").unwrap();
    let texts = [
        "a\r\n/timmy status\r\n".to_owned(),
        "a\0b".to_owned(),
        "\u{202e}/timmy approve".to_owned(),
        "\u{1f44d} :+1: \u{e9}".to_owned(),
        "x".repeat(65_536),
        "y".repeat(1_048_576),
    ];
    for text in &texts {
        let url = format!("{}/api/v1/repos/ezra/notes/issues/1/comments", stage.sandbox.url());
        let request = stage.client.post(url).body(json!({ "body": text }).to_string());
        let token = format!("token {}", stage.tokens["ezra"]);
        let response = request.header("Authorization", token).send().await.unwrap();
        assert_eq!(response.status(), 201);
    }
    let stored = stage.sandbox.comments("ezra/notes", 1).unwrap();
    assert!(stored.iter().map(|said| &said.body).eq(&texts));
}

/// The names of what is replayed of a version.
fn replayed(version: Version) -> BTreeSet<String> {
    let steps = Walk::ALL.into_iter().flat_map(|walk| recording::steps(version, walk));
    let names = steps.flat_map(|step| {
        let webhooks = step.webhooks().iter().map(|webhook| webhook.name.clone());
        let webhooks: Vec<_> = webhooks.collect();
        webhooks.into_iter().chain(step.name().map(str::to_owned))
    });
    names.collect()
}

#[test]
fn every_recording_is_replayed_or_has_a_reason_not_to_be() {
    for (version, expected) in [(Version::V1_22, 333), (Version::V1_25, 337), (Version::V1_27, 342)]
    {
        let (replayed, recordings) = (replayed(version), recording::recordings(version));
        let forgotten =
            recordings.iter().filter(|name| !replayed.contains(**name) && !is_excused(name));
        assert_eq!(forgotten.collect::<Vec<_>>(), [&""; 0], "{version}: forgotten");
        let invented = replayed.iter().filter(|name| !recordings.contains(name.as_str()));
        assert_eq!(invented.collect::<Vec<_>>(), [""; 0], "{version}: replayed, never recorded");
        assert_eq!(replayed.len(), expected, "{version}");
    }
}

#[test]
fn no_excuse_is_left_over() {
    let recordings = recording::recordings(Version::V1_25);
    for start in NOT_REPLAYED.iter().flat_map(|(_, starts)| *starts) {
        assert!(recordings.iter().any(|name| name.starts_with(start)), "{start}");
    }
    let replayed = replayed(Version::V1_25);
    let needless = replayed.iter().filter(|name| is_excused(name));
    assert_eq!(needless.collect::<Vec<_>>(), [""; 0]);
}
