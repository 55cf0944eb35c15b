//! Webhooks as three versions sent them, and as nobody ever should.

use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;
use timmy::core::model::account::Account;
use timmy::core::model::ids::{RepoId, Subject};
use timmy::core::model::repository::Permissions;
use timmy::core::model::text::{InboundText, TextEvent};
use timmy::core::policy::webhook_scope::HookScope;
use timmy::gitea::signature::{Keys, Signature};
use timmy::gitea::webhook::{self, Delivery, Ignored, Malformed};

use crate::wire::recorded::{self, Recorded, Recording};

fn read(event_type: &str, json: &[u8]) -> Result<Delivery, Malformed> {
    webhook::read(event_type, json).map(|reading| reading.delivery)
}

fn delivered(recorded: &Recorded, name: &str) -> Delivery {
    let delivery = recorded.delivery(name);
    read(delivery.event_type(), delivery.payload.to_string().as_bytes()).unwrap()
}

fn inbound(recorded: &Recorded, name: &str) -> InboundText {
    match delivered(recorded, name) {
        Delivery::Text(inbound) => *inbound,
        other => panic!("{} {name}: {other:?}", recorded.version),
    }
}

fn verify(secrets: &[&str], payload: &[u8], header: &str) -> bool {
    let keys = Keys::new(secrets.iter().map(|secret| (secret, HookScope::Everything)));
    !keys.verify(payload, Signature::parse(header).unwrap()).is_empty()
}

#[test]
fn the_bytes_are_signed_and_read() {
    for recorded in recorded::all() {
        assert!(verify(&["other", "sekrit"], recorded.raw, &recorded.signature));
        assert!(!verify(&["other"], recorded.raw, &recorded.signature));
        let read = read("issue_comment", recorded.raw).unwrap();
        assert!(matches!(read, Delivery::Text(_)));
        let mut forged = recorded.raw.to_vec();
        forged[100] ^= 1;
        assert!(!verify(&["sekrit"], &forged, &recorded.signature));
    }
}

#[test]
fn a_comment_is_read_with_the_senders_rights() {
    for recorded in recorded::all() {
        let inbound = inbound(&recorded, "comment-created");
        assert!(matches!(inbound.subject, Subject::Comment(6 | 9)));
        assert_eq!((inbound.repo.id, inbound.number, inbound.is_pull), (RepoId(1), 1, false));
        assert_eq!(inbound.repo.name.to_string(), "foundation/config");
        assert!(!inbound.repo.private && !inbound.migrated);
        assert_eq!((inbound.act, inbound.former_body), (TextEvent::Created, None));
        assert_eq!(inbound.body, "@timmy please look\n\n/timmy assign ezra\n");
        assert!(inbound.sender.is_some_and(|sender| sender.is("alexander")));
        let everything = Permissions { admin: true, push: true, pull: true };
        assert_eq!(inbound.permissions, Some(everything));
    }
}

#[test]
fn an_edit_holds_what_stood_before() {
    for recorded in recorded::all() {
        let inbound = inbound(&recorded, "comment-edited");
        assert_eq!(inbound.act, TextEvent::Edited);
        let before = "@timmy please look\n\n/timmy assign ezra\n";
        assert_eq!(inbound.former_body.as_deref(), Some(before));
        assert_ne!(inbound.body, before);
    }
}

#[test]
fn a_comment_on_a_pull_request_says_so() {
    for recorded in recorded::all() {
        let inbound = inbound(&recorded, "pr-comment");
        assert_eq!((inbound.number, inbound.is_pull, inbound.act), (2, true, TextEvent::Created));
        assert_eq!(inbound.body, "/timmy approve");
    }
}

#[test]
fn an_opened_issue_proves_no_rights() {
    for recorded in recorded::all() {
        let inbound = inbound(&recorded, "issue-opened");
        assert_eq!((inbound.subject, inbound.act), (Subject::Issue(1), TextEvent::Opened));
        assert_eq!((inbound.is_pull, inbound.permissions), (false, None));
        assert_eq!(inbound.author, inbound.sender);
        assert_eq!(inbound.created_at, inbound.updated_at);
    }
}

