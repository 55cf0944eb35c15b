//! What is asked before work begins, and what becomes of the answers.

use insta::assert_snapshot;
use timmy::core::jobs::{CancelReason, Cancelled, JobId, State, StateKind};
use timmy::store::decisions;

use super::decisions::{questions, said, says};
use super::stage::{Stage, live};
use crate::support::clock::{DAY, HOUR, MINUTE};
use crate::support::forge::DOOR;

/// Each issue costs more than is begun unasked.
async fn asks() -> Stage {
    live(|_| {}, |config| config.with("dispatch.ask", ["over 0.5usd"])).await
}

/// What of it people read.
fn plain(text: &str) -> String {
    text.split("\n\n<!-- timmy").next().unwrap().to_owned()
}

async fn why_cancelled(stage: &Stage, job: JobId) -> CancelReason {
    match stage.job(job).await.state {
        State::Cancelled(Cancelled { reason, .. }) => reason,
        other => panic!("not cancelled: {other:?}"),
    }
}

#[tokio::test]
async fn what_costs_much_is_asked_about_and_begins_with_a_yes() {
    let stage = asks().await;
    let job = stage.assign(1, None).await;
    stage.pass(10 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Waiting);
    assert!(stage.attempts(job).await.is_empty(), "nothing begins before the answer");
    let asked = questions(&stage);
    assert_eq!(asked.len(), 1, "it is asked once: {asked:?}");
    assert_snapshot!(plain(&asked[0]), @"
    ### May `bezalel` begin?

    @alexander, `bezalel` would take this. I ask first:

    - It may come to 0.67 USD, and I ask over 0.50 USD (`dispatch.ask`).

    Reply with one of these lines:

    ```
    /timmy approve d1
    /timmy reject d1 why
    ```

    **approve** covers this text, `bezalel` and at most 2.00 USD in all; an edit of the issue voids this question. Without an answer by **Mon 30 Nov, 13:00 UTC** nothing starts.
    ");
    says(&stage, "/timmy approve d1").await;
    assert_snapshot!(plain(&said(&stage).pop().unwrap().1), @"**`bezalel` begins** as soon as it can, as approved in d1: this issue may cost 2.00 USD in all.");
    let attempts = stage.attempts(job).await;
    assert_eq!((attempts.len(), attempts[0].agent.as_str()), (1, "bezalel"));
    assert_eq!(questions(&stage).len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn with_a_no_nobody_works_on_it_and_it_counts_as_settled() {
    let stage = asks().await;
    let job = stage.assign(1, None).await;
    says(&stage, "/timmy reject d1 not now").await;
    assert_eq!(why_cancelled(&stage, job).await, CancelReason::Declined);
    assert_snapshot!(plain(&said(&stage).pop().unwrap().1), @"**Nobody works on this,** as said in d1. `/timmy retry` takes it up again.");
    let thread = stage.job(job).await.spec.given().unwrap();
    let work = stage.app.timmy.read(move |conn| timmy::store::jobs::work(conn, thread)).await;
    assert!(work.is_settled && !work.is_live);
    assert_eq!(work.fails, 0, "no agent is to blame");
    stage.end().await;
}

#[tokio::test]
async fn what_nobody_answers_in_a_week_is_not_begun() {
    let stage = asks().await;
    let job = stage.assign(1, None).await;
    stage.pass(6 * DAY, 12 * HOUR).await;
    assert_eq!(stage.kind(job).await, StateKind::Waiting);
    stage.pass(DAY + HOUR, HOUR).await;
    assert_eq!(why_cancelled(&stage, job).await, CancelReason::NotAllowed);
    assert_snapshot!(plain(&said(&stage).pop().unwrap().1), @"**Not begun:** nobody said in time that it may. `/timmy retry` asks again.");
    says(&stage, "/timmy approve d1").await;
    let answer = plain(&said(&stage).pop().unwrap().1);
    assert_eq!(answer, "**Not done.** d1 was not answered in time, and is over.");
    assert!(stage.attempts(job).await.is_empty());
    stage.end().await;
}

#[tokio::test]
async fn an_edit_of_the_issue_voids_the_question_and_it_is_asked_anew() {
    let stage = asks().await;
    let job = stage.assign(1, None).await;
    stage.pass(2 * MINUTE, MINUTE).await;
    stage.app.sandbox.edit_issue("alexander", DOOR, 1, "Paint it, too.").unwrap();
    stage.pass(5 * MINUTE, MINUTE).await;
    let all = said(&stage);
    assert!(
        all.iter().any(|(_, body)| body.starts_with("**d1 is void,** since the issue was edited.")),
        "{all:?}"
    );
    let asked = questions(&stage);
    assert_eq!(asked.len(), 2, "{asked:?}");
    says(&stage, "/timmy approve d2").await;
    assert_eq!(stage.attempts(job).await.len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn another_agent_is_another_question() {
    let stage = asks().await;
    let job = stage.assign(1, None).await;
    stage.app.sandbox.comment("alexander", DOOR, 1, "/timmy retry agent=ezra").unwrap();
    stage.pass(3 * MINUTE, MINUTE).await;
    let all = said(&stage);
    let void = "**d1 is void,** since another agent is to do it.";
    assert!(all.iter().any(|(_, body)| body.starts_with(void)), "{all:?}");
    let asked = questions(&stage);
    assert!(asked[1].contains("May `ezra` begin?"), "{asked:?}");
    says(&stage, "/timmy approve d2").await;
    assert_eq!(stage.attempts(job).await[0].agent, "ezra");
    stage.end().await;
}

#[tokio::test]
async fn an_issue_that_names_what_is_protected_is_asked_about() {
    let stage = live(
        |sandbox| {
            let text = "The agents read `AGENTS.md` and .gitea/workflows/ci.yml: say it there.";
            sandbox.open_issue("alexander", DOOR, "Say it", text).unwrap();
        },
        |config| config.with("dispatch.ask", ["protected"]),
    )
    .await;
    let other = stage.assign(1, None).await;
    let job = stage.assign(9, None).await;
    stage.pass(2 * MINUTE, MINUTE).await;
    assert_ne!(stage.kind(other).await, StateKind::Waiting);
    assert_eq!(stage.kind(job).await, StateKind::Waiting);
    let asked = stage.app.sandbox.comments(DOOR, 9).unwrap().pop().unwrap().body;
    let why = "- It names `AGENTS.md`, `.gitea/workflows/ci.yml`, which are protected.";
    assert!(asked.contains(why), "{asked}");
    stage.end().await;
}

#[tokio::test]
async fn a_spent_budget_of_an_issue_pauses_it_and_a_yes_gives_one_more() {
    let stage =
        live(|_| {}, |config| config.with("budget.issue", "1usd").with("dispatch.attempts", 1))
            .await;
    let first = stage.assign(1, Some("ezra")).await;
    stage.follow().await;
    stage.cancel(first).await;
    stage.pass(5 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(first).await, StateKind::Cancelled);
    let second = stage.assign(1, Some("ezra")).await;
    stage.pass(2 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(second).await, StateKind::Waiting);
    assert_snapshot!(plain(&questions(&stage)[0]), @"
    ### 1.00 USD more for this?

    @alexander, `ezra` would take this. I ask first:

    - The budget of this issue is 1.00 USD, of which 1.00 USD is spent or set aside, and an attempt may take 1.00 USD.

    Reply with one of these lines:

    ```
    /timmy approve d1
    /timmy reject d1 why
    ```

    **approve** covers this text, `ezra` and at most 2.00 USD in all; an edit of the issue voids this question. Without an answer by **Mon 30 Nov, 13:05 UTC** nothing starts.
    ");
    says(&stage, "/timmy approve d1").await;
    assert_snapshot!(plain(&said(&stage).pop().unwrap().1), @"**`ezra` begins** as soon as it can, as approved in d1: this issue may cost 2.00 USD in all.");
    assert_eq!(stage.attempts(second).await.len(), 1);
    stage.cancel(second).await;
    stage.pass(5 * MINUTE, MINUTE).await;
    let third = stage.assign(1, Some("ezra")).await;
    stage.pass(2 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(third).await, StateKind::Waiting, "a yes is for one more, once");
    let open = stage.app.timmy.read(decisions::open).await;
    assert_eq!(open.len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn the_owner_lets_an_issue_cost_more_until_its_job_ends() {
    let stage =
        live(|_| {}, |config| config.with("budget.issue", "1usd").with("dispatch.attempts", 1))
            .await;
    let first = stage.assign(1, Some("ezra")).await;
    stage.follow().await;
    stage.cancel(first).await;
    stage.pass(5 * MINUTE, MINUTE).await;
    let second = stage.assign(1, Some("ezra")).await;
    stage.pass(2 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(second).await, StateKind::Waiting);
    says(&stage, "/timmy budget 1usd").await;
    assert_snapshot!(plain(&said(&stage).pop().unwrap().1), @"**Not done.** This may cost 1.00 USD already, and I only raise that: `budget.issue` in my configuration says what any issue may cost.");
    assert_eq!(stage.kind(second).await, StateKind::Waiting);
    says(&stage, "/timmy budget 3usd scope=issue").await;
    assert_snapshot!(plain(&said(&stage).pop().unwrap().1), @"**This may cost 3.00 USD until j2 ends.** What was asked about it is void, and asked again only if it has to be.");
    assert_eq!(stage.attempts(second).await.len(), 1, "it begins without another yes");
    assert!(stage.app.timmy.read(decisions::open).await.is_empty());
    says(&stage, "/timmy approve d1").await;
    let answer = plain(&said(&stage).pop().unwrap().1);
    assert!(answer.starts_with("**Not done: d1 is void,**"), "{answer}");
    says(&stage, "/timmy budget").await;
    let shown = plain(&said(&stage).pop().unwrap().1);
    assert!(shown.contains("today**, and 2.00 USD of 3.00 USD on this."), "{shown}");
    assert!(shown.contains("| `ezra` | 2.00 USD | 20.00 USD |"), "{shown}");
    assert!(shown.ends_with("`/timmy budget 6usd` lets this cost that much until j2 ends."));
    stage.cancel(second).await;
    stage.pass(5 * MINUTE, MINUTE).await;
    let third = stage.assign(1, Some("ezra")).await;
    stage.pass(2 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(third).await, StateKind::Waiting, "it was for that job");
    stage.end().await;
}
