//! What an agent brings, asks and leaves behind.

use std::sync::Arc;

use serde_json::json;
use timmy::agents::{Allowance, FailureKind, Sighting, Speaker};
use timmy::clock::SystemClock;
use timmy::core::jobs::money::{Tokens, Usage};

use super::stage::{MENDED, Stage, does, end, result, said};
use crate::support::clock::{MINUTE, noon};
use crate::support::process::{a_moment, alive};

async fn stage() -> Stage {
    Stage::new(Arc::new(SystemClock)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_edits_becomes_a_pull_request() {
    let stage = stage().await;
    let agent = stage.agent();
    let prompt = json!([["write", "src/hinge.rs", "fn turn() {}\n"], ["say", MENDED]]);
    let handle = stage.start(&*agent, 1, &prompt.to_string()).await;
    let end = end(&*agent, &handle).await;
    let told = result(&end);
    assert_eq!(
        (&told["outcome"], &told["summary"]),
        (&json!("pull_request"), &json!("It is silent now."))
    );
    assert!(told["pull"].as_i64().is_some() && told["commit"].as_str().is_some(), "{told}");
    assert_eq!(stage.file("src/hinge.rs").as_deref(), Some("fn turn() {}\n"));
    let tokens = Some(Tokens { input: 100, output: 10 });
    assert_eq!(agent.usage(&handle).await, Ok(Usage { tokens, micro_usd: None }));
    assert_eq!(said(&*agent, &handle, Speaker::Agent).await, [MENDED]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_allowed_is_denied_where_the_configuration_says_so() {
    let stage = stage().await.with("permissions", ["read"]).with("deny", true);
    let agent = stage.agent();
    let prompt = json!([["ask", "touch made"], ["say", "x"]]);
    let handle = stage.start(&*agent, 1, &prompt.to_string()).await;
    let end = end(&*agent, &handle).await;
    assert!(matches!(end, Sighting::Ended(_)), "{end:?}");
    assert!(!stage.has_branch());
    let notes = said(&*agent, &handle, Speaker::Note).await;
    assert_eq!(notes, ["Denied by the configuration: touch made"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_allowed_by_its_kind_is_never_asked() {
    let stage = stage().await.with("permissions", ["read", "execute"]);
    let prompt = json!([["ask", "echo made > made"], ["say", MENDED]]);
    result(&stage.end_of(&prompt.to_string()).await);
    assert_eq!(stage.file("made").as_deref(), Some("made\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_while_it_waits_or_ends_the_attempt_and_keeps_its_changes() {
    let stage = stage().await.with("permissions", ["read"]);
    let agent = stage.agent();
    let prompt = json!([["write", "begun", "begun\n"], ["ask", "cp begun done"], ["say", MENDED]])
        .to_string();
    let first = stage.start(&*agent, 1, &prompt).await;
    let Sighting::Asks { question: Some(question), .. } = end(&*agent, &first).await else {
        panic!()
    };
    assert_eq!(question, "cp begun done");
    assert!(!agent.waits_for_people());
    agent.stop(&first).await.unwrap();
    let stopped = loop {
        match agent.follow(&first).await.unwrap() {
            Sighting::Asks { .. } | Sighting::Working { .. } => a_moment().await,
            over => break over,
        }
    };
    assert!(matches!(stopped, Sighting::Stopped(_)), "{stopped:?}");
    assert_eq!(agent.allow(&first, &question).await, Ok(Allowance::NotAwaited), "it is over");
    assert!(!stage.has_branch());

    // The answer starts the next attempt, which begins with what there was.
    let prompt = json!([["ask", "cp begun done"], ["say", MENDED]]).to_string();
    let second = stage.start(&*agent, 2, &prompt).await;
    assert!(matches!(end(&*agent, &second).await, Sighting::Asks { .. }));
    assert_eq!(agent.allow(&second, "cp begun elsewhere").await, Ok(Allowance::NotAwaited));
    assert_eq!(agent.allow(&second, &question).await, Ok(Allowance::Taken));
    result(&end(&*agent, &second).await);
    assert_eq!(stage.file("done").as_deref(), Some("begun\n"));
    let notes = said(&*agent, &second, Speaker::Note).await;
    assert!(notes.contains(&"A person allowed this, once.".to_owned()), "{notes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_one_that_is_stopped_in_a_tool_nothing_lives_on() {
    let stage = stage().await;
    let agent = stage.agent();
    let prompt = json!([["hang", "exec sleep 7654321"]]).to_string();
    let handle = stage.start(&*agent, 1, &prompt).await;
    does(&*agent, &handle, "hangs").await;
    while alive("sleep 7654321") == 0 {
        a_moment().await;
    }
    agent.stop(&handle).await.unwrap();
    assert!(matches!(end(&*agent, &handle).await, Sighting::Stopped(_)));
    assert_eq!(alive("sleep 7654321"), 0);
    assert!(!stage.has_branch());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_ignores_the_cancel_and_the_end_of_its_input_is_ended() {
    let clock = noon();
    let stage = Stage::new(Arc::new(clock.clone())).await.commanded("stubborn");
    let agent = stage.agent();
    let prompt = json!([["hang", "exec sleep 7654322"]]).to_string();
    let handle = stage.start(&*agent, 1, &prompt).await;
    does(&*agent, &handle, "hangs").await;
    agent.stop(&handle).await.unwrap();
    let stopped = loop {
        match agent.follow(&handle).await.unwrap() {
            Sighting::Working { .. } => {
                clock.advance(MINUTE / 60);
                a_moment().await;
            }
            over => break over,
        }
    };
    assert!(matches!(stopped, Sighting::Stopped(_)), "{stopped:?}");
    assert_eq!(alive("sleep 7654322"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_that_looks_like_an_answer_is_a_refused_key() {
    let stage = stage().await;
    let prompt = json!([["say", "HTTP 401: invalid x-api-key"]]).to_string();
    let failed = stage.end_of(&prompt).await;
    let Sighting::Failed { kind: FailureKind::BadKey, reason, .. } = failed else {
        panic!("{failed:?}")
    };
    assert_eq!(reason, "HTTP 401: invalid x-api-key");
    assert!(!stage.has_branch());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_ends_in_mid_turn_says_why() {
    let stage = stage().await;
    let failed = stage.end_of(&json!([["exit", 3]]).to_string()).await;
    let Sighting::Failed { kind: FailureKind::GaveUp, reason, .. } = failed else {
        panic!("{failed:?}")
    };
    assert_eq!(reason, "it ended: the model is on fire");
}
