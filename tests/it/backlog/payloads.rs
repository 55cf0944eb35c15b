//! What webhooks say of an issue's state, whole or broken.

use serde_json::{Value, json};
use timmy::core::model::ids::RepoId;
use timmy::gitea::webhook::{self, IssueChanged, Malformed};

fn issue() -> Value {
    json!({
        "id": 7, "number": 3, "title": "Dust", "body": "There.", "state": "open",
        "user": {"id": 1, "login": "anna"}, "assignees": null, "milestone": null,
        "labels": [{"id": 4, "name": "size/s"}, {"name": "no number"}, {}],
        "due_date": "2026-12-24T23:59:59Z", "pin_order": 2,
        "created_at": "2026-11-22T21:33:40Z", "updated_at": "2026-11-23T21:33:40Z",
    })
}

fn payload(action: &str, thread: &str, value: Value) -> Value {
    let repository = json!({"id": 12, "full_name": "lab/pub", "private": false});
    json!({"action": action, thread: value, "repository": repository})
}

fn read(event: &str, payload: &Value) -> Result<Option<IssueChanged>, Malformed> {
    webhook::read(event, payload.to_string().as_bytes()).map(|reading| reading.changed_issue)
}

#[test]
fn every_event_of_an_issue_holds_its_state() {
    for event in ["issues", "issue_assign", "issue_label", "issue_milestone"] {
        let changed = read(event, &payload("any", "issue", issue())).unwrap().unwrap();
        assert_eq!((changed.repo.id, changed.item.number, changed.deleted), (RepoId(12), 3, false));
        assert!(changed.item.open && changed.item.pinned && !changed.item.is_pull);
        assert_eq!(changed.item.labels.len(), 1, "a label without a number is none");
        assert!(changed.item.due_at.is_some());
    }
    for event in ["pull_request", "pull_request_label", "pull_request_sync"] {
        let changed = read(event, &payload("any", "pull_request", issue())).unwrap().unwrap();
        assert!(changed.item.is_pull);
    }
    let changed = read("issues", &payload("deleted", "issue", issue())).unwrap().unwrap();
    assert!(changed.deleted);
}

#[test]
fn other_events_hold_none() {
    for event in ["issue_comment", "pull_request_comment", "push", ""] {
        assert_eq!(read(event, &payload("any", "issue", issue())), Ok(None), "{event}");
    }
    assert_eq!(read("issues", &payload("", "issue", Value::Null)), Ok(None), "a test delivery");
}

#[test]
fn what_is_broken_is_dropped() {
    for field in ["id", "number"] {
        for broken in [Value::Null, json!(0), json!(-7)] {
            let mut issue = issue();
            issue[field] = broken;
            let changed = read("issues", &payload("edited", "issue", issue));
            assert_eq!(changed, Ok(None), "{field}");
        }
    }
    let without_repository = json!({"action": "edited", "issue": issue()});
    assert_eq!(read("issues", &without_repository), Ok(None));
    for nonsense in [json!("issue"), json!([1]), json!({"issue": "seven"})] {
        for event in ["issues", "issue_label"] {
            assert!(matches!(read(event, &nonsense), Err(Malformed::Json(_))), "{nonsense}");
        }
    }
}

#[test]
fn a_milestone_may_lack_a_date_and_say_never_in_many_ways() {
    for never in [Value::Null, json!(""), json!("0001-01-01T00:00:00Z"), json!("soon")] {
        let mut issue = issue();
        issue["milestone"] = json!({"title": "Spring", "due_on": never});
        issue["due_date"] = never.clone();
        let item = read("issues", &payload("edited", "issue", issue)).unwrap().unwrap().item;
        let milestone = item.milestone.unwrap();
        assert_eq!((milestone.title.as_str(), milestone.due_at), ("Spring", None));
        assert_eq!(item.due_at, None, "{never}");
    }
    let mut issue = issue();
    issue["due_date"] = json!("9999-12-31T23:59:59Z");
    let item = read("issues", &payload("edited", "issue", issue)).unwrap().unwrap().item;
    assert!(item.due_at.is_some());
}
