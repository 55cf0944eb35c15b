//! Networks, proxies and tired servers: one comment, one reply, whatever happens to the requests.

use std::time::Duration;

use timmy::core::model::ids::Subject;
use timmy::sandbox::{Fault, Gate, Matcher};

use crate::conversations::talk::{Talk, talk};
use crate::support::clock::SETTLE;
use crate::support::forge::DOOR;

/// The request that posts a reply.
fn post() -> Matcher {
    Matcher::method_path("POST", "/door/issues/1/comments")
}

/// walt asks while the next post goes wrong; the comment's id.
async fn ask_while(t: &Talk, fault: Fault) -> i64 {
    t.sandbox.faults().next(post(), fault);
    let id = t.says("walt", "/timmy ping");
    t.quiet().await;
    id
}

#[tokio::test]
async fn a_500_although_it_was_posted() {
    talk(async |t| {
        let id = ask_while(t, Fault::ErrorAfter).await;
        t.wait(SETTLE).await;
        t.answer_to(DOOR, 1, Subject::Comment(id));
    })
    .await;
}

#[tokio::test]
async fn a_connection_cut_after_it_was_posted() {
    talk(async |t| {
        let id = ask_while(t, Fault::CutAfter).await;
        t.wait(SETTLE).await;
        t.answer_to(DOOR, 1, Subject::Comment(id));
    })
    .await;
}

#[tokio::test]
async fn a_connection_cut_before_it_was_posted() {
    talk(async |t| {
        let id = ask_while(t, Fault::CutBefore).await;
        // It may still land: timmy waits before it looks, and only then posts again.
        t.wait(SETTLE / 2).await;
        assert!(t.sandbox.comments(DOOR, 1).unwrap().iter().all(|c| c.author != "timmy"));
        t.wait(SETTLE / 2).await;
        t.answer_to(DOOR, 1, Subject::Comment(id));
    })
    .await;
}

#[tokio::test]
async fn a_reply_that_lands_later_than_anybody_waits_is_taken_back() {
    talk(async |t| {
        let id = ask_while(t, Fault::CutBefore).await;
        t.wait(SETTLE).await;
        let reply = t.answer_to(DOOR, 1, Subject::Comment(id));
        let late = format!("{reply}\n\n<!-- timmy key=c{id} -->");
        t.sandbox.comment("timmy", DOOR, 1, &late).unwrap();
        t.wait(Duration::from_secs(120)).await;
        t.nothing_unread();
    })
    .await;
}

#[tokio::test]
async fn a_slow_answer_is_waited_for() {
    talk(async |t| {
        let gate = Gate::new();
        t.sandbox.faults().next(post(), Fault::HangAfter(gate.clone()));
        let id = t.says("walt", "/timmy ping");
        gate.reached().await;
        gate.open();
        t.quiet().await;
        t.answer_to(DOOR, 1, Subject::Comment(id));
    })
    .await;
}

#[tokio::test]
async fn somebody_elses_copy_of_a_reply_is_no_reply() {
    talk(async |t| {
        let id = ask_while(t, Fault::CutBefore).await;
        t.says("rando", &format!("Here, I think.\n\n<!-- timmy key=c{id} -->"));
        t.wait(SETTLE).await;
        t.answer_to(DOOR, 1, Subject::Comment(id));
    })
    .await;
}

#[tokio::test]
async fn a_proxy_answers_for_the_forge() {
    talk(async |t| {
        let id = ask_while(t, Fault::BadGateway).await;
        t.wait(SETTLE).await;
        t.answer_to(DOOR, 1, Subject::Comment(id));
    })
    .await;
}

#[tokio::test]
async fn the_forge_asks_for_fewer_requests() {
    talk(async |t| {
        let id = ask_while(t, Fault::TooManyRequests { retry_after: 0 }).await;
        t.wait(SETTLE).await;
        t.answer_to(DOOR, 1, Subject::Comment(id));
    })
    .await;
}

#[tokio::test]
async fn the_forge_is_down_for_a_while() {
    talk(async |t| {
        t.sandbox.faults().down();
        let first = t.says("walt", "/timmy size s");
        let second = t.says("walt", "/timmy size m");
        t.quiet().await;
        t.wait(Duration::from_secs(60)).await;
        t.nothing_unread();
        t.sandbox.faults().up();
        t.wait(Duration::from_secs(600)).await;
        for id in [first, second] {
            t.saw(Subject::Comment(id), "eyes");
        }
        let replies = t.replies();
        assert_eq!(replies, ["Now size **s**.", "Now size **m**, was s."]);
        assert_eq!(t.labels(), ["size/m"]);
    })
    .await;
}

#[tokio::test]
async fn a_claim_whose_answer_was_lost_is_still_a_claim() {
    talk(async |t| {
        let react = Matcher::method_path("POST", "/reactions");
        t.sandbox.faults().next(react, Fault::CutAfter);
        let id = t.says("walt", "/timmy ping");
        t.quiet().await;
        t.wait(SETTLE).await;
        t.answer_to(DOOR, 1, Subject::Comment(id));
    })
    .await;
}

#[tokio::test]
async fn a_label_whose_answer_was_lost_is_one_label() {
    talk(async |t| {
        for fault in [Fault::CutAfter, Fault::ErrorAfter, Fault::BadGateway] {
            t.sandbox.faults().next(Matcher::method_path("POST", "/labels"), fault);
        }
        let id = t.says("walt", "/timmy size s");
        t.quiet().await;
        t.wait(Duration::from_secs(10)).await;
        t.wait(Duration::from_secs(10)).await;
        t.wait(Duration::from_secs(10)).await;
        t.answer_to(DOOR, 1, Subject::Comment(id));
        assert_eq!(t.labels(), ["size/s"]);
    })
    .await;
}
