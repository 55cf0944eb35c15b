//! What counts as news, and what happens to it.

use proptest::prelude::*;
use timmy::core::model::ids::{RepoId, Subject};
use timmy::core::model::repository::Repo;
use timmy::core::model::text::{InboundText, TextEvent};
use timmy::store::inbox::{self, Ending, Inserted};
use timmy::store::{Error, Transaction};

use super::{at, comment, in_transaction, thread};

fn insert(tx: &Transaction<'_>, text: &InboundText) -> Result<Inserted, Error> {
    inbox::insert(tx, text, at(100))
}

/// The row of something that must be news.
fn news(tx: &Transaction<'_>, text: &InboundText) -> Result<inbox::TextSeq, Error> {
    match insert(tx, text)? {
        Inserted::New(seq) => Ok(seq),
        Inserted::Known => panic!("known: {text:?}"),
    }
}

#[test]
fn webhook_and_poll_of_one_comment_meet() {
    in_transaction(|tx| {
        let webhook = comment(812, TextEvent::Created, 5, "/timmy ping");
        let polled = InboundText { sender: None, ..webhook.clone() };
        news(tx, &webhook)?;
        assert_eq!(insert(tx, &polled)?, Inserted::Known);
        Ok(())
    });
}

#[test]
fn a_delivery_about_a_comment_elsewhere_does_not_stand_in_its_way() {
    in_transaction(|tx| {
        let said = comment(812, TextEvent::Created, 5, "/timmy ping");
        let elsewhere = Repo { id: RepoId(2), ..said.repo.clone() };
        news(tx, &InboundText { repo: elsewhere, ..said.clone() })?;
        news(tx, &said)?;
        assert_eq!(inbox::versions(tx, said.subject, RepoId(1))?.len(), 1);
        Ok(())
    });
}

#[test]
fn what_the_forge_did_not_show_is_no_version() {
    in_transaction(|tx| {
        let forged = news(tx, &comment(812, TextEvent::Created, 5, "/timmy ping"))?;
        inbox::finish(tx, forged, Ending::Disproved, at(101))?;
        assert_eq!(inbox::versions(tx, Subject::Comment(812), RepoId(1))?, []);
        Ok(())
    });
}

#[test]
fn a_comment_and_an_issue_of_the_same_number_are_two() {
    in_transaction(|tx| {
        let said = comment(41, TextEvent::Created, 5, "hello");
        let opened =
            InboundText { subject: Subject::Issue(41), act: TextEvent::Opened, ..said.clone() };
        news(tx, &said)?;
        news(tx, &opened)?;
        Ok(())
    });
}

#[test]
fn an_edit_that_leaves_the_text_alone_does_nothing() {
    in_transaction(|tx| {
        news(tx, &comment(812, TextEvent::Created, 5, "/timmy ping"))?;
        let touched = comment(812, TextEvent::Edited, 9, "/timmy ping");
        assert_eq!(insert(tx, &touched)?, Inserted::Known);
        Ok(())
    });
}

#[test]
fn two_edits_in_one_second_are_two_and_so_is_the_way_back() {
    in_transaction(|tx| {
        news(tx, &comment(812, TextEvent::Created, 5, "one"))?;
        news(tx, &comment(812, TextEvent::Edited, 9, "two"))?;
        news(tx, &comment(812, TextEvent::Edited, 9, "three"))?;
        news(tx, &comment(812, TextEvent::Edited, 12, "one"))?;
        Ok(())
    });
}

#[test]
fn a_version_is_compared_with_the_one_before_it_not_with_the_last_to_arrive() {
    in_transaction(|tx| {
        news(tx, &comment(812, TextEvent::Edited, 9, "two"))?;
        news(tx, &comment(812, TextEvent::Created, 5, "one"))?;
        assert_eq!(insert(tx, &comment(812, TextEvent::Edited, 10, "two"))?, Inserted::Known);
        Ok(())
    });
}

