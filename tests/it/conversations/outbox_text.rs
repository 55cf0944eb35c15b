//! What the outbox holds is what is sent: text that was finished when it was decided, by this
//! version of timmy or by another one.

use insta::assert_snapshot;
use timmy::core::effect::Effect;
use timmy::core::model::ids::Subject;
use timmy::sandbox::{Fault, Gate, Matcher, Mode, Said};
use timmy::store::outbox::{self, EffectState};

use crate::conversations::talk::{Talk, talk};
use crate::support::clock::SETTLE;
use crate::support::forge::DOOR;

/// Stores an effect in the door's first issue as the JSON that a timmy wrote; nothing is sent yet.
async fn stored(t: &Talk, key: &'static str, payload: &'static str) {
    let store = t.timmy.engine().ledger().write(move |tx| {
        Ok(tx.execute(
            "INSERT INTO outbox (key, repo, number, created_at, state, due_at, payload)
             VALUES (?1, 1, 1, 1795435200000000, 'queued', 0, ?2)",
            (key, payload),
        )?)
    });
    assert_eq!(store.await.unwrap(), 1);
}

/// Sends what is stored.
async fn sent(t: &Talk) -> Vec<Said> {
    t.timmy.engine().notify();
    t.quiet().await;
    let comments = t.sandbox.comments(DOOR, 1).unwrap();
    t.reads(&comments);
    comments
}

async fn row(t: &Talk, key: &'static str) -> outbox::OutboxRow {
    t.timmy.engine().ledger().read(move |conn| outbox::get(conn, key)).await.unwrap().unwrap()
}

/// What the outbox says that a comment says.
async fn text_of(t: &Talk, key: &'static str) -> String {
    let effect: Effect = serde_json::from_str(row(t, key).await.payload.get()).unwrap();
    effect.body().unwrap().text()
}

