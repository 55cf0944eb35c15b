//! What is known of an attempt when it is started twice, and when timmy was restarted.

use timmy::agents::{Agent, AgentTrouble, Sighting, Started, StoredRequest};
use timmy::core::jobs::money::Usage;

use super::stage::{MENDS, Stage, result};

#[tokio::test]
async fn a_request_that_is_sent_twice_starts_one_attempt() {
    let stage = Stage::new().await;
    let request = stage.prepared(&format!("[[wait:gate]]{MENDS}"));
    assert_eq!(request, stage.prepared(&format!("[[wait:gate]]{MENDS}")), "the same each time");
    let handle = stage.started(&request).await;
    assert_eq!(stage.started(&request).await, handle);
    assert_eq!(stage.agent.find(&request).await, Ok(Some(handle.clone())));
    let other = StoredRequest { key: request.key.clone(), ..stage.prepared("another") };
    let refused = stage.agent.start(&other).await.unwrap();
    assert_eq!(refused, Started::Refused(AgentTrouble::Conflict));
    stage.model.open("gate");
    stage.end(&handle).await;
    assert_eq!(stage.model.asked().len(), 3);
    assert_eq!(stage.started(&request).await, handle, "also when it is over");
}

#[tokio::test]
async fn what_was_cut_off_left_nothing() {
    let mut stage = Stage::new().await;
    let request = stage.prepared(&format!("[[wait:never]]{MENDS}"));
    let handle = stage.started(&request).await;
    stage.restart();
    let found = stage.agent.find(&request).await.unwrap().unwrap();
    for handle in [handle, found] {
        let seen = stage.agent.follow(&handle).await;
        assert_eq!(seen, Ok(Sighting::CutOff(Usage::NONE)));
        assert_eq!(stage.agent.transcript(&handle).await, Err(AgentTrouble::NotFound));
        assert_eq!(stage.agent.stop(&handle).await, Ok(()));
    }
}

#[tokio::test]
async fn what_was_handed_in_is_found_on_the_forge() {
    let mut stage = Stage::new().await;
    let handle = stage.start(MENDS).await;
    let before = result(&stage.end(&handle).await);
    stage.restart();
    let after = result(&stage.end(&handle).await);
    assert_eq!((&after["pull"], &after["commit"]), (&before["pull"], &before["commit"]));
}

#[tokio::test]
async fn a_pull_request_that_is_missing_is_opened() {
    let mut stage = Stage::new().await;
    let handle = stage.start(MENDS).await;
    stage.end(&handle).await;
    stage.repository.state.lock().unwrap().pulls.clear();
    stage.restart();
    assert_eq!(result(&stage.end(&handle).await)["pull"], 12);
    let pull = stage.repository.state.lock().unwrap().pulls[0].clone();
    assert_eq!(pull.title, "Mend the hinge");
    assert!(pull.body.contains("It is silent now"), "{}", pull.body);
}

#[tokio::test]
async fn what_somebody_else_pushed_is_not_taken_for_its_work() {
    let mut stage = Stage::new().await;
    let handle = stage.start("[[wait:never]]").await;
    let somebodys = "0".repeat(40).parse().unwrap();
    stage.repository.state.lock().unwrap().branches.insert("timmy/41-j42".into(), somebodys);
    stage.restart();
    assert_eq!(stage.agent.follow(&handle).await, Ok(Sighting::CutOff(Usage::NONE)));
}

#[tokio::test]
async fn a_stored_request_that_cannot_be_read_is_refused() {
    let stage = Stage::new().await;
    let broken = StoredRequest { key: "x".into(), body: "{}".into() };
    let refused = stage.agent.start(&broken).await.unwrap();
    assert!(matches!(refused, Started::Refused(AgentTrouble::BadRequest(_))), "{refused:?}");
}