#[test]
fn the_creation_is_news_after_a_poll_that_took_it_for_an_edit() {
    in_transaction(|tx| {
        news(tx, &comment(812, TextEvent::Edited, 9, "/timmy ping"))?;
        let creation = comment(812, TextEvent::Created, 5, "/timmy ping");
        news(tx, &creation)?;
        assert_eq!(insert(tx, &creation)?, Inserted::Known);
        assert_eq!(
            insert(tx, &comment(812, TextEvent::Created, 6, "/timmy ping"))?,
            Inserted::Known
        );
        Ok(())
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// A text changes once a second; after each version, some earlier one is delivered again.
    #[test]
    fn whatever_was_stored_is_known_for_ever(
        story in prop::collection::vec(("[abc]", any::<prop::sample::Index>()), 1..30),
    ) {
        in_transaction(move |tx| {
            let version = |index: usize| {
                let act = if index == 0 { TextEvent::Created } else { TextEvent::Edited };
                comment(812, act, index as i64, &story[index].0)
            };
            for (index, (body, again)) in story.iter().enumerate() {
                let unchanged = index > 0 && story[index - 1].0 == *body;
                assert_eq!(insert(tx, &version(index))? == Inserted::Known, unchanged);
                assert_eq!(insert(tx, &version(again.index(index + 1)))?, Inserted::Known);
            }
            Ok(())
        });
    }
}

#[test]
fn a_version_comes_back_as_it_was_stored() {
    in_transaction(|tx| {
        let mut version = comment(812, TextEvent::Edited, 9, "/timmy ping\r\n\u{1f600} \0 \"");
        version.former_body = Some("before".to_owned());
        let seq = news(tx, &version)?;
        let text = inbox::next_in(tx, thread(12), at(100))?.expect("it waits");
        assert_eq!((text.seq, text.received_at, text.due_at), (seq, at(100), at(100)));
        assert_eq!((text.tries, text.claims), (0, 0));
        assert_eq!(text.inbound, version);
        Ok(())
    });
}

/// The text of thread 12 that comes next at second `now`.
fn next(tx: &Transaction<'_>, now: i64) -> Result<Option<inbox::TextSeq>, Error> {
    Ok(inbox::next_in(tx, thread(12), at(now))?.map(|text| text.seq))
}

#[test]
fn texts_of_a_thread_come_in_the_order_of_arrival() {
    in_transaction(|tx| {
        let first = news(tx, &comment(1, TextEvent::Created, 50, "late clock"))?;
        let second = news(tx, &comment(2, TextEvent::Created, 5, "early clock"))?;
        assert_eq!(next(tx, 99)?, None, "not due yet");
        assert_eq!(next(tx, 100)?, Some(first));
        inbox::finish(tx, first, Ending::Answered, at(101))?;
        assert_eq!(next(tx, 100)?, Some(second));
        inbox::finish(tx, second, Ending::NoTrigger, at(102))?;
        assert_eq!(next(tx, 200)?, None);
        Ok(())
    });
}

#[test]
fn a_text_that_is_put_off_holds_up_what_was_said_later() {
    in_transaction(|tx| {
        let first = news(tx, &comment(1, TextEvent::Created, 5, "one"))?;
        news(tx, &comment(2, TextEvent::Created, 5, "two"))?;
        inbox::postpone(tx, first, at(110))?;
        assert_eq!(next(tx, 109)?, None);
        let text = inbox::next_in(tx, thread(12), at(110))?.expect("it is due");
        assert_eq!((text.seq, text.tries), (first, 1));
        Ok(())
    });
}

#[test]
fn an_edit_lets_its_creation_pass_until_it_is_put_off_for_another_reason() {
    in_transaction(|tx| {
        let edit = news(tx, &comment(1, TextEvent::Edited, 9, "two"))?;
        let creation = news(tx, &comment(1, TextEvent::Created, 5, "one"))?;
        inbox::let_pass(tx, edit, at(110))?;
        assert_eq!(next(tx, 109)?, Some(creation));
        assert_eq!(next(tx, 110)?, Some(edit));

        inbox::postpone(tx, edit, at(120))?;
        assert_eq!(next(tx, 119)?, None, "it yields no more");
        Ok(())
    });
}

#[test]
fn claims_are_counted_and_what_ran_is_remembered() {
    in_transaction(|tx| {
        let seq = news(tx, &comment(812, TextEvent::Created, 5, "/timmy ping"))?;
        assert_eq!(inbox::claim(tx, seq)?, 1);
        assert_eq!(inbox::claim(tx, seq)?, 2);
        inbox::ran(tx, seq, &["/timmy ping".to_owned()])?;
        inbox::finish(tx, seq, Ending::Answered, at(101))?;
        news(tx, &comment(812, TextEvent::Edited, 9, "/timmy ping\n/timmy status"))?;

        let versions = inbox::versions(tx, Subject::Comment(812), RepoId(1))?;
        let [created, edited] = &versions[..] else { panic!("{versions:?}") };
        assert_eq!(created.ran, ["/timmy ping"]);
        assert_eq!(created.ending, Some(Ending::Answered));
        assert_eq!((edited.inbound.act, edited.ending), (TextEvent::Edited, None));
        assert!(edited.ran.is_empty());
        Ok(())
    });
}

#[test]
fn what_has_ended_cannot_be_changed() {
    in_transaction(|tx| {
        let seq = news(tx, &comment(812, TextEvent::Created, 5, "/timmy ping"))?;
        inbox::finish(tx, seq, Ending::Deleted, at(101))?;
        let not_open = |outcome| matches!(outcome, Err(Error::NotOpen { what: "text", .. }));
        assert!(not_open(inbox::finish(tx, seq, Ending::Answered, at(102))));
        assert!(not_open(inbox::postpone(tx, seq, at(200))));
        assert!(not_open(inbox::let_pass(tx, seq, at(200))));
        assert!(not_open(inbox::ran(tx, seq, &[])));
        assert!(not_open(inbox::claim(tx, seq).map(drop)));
        assert!(not_open(inbox::claim(tx, inbox::TextSeq(99)).map(drop)));
        Ok(())
    });
}

#[test]
fn an_eager_editor_does_not_fill_the_memory() {
    in_transaction(|tx| {
        for edit in 0..150 {
            news(tx, &comment(812, TextEvent::Edited, edit, &format!("version {edit}")))?;
        }
        let versions = inbox::versions(tx, Subject::Comment(812), RepoId(1))?;
        assert_eq!(versions.len(), 100);
        assert_eq!(versions[99].inbound.body, "version 149");
        Ok(())
    });
}
