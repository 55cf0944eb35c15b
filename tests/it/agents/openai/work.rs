//! What a model does with its tools, and what it leaves.

use serde_json::json;
use timmy::agents::{Agent, AgentTask, Sighting, Speaker};
use timmy::core::jobs::Purpose;
use timmy::core::jobs::money::Usage;
use timmy::gitea::{Error, FileChange};

use super::stage::{KEY, MENDS, Stage, result, task};
use crate::support::repository::BASE;

#[tokio::test]
async fn what_it_wrote_becomes_one_commit_and_a_pull_request() {
    let stage = Stage::new().await;
    let handle = stage.start(MENDS).await;
    let end = stage.end(&handle).await;
    let commit = format!("{:040x}", 1);
    assert_eq!(
        result(&end),
        json!({ "outcome": "pull_request", "pull": 12, "commit": commit, "summary": "It is silent now, see #3." })
    );
    let Sighting::Ended(ending) = end else { panic!() };
    assert!(ending.usage.tokens.is_some_and(|tokens| tokens.input > 0 && tokens.output > 0));

    let message =
        "Mend the hinge\n\nIt is silent now, see #\u{200B}3.\n\nTimmy-Attempt: ledger/j42/7\n";
    assert_eq!(stage.repository.heads(), [("timmy/41-j42".to_owned(), message.to_owned())]);
    let state = stage.repository.state.lock().unwrap();
    let [FileChange::Update { path, content, sha }] = state.changes.as_slice() else {
        panic!("{:?}", state.changes);
    };
    assert_eq!((path.as_str(), sha.as_str()), ("src/hinge.rs", "sha of src/hinge.rs"));
    assert_eq!(content, b"fn turn() {}\n");
    let pull = &state.pulls[0];
    assert_eq!((pull.title.as_str(), pull.base.as_str()), ("Mend the hinge", "main"));
    assert_eq!(pull.body, "For #41.\n\nIt is silent now, see #\u{200B}3.\n");
}

#[tokio::test]
async fn the_server_is_asked_for_a_stream_with_usage_and_the_key_goes_in_a_header_alone() {
    let stage = Stage::new().await;
    stage.model.wants(KEY);
    stage.end_of(MENDS).await;
    for asked in stage.model.asked() {
        assert_eq!(asked.path, "/v1/chat/completions");
        assert_eq!(asked.authorization.as_deref(), Some(format!("Bearer {KEY}").as_str()));
        assert_eq!(asked.body["stream"], true);
        assert_eq!(asked.body["stream_options"]["include_usage"], true);
        assert_eq!(asked.body["tools"].as_array().unwrap().len(), 6);
        assert!(!asked.body.to_string().contains(KEY));
    }
}

#[tokio::test]
async fn calls_with_one_id_have_results_of_their_own() {
    let stage = Stage::new().await;
    let prompt = concat!(
        r#"[[ids:same]][[call:read {"path":"README.md"}]][[also:read {"path":"src/hinge.rs"}]]"#,
        r#"[[call:finish {"outcome":"no_change","files":["README.md"],"summary":"Nothing squeaks."}]]"#,
    );
    let end = stage.end_of(prompt).await;
    assert_eq!(
        result(&end),
        json!({ "outcome": "no_change", "files": ["README.md"], "summary": "Nothing squeaks." })
    );
    let results = stage.results();
    assert!(results[0].contains("# Door") && results[1].contains("squeak"), "{results:?}");
}

#[tokio::test]
async fn nine_equal_calls_of_one_answer_run_once() {
    let stage = Stage::new().await;
    let prompt = concat!(
        r#"[[call x9:read {"path":"README.md"}]]"#,
        r#"[[call:finish {"outcome":"blocked","summary":"Which door?"}]]"#,
    );
    assert_eq!(result(&stage.end_of(prompt).await)["outcome"], "blocked");
    assert_eq!(stage.results().len(), 9);
    assert_eq!(stage.repository.state.lock().unwrap().reads, 1);
}

#[tokio::test]
async fn two_ends_in_one_answer_are_one() {
    let stage = Stage::new().await;
    let prompt = concat!(
        r#"[[call:finish {"outcome":"blocked","summary":"First."}]]"#,
        r#"[[also:finish {"outcome":"no_change","pull":7,"summary":"Second."}]]"#,
    );
    assert_eq!(result(&stage.end_of(prompt).await)["summary"], "First.");
}

