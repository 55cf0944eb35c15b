//! A model whose server says that the quota is used up.

use timmy::core::jobs::StateKind;
use timmy::sandbox::gateway::RunEnd;

use super::stage::{Stage, stage};
use crate::support::clock::{HOUR, MINUTE};
use crate::support::forge::DOOR;

const WRITE: &str = r#"[[call:write {"path":"oil.md","content":"A drop a month."}]]"#;
const FINISH: &str = r#"[[call:finish {"outcome":"pull_request","summary":"Oiled."}]]"#;

async fn asked(stage: &Stage) -> usize {
    stage.model.asked().len()
}

#[tokio::test]
async fn a_job_waits_until_its_headers_say_and_goes_on_by_itself() {
    let stage = stage(async |_, _| RunEnd::Completed(String::new())).await;
    let text = ["[[status:429]]", WRITE, FINISH].concat();
    stage.app.sandbox.edit_issue("alexander", DOOR, 1, &text).unwrap();
    stage.quiet().await;
    stage.model.tells("retry-after", "");
    stage.model.tells("x-ratelimit-remaining-requests", "0");
    stage.model.tells("x-ratelimit-reset-requests", "2h0m0s");
    let job = stage.assigns("gabriel").await;
    stage.model_ends(job).await;
    assert_eq!(stage.kind(job).await, StateKind::Waiting);
    assert_eq!(stage.job(job).await.past.spent(), 0);
    let noted = stage.app.timmy.noted().await;
    assert!(noted.contains("the quota of agent gabriel is used up"), "{noted}");
    let before = asked(&stage).await;
    stage.pass(HOUR, 10 * MINUTE).await;
    assert_eq!(asked(&stage).await, before, "nobody asks it meanwhile");
    stage.model.tells("x-ratelimit-remaining-requests", "10");
    stage.pass(HOUR + 2 * MINUTE, 10 * MINUTE).await;
    stage.model_ends(job).await;
    assert_eq!(stage.kind(job).await, StateKind::Done, "{}", stage.last_said());
    stage.pass(2 * MINUTE, MINUTE).await;
    assert!(!stage.app.timmy.noted().await.contains("quota"));
    stage.end().await;
}
