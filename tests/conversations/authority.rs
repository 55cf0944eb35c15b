//! Who may steer: what can be shown counts, what cannot be shown is refused with the remedy.
//!
//! By comment the signed payload carries the sender's permissions. The text of a new issue carries
//! none: there the forge is asked, as far as a plain writer may ask.

use timmy::sandbox::{Mode, Unit};

use crate::talk::{DOOR, Talk, talk, talk_where};

/// What becomes of `/timmy size s`.
#[derive(Debug, PartialEq)]
enum Answer {
    Done,
    /// A reader is told who may.
    Refused,
    /// A stranger is told once.
    Stranger,
}

fn answer(reply: &str) -> Answer {
    match reply {
        _ if reply.starts_with("Now size **s**") => Answer::Done,
        _ if reply.contains("`size` is for") => Answer::Refused,
        _ if reply.contains("I take commands") => Answer::Stranger,
        other => panic!("{other}"),
    }
}

/// Says it in a new issue of its own, so that nothing that went before counts.
async fn by_comment(t: &Talk, who: &str) -> Answer {
    let number = t.opens(DOOR, "alexander", "A question", "").await;
    answer(&t.ask_in(DOOR, number, who, "/timmy size s").await)
}

async fn by_issue(t: &Talk, who: &str) -> Answer {
    let number = t.opens(DOOR, who, "A wish", "/timmy size s").await;
    answer(&t.answer_to_opening(DOOR, number))
}

/// People with all kinds of rights at the door.
fn people(t: &Talk) {
    for login in ["admin", "byteam", "triage", "reader", "sharer", "nobody"] {
        t.sandbox.add_user(login);
    }
    t.sandbox.collaborator(DOOR, "admin", Mode::Admin).unwrap();
    t.sandbox.collaborator(DOOR, "sharer", Mode::Write).unwrap();
    let everything = [(Unit::Code, Mode::Write), (Unit::Issues, Mode::Write)];
    t.sandbox.add_team("foundation", "makers", &everything, &["byteam", "timmy"]).unwrap();
    let issues = [(Unit::Issues, Mode::Write)];
    t.sandbox.add_team("foundation", "triagers", &issues, &["triage", "timmy"]).unwrap();
    let reading = [(Unit::Code, Mode::Read), (Unit::Issues, Mode::Read)];
    t.sandbox.add_team("foundation", "readers", &reading, &["reader", "timmy"]).unwrap();
}

#[tokio::test]
async fn rights_by_comment_and_by_issue() {
    use Answer::{Done, Refused, Stranger};
    talk(async |t| {
        people(t);
        for (who, comment, issue) in [
            ("alexander", Done, Done),
            ("byteam", Done, Done),
            ("triage", Done, Done),
            ("reader", Refused, Refused),
            ("nobody", Stranger, Stranger),
            // timmy is a plain writer: whether a collaborator may write it cannot ask, and the
            // text of an issue carries no proof.
            ("admin", Done, Refused),
            ("sharer", Done, Refused),
        ] {
            assert_eq!(by_comment(t, who).await, comment, "{who} by comment");
            assert_eq!(by_issue(t, who).await, issue, "{who} by issue");
        }
    })
    .await;
}

#[tokio::test]
async fn a_team_can_be_named() {
    let strict = r#"operators = ["team:foundation/triagers"]"#;
    talk_where(&[(r#"operators = ["writers"]"#, strict)], async |t| {
        people(t);
        assert_eq!(by_comment(t, "triage").await, Answer::Done);
        assert_eq!(by_issue(t, "triage").await, Answer::Done);
        assert_eq!(by_comment(t, "byteam").await, Answer::Refused);
    })
    .await;
}
