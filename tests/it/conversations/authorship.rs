//! A text proves no more than who could have written it.

use std::time::Duration;

use insta::assert_snapshot;
use serde_json::json;
use timmy::core::model::ids::Subject;
use timmy::sandbox::{DeliveryFault, Fault, Matcher, ReviewState};

use crate::conversations::polling::stage::{asleep, awake};
use crate::conversations::talk::{Talk, talk};
use crate::support::clock::{MINUTE, PATIENCE};
use crate::support::delivery::{Delivery, payload};
use crate::support::forge::{CELLAR, DOOR};

const DELEGATE: &str = "/timmy delegate @anna";

/// A delivery that the forge did not send, although somebody knows the secret; what came of it is
/// waited for, also when it has waited long enough.
async fn forge(t: &Talk, delivery: Delivery) {
    assert_eq!(delivery.send(t.timmy.webhook()).await, 202);
    t.quiet().await;
    t.wait(Duration::from_secs(10)).await;
}

// A forged delivery.

#[tokio::test]
async fn a_forgery_with_another_author_is_nobodys_word() {
    talk(async |t| {
        let id = t.says_unnoticed("rando", "/timmy pause all").await;
        forge(t, Delivery::of(id, "alexander", "/timmy pause all")).await;
        t.nothing_unread();
    })
    .await;
}

#[tokio::test]
async fn a_forgery_with_another_sender_is_nobodys_word() {
    talk(async |t| {
        let id = t.says_unnoticed("walt", "/timmy pause all").await;
        let mut forged = payload(id, "walt", "/timmy pause all");
        forged["sender"] = json!({ "id": 2, "login": "alexander" });
        forge(t, Delivery::saying(&forged)).await;
        t.nothing_unread();
    })
    .await;
}

#[tokio::test]
async fn a_forgery_with_another_text_is_nobodys_word() {
    talk(async |t| {
        let id = t.says_unnoticed("alexander", "Hm.").await;
        forge(t, Delivery::of(id, "alexander", "/timmy pause all")).await;
        t.nothing_unread();
    })
    .await;
}

#[tokio::test]
async fn nor_is_one_for_a_comment_that_was_answered() {
    talk(async |t| {
        t.ask("alexander", "/timmy ping").await;
        let id = t.sandbox.comments(DOOR, 1).unwrap()[0].id;
        forge(t, Delivery::of(id, "alexander", "/timmy pause all")).await;
        t.nothing_unread();
    })
    .await;
}

#[tokio::test]
async fn a_forgery_in_another_thread_or_of_nothing_is_nobodys_word() {
    talk(async |t| {
        let id = t.says_unnoticed("alexander", "/timmy hold").await;
        let elsewhere = t.opens(DOOR, "rita", "Another", "Hm.").await;
        let mut moved = payload(id, "alexander", "/timmy hold");
        moved["issue"]["number"] = json!(elsewhere);
        forge(t, Delivery::saying(&moved)).await;
        forge(t, Delivery::of(9_999, "alexander", "/timmy hold")).await;
        let mut other = payload(id, "alexander", "/timmy hold");
        other["repository"]["full_name"] = json!(CELLAR);
        other["repository"]["id"] = json!(2);
        forge(t, Delivery::saying(&other)).await;
        t.nothing_unread();
    })
    .await;
}

#[tokio::test]
async fn a_forged_opening_is_nobodys_word() {
    talk(async |t| {
        let Subject::Issue(id) = t.sandbox.issue_subject(DOOR, 1).unwrap() else { unreachable!() };
        let alexander = json!({ "id": 2, "login": "alexander" });
        let time = "2026-11-23T12:00:00Z";
        let mut opened = payload(1, "alexander", "");
        opened["action"] = json!("opened");
        opened["issue"] = json!({
            "id": id, "number": 1, "title": "x", "state": "open", "body": "/timmy pause all",
            "user": alexander, "created_at": time, "updated_at": time,
        });
        let delivery = Delivery { event: "issues", ..Delivery::saying(&opened) };
        forge(t, delivery).await;
        t.nothing_unread();
    })
    .await;
}

