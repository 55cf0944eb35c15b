//! Issues that are closed, edited, moved or deleted while an agent works on them.

use insta::assert_snapshot;
use timmy::core::jobs::StateKind;
use timmy::sandbox::gateway::{AgentRun, Coder, RunEnd};

use super::stage::{Stage, oils, stage, without_chance};
use crate::support::clock::{MINUTE, SECOND};
use crate::support::forge::{CELLAR, DOOR};

/// An agent that never ends by itself.
async fn endless() -> Stage {
    stage(async |_, run: AgentRun| {
        run.begin_tool("make");
        std::future::pending().await
    })
    .await
}

/// An agent that does it well.
async fn works(coder: Coder, run: AgentRun) -> RunEnd {
    RunEnd::Completed(oils(&coder, &run).await.last_words("Oiled."))
}

#[tokio::test]
async fn one_that_is_closed_stops_its_agent() {
    let stage = endless().await;
    let job = stage.assigns("ezra").await;
    stage.app.sandbox.set_open("alexander", DOOR, 1, false).unwrap();
    stage.pass(3 * MINUTE, 10 * SECOND).await;
    assert_eq!(stage.kind(job).await, StateKind::Cancelled);
    assert!(stage.ezra.runs()[0].status.is_over(), "it was stopped");
    assert_snapshot!(stage.card(), @"**Cancelled: the issue is closed or gone**");
    stage.end().await;
}

#[tokio::test]
async fn one_that_is_deleted_stops_its_agent_and_nothing_is_said_in_vain() {
    let stage = endless().await;
    let job = stage.assigns("ezra").await;
    stage.app.sandbox.delete_issue("alexander", DOOR, 1).unwrap();
    stage.pass(3 * MINUTE, 10 * SECOND).await;
    assert_eq!(stage.kind(job).await, StateKind::Cancelled);
    assert!(stage.ezra.runs()[0].status.is_over(), "it was stopped");
    stage.app.sandbox.open_issue("alexander", DOOR, "What of the hinge?", "").unwrap();
    stage.app.sandbox.comment("alexander", DOOR, 2, "/timmy status j1").unwrap();
    stage.quiet().await;
    let told = stage.said_in(2).remove(0);
    // How long it took is a matter of when it was looked at.
    assert!(
        told.starts_with(r"\#1: **Cancelled: the issue is closed or gone** (j1, 1 attempt, "),
        "{told}"
    );
    assert_eq!(stage.app.timmy.noted().await, "");
    stage.end().await;
}

#[tokio::test]
async fn one_that_is_edited_is_told_in_the_outcome_and_the_next_attempt_gets_the_new_text() {
    let stage = stage(async |coder: Coder, run: AgentRun| {
        match run.input().contains("Oil the lock as well.") {
            true => works(coder, run).await,
            false => {
                run.begin_tool("make");
                while run.end_tool("made", false).is_empty() {
                    tokio::task::yield_now().await;
                }
                RunEnd::Completed("timmy-result: {\"outcome\":\"pull_request\"}".to_owned())
            }
        }
    })
    .await;
    let job = stage.assigns("ezra").await;
    let text = "Oil it.\n\nOil the lock as well.";
    stage.app.sandbox.edit_issue("alexander", DOOR, 1, text).unwrap();
    stage.ezra.tell(&stage.ezra.runs()[0].id, "go on");
    stage.ends().await;
    assert_snapshot!(stage.last_said(), @"
    **Not done: `ezra` claims a pull request, and nothing of that is here.** Attempt 2 of 3 starts at HH:MM UTC.

    - There is no branch `timmy/1-j1`, and no pull request from it.
    - This issue was edited after it began: it worked on what stood there before.

    `/timmy cancel` stops here.
    ");
    stage.pass(2 * MINUTE, 30 * SECOND).await;
    stage.ends().await;
    assert_eq!(stage.kind(job).await, StateKind::Done);
    assert!(!stage.last_said().contains("edited"), "{}", stage.last_said());
    stage.end().await;
}

#[tokio::test]
async fn what_was_delivered_for_words_that_changed_is_told() {
    let stage = stage(works).await;
    stage.assigns("bezalel").await;
    stage.bezalel.until(|runs| runs[0].status.is_over()).await;
    stage.app.sandbox.edit_issue("alexander", DOOR, 1, "Do not oil it, grease it.").unwrap();
    stage.ends().await;
    assert_snapshot!(stage.last_said(), @r"
    **Done: \#2 is open for this.** Seen on `COMMIT`; review and merge it.

    <details><summary>What was checked</summary>

    | | guard | found |
    |---|---|---|
    | ✅ | artifact | pull request \#2 from `timmy/1-j1`, head `COMMIT` |
    | ✅ | author | `bezalel` pushed it |
    | ⚠️ | artifact | This issue was edited after it began: it worked on what stood there before. |
    | ✅ | checks | no check ran, and none is required |
    | ✅ | tests | 0 added, none removed, none skipped |
    | ✅ | 8 more | substance, protected, secrets, size, claims, duplicate, base, late |

    </details>
    ");
    stage.end().await;
}

#[tokio::test]
async fn a_repository_that_gets_another_name_changes_nothing() {
    const GATE: &str = "foundation/gate";
    let stage = stage(works).await;
    let job = stage.assigns("ezra").await;
    stage.ezra.until(|runs| runs[0].status.is_over()).await;
    stage.app.sandbox.rename(DOOR, "gate").unwrap();
    stage.ends().await;
    stage.pass(10 * MINUTE, 30 * SECOND).await;
    assert_eq!(stage.kind(job).await, StateKind::Done);
    let said = stage.app.sandbox.comments(GATE, 1).unwrap().pop().unwrap().body;
    assert_snapshot!(without_chance(&said).split("\n\n<details>").next().unwrap(), @r"**Done: \#2 is open for this.** Seen on `COMMIT`; review and merge it.");
    stage.end().await;
}

#[tokio::test]
async fn one_whose_repository_is_given_away_ends() {
    let stage = endless().await;
    let job = stage.assigns("ezra").await;
    stage.app.sandbox.transfer(DOOR, "walt").unwrap();
    stage.pass(70 * MINUTE, 5 * MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Cancelled);
    assert!(stage.ezra.runs()[0].status.is_over(), "it was stopped");
    let card = stage.app.sandbox.comments("walt/door", 1).unwrap().pop().unwrap().body;
    assert_snapshot!(without_chance(&card).split(" · ").next().unwrap(), @"**Cancelled: the issue is closed or gone**");
    stage.end().await;
}

#[tokio::test]
async fn where_an_agent_may_not_read_it_gets_nothing_and_that_is_told() {
    let stage = stage(works).await;
    stage.app.sandbox.open_issue("alexander", CELLAR, "The lamp", "Fill it.").unwrap();
    stage.app.sandbox.comment("alexander", CELLAR, 1, "/timmy assign ezra").unwrap();
    stage.quiet().await;
    stage.pass(5 * MINUTE, MINUTE).await;
    assert!(stage.ezra.runs().is_empty());
    assert_snapshot!(stage.app.timmy.noted().await, @"agent ezra: ezra cannot see foundation/cellar: give that account write access there");
    let said = stage.app.sandbox.comments(CELLAR, 1).unwrap().remove(1).body;
    assert_snapshot!(without_chance(&said).split(" · ").next().unwrap(), @"**The next attempt starts at HH:MM UTC**");
    stage.end().await;
}
