//! How many requests it takes to know that nothing happened, and which repositories are asked.

use timmy::sandbox::Mode;

use crate::conversations::polling::stage::asleep;
use crate::support::app::App;
use crate::support::clock::MINUTE;

/// timmy watches an organisation with so many repositories, each with an issue.
async fn watching(rooms: usize) -> App {
    let mut stage = asleep().await;
    stage.timmy.config.set("gitea.watch", ["halls"]);
    stage.sandbox.add_org("halls", "alexander").unwrap();
    for n in 1..=rooms {
        let name = format!("halls/room-{n}");
        stage.sandbox.add_repo(&name, false).unwrap();
        stage.sandbox.open_issue("rita", &name, "Dust", "Everywhere.").unwrap();
    }
    stage.clock.advance(60 * MINUTE);
    stage.wake().await;
    stage
}

#[tokio::test]
async fn an_idle_minute_costs_one_request_an_owner() {
    for rooms in [1, 10, 100] {
        let stage = watching(rooms).await;
        let asked = stage.asked_during(MINUTE).await;
        assert_eq!(asked.len(), 1, "{asked:#?}");
        assert!(asked[0].starts_with("/api/v1/repos/issues/search?owner=halls&"), "{asked:?}");
    }
}

#[tokio::test]
async fn the_hour_costs_one_more_a_repository_the_list_of_them_and_a_count() {
    let stage = watching(100).await;
    let asked = stage.asked_during(60 * MINUTE).await;
    let with = |piece: &str| asked.iter().filter(|path| path.contains(piece)).count();
    assert_eq!(with("/issues/comments?"), 100);
    // What moved, and how much is open.
    assert_eq!(with("/issues/search?"), 2);
    // Two pages, the first of them twice; and the owner's number.
    assert_eq!((with("/repos/search?"), with("/orgs/halls")), (3, 1));
    // Whether the accounts that the configuration names are still who they were.
    assert_eq!(with("/users/"), 4);
    assert_eq!(asked.len(), 110);
}

#[tokio::test]
async fn a_thread_that_moved_costs_its_repositorys_comments_and_what_it_waits_for() {
    let stage = watching(10).await;
    stage.sandbox.comment("rita", "halls/room-7", 1, "Hm.").unwrap();
    let asked = stage.asked_during(MINUTE).await;
    assert_eq!(asked.len(), 3, "{asked:#?}");
    assert!(asked[1].starts_with("/api/v1/repos/halls/room-7/issues/comments?"), "{asked:?}");
    let waits = "/api/v1/repos/halls/room-7/issues/1/dependencies?";
    assert!(asked[2].starts_with(waits), "{asked:?}");
}

#[tokio::test]
async fn each_owner_is_searched_and_nobody_else() {
    let mut stage = asleep().await;
    stage.timmy.config.set("gitea.watch", ["foundation", "rando/toys"]);
    stage.sandbox.open_issue("rando", "rando/toys", "A ball", "It is red.").unwrap();
    stage.sandbox.add_repo("rando/diary", false).unwrap();
    stage.sandbox.open_issue("rando", "rando/diary", "Monday", "It rained.").unwrap();
    stage.clock.advance(MINUTE);
    stage.wake().await;
    let toys = stage.sandbox.comment("alexander", "rando/toys", 1, "/timmy ping").unwrap();
    stage.sandbox.comment("alexander", "rando/diary", 1, "/timmy ping").unwrap();
    stage.ask("alexander", "/timmy ping").await;
    stage.reply_in("rando/toys", 1, &format!("c{toys}"));
    assert!(stage.replies_in("rando/diary", 1).is_empty());
    stage.wait(5 * MINUTE).await;
    stage.wait(5 * MINUTE).await;
    assert_eq!(stage.asked_during(MINUTE).await.len(), 2);
}

#[tokio::test]
async fn a_star_is_what_the_account_has_a_right_in() {
    let mut stage = asleep().await;
    stage.timmy.config.set("gitea.watch", ["*"]);
    stage.sandbox.add_repo("rando/diary", false).unwrap();
    stage.sandbox.open_issue("rando", "rando/diary", "Monday", "It rained.").unwrap();
    stage.sandbox.open_issue("rando", "rando/toys", "A ball", "It is red.").unwrap();
    stage.clock.advance(MINUTE);
    stage.wake().await;
    let toys = stage.sandbox.comment("alexander", "rando/toys", 1, "/timmy ping").unwrap();
    stage.sandbox.comment("alexander", "rando/diary", 1, "/timmy ping").unwrap();
    stage.wait(MINUTE).await;
    stage.reply_in("rando/toys", 1, &format!("c{toys}"));
    assert!(stage.replies_in("rando/diary", 1).is_empty());

    stage.sandbox.add_repo("rando/cards", false).unwrap();
    stage.sandbox.collaborator("rando/cards", "timmy", Mode::Write).unwrap();
    stage.sandbox.open_issue("rando", "rando/cards", "An ace", "It is missing.").unwrap();
    stage.wait(MINUTE).await;
    let cards = stage.sandbox.comment("alexander", "rando/cards", 1, "/timmy ping").unwrap();
    stage.wait(MINUTE).await;
    stage.reply_in("rando/cards", 1, &format!("c{cards}"));
}