#[tokio::test]
async fn a_forged_edit_of_words_that_stand_there_is_asked_about() {
    talk(async |t| {
        let id = t.says("alexander", "Hm.");
        t.quiet().await;
        t.clock.advance(Duration::from_secs(5));
        t.sandbox.faults().next_delivery(DeliveryFault::Dropped);
        t.sandbox.edit_comment("walt", id, DELEGATE).unwrap();
        let mut edited = payload(id, "alexander", DELEGATE);
        edited["action"] = json!("edited");
        edited["comment"]["updated_at"] = json!("2026-11-23T12:00:05Z");
        forge(t, Delivery::saying(&edited)).await;
        assert_snapshot!(t.replies().concat(), @"**Is this yours, @alexander?** This text was edited, and everybody who may write here could have edited it. Put 👍 on this reply by Tue 24 Nov, 12:00 UTC, and I do `/timmy delegate @anna`. Nothing happens without.");
        t.saw(Subject::Comment(id), "eyes");
    })
    .await;
}

#[tokio::test]
async fn a_forgery_does_not_stand_before_what_was_said() {
    talk(async |t| {
        let id = t.says_unnoticed("walt", "/timmy hold").await;
        forge(t, Delivery::of(id, "alexander", "/timmy hold")).await;
        t.nothing_unread();
        t.polls().await;
        t.answer_to(DOOR, 1, Subject::Comment(id));
        // Nor one of what nobody has said yet.
        forge(t, Delivery::of(id + 2, "walt", "/timmy unhold")).await;
        t.nothing_unread();
        assert_eq!(t.says("walt", "/timmy unhold"), id + 2);
        t.quiet().await;
        t.answer_to(DOOR, 1, Subject::Comment(id + 2));
    })
    .await;
}

#[tokio::test]
async fn old_words_of_the_owner_are_not_played_again() {
    let mut stage = asleep().await;
    let id = stage.says("alexander", "/timmy pause all");
    stage.clock.advance(60 * MINUTE);
    stage.timmy.config = stage.timmy.config.clone().listening("127.0.0.1:0");
    stage.wake().await;
    let old = Delivery::of(id, "alexander", "/timmy pause all");
    assert_eq!(old.send(stage.timmy.webhook()).await, 202);
    stage.quiet().await;
    assert!(stage.answered().is_empty());
}

// What a poll found.