#[tokio::test]
async fn what_an_older_version_stored_is_sent_word_for_word() {
    talk(async |t| {
        stored(t, "c801", r#"{"do":"comment","body":{"segments":[{"text":"Aye! timmy 0.0.9 hears, *as it always did*.\n\n<details><summary>More</summary>\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n</details>\n\n<!-- timmy key=c801 -->"}]},"since":1795435200000000}"#).await;
        let said: Vec<String> = sent(t).await.into_iter().map(|said| said.body).collect();
        assert_eq!(said, ["Aye! timmy 0.0.9 hears, *as it always did*.\n\n<details><summary>More</summary>\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n</details>\n\n<!-- timmy key=c801 -->"]);
    })
    .await;
}

#[tokio::test]
async fn a_line_whose_effect_failed_says_what_the_older_version_has_stored_for_that() {
    talk(async |t| {
        // The label can be written, the dependency of a closed repository cannot.
        stored(t, "c802.1", r#"{"do":"label","scope":"size","value":"s","condition":"always"}"#).await;
        stored(t, "c802.2", r#"{"do":"dependency","on":{"repo":2,"number":1},"waits":true}"#).await;
        stored(t, "c802", r#"{"do":"comment","body":{"segments":[{"text":"- `size`: "},{"text":"**s** it is","fallback":{"effect":"c802.1","text":"alas, {reason}"}},{"text":"\n- `block`: "},{"text":"waits","fallback":{"effect":"c802.2","text":"alas, {reason}"}},{"text":"\n\n<details>more of it</details>","fallback":{"effect":"c802.2","text":""}},{"text":"\n\n<!-- timmy key=c802 -->"}]},"since":1795435200000000}"#).await;
        assert_snapshot!(sent(t).await[0].body, @"
        - `size`: **s** it is
        - `block`: alas, by now not everybody who reads one of the two threads may read the other, and Gitea would show them its title and its text

        <!-- timmy key=c802 -->
        ");
        assert_eq!(t.labels(), ["size/s"]);
        assert_eq!(text_of(t, "c802").await, t.sandbox.comments(DOOR, 1).unwrap()[0].body);
    })
    .await;
}

#[tokio::test]
async fn a_comment_is_edited_in_place() {
    talk(async |t| {
        stored(t, "j1.card", r#"{"do":"comment","body":{"segments":[{"text":"**Running.**\n\n<!-- timmy key=j1.card -->"}]},"since":1795435200000000}"#).await;
        stored(t, "j1.card.e1", r#"{"do":"edit_comment","comment":{"key":"j1.card"},"body":{"segments":[{"text":"**Verifying.**\n\n<!-- timmy key=j1.card -->"}]}}"#).await;
        // The same words once more are no edit.
        stored(t, "j1.card.e2", r#"{"do":"edit_comment","comment":{"key":"j1.card"},"body":{"segments":[{"text":"**Verifying.**\n\n<!-- timmy key=j1.card -->"}]}}"#).await;
        let [card] = &sent(t).await[..] else { panic!("not one comment") };
        assert_eq!((card.body.as_str(), card.edits), ("**Verifying.**\n\n<!-- timmy key=j1.card -->", 1));
        let by_id = format!(
            r#"{{"do":"edit_comment","comment":{{"id":{}}},"body":{{"segments":[{{"text":"**Done.**"}}]}}}}"#,
            card.id
        );
        stored(t, "j1.card.e3", by_id.leak()).await;
        let [card] = &sent(t).await[..] else { panic!("not one comment") };
        assert_eq!((card.body.as_str(), card.edits), ("**Done.**", 2));
    })
    .await;
}

#[tokio::test]
async fn an_edit_whose_outcome_nobody_knows_is_looked_for() {
    let faults = [(Fault::CutBefore, 2), (Fault::CutAfter, 1), (Fault::ErrorAfter, 1)];
    for (fault, expected) in faults {
        talk(async |t| {
            stored(t, "j1.card", r#"{"do":"comment","body":{"segments":[{"text":"**Running.**\n\n<!-- timmy key=j1.card -->"}]},"since":1795435200000000}"#).await;
            sent(t).await;
            t.sandbox.faults().next(Matcher::method_path("PATCH", "/comments/"), fault.clone());
            stored(t, "j1.card.e1", r#"{"do":"edit_comment","comment":{"key":"j1.card"},"body":{"segments":[{"text":"**Done.**"}]}}"#).await;
            sent(t).await;
            assert_eq!(row(t, "j1.card.e1").await.state, EffectState::Sending);
            t.wait(SETTLE).await;
            assert_eq!(row(t, "j1.card.e1").await.state, EffectState::Done);
            let card = &sent(t).await[0];
            assert_eq!((card.body.as_str(), card.edits), ("**Done.**", 1));
            let requests = t.sandbox.requests();
            let edits = requests.iter().filter(|asked| asked.method == "PATCH").count();
            assert_eq!(edits, expected, "{fault:?}");
        })
        .await;
    }
}

#[tokio::test]
async fn what_was_to_be_edited_may_be_gone_and_is_nobody_elses() {
    talk(async |t| {
        let walts = t.says("walt", "It is stuck.");
        let edit = format!(
            r#"{{"do":"edit_comment","comment":{{"id":{walts}}},"body":{{"segments":[{{"text":"It is not."}}]}}}}"#
        );
        stored(t, "j1.e1", edit.leak()).await;
        stored(t, "j1.e2", r#"{"do":"edit_comment","comment":{"key":"j1.card"},"body":{"segments":[{"text":"**Done.**"}]}}"#).await;
        stored(t, "j1.e3", r#"{"do":"edit_comment","comment":{"id":4711},"body":{"segments":[{"text":"**Done.**"}]}}"#).await;
        let [said] = &sent(t).await[..] else { panic!("not one comment") };
        assert_eq!((said.body.as_str(), said.edits), ("It is stuck.", 0));
        let states = [row(t, "j1.e1").await, row(t, "j1.e2").await, row(t, "j1.e3").await];
        assert_eq!(states.each_ref().map(|row| row.state), [EffectState::Dead, EffectState::Done, EffectState::Done]);
        assert_snapshot!(states[0].reason.as_deref().unwrap(), @"the comment is somebody else's");
    })
    .await;
}

#[tokio::test]
async fn an_effect_of_a_newer_version_is_a_dead_letter_and_the_rest_goes_on() {
    talk(async |t| {
        stored(t, "j1.merge", r#"{"do":"merge","pull":58,"head":"8a46898d"}"#).await;
        stored(
            t,
            "j1.label",
            r#"{"do":"label","scope":"size","value":"s","condition":"always","unless":"j1.merge"}"#,
        )
        .await;
        assert_eq!(t.ask("walt", "/timmy size xl").await, "Now size **xl**.");
        let dead = t.timmy.engine().ledger().read(|conn| outbox::dead(conn, 9)).await.unwrap();
        let reasons: Vec<_> = dead.into_iter().rev().map(|row| row.reason.unwrap()).collect();
        assert_snapshot!(reasons.join("\n"), @"
        another version of timmy has stored it: 0.1.0 cannot read the effect `merge`
        another version of timmy has stored it: 0.1.0 cannot read the effect `label`
        ");
    })
    .await;
}

#[tokio::test]
async fn the_other_effects_are_read_as_they_were_stored() {
    talk(async |t| {
        let comment = t.says("walt", "@timmy, thanks");
        t.quiet().await;
        t.sandbox.unreact("timmy", Subject::Comment(comment), "confused").unwrap();
        let react = format!(
            r#"{{"do":"react","subject":{{"kind":"comment","id":{comment}}},"reaction":"confused"}}"#
        );
        stored(t, "c1.confused.again", react.leak()).await;
        stored(t, "a", r#"{"do":"assign","wish":"add","user":"anna","keep":[]}"#).await;
        stored(t, "b", r#"{"do":"label","scope":"priority","value":"p1","condition":{"still":null}}"#).await;
        stored(t, "c", r#"{"do":"issue","title":"Oil","body":"For the hinge.\n\n<!-- timmy key=split.1 -->"}"#).await;
        stored(t, "d", r#"{"do":"pin"}"#).await;
        stored(t, "e", r#"{"do":"set_open","open":false}"#).await;
        sent(t).await;
        t.saw(Subject::Comment(comment), "confused");
        assert_eq!((t.assignees(), t.labels()), (vec!["anna".into()], vec!["priority/p1".into()]));
        assert!(!t.sandbox.is_open(DOOR, 1).unwrap() && t.sandbox.is_open(DOOR, 2).unwrap());
        // An issue with that marker is there: no second one is made.
        stored(t, "f", r#"{"do":"issue","title":"Oil","body":"For the hinge.\n\n<!-- timmy key=split.1 -->"}"#).await;
        sent(t).await;
        assert!(t.sandbox.is_open(DOOR, 3).is_err());
    })
    .await;
}

#[tokio::test]
async fn the_text_is_finished_when_it_is_decided() {
    talk(async |t| {
        t.sandbox.collaborator(DOOR, "timmy", Mode::Read).unwrap();
        t.sandbox.faults().next(Matcher::method_path("POST", "/reactions"), Fault::BadGateway);
        let comments = || Matcher::method_path("POST", "/issues/1/comments");
        t.sandbox.faults().next(comments(), Fault::CutBefore);
        let id = t.says("walt", "/timmy ping\n/timmy size s");
        let key: &str = format!("c{id}").leak();
        t.quiet().await;
        t.wait(SETTLE).await;
        // The label was refused, and the comment cut off: its text is in the ledger.
        assert!(row(t, key).await.is_uncertain());
        let text = text_of(t, key).await;
        assert!(text.contains("**not done:** the forge forbids it"), "{text}");
        t.sandbox.collaborator(DOOR, "timmy", Mode::Write).unwrap();
        t.wait(SETTLE).await;
        let said = &t.sandbox.comments(DOOR, 1).unwrap()[1];
        assert_eq!(said.body, text);
        t.answer_to(DOOR, 1, Subject::Comment(id));
    })
    .await;
}

#[tokio::test]
async fn what_is_rewritten_while_it_is_looked_for_is_sent_as_it_reads_then() {
    talk(async |t| {
        stored(t, "j1.card", r#"{"do":"comment","body":{"segments":[{"text":"**Running.**\n\n<!-- timmy key=j1.card -->"}]},"since":1795435200000000}"#).await;
        sent(t).await;
        // The first try is cut off, the look for it takes its time.
        t.sandbox.faults().next(Matcher::method_path("PATCH", "/issues/comments/"), Fault::CutBefore);
        stored(t, "j1.card.e1", r#"{"do":"edit_comment","comment":{"key":"j1.card"},"body":{"segments":[{"text":"**Verifying.**\n\n<!-- timmy key=j1.card -->"}]}}"#).await;
        sent(t).await;
        assert!(row(t, "j1.card.e1").await.is_uncertain());
        let gate = Gate::new();
        let look = Matcher::method_path("GET", "/issues/comments/");
        t.sandbox.faults().next(look, Fault::HangAfter(gate.clone()));
        t.clock.advance(SETTLE);
        t.timmy.engine().notify();
        gate.reached().await;
        let rewrite = t.timmy.engine().ledger().write(|tx| {
            let row = outbox::get(tx, "j1.card.e1")?.expect("the edit");
            let said = row.payload.get().replace("Verifying", "Deciding");
            outbox::rewrite(tx, row.seq, &serde_json::value::RawValue::from_string(said).unwrap())
        });
        rewrite.await.unwrap();
        gate.open();
        t.quiet().await;
        assert_eq!(sent(t).await[0].body, "**Deciding.**\n\n<!-- timmy key=j1.card -->");
        assert_eq!(row(t, "j1.card.e1").await.state, EffectState::Done);
    })
    .await;
}