#[tokio::test]
async fn a_claim_of_a_change_without_one_goes_back() {
    let stage = Stage::new().await;
    let prompt = concat!(
        r#"[[call:finish {"outcome":"pull_request","summary":"All done!"}]]"#,
        r#"[[call:finish {"outcome":"no_change","pull":7,"summary":"It was done before."}]]"#,
    );
    assert_eq!(result(&stage.end_of(prompt).await)["outcome"], "no_change");
    assert!(stage.results()[0].starts_with("You have written nothing."));
    assert!(stage.repository.heads().is_empty());
}

#[tokio::test]
async fn a_repair_goes_on_top_of_the_branch_and_opens_nothing() {
    let stage = Stage::new().await;
    let base = BASE.parse().unwrap();
    stage.repository.state.lock().unwrap().branches.insert("timmy/41-j42".into(), base);
    let repair = AgentTask { purpose: Purpose::Repair, pull: Some(43), ..task(MENDS) };
    let handle = stage.started(&stage.agent.prepare(&repair)).await;
    assert_eq!(result(&stage.end(&handle).await)["pull"], 43);
    assert!(stage.repository.state.lock().unwrap().pulls.is_empty());
}

#[tokio::test]
async fn whoever_looks_has_a_text_for_a_result_and_writes_nothing() {
    let stage = Stage::new().await;
    let prompt = concat!(
        r#"[[call:write {"path":"x","content":"x"}]]"#,
        r#"[[call:finish {"outcome":"comment","summary":"It is the hinge."}]]"#,
    );
    let research = AgentTask { purpose: Purpose::Research, ..task(prompt) };
    let handle = stage.started(&stage.agent.prepare(&research)).await;
    let end = stage.end(&handle).await;
    assert_eq!(result(&end), json!({ "outcome": "comment", "summary": "It is the hinge." }));
    assert!(stage.results()[0].starts_with("There is no tool of this name."));
}

#[tokio::test]
async fn a_write_of_unknown_outcome_is_looked_for_before_it_is_repeated() {
    for (is_done, error) in [(true, Error::Timeout), (false, Error::Dropped("reset".into()))] {
        let stage = Stage::new().await;
        // The last one to be put there fails first.
        stage.repository.fails(error.clone(), is_done);
        stage.repository.fails(error, is_done);
        assert_eq!(result(&stage.end_of(MENDS).await)["pull"], 12);
        let state = stage.repository.state.lock().unwrap();
        assert_eq!((state.messages.len(), state.pulls.len()), (1, 1));
    }
}

#[tokio::test]
async fn what_the_forge_does_not_take_is_no_success() {
    let stage = Stage::new().await;
    let message = "sha does not match".to_owned();
    stage.repository.fails(Error::Unprocessable { status: 422, message }, false);
    let end = stage.end_of(MENDS).await;
    assert!(
        matches!(&end, Sighting::Failed { reason, .. } if reason.contains("sha does not match")),
        "{end:?}"
    );

    let other = Stage::new().await;
    let somebodys = "0".repeat(40).parse().unwrap();
    other.repository.state.lock().unwrap().branches.insert("timmy/41-j42".into(), somebodys);
    let end = other.end_of(MENDS).await;
    assert!(
        matches!(&end, Sighting::Failed { reason, .. } if reason.contains("something else")),
        "{end:?}"
    );
}

#[tokio::test]
async fn usage_that_is_not_told_is_unknown() {
    for mark in ["[[usage:none]]", "[[usage:zero]]"] {
        let stage = Stage::new().await;
        let Sighting::Ended(ending) = stage.end_of(&format!("{mark}{MENDS}")).await else {
            panic!()
        };
        assert_eq!(ending.usage, Usage::NONE, "{mark}");
    }
}

#[tokio::test]
async fn the_transcript_holds_all_of_it_and_no_secret() {
    let stage = Stage::new().await;
    let prompt = format!("[[say:The key is correct horse battery, or {KEY}.]]{MENDS}");
    let handle = stage.start(&prompt).await;
    stage.end(&handle).await;
    let asked = stage.said(&handle, Speaker::Asked).await.concat();
    let said = stage.said(&handle, Speaker::Agent).await.concat();
    assert!(said.contains("The key is [secret], or [secret]."), "{said}");
    assert!(!asked.contains(KEY) && !asked.contains("correct horse"));
    let calls = stage.said(&handle, Speaker::ToolCall).await;
    assert!(calls[0].starts_with("read ") && calls[1].starts_with("write "), "{calls:?}");
    assert!(stage.said(&handle, Speaker::ToolResult).await[0].contains("squeak"));
}