#[tokio::test]
async fn a_polled_verb_beyond_the_writers_is_asked_about_and_done_when_confirmed() {
    let stage = awake().await;
    let id = stage.says("alexander", "/timmy delegate @walt\n/timmy hold");
    stage.wait(MINUTE).await;
    stage.wait(PATIENCE).await;
    assert_snapshot!(stage.reply(&format!("c{id}")), @"
    - `/timmy delegate @walt`: **is this yours, @alexander?** No webhook told me of this text, and everybody who may write here could have edited it. Put 👍 on this reply by Tue 24 Nov, 13:01 UTC, and I do `/timmy delegate @walt`. Nothing happens without.
    - `/timmy hold`: **on hold** until `/timmy unhold`.
    ");
    let question = Subject::Comment(stage.comment_of(&format!("c{id}")));

    // Neither somebody else's, nor another reaction, nor one on another text counts.
    stage.sandbox.react("walt", question, "+1").unwrap();
    stage.sandbox.react("ezra", question, "+1").unwrap();
    stage.sandbox.react("alexander", question, "heart").unwrap();
    stage.sandbox.react("alexander", Subject::Comment(id), "+1").unwrap();
    // Nor one that was taken back.
    stage.sandbox.react("alexander", question, "+1").unwrap();
    stage.sandbox.unreact("alexander", question, "+1").unwrap();
    stage.wait(MINUTE).await;
    stage.wait(MINUTE).await;
    assert_eq!(stage.answered().len(), 1);

    stage.sandbox.react("alexander", question, "+1").unwrap();
    stage.wait(MINUTE).await;
    assert_snapshot!(stage.reply(&format!("c{id}.yes")), @r"**\@walt may approve** in all repositories until Mon 30 Nov, 13:04 UTC. `/timmy undelegate @walt` takes it back.");
    for _ in 0..70 {
        stage.wait(MINUTE).await;
    }
    assert_eq!(stage.answered().len(), 2);
}

#[tokio::test]
async fn it_is_looked_for_at_each_poll_for_an_hour_then_every_ten_minutes_for_a_day() {
    let stage = awake().await;
    stage.says("alexander", DELEGATE);
    stage.wait(MINUTE).await;
    stage.wait(PATIENCE).await;
    let looks = async |span: u32| {
        let mut looks = 0;
        for _ in 0..span {
            let asked = stage.asked_during(MINUTE).await;
            looks += asked.iter().filter(|path| path.ends_with("/reactions")).count();
        }
        looks
    };
    assert!((59..=60).contains(&looks(60).await));
    assert!((5..=7).contains(&looks(60).await));
    for _ in 0..22 {
        stage.wait(60 * MINUTE).await;
    }
    stage.wait(30 * MINUTE).await;
    assert_eq!(looks(30).await, 0);
}

#[tokio::test]
async fn a_yes_after_a_day_comes_too_late() {
    let stage = awake().await;
    let id = stage.says("alexander", DELEGATE);
    stage.wait(MINUTE).await;
    stage.wait(PATIENCE).await;
    let question = Subject::Comment(stage.comment_of(&format!("c{id}")));
    stage.clock.advance(24 * 60 * MINUTE + MINUTE);
    stage.sandbox.react("alexander", question, "+1").unwrap();
    stage.wait(MINUTE).await;
    stage.wait(10 * MINUTE).await;
    assert_eq!(stage.answered().len(), 1);
}

#[tokio::test]
async fn a_yes_that_was_given_while_timmy_slept_counts() {
    let mut stage = awake().await;
    let id = stage.says("alexander", DELEGATE);
    stage.wait(MINUTE).await;
    stage.wait(PATIENCE).await;
    let question = Subject::Comment(stage.comment_of(&format!("c{id}")));
    stage.timmy.stop().await;
    stage.sandbox.react("alexander", question, "+1").unwrap();
    stage.clock.advance(30 * 60 * MINUTE);
    stage.wake().await;
    stage.wait(MINUTE).await;
    stage.reply(&format!("c{id}.yes"));
}

#[tokio::test]
async fn a_yes_of_whoever_took_the_name_is_not_theirs() {
    let stage = awake().await;
    let id = stage.says("alexander", "/timmy delegate @walt");
    stage.wait(MINUTE).await;
    stage.wait(PATIENCE).await;
    let question = Subject::Comment(stage.comment_of(&format!("c{id}")));
    stage.sandbox.rename_user("alexander", "alex").unwrap();
    stage.sandbox.rename_user("rando", "alexander").unwrap();
    stage.sandbox.react("alexander", question, "+1").unwrap();
    stage.wait(MINUTE).await;
    stage.wait(MINUTE).await;
    assert_eq!(stage.answered().len(), 1);

    stage.sandbox.react("alex", question, "+1").unwrap();
    stage.wait(MINUTE).await;
    assert!(stage.reply(&format!("c{id}.yes")).contains("may approve"));
}

#[tokio::test]
async fn a_question_that_was_deleted_is_looked_for_no_more() {
    let stage = awake().await;
    let id = stage.says("alexander", DELEGATE);
    stage.wait(MINUTE).await;
    stage.wait(PATIENCE).await;
    let comment = stage.comment_of(&format!("c{id}"));
    stage.sandbox.delete_comment("alexander", comment).unwrap();
    let looks = async || {
        let asked = stage.asked_during(MINUTE).await;
        asked.iter().filter(|path| path.ends_with("/reactions")).count()
    };
    assert_eq!(looks().await, 1);
    assert_eq!(looks().await, 0);
}

/// A reply that asks to say it again would tell it again.
#[tokio::test]
async fn what_was_deleted_before_the_yes_is_not_asked_for_again() {
    let stage = awake().await;
    let id = stage.says("alexander", DELEGATE);
    stage.wait(MINUTE).await;
    stage.wait(PATIENCE).await;
    let question = Subject::Comment(stage.comment_of(&format!("c{id}")));
    stage.sandbox.delete_comment("alexander", id).unwrap();
    stage.sandbox.react("alexander", question, "+1").unwrap();
    stage.wait(MINUTE).await;
    assert_eq!(stage.answered().len(), 1);
}

#[tokio::test]
async fn a_question_that_somebody_changed_asks_nothing() {
    let stage = awake().await;
    let id = stage.says("alexander", DELEGATE);
    stage.wait(MINUTE).await;
    stage.wait(PATIENCE).await;
    let comment = stage.comment_of(&format!("c{id}"));
    let posted = stage.sandbox.comments(DOOR, 1).unwrap().pop().unwrap().body;
    stage.sandbox.edit_comment("walt", comment, "Do you like this? 👍").unwrap();
    stage.sandbox.react("alexander", Subject::Comment(comment), "+1").unwrap();
    stage.clock.advance(Duration::from_secs(5));
    stage.sandbox.edit_comment("walt", comment, &posted).unwrap();
    stage.wait(MINUTE).await;
    assert_snapshot!(stage.reply(&format!("c{id}.yes")), @"**Not done.** I cannot tell who added this by an edit, or when. Please say it again in a new comment.");
}

#[tokio::test]
async fn a_text_that_changed_since_is_not_confirmed() {
    let stage = awake().await;
    let id = stage.says("alexander", DELEGATE);
    stage.wait(MINUTE).await;
    stage.wait(PATIENCE).await;
    let question = Subject::Comment(stage.comment_of(&format!("c{id}")));
    stage.sandbox.edit_comment("walt", id, "/timmy delegate @rando").unwrap();
    stage.sandbox.react("alexander", question, "+1").unwrap();
    stage.wait(MINUTE).await;
    assert!(stage.reply(&format!("c{id}.yes")).starts_with("**Not done.**"));
}

#[tokio::test]
async fn what_was_confirmed_and_cannot_be_looked_up_is_answered_in_the_end() {
    let stage = awake().await;
    let id = stage.says("alexander", "/timmy delegate @walt");
    stage.wait(MINUTE).await;
    stage.wait(PATIENCE).await;
    let question = Subject::Comment(stage.comment_of(&format!("c{id}")));
    for _ in 0..20 {
        stage.wait(MINUTE).await;
    }
    let lookup = Matcher::method_path("GET", "/users/walt");
    stage.sandbox.faults().rate(1, lookup, 1000, Fault::ErrorAfter);
    stage.sandbox.react("alexander", question, "+1").unwrap();
    stage.wait(MINUTE).await;
    stage.wait(MINUTE).await;
    assert_eq!(stage.answered().len(), 1, "it may heal");
    for _ in 0..60 {
        stage.wait(MINUTE).await;
    }
    assert_snapshot!(stage.reply(&format!("c{id}.yes")), @"**Not done:** the forge failed (500): its log says why.");
}

#[tokio::test]
async fn an_edit_within_the_second_is_asked_about() {
    let stage = awake().await;
    let id = stage.says("alexander", "Hm.");
    stage.sandbox.edit_comment("walt", id, DELEGATE).unwrap();
    stage.wait(MINUTE).await;
    stage.wait(PATIENCE).await;
    assert!(stage.reply(&format!("c{id}")).starts_with("**Is this yours, @alexander?**"));
}

#[tokio::test]
async fn with_named_operators_their_verbs_are_beyond_the_writers_too() {
    let mut stage = asleep().await;
    stage.timmy.config.set("people.operators", ["walt"]);
    stage.wake().await;
    let id = stage.says("walt", "/timmy hold");
    stage.wait(MINUTE).await;
    stage.wait(PATIENCE).await;
    assert!(stage.reply(&format!("c{id}")).starts_with("**Is this yours, @walt?**"));
}

#[tokio::test]
async fn whoever_lacks_the_right_is_refused_and_not_asked() {
    let stage = awake().await;
    let id = stage.says("anna", DELEGATE);
    stage.wait(MINUTE).await;
    stage.wait(PATIENCE).await;
    assert!(stage.reply(&format!("c{id}")).starts_with("**Not done.**"));
}

// Reviews.

#[tokio::test]
async fn a_remark_on_a_line_that_somebody_changed_has_to_be_said_again() {
    let mut stage = awake().await;
    let number = stage.sandbox.open_pull("anna", DOOR, "Oil", "It helps.", "oil").unwrap();
    stage.wait(MINUTE).await;
    stage.timmy.stop().await;
    let lines = [("hinge.rs", "Why?")];
    let verdict = ReviewState::Comment;
    stage.sandbox.review("alexander", DOOR, number, verdict, "Hm.", &lines).unwrap();
    let remark = stage.sandbox.remarks(DOOR, number).unwrap()[0];
    stage.clock.advance(MINUTE);
    stage.sandbox.edit_comment("walt", remark, "/timmy size s").unwrap();
    stage.wake().await;
    stage.wait(MINUTE).await;
    stage.wait(PATIENCE).await;
    let said = stage.replies_in(DOOR, number);
    assert_eq!(said.len(), 1, "{said:#?}");
    assert!(said[0].1.starts_with("**Not done.** I cannot tell who added this by an edit"));
}

#[tokio::test]
async fn what_the_owner_says_in_a_review_is_asked_about() {
    let stage = awake().await;
    let number = stage.sandbox.open_pull("anna", DOOR, "Oil", "It helps.", "oil").unwrap();
    stage.wait(MINUTE).await;
    let lines = [("hinge.rs", "/timmy delegate @rita")];
    let verdict = ReviewState::Comment;
    stage.sandbox.review("alexander", DOOR, number, verdict, DELEGATE, &lines).unwrap();
    for _ in 0..3 {
        stage.wait(MINUTE).await;
        stage.wait(PATIENCE).await;
    }
    let said = stage.replies_in(DOOR, number);
    assert_eq!(said.len(), 2, "{said:#?}");
    assert!(said.iter().all(|(_, text)| text.starts_with("**Is this yours, @alexander?**")));
}

#[tokio::test]
async fn a_forgery_makes_nothing_of_a_remark_that_may_have_been_changed_as_a_draft() {
    talk(async |t| {
        let number = t.proposes("anna", "Oil the hinges", "").await;
        let lines = [("hinge.rs", "/timmy pause all")];
        t.sandbox.faults().next_delivery(DeliveryFault::Dropped);
        t.sandbox.review("alexander", DOOR, number, ReviewState::Comment, "", &lines).unwrap();
        t.quiet().await;
        let remark = t.sandbox.remarks(DOOR, number).unwrap()[0];
        let mut forged = payload(remark, "alexander", "/timmy pause all");
        forged["issue"]["number"] = json!(number);
        forge(t, Delivery::saying(&forged)).await;
        t.polls().await;
        let reply = t.answer_to(DOOR, number, Subject::Comment(remark));
        assert!(reply.starts_with("**Is this yours, @alexander?**"), "{reply}");
    })
    .await;
}

#[tokio::test]
async fn a_reply_to_a_remark_is_its_authors_own() {
    talk(async |t| {
        let number = t.proposes("anna", "Oil the hinges", "").await;
        let lines = [("hinge.rs", "Why?")];
        let review = t.sandbox.review("walt", DOOR, number, ReviewState::Comment, "", &lines);
        t.quiet().await;
        t.clock.advance(Duration::from_secs(5));
        let said = "/timmy pause all";
        let id = t.sandbox.reply_to_review("alexander", DOOR, number, review.unwrap(), said);
        t.quiet().await;
        let reply = t.answer_to(DOOR, number, Subject::Comment(id.unwrap()));
        assert!(reply.starts_with("**Paused:**"), "{reply}");
    })
    .await;
}

/// The forge goes on to show the review as it was given.
#[tokio::test]
async fn what_was_added_to_the_text_of_a_review_has_to_be_said_again() {
    talk(async |t| {
        let number = t.proposes("anna", "Oil the hinges", "").await;
        t.sandbox
            .review("walt", DOOR, number, ReviewState::Comment, "Hm.", &[("a.rs", "Hm.")])
            .unwrap();
        t.quiet().await;
        let review = t.sandbox.remarks(DOOR, number).unwrap()[0] + 1;
        t.clock.advance(Duration::from_secs(5));
        t.sandbox.edit_comment("walt", review, "/timmy hold").unwrap();
        t.quiet().await;
        t.wait(PATIENCE).await;
        let said = t.sandbox.comments(DOOR, number).unwrap();
        t.reads(&said);
        t.saw(Subject::Comment(review), "eyes");
        assert_eq!(said.len(), 1, "{said:#?}");
        assert!(said[0].body.starts_with("**Not done.** I cannot tell who added this by an edit"));
    })
    .await;
}
