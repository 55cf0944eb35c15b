//! How many requests it takes.

use std::collections::BTreeMap;

use timmy::clock::Clock as _;
use timmy::sandbox::Mode;
use timmy::sandbox::backlog::{Backlog, Shape};
use timmy::store::meta;

use crate::backlog::stage::{Via, awake, empty};
use crate::support::app::App;
use crate::support::clock::{HOUR, MINUTE};

/// The organisation `works`, made of a seed, which timmy has just read for the first time.
async fn works(repos: usize, issues: usize) -> (App, Backlog) {
    let mut stage = empty().await;
    let shape = Shape { repos, issues, seed: 7, now: stage.clock.now() };
    let backlog = Backlog::of(shape);
    stage.sandbox.fill("works", &backlog).unwrap();
    for repo in &backlog.repos {
        stage.sandbox.collaborator(&format!("works/{}", repo.name), "timmy", Mode::Write).unwrap();
    }
    stage.timmy.config.set("gitea.watch", ["works"]);
    stage.clock.advance(HOUR);
    stage.wake().await;
    (stage, backlog)
}

#[tokio::test]
async fn ten_thousand_issues_cost_a_request_for_fifty_and_the_best_of_them_two_hundred() {
    let (stage, backlog) = works(100, 10_000).await;
    let asked: Vec<String> = stage.sandbox.requests().into_iter().map(|asked| asked.path).collect();
    let count = |piece: &str| asked.iter().filter(|path| path.contains(piece)).count();
    assert_eq!(
        count("/issues/search?owner=works&state=open"),
        backlog.threads().count().div_ceil(50)
    );
    assert_eq!(count("/dependencies?"), 200);
    // The organisation's number and its repositories; who timmy is; what moved meanwhile.
    let (list, own, moved) = (count("/orgs/works") + count("/repos/search?"), 1, 1);
    assert_eq!(list, 4);
    // Whether the accounts that the configuration names are who they were, and whether this one
    // answered before.
    let named = count("/users/");
    assert_eq!(named, 4);
    // Who may write where the best of those are that somebody's pull request is to close.
    let writers = count("/assignees");
    assert!(writers < 20, "{writers}");
    let all = count("state=open") + count("/dependencies?") + list + own + moved + named + writers;
    assert_eq!(asked.len(), all);

    assert_eq!(stage.facts().await.len(), backlog.issues());
    assert_eq!(stage.asked_during(MINUTE).await.len(), 1);
}

#[tokio::test]
async fn what_moves_costs_its_pages_its_comments_and_what_it_waits_for() {
    let stage = awake(4, 30, Via::Polls).await;
    for n in 1..=4 {
        stage.make_ready(&format!("halls/room-{n}"), 1..=25);
    }
    let asked = stage.asked_during(MINUTE).await;
    let count = |piece: &str| asked.iter().filter(|path| path.contains(piece)).count();
    // Two pages, the first of them twice.
    assert_eq!(count("/issues/search?"), 3);
    assert_eq!((count("/comments?"), count("/dependencies?")), (4, 100));
    assert_eq!(asked.len(), 107, "{asked:#?}");
    assert_eq!(stage.asked_during(MINUTE).await.len(), 7, "a second look at what just moved");
    stage.wait(5 * MINUTE).await;
    assert_eq!(stage.asked_during(MINUTE).await.len(), 1);
}

#[tokio::test]
async fn a_day_later_all_is_read_again() {
    let stage = awake(3, 40, Via::Polls).await;
    for _ in 0..25 {
        stage.wait(HOUR).await;
    }
    let asked: Vec<String> = stage.sandbox.requests().into_iter().map(|asked| asked.path).collect();
    let pages = asked.iter().filter(|path| path.contains("state=open&page=2&")).count();
    assert_eq!(pages, 2);
}

/// The clock was set back by a year.
#[tokio::test]
async fn what_was_done_in_the_future_is_done_again() {
    let stage = awake(1, 1, Via::Polls).await;
    let future = stage.clock.now().after(365 * 24 * HOUR);
    let write = stage.timmy.write(move |tx| {
        meta::set(tx, meta::BACKLOG_COUNTED_AT, &future)?;
        meta::set(tx, meta::SWEPT_AT, &future)
    });
    write.await;
    let asked = stage.asked_during(MINUTE).await;
    let is_asked = |piece: &str| asked.iter().any(|path| path.contains(piece));
    assert!(is_asked("state=open&page=1&limit=1"), "{asked:#?}");
    assert!(is_asked("/comments?since="), "{asked:#?}");
}

/// The forge counted three issues more than it showed, and has mended that.
#[tokio::test]
async fn a_count_that_is_right_again_is_believed_after_one_full_read() {
    let stage = awake(2, 40, Via::Polls).await;
    let more = BTreeMap::from([("halls".to_owned(), 3)]);
    stage.timmy.write(move |tx| meta::set(tx, meta::BACKLOG_SURPLUS, &more)).await;
    for pages in [2, 0, 0] {
        let (counted, read) = (stage.asked_during(HOUR).await, stage.asked_during(MINUTE).await);
        let is_page = |path: &&String| path.contains("state=open") && path.ends_with("limit=50");
        assert_eq!(counted.iter().chain(&read).filter(is_page).count(), pages);
    }
}
