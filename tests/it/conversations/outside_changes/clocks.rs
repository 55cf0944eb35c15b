//! The forge's clock shows another time than timmy's: nothing is lost, nothing is answered twice.

use timmy::core::model::ids::Subject;
use timmy::core::model::time::Timestamp;
use timmy::sandbox::{DeliveryFault, Fault, Matcher};

use crate::conversations::talk::{Talk, talk_with_clocks};
use crate::support::clock::{HOUR, MINUTE, SETTLE};
use crate::support::forge::DOOR;

#[tokio::test]
async fn the_forge_is_an_hour_ahead() {
    talk_with_clocks(|now: Timestamp| now.after(HOUR), by_all_ways).await;
}

#[tokio::test]
async fn the_forge_is_an_hour_behind() {
    talk_with_clocks(|now: Timestamp| now.before(HOUR), by_all_ways).await;
}

async fn by_all_ways(t: &Talk) {
    t.ask("walt", "/timmy size s").await;
    let found = || {
        t.sandbox.faults().next_delivery(DeliveryFault::Dropped);
        t.says("alexander", "/timmy hold")
    };
    let id = found();
    t.wait(MINUTE).await;
    t.answer_to(DOOR, 1, Subject::Comment(id));

    t.sandbox.faults().next(Matcher::method_path("POST", "/comments"), Fault::CutAfter);
    let lost = t.says("walt", "/timmy unhold");
    t.quiet().await;
    t.wait(SETTLE).await;
    t.answer_to(DOOR, 1, Subject::Comment(lost));

    let opened = t.opens(DOOR, "alexander", "Rust", "/timmy size m").await;
    t.answer_to_opening(DOOR, opened);
    for _ in 0..3 {
        t.wait(HOUR).await;
    }
    let id = found();
    t.wait(MINUTE).await;
    t.answer_to(DOOR, 1, Subject::Comment(id));
    t.wait(HOUR).await;
    t.nothing_unread();
}
