//! The token in its file changes while `timmy serve` runs.

use crate::support::forge::DOOR;
use crate::support::process::until;
use crate::tools::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn a_new_token_in_its_file_needs_no_restart() {
    let stage = Stage::set().await;
    stage.hook("foundation");
    let _serve = stage.serve_and_know().await;
    let old = std::fs::read_to_string(stage.path("token")).unwrap();
    stage.token("write:issue,write:repository,read:organization,read:user");
    stage.sandbox.set_token(&old, None);
    stage.sandbox.open_issue("alexander", DOOR, "The door", "/timmy ping").unwrap();
    until("it answers", async || !stage.sandbox.comments(DOOR, 1).unwrap().is_empty()).await;
}
