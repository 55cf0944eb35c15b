//! Models that never end.

use timmy::agents::{FailureKind, Sighting};

use super::stage::Stage;
use crate::support::clock::HOUR;

/// Why an attempt gave up.
fn reason(end: Sighting) -> String {
    match end {
        Sighting::Failed { kind: FailureKind::GaveUp, reason, .. } => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_same_call_for_ever() {
    let stage = Stage::new().await;
    let calls = r#"[[call:read {"path":"README.md"}]]"#.repeat(20);
    let reason = reason(stage.end_of(&calls).await);
    assert_eq!(reason, "it made the same call 9 times in a row (`read`)");
    assert_eq!(stage.model.asked().len(), 9);
}

#[tokio::test]
async fn a_tool_that_is_not_there_for_ever() {
    let stage = Stage::new().await;
    let reason = reason(stage.end_of("[[forever:ls]]").await);
    assert!(reason.contains("There is no tool of this name"), "{reason}");
    assert_eq!(stage.model.asked().len(), 4);
}

#[tokio::test]
async fn prose_for_ever() {
    let stage = Stage::new().await;
    let prose = r#"[[say:<tool_call>{"name":"finish"}</tool_call> I am done!]]"#.repeat(9);
    let reason = reason(stage.end_of(&prose).await);
    assert!(reason.contains("called nothing that could be understood"), "{reason}");
    assert!(stage.repository.heads().is_empty(), "what stands in prose is never run");
}

#[tokio::test]
async fn turns_tokens_and_time() {
    let different: String =
        (1..60).map(|n| format!(r#"[[call:read {{"path":"README.md","from":{n}}}]]"#)).collect();
    let turns = Stage::with(|options| options.max_turns = 5).await;
    assert_eq!(reason(turns.end_of(&different).await), "it did not finish within 5 turns");
    assert_eq!(turns.model.asked().len(), 5);

    let tokens = Stage::with(|options| options.max_tokens = 9_000).await;
    assert_eq!(reason(tokens.end_of(&different).await), "it did not finish within 9000 tokens");

    let time = Stage::new().await;
    let handle = time.start(&format!("[[wait:gate]]{different}")).await;
    time.asked(1).await;
    // Time alone cuts no answer off: who is too late is told before the next turn.
    time.clock.advance(HOUR);
    time.model.open("gate");
    let reason = reason(time.end(&handle).await);
    assert!(reason.contains("did not finish within 60 minutes"), "{reason}");
}

#[tokio::test]
async fn a_call_that_its_server_could_not_read_goes_back_three_times() {
    let refused = "[[refuse:tool_use_failed no call]]";
    let stage = Stage::new().await;
    let finish = r#"[[call:finish {"outcome":"blocked","summary":"x"}]]"#;
    let end = stage.end_of(&format!("{}{finish}", refused.repeat(3))).await;
    assert!(matches!(end, Sighting::Ended(_)), "{end:?}");

    let other = Stage::new().await;
    reason(other.end_of(&format!("{}{finish}", refused.repeat(4))).await);
    assert_eq!(other.model.asked().len(), 4);
}
