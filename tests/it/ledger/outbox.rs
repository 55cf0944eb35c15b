//! Effects: stored once, delivered in order, never forgotten.

use std::collections::HashMap;

use timmy::core::model::time::Timestamp;
use timmy::store::outbox::{self, EffectSeq, EffectState, NewEffect, OutboxRow, Pushed};
use timmy::store::{Error, Transaction};

use super::{at, in_transaction, thread};

fn effect(key: &str, number: i64, due_at: Timestamp) -> NewEffect {
    let text = format!("the text of {key}");
    NewEffect::new(key.to_owned(), thread(number), &text, due_at).expect("JSON")
}

pub(crate) fn push(
    tx: &Transaction<'_>,
    key: &str,
    number: i64,
    due: i64,
) -> Result<EffectSeq, Error> {
    match outbox::push(tx, &effect(key, number, at(due)), at(1))? {
        Pushed::New(seq) => Ok(seq),
        Pushed::Known => panic!("{key} is known"),
    }
}

fn get(tx: &Transaction<'_>, key: &str) -> Result<OutboxRow, Error> {
    Ok(outbox::get(tx, key)?.expect("an effect of this key"))
}

pub(crate) fn done(tx: &Transaction<'_>, seq: EffectSeq) -> Result<(), Error> {
    outbox::done(tx, seq, Some(177), at(9), None)
}

#[test]
fn the_same_key_is_the_same_effect_for_ever() {
    in_transaction(|tx| {
        let seq = push(tx, "reply:c812", 12, 5)?;
        let again = effect("reply:c812", 13, at(6));
        assert_eq!(outbox::push(tx, &again, at(2))?, Pushed::Known);
        done(tx, seq)?;
        assert_eq!(outbox::push(tx, &again, at(3))?, Pushed::Known);
        let stored = get(tx, "reply:c812")?;
        assert_eq!((stored.lane, stored.due_at), (thread(12).into(), at(5)));
        assert_eq!(stored.payload.get(), "\"the text of reply:c812\"");
        Ok(())
    });
}

#[test]
fn after_an_unknown_outcome_an_effect_stays_uncertain() {
    in_transaction(|tx| {
        let seq = push(tx, "reply:c812", 12, 5)?;
        let fresh = get(tx, "reply:c812")?;
        assert_eq!((fresh.state, fresh.tries, fresh.sent_at), (EffectState::Queued, 0, None));
        assert!(!fresh.is_uncertain());

        outbox::sending(tx, seq, at(6))?;
        assert!(get(tx, "reply:c812")?.is_uncertain(), "a crash may come now");
        outbox::put_back(tx, seq, at(60), "timeout", false)?;
        let waiting = get(tx, "reply:c812")?;
        assert_eq!(
            (waiting.state, waiting.tries, waiting.due_at),
            (EffectState::Sending, 1, at(60))
        );
        assert_eq!((waiting.sent_at, waiting.reason.as_deref()), (Some(at(6)), Some("timeout")));

        outbox::sending(tx, seq, at(61))?;
        outbox::done(tx, seq, Some(177), at(62), None)?;
        let done = get(tx, "reply:c812")?;
        assert_eq!((done.state, done.tries, done.comment), (EffectState::Done, 1, Some(177)));
        Ok(())
    });
}

#[test]
fn after_a_refusal_an_effect_is_as_if_never_sent() {
    in_transaction(|tx| {
        let seq = push(tx, "reply:c812", 12, 5)?;
        outbox::sending(tx, seq, at(6))?;
        outbox::put_back(tx, seq, at(60), "429", true)?;
        let waiting = get(tx, "reply:c812")?;
        assert_eq!((waiting.state, waiting.tries, waiting.sent_at), (EffectState::Queued, 1, None));
        assert_eq!((waiting.due_at, waiting.reason.as_deref()), (at(60), Some("429")));
        Ok(())
    });
}

#[test]
fn after_a_crash_what_was_being_sent_waits_until_it_can_be_looked_for() {
    in_transaction(|tx| {
        let unsent = push(tx, "unsent", 12, 5)?;
        let sent = push(tx, "sent", 13, 5)?;
        let patient = push(tx, "patient", 14, 90)?;
        outbox::sending(tx, sent, at(6))?;
        outbox::sending(tx, patient, at(6))?;
        assert_eq!(outbox::recover(tx, at(20))?, 2);

        let due =
            |number| Ok::<_, Error>(outbox::next_in(tx, thread(number).into())?.map(|e| e.due_at));
        assert_eq!((due(12)?, due(13)?, due(14)?), (Some(at(5)), Some(at(20)), Some(at(90))));
        assert!(get(tx, "sent")?.is_uncertain());

        for seq in [unsent, sent, patient] {
            done(tx, seq)?;
        }
        assert_eq!(outbox::recover(tx, at(99))?, 0);
        Ok(())
    });
}

