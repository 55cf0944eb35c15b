//! A look while the ledger cannot be read.

use std::time::Duration;

use timmy::page::PageState;

use super::stage::{Beside, page_of};
use crate::job_engine::stage::awake_where;
use crate::support::ledger::occupy;

/// Nobody waits for ever, and nobody who asked keeps those that come later waiting.
#[tokio::test(flavor = "multi_thread")]
async fn it_says_so_and_when_to_ask_again() {
    let stage = awake_where(|config| config.with("web.listen", "127.0.0.1:0")).await;
    let engine = stage.app.timmy.shared_engine();
    let state = PageState::new(engine, "127.0.0.1:8788".parse().unwrap());
    let hasty = Beside::serve(state.with_patience(Duration::from_millis(100))).await;
    let held = occupy(stage.app.timmy.engine().ledger()).await;
    for path in ["/", "/jobs/j1", "/", "/jobs/j1"] {
        let answer = hasty.answer(path).await;
        assert_eq!(answer.status, 503, "{path}: {}", answer.body);
        assert_eq!(answer.header("retry-after").as_deref(), Some("5"), "{path}");
        assert_eq!(answer.body, "The ledger is busy: try again.\n", "{path}");
        assert!(answer.header("content-security-policy").is_some(), "{path}: {}", answer.head);
    }
    let style = hasty.answer("/status.css").await;
    assert_eq!(style.status, 200, "it needs no ledger");
    drop(held);
    page_of(&stage, "/").await;
    stage.end().await;
}