#[test]
fn an_opened_pull_request_waits_for_its_global_id() {
    for recorded in recorded::all() {
        let Delivery::PullOpened(opening) = delivered(&recorded, "pr-opened") else {
            panic!("another delivery");
        };
        // The payload's own id is 1; the issue behind the pull request has the id 2.
        let written = &opening.written;
        assert_eq!((written.number, written.body.as_str()), (2, "Fixes #1"));
        let inbound = opening.into_inbound(2);
        assert_eq!((inbound.subject, inbound.is_pull), (Subject::Issue(2), true));
        assert_eq!((inbound.act, inbound.permissions), (TextEvent::Opened, None));
    }
}

#[test]
fn reviews_are_to_be_read_whatever_the_event_is_called() {
    for recorded in recorded::all() {
        for name in ["pr-review-approved", "pr-review-rejected", "pr-review-comment"] {
            match delivered(&recorded, name) {
                Delivery::Reviewed { repo, number: 2 } => assert_eq!(repo.id, RepoId(1)),
                other => panic!("{} {name}: {other:?}", recorded.version),
            }
        }
    }
}

#[test]
fn a_deleted_comment_is_named() {
    for recorded in recorded::all() {
        let deleted = delivered(&recorded, "comment-deleted");
        assert!(matches!(deleted, Delivery::Deleted { comment: 6 | 9, .. }), "{deleted:?}");
    }
}

#[test]
fn everything_else_is_ignored() {
    for recorded in recorded::all() {
        assert_eq!(delivered(&recorded, "push-branch"), Delivery::Ignored(Ignored::Event));
        assert_eq!(delivered(&recorded, "issue-reopened"), Delivery::Ignored(Ignored::Action));
        assert!(matches!(delivered(&recorded, "issue-labeled"), Delivery::Ignored(_)));
    }
    let unknown = br#"{"action":"unheard_of"}"#;
    assert_eq!(read("issues", unknown), Ok(Delivery::Ignored(Ignored::Action)));
    assert_eq!(read("issue_comment", b"{}"), Ok(Delivery::Ignored(Ignored::Action)));
}

/// What must be made of a delivery.
fn meaning(delivery: &Recording) -> &'static str {
    match (delivery.event.as_str(), delivery.payload["action"].as_str()) {
        (_, Some("reviewed")) => "Reviewed",
        ("issue_comment", Some("deleted")) => "Deleted",
        ("issue_comment", _) | ("issues", Some("opened")) => "Text",
        ("pull_request", Some("opened")) => "PullOpened",
        ("pull_request", Some("closed")) => "Gesture",
        (event, _) if event != delivery.event_type() && is_gesture(delivery.event_type()) => {
            "Gesture"
        }
        _ => "Ignored",
    }
}

/// Before 1.16 no delivery says so.
fn is_gesture(event_type: &str) -> bool {
    event_type.ends_with("_assign") || event_type == "pull_request_review_request"
}

#[test]
fn every_delivery_that_was_recorded_has_its_meaning() {
    for (recorded, count) in recorded::all().iter().zip([26, 28, 28, 28]) {
        assert_eq!(recorded.deliveries.len(), count);
        for delivery in &recorded.deliveries {
            let place = format!("{} {}", recorded.version, delivery.name);
            let read = delivered(recorded, &delivery.name);
            assert!(format!("{read:?}").starts_with(meaning(delivery)), "{place}: {read:?}");
            if let Delivery::Text(inbound) = read {
                compare(&inbound, &delivery.payload, &place);
            }
        }
    }
}

/// What was read must be what the payload says.
fn compare(inbound: &InboundText, payload: &Value, place: &str) {
    let (text, id) = match inbound.subject {
        Subject::Comment(id) => (&payload["comment"], id),
        Subject::Issue(id) => (&payload["issue"], id),
    };
    let name = |account: &Option<Account>| account.as_ref().map(|who| who.login.clone());
    let said = |value: &Value| value.as_str().map(str::to_owned);
    assert_eq!(text["id"], id, "{place}");
    assert_eq!(payload["issue"]["number"], inbound.number, "{place}");
    assert_eq!(!payload["issue"]["pull_request"].is_null(), inbound.is_pull, "{place}");
    assert_eq!(payload["repository"]["id"], inbound.repo.id.0, "{place}");
    assert_eq!(text["body"], inbound.body.as_str(), "{place}");
    assert_eq!(said(&payload["changes"]["body"]["from"]), inbound.former_body, "{place}");
    assert_eq!(said(&text["user"]["login"]), name(&inbound.author), "{place}");
    assert_eq!(said(&payload["sender"]["login"]), name(&inbound.sender), "{place}");
    assert_eq!(text["created_at"], inbound.created_at.to_string(), "{place}");
    assert_eq!(text["updated_at"], inbound.updated_at.to_string(), "{place}");
}