#[test]
fn an_answer_can_ask_which_of_its_effects_failed() {
    in_transaction(|tx| {
        let dead = push(tx, "label", 12, 1)?;
        outbox::die(tx, dead, "403", at(2))?;
        let put_back = push(tx, "assign", 12, 1)?;
        outbox::put_back(tx, put_back, at(9), "502", true)?;
        let keys = ["label", "assign", "nothing"].map(str::to_owned);
        let expected = HashMap::from([("label".to_owned(), "403".to_owned())]);
        assert_eq!(outbox::failures(tx, &keys)?, expected);
        Ok(())
    });
}

#[test]
fn an_effect_waits_for_those_before_it_in_its_thread_alone() {
    in_transaction(|tx| {
        let first = push(tx, "a", 12, 50)?;
        let behind = push(tx, "b", 12, 1)?;
        let beside = push(tx, "c", 13, 2)?;
        let next =
            |number| Ok::<_, Error>(outbox::next_in(tx, thread(number).into())?.map(|e| e.seq));
        assert_eq!(next(12)?, Some(first));
        assert_eq!(next(13)?, Some(beside));

        outbox::die(tx, first, "404", at(51))?;
        assert_eq!(next(12)?, Some(behind), "a dead one holds up nobody");
        Ok(())
    });
}

#[test]
fn dead_letters_are_listed_newest_first() {
    in_transaction(|tx| {
        for (second, key) in [(5, "a"), (6, "b"), (7, "c")] {
            let seq = push(tx, key, 12, 1)?;
            outbox::die(tx, seq, "422: no such label", at(second))?;
        }
        let dead = outbox::dead(tx, 2)?;
        let keys: Vec<&str> = dead.iter().map(|effect| effect.key.as_str()).collect();
        assert_eq!(keys, ["c", "b"]);
        assert_eq!(dead[0].reason.as_deref(), Some("422: no such label"));
        Ok(())
    });
}

#[test]
fn late_duplicates_are_looked_for_until_nobody_asks() {
    in_transaction(|tx| {
        let seq = push(tx, "a", 12, 1)?;
        let due = |now| Ok::<_, Error>(outbox::rechecks_due(tx, at(now), 9)?.len());
        assert_eq!(outbox::next_recheck_after(tx, at(0))?, None);
        outbox::done(tx, seq, Some(177), at(5), Some(at(60)))?;
        assert_eq!((due(59)?, due(60)?), (0, 1));

        outbox::rechecked(tx, seq, Some(at(90)))?;
        let next = |now| outbox::next_recheck_after(tx, at(now));
        assert_eq!((due(60)?, next(60)?, next(90)?), (0, Some(at(90)), None));
        outbox::rechecked(tx, seq, None)?;
        assert_eq!((due(999)?, next(60)?), (0, None));
        Ok(())
    });
}

#[test]
fn what_is_done_or_dead_cannot_be_changed() {
    in_transaction(|tx| {
        let finished = push(tx, "a", 12, 1)?;
        let queued = push(tx, "b", 12, 1)?;
        done(tx, finished)?;
        let not_open = |outcome| matches!(outcome, Err(Error::NotOpen { what: "effect", .. }));
        assert!(not_open(outbox::sending(tx, finished, at(9))));
        assert!(not_open(outbox::put_back(tx, finished, at(9), "no", true)));
        assert!(not_open(outbox::die(tx, finished, "no", at(9))));
        assert!(not_open(done(tx, finished)));
        assert!(not_open(outbox::rechecked(tx, queued, None)), "it is not done yet");
        Ok(())
    });
}

#[test]
fn what_was_rewritten_since_it_was_read_is_not_sent_as_it_was() {
    in_transaction(|tx| {
        push(tx, "j1.card", 12, 5)?;
        let read = get(tx, "j1.card")?;
        let json = |text: &str| serde_json::value::to_raw_value(text).expect("JSON");
        outbox::rewrite(tx, read.seq, &json("Verifying."))?;
        assert!(!outbox::intend(tx, &read, &json("Running, resolved."), at(6))?);
        let stored = get(tx, "j1.card")?;
        assert_eq!((stored.payload.get(), stored.state), ("\"Verifying.\"", EffectState::Queued));
        assert!(outbox::intend(tx, &stored, &json("Verifying, resolved."), at(7))?);
        let sending = get(tx, "j1.card")?;
        assert_eq!(sending.payload.get(), "\"Verifying, resolved.\"");
        assert_eq!((sending.state, sending.sent_at), (EffectState::Sending, Some(at(7))));
        Ok(())
    });
}
