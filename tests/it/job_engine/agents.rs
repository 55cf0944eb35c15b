//! The agents themselves: how they are asked, and what is known of them.

use super::stage::awake;
use crate::support::clock::MINUTE;

#[tokio::test]
async fn agents_are_asked_now_and_then_and_it_is_known_how_they_are() {
    let stage = awake().await;
    let agents = stage.app.timmy.engine().agents();
    assert!(agents.values().all(|agent| agent.is_up()));
    let asked = stage.ezra.script().asked;
    stage.pass(MINUTE * 3, MINUTE).await;
    assert!(stage.ezra.script().asked >= asked + 3);
    stage.end().await;
}
