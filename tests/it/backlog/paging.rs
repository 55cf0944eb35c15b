//! A list that is read while it changes: nothing is missed.

use std::collections::HashSet;

use timmy::gitea::IssueList;
use timmy::sandbox::{Fault, Gate, Matcher};

use crate::backlog::stage::{REPO, Via, without_timmy};
use crate::support::clock::HOUR;
use crate::support::forge::client;
use crate::support::random::Random;

/// Between any two pages some issues are closed, deleted, opened, opened again. Whatever was open
/// all the while is read, or the count shows that something is missing.
#[tokio::test]
async fn what_is_open_all_the_while_is_read() {
    let (mut complete, mut noticed) = (0, 0);
    for seed in 1..=25 {
        let stage = without_timmy(1, 230).await;
        let mut random = Random::new(seed);
        for number in 1..=30 {
            stage.sandbox.set_open("anna", REPO, number, false).unwrap();
        }
        let mut lasting: HashSet<i64> = (31..=230).collect();
        let client = client(&stage.sandbox, &stage.timmy.token);
        let mut pages = client.open(&IssueList::Repository(REPO.parse().unwrap()));
        let (mut read, mut total) = (HashSet::new(), None);
        while let Some(page) = pages.next().await.unwrap() {
            read.extend(page.entries.iter().map(|listed| listed.item.number));
            total = page.total;
            for _ in 0..random.below(4) {
                let number = 31 + random.below(200) as i64;
                match random.below(5) {
                    0 | 1 => drop(stage.sandbox.set_open("anna", REPO, number, false)),
                    2 => drop(stage.sandbox.delete_issue("alexander", REPO, number)),
                    3 => drop(stage.sandbox.set_open("anna", REPO, number - 30, true)),
                    _ => drop(stage.sandbox.open_issue("anna", REPO, "More", "")),
                }
                lasting.remove(&number);
            }
        }
        match lasting.iter().all(|number| read.contains(number)) {
            true => complete += 1,
            false => {
                assert_ne!(total, Some(read.len()), "seed {seed}");
                noticed += 1;
            }
        }
    }
    assert!(complete > noticed * 4, "{complete} read all, {noticed} only knew that they did not");
}

/// timmy is in the midst of its first read while one of the first page is closed, and another
/// deleted: two move over the edge of a page.
#[tokio::test]
async fn the_first_read_misses_nothing() {
    for via in [Via::Polls, Via::Webhooks] {
        let mut stage = without_timmy(1, 120).await;
        stage.clock.advance(HOUR);
        let gate = Gate::new();
        let list = Matcher::method_path("GET", "/repos/issues/search");
        stage.sandbox.faults().next(list, Fault::HangAfter(gate.clone()));
        stage.start_with(via).await;
        gate.reached().await;
        stage.sandbox.set_open("anna", REPO, 118, false).unwrap();
        stage.sandbox.delete_issue("alexander", REPO, 119).unwrap();
        gate.open();
        stage.quiet().await;
        assert_eq!(stage.open().await.len(), 118, "{via:?}");
    }
}

/// timmy is stopped in the midst of its first read: the next one is whole.
#[tokio::test]
async fn a_read_that_was_stopped_is_not_taken_for_a_whole_one() {
    let mut stage = without_timmy(1, 120).await;
    stage.clock.advance(HOUR);
    let gate = Gate::new();
    let list = Matcher::method_path("GET", "/repos/issues/search");
    // The first search is for what moved, the next ones are the pages.
    for _ in 0..3 {
        stage.sandbox.faults().next(list.clone(), Fault::HangAfter(gate.clone()));
    }
    stage.timmy.start().await;
    gate.reached().await;
    stage.timmy.stop().await;
    gate.open();
    stage.sandbox.faults().clear();
    stage.sandbox.set_open("anna", REPO, 7, false).unwrap();
    stage.wake().await;
    assert_eq!(stage.open().await.len(), 119);
}

/// Where a repository is read by its own list, and that breaks off, it begins anew.
#[tokio::test]
async fn a_read_that_breaks_off_is_begun_again() {
    let mut stage = without_timmy(1, 120).await;
    stage.timmy.config.set("gitea.watch", ["halls/room-1"]);
    stage.clock.advance(HOUR);
    let list = Matcher::method_path("GET", "/repos/halls/room-1/issues");
    for _ in 0..3 {
        stage.sandbox.faults().next(list.clone(), Fault::BadGateway);
    }
    stage.wake().await;
    stage.wait(2 * HOUR).await;
    assert_eq!(stage.open().await.len(), 120);
}

/// Fifty texts as long as these are more than one answer may bring.
#[tokio::test]
async fn pages_too_large_to_take_are_read_in_pieces() {
    let mut stage = without_timmy(1, 0).await;
    let text = "Sweep. ".repeat(150_000);
    for _ in 0..34 {
        stage.sandbox.open_issue("anna", REPO, "Dust", &text).unwrap();
    }
    stage.clock.advance(HOUR);
    stage.wake().await;
    assert_eq!(stage.open().await.len(), 34);
    let asked = stage.sandbox.requests().into_iter().filter(|asked| asked.path.contains("=open&"));
    let limits: Vec<bool> = asked.map(|asked| asked.path.ends_with("limit=50")).collect();
    assert_eq!(limits, [true, false, false, false, false]);
}
