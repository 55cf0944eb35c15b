//! An agent that was not seen to ask before it does something dangerous gets no work in which that may
//! come up, unless a person says that it may.

use insta::assert_snapshot;
use timmy::agents::{Asking, Sighting};
use timmy::core::jobs::StateKind;
use timmy::core::scheduling::{Match, Rejection};
use timmy::store::jobs;

use super::decisions::{questions, said, says};
use super::scripted::{Scripted, working};
use super::stage::{Stage, live};
use crate::support::clock::MINUTE;
use crate::support::forge::DOOR;

/// The first issue names what is protected. Nobody wants to be asked about that, and these agents
/// were not seen to ask.
async fn unseen(which: impl Fn(&Stage) -> Vec<&Scripted>) -> Stage {
    let stage = live(
        |sandbox| {
            let text = "The agents read `AGENTS.md`: say it there.";
            sandbox.edit_issue("alexander", DOOR, 1, text).unwrap();
        },
        |config| config.with("dispatch.ask", ["over 99usd"]),
    )
    .await;
    for agent in which(&stage) {
        begins_anew(agent);
    }
    stage.pass(2 * MINUTE, MINUTE).await;
    stage
}

/// The gateway of an agent is started again: nobody has seen that one ask.
fn begins_anew(agent: &Scripted) {
    let mut script = agent.script();
    script.asking = Asking::NotSeen;
    script.process += 1;
}

/// What is answered to alexander in the first issue.
async fn answer(stage: &Stage, text: &str) -> String {
    let before = said(stage).len();
    stage.app.sandbox.comment("alexander", DOOR, 1, text).unwrap();
    stage.pass(2 * MINUTE, MINUTE).await;
    plain(&said(stage)[before].1)
}

/// What of it people read.
fn plain(text: &str) -> String {
    text.split("\n\n<!-- timmy").next().unwrap().to_owned()
}

async fn choice(stage: &Stage) -> Match {
    let judged = stage.app.timmy.engine().ranking().await.unwrap();
    let found = judged.choices().iter().find(|choice| choice.thread.number == 1);
    found.expect("it is ready").clone()
}

#[tokio::test]
async fn a_person_is_asked_about_an_agent_that_they_name() {
    let stage = unseen(|stage| vec![&stage.ezra]).await;
    let card = answer(&stage, "/timmy assign ezra").await;
    assert!(
        card.starts_with("**Waiting for a person: it does not begin without a yes**"),
        "{card}"
    );
    let asked = questions(&stage);
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_snapshot!(plain(&asked[0]), @"
    ### May `ezra` begin?

    @alexander, `ezra` would take this. I ask first:

    - `ezra` was not seen to ask before it does something dangerous: what it does here, it may do unasked.

    Reply with one of these lines:

    ```
    /timmy approve d1
    /timmy reject d1 why
    ```

    **approve** covers this text, `ezra` and at most 2.00 USD in all; an edit of the issue voids this question. Without an answer by **Mon 30 Nov, 13:03 UTC** nothing starts.
    ");
    assert!(stage.ezra.script().sent.is_empty());
    says(&stage, "/timmy approve d1").await;
    assert_eq!(stage.ezra.script().sent.len(), 1);
    assert_eq!(questions(&stage).len(), 1);
    stage.end().await;
}

#[tokio::test]
async fn whoever_asks_gets_it_first() {
    // It would be the first one otherwise.
    let stage = unseen(|stage| vec![&stage.bezalel]).await;
    let lack = choice(&stage).await.others.into_iter().find(|lost| lost.agent == "bezalel");
    assert_eq!(lack.map(|lost| lost.lack), Some(Rejection::CannotAsk));
    let job = stage.assign(1, None).await;
    let attempts = stage.attempts(job).await;
    assert_eq!((attempts.len(), attempts[0].agent.as_str()), (1, "ezra"));
    let other = stage.assign(2, None).await;
    assert_eq!(stage.attempts(other).await[0].agent, "bezalel", "nothing dangerous is in it");
    assert_eq!(questions(&stage).len(), 0);
    stage.end().await;
}

#[tokio::test]
async fn a_person_who_wants_it_is_asked_where_nobody_asks() {
    let stage = unseen(|stage| vec![&stage.ezra, &stage.bezalel]).await;
    let job = stage.assign(1, None).await;
    stage.pass(2 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Waiting);
    let asked = questions(&stage);
    assert!(asked[0].starts_with("### May `bezalel` begin?"), "{asked:?}");
    stage.end().await;
}

#[tokio::test]
async fn by_itself_none_of_them_begins() {
    let stage = unseen(|stage| vec![&stage.ezra, &stage.bezalel]).await;
    assert_eq!(choice(&stage).await.winner, None);
    assert_snapshot!(answer(&stage, "/timmy why").await.lines().next().unwrap(), @"**This is 1st of 1.** It scores **4.0**: nothing says when it is done. The next agent that fits: `bezalel` (was not seen to ask before it does something dangerous). After `/timmy assign bezalel` I ask first whether it may.");
    let job = stage.start_by_itself(1).await;
    stage.pass(5 * MINUTE, MINUTE).await;
    assert_eq!(stage.kind(job).await, StateKind::Queued);
    assert_eq!(questions(&stage).len(), 0);
    let waits_for = stage.app.timmy.read(move |conn| jobs::waits_for(conn, job)).await;
    let waits_for = waits_for.unwrap();
    let way_out = "/timmy retry agent=ezra asks a person whether it may";
    assert!(waits_for.contains(way_out), "{waits_for}");
    stage.app.sandbox.comment("alexander", DOOR, 1, "/timmy retry agent=ezra").unwrap();
    stage.pass(3 * MINUTE, MINUTE).await;
    assert!(questions(&stage)[0].starts_with("### May `ezra` begin?"));
    stage.end().await;
}

#[tokio::test]
async fn an_agent_that_asked_once_is_known_to_also_after_a_restart() {
    let mut stage = unseen(|stage| vec![&stage.ezra]).await;
    let lacks = async |stage: &Stage| {
        let others = choice(stage).await.others;
        others.iter().any(|lost| lost.agent == "ezra" && lost.lack == Rejection::CannotAsk)
    };
    assert!(lacks(&stage).await);
    stage.assign(2, Some("ezra")).await;
    stage.ezra.goes(Sighting::Asks { question: Some("rm -rf ./junk".to_owned()), until: None });
    stage.follow().await;
    stage.ezra.goes(working());
    stage.app.timmy.stop().await;
    stage.app.wake().await;
    assert!(!lacks(&stage).await);
    begins_anew(&stage.ezra);
    stage.pass(2 * MINUTE, MINUTE).await;
    assert!(lacks(&stage).await, "it may be set up otherwise now");
    stage.end().await;
}
