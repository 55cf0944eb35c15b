//! A model that calls its tools as none should.

use insta::assert_snapshot;
use timmy::core::jobs::StateKind;
use timmy::sandbox::gateway::RunEnd;

use super::stage::{Stage, stage};
use crate::support::forge::DOOR;

/// gabriel is given an issue whose text makes its model answer so.
async fn answers(script: &[&str]) -> Stage {
    let stage = stage(async |_, _| RunEnd::Completed(String::new())).await;
    stage.app.sandbox.edit_issue("alexander", DOOR, 1, &script.concat()).unwrap();
    stage.quiet().await;
    let job = stage.assigns("gabriel").await;
    stage.model_ends(job).await;
    assert_eq!(stage.kind(job).await, StateKind::Done, "{}", stage.last_said());
    stage
}

const WRITE: &str = r#"write {"path":"oil.md","content":"A drop a month."}"#;
const FINISH: &str = r#"[[call:finish {"outcome":"pull_request","summary":"Oiled."}]]"#;

#[tokio::test]
async fn nine_equal_calls_are_one() {
    let stage = answers(&["[[call x9:", WRITE, "]]", FINISH]).await;
    assert_snapshot!(stage.last_said(), @r"
    **Done: \#2 is open for this.** Seen on `COMMIT`; review and merge it.

    <details><summary>What was checked</summary>

    | | guard | found |
    |---|---|---|
    | ✅ | artifact | pull request \#2 from `timmy/1-j1`, head `COMMIT` |
    | ✅ | author | `gabriel` pushed it |
    | ✅ | checks | no check ran, and none is required |
    | ✅ | tests | 0 added, none removed, none skipped |
    | ✅ | 8 more | substance, protected, secrets, size, claims, duplicate, base, late |

    </details>
    ");
    let file = stage.app.sandbox.file(DOOR, "timmy/1-j1", "oil.md").unwrap();
    assert_eq!(file.as_deref(), Some("A drop a month."));
    stage.end().await;
}

#[tokio::test]
async fn calls_with_one_id_are_kept_apart() {
    let other = r#"[[also:write {"path":"grease.md","content":"A dab a year."}]]"#;
    let stage = answers(&["[[ids:same]][[call:", WRITE, "]]", other, FINISH]).await;
    for (path, content) in [("oil.md", "A drop a month."), ("grease.md", "A dab a year.")] {
        let file = stage.app.sandbox.file(DOOR, "timmy/1-j1", path).unwrap();
        assert_eq!(file.as_deref(), Some(content));
    }
    stage.end().await;
}
