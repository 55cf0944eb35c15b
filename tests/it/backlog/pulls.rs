//! Whose pull requests keep an issue back.

use timmy::core::scheduling::LinkedPull;

use crate::backlog::stage::{REPO, Via, awake, without_timmy};
use crate::support::app::App;
use crate::support::clock::{HOUR, MINUTE};

const BOTH: [Via; 2] = [Via::Webhooks, Via::Polls];

/// The pull requests that say they close the first issue, as far as they are by writers.
async fn by_writers(stage: &App) -> Vec<i64> {
    let pulls = stage.first().await.pulls.into_iter();
    pulls.filter(|pull| pull.by_writer).map(|pull: LinkedPull| pull.thread.number).collect()
}

#[tokio::test]
async fn a_strangers_takes_nothing_off_the_backlog() {
    for via in BOTH {
        let stage = awake(2, 60, via).await;
        stage.make_ready(REPO, 1..=60);
        stage.sandbox.add_user("rando");
        let here = (1..=60).map(|n| format!("fixes #{n}\n"));
        let there = (1..=40).map(|n| format!("fixes halls/room-2#{n}\n"));
        let body: String = here.chain(there).collect();
        stage.sandbox.open_pull("rando", REPO, "All of it", &body, "all").unwrap();
        stage.catch_up(via).await;
        stage.wait(MINUTE).await;
        let facts = stage.facts().await;
        let linked: Vec<&LinkedPull> = facts.iter().flat_map(|facts| &facts.pulls).collect();
        assert_eq!(linked.len(), 100, "{via:?}");
        assert!(linked.iter().all(|pull| !pull.by_writer), "{via:?}");
    }
}

#[tokio::test]
async fn a_writers_keeps_its_issue_back() {
    for via in BOTH {
        let stage = awake(1, 1, via).await;
        let theirs = stage.sandbox.open_pull("anna", REPO, "Sweep", "Fixes #1.", "sweep").unwrap();
        stage.catch_up(via).await;
        assert_eq!(by_writers(&stage).await, [theirs], "{via:?}");
        stage.wait(HOUR).await;
        assert_eq!(by_writers(&stage).await, [theirs], "{via:?}");
        stage.sandbox.add_user("rando");
        stage.sandbox.open_pull("rando", REPO, "Dust", "Fixes #1.", "dust").unwrap();
        stage.catch_up(via).await;
        assert_eq!(by_writers(&stage).await, [theirs], "at once, since the writers are known");
    }
}

#[tokio::test]
async fn who_becomes_a_writer_is_one_with_the_next_pull_request() {
    let stage = awake(1, 1, Via::Polls).await;
    stage.sandbox.open_pull("anna", REPO, "Sweep", "Fixes #1.", "sweep").unwrap();
    stage.wait(MINUTE).await;
    stage.sandbox.add_user("walt");
    stage.sandbox.collaborator(REPO, "walt", timmy::sandbox::Mode::Write).unwrap();
    stage.wait(HOUR).await;
    let theirs = stage.sandbox.open_pull("walt", REPO, "Dust", "Fixes #1.", "dust").unwrap();
    stage.wait(2 * MINUTE).await;
    assert!(by_writers(&stage).await.contains(&theirs));
}

#[tokio::test]
async fn a_draft_is_known_for_one() {
    for via in BOTH {
        let stage = awake(1, 1, via).await;
        stage.sandbox.open_pull("anna", REPO, "WIP: Sweep", "Fixes #1.", "sweep").unwrap();
        stage.catch_up(via).await;
        assert!(stage.first().await.pulls[0].is_draft, "{via:?}");
    }
}

#[tokio::test]
async fn writers_are_asked_for_once_a_day_and_only_where_it_matters() {
    let mut stage = without_timmy(3, 5).await;
    for repo in ["halls/room-1", "halls/room-2"] {
        stage.make_ready(repo, 1..=5);
        stage.sandbox.open_pull("anna", repo, "Sweep", "Fixes #1, fixes #2.", "sweep").unwrap();
    }
    stage.clock.advance(HOUR);
    stage.wake().await;
    let asked = |stage: &App| {
        let requests = stage.sandbox.requests().into_iter();
        requests.filter(|request| request.path.ends_with("/assignees")).count()
    };
    assert_eq!(asked(&stage), 2);
    for _ in 0..3 {
        stage.wait(HOUR).await;
    }
    assert_eq!(asked(&stage), 2);
}
