//! Within a thread one thing happens after the other; threads do not wait for one another.

use timmy::core::model::ids::Subject;
use timmy::sandbox::{Fault, Gate, Matcher};

use crate::conversations::talk::talk;
use crate::support::forge::DOOR;

#[tokio::test]
async fn answers_come_in_the_order_of_the_questions() {
    talk(async |t| {
        let gate = Gate::new();
        let post = Matcher::method_path("POST", "/door/issues/1/comments");
        t.sandbox.faults().next(post, Fault::Late(gate.clone()));
        let first = t.says("walt", "/timmy size s");
        gate.reached().await;
        let second = t.says("walt", "/timmy size m");
        t.sandbox.settle().await;
        assert_eq!(t.sandbox.reactions(Subject::Comment(second)), []);
        gate.open();
        t.quiet().await;
        for id in [first, second] {
            t.saw(Subject::Comment(id), "eyes");
        }
        assert_eq!(t.replies(), ["Now size **s**.", "Now size **m**, was s."]);
    })
    .await;
}

#[tokio::test]
async fn a_stuck_thread_holds_up_no_other() {
    talk(async |t| {
        t.opens(DOOR, "walt", "Oil the hinges", "").await;
        let post = Matcher::method_path("POST", "/door/issues/1/comments");
        t.sandbox.faults().next(post, Fault::CutBefore);
        let stuck = t.says("walt", "/timmy ping");
        t.quiet().await;
        t.ask_in(DOOR, 2, "walt", "/timmy ping").await;
        t.wait(crate::support::clock::SETTLE).await;
        t.answer_to(DOOR, 1, Subject::Comment(stuck));
    })
    .await;
}

#[tokio::test]
async fn many_threads_at_once() {
    talk(async |t| {
        for n in 2..=30 {
            t.opens(DOOR, "walt", &format!("Hinge {n}"), "").await;
        }
        let asked: Vec<_> =
            (1..=30).map(|n| (n, t.says_in(DOOR, n, "walt", "/timmy hold"))).collect();
        t.quiet().await;
        for (number, id) in asked {
            t.answer_to(DOOR, number, Subject::Comment(id));
        }
    })
    .await;
}