#[test]
fn a_migrated_comment_was_said_by_nobody_here() {
    for recorded in recorded::all() {
        let mut payload = recorded.delivery("comment-created").payload.clone();
        payload["comment"]["original_author"] = "octocat".into();
        let delivery = read("issue_comment", payload.to_string().as_bytes());
        let Ok(Delivery::Text(inbound)) = delivery else { panic!("{delivery:?}") };
        assert_eq!((inbound.migrated, inbound.author), (true, None));
    }
}

#[test]
fn what_is_missing_is_named() {
    let [.., latest] = recorded::all();
    let recording = latest.delivery("comment-created");
    for (pointer, missing) in [
        ("/comment", "comment"),
        ("/comment/id", "comment.id"),
        ("/issue", "issue.number"),
        ("/issue/number", "issue.number"),
        ("/repository", "repository"),
        ("/repository/id", "repository.id"),
        ("/repository/full_name", "repository.full_name"),
    ] {
        let mut payload = recording.payload.clone();
        *payload.pointer_mut(pointer).unwrap() = Value::Null;
        let read = read("issue_comment", payload.to_string().as_bytes());
        assert_eq!(read, Err(Malformed::Missing(missing)));
    }
    assert!(matches!(read("issues", b"{"), Err(Malformed::Json(_))));
    assert!(matches!(read("issue_comment", b"[]"), Err(_) | Ok(Delivery::Ignored(_))));
}

#[test]
fn accounts_may_be_missing() {
    let [.., latest] = recorded::all();
    let mut payload = latest.delivery("comment-created").payload.clone();
    payload["sender"] = Value::Null;
    payload["comment"]["user"] = Value::Null;
    let delivery = read("issue_comment", payload.to_string().as_bytes());
    let Ok(Delivery::Text(inbound)) = delivery else { panic!("{delivery:?}") };
    assert_eq!((inbound.author, inbound.sender), (None, None));
}

/// The addresses of all values in `value`.
fn pointers(value: &Value, at: String, all: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, v)| pointers(v, format!("{at}/{name}"), all));
        }
        Value::Array(entries) => {
            entries.iter().enumerate().for_each(|(i, v)| pointers(v, format!("{at}/{i}"), all));
        }
        _ => {}
    }
    all.push(at);
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
        Just(Value::from("\u{0}\u{202e}")),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{1,12}", inner, 0..4)
                .prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

fn any_recording() -> impl Strategy<Value = Recording> {
    let all: Vec<_> = recorded::all().into_iter().flat_map(|r| r.deliveries).collect();
    prop::sample::select(all)
}

proptest! {
    #[test]
    fn no_change_of_a_payload_makes_it_panic(
        mut recording in any_recording(),
        changes in prop::collection::vec((any::<Index>(), any_json()), 1..6),
    ) {
        for (place, value) in changes {
            let mut all = Vec::new();
            pointers(&recording.payload, String::new(), &mut all);
            *recording.payload.pointer_mut(&all[place.index(all.len())]).unwrap() = value;
        }
        let _ = read(recording.event_type(), recording.payload.to_string().as_bytes());
    }

    #[test]
    fn no_change_of_the_bytes_makes_it_panic(
        recording in any_recording(),
        cut in any::<Index>(),
        flips in prop::collection::vec((any::<Index>(), any::<u8>()), 0..8),
    ) {
        let mut bytes = recording.payload.to_string().into_bytes();
        for (place, byte) in flips {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes.truncate(cut.index(bytes.len() * 2));
        let _ = read(recording.event_type(), &bytes);
    }
}
