//! What is wished, and how it is stored.

use crate::core::effect::*;

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|s| (*s).to_owned()).collect()
}

#[test]
fn an_attempt_that_lost_people_puts_them_back() {
    let change = SetAssignees::Add { user: "anna".into(), keep: names(&["ben"]), on: None };
    assert_eq!(change.wanted(&names(&["ben"])), names(&["ben", "anna"]));
    assert_eq!(change.wanted(&[]), names(&["ben", "anna"]));
    assert_eq!(change.wanted(&names(&["Anna", "ben"])), names(&["Anna", "ben"]));
}

#[test]
fn removing_leaves_the_others() {
    let change = SetAssignees::Remove { user: "anna".into(), keep: names(&["ben", "anna"]) };
    assert_eq!(change.wanted(&names(&["anna"])), names(&["ben"]));
    assert_eq!(SetAssignees::Clear.wanted(&names(&["anna"])), Vec::<String>::new());
}

#[test]
fn one_by_one_only_what_is_asked_for_changes() {
    let add = SetAssignees::Add { user: "anna".into(), keep: names(&["ben"]), on: None };
    assert_eq!(add.change(&[]), Some(AssigneeChange::Add("anna")));
    assert_eq!(add.change(&names(&["Anna"])), None);
    let remove = SetAssignees::Remove { user: "anna".into(), keep: names(&["ben", "anna"]) };
    assert_eq!(remove.change(&names(&["anna"])), Some(AssigneeChange::Remove(vec!["anna"])));
    assert_eq!(remove.change(&[]), None);
    let all = names(&["anna", "ben"]);
    assert_eq!(SetAssignees::Clear.change(&all), Some(AssigneeChange::Remove(vec!["anna", "ben"])));
    assert_eq!(SetAssignees::Clear.change(&[]), None);
}

#[test]
fn labels_are_read_without_case_and_strangers_are_left_alone() {
    assert_eq!(LabelScope::Size.value_of("size/S"), Some("s"));
    assert_eq!(LabelScope::Priority.value_of("priority/critical"), None);
    assert_eq!(LabelScope::Priority.value_among(["bug", "priority/p2", "priority/p0"]), Some("p0"));
}

/// What each effect looks like in the ledger. An older timmy wrote these: a line that has to be
/// changed is a migration.
const STORED: [&str; 29] = [
    r#"{"do":"comment","body":{"segments":[{"text":"**Here.**\n\n<!-- timmy key=c8 -->"}]},"since":1795435200000000}"#,
    r#"{"do":"comment","body":{"segments":[{"text":"Now **p1**.","fallback":{"effect":"c8.1","text":"**Not done:** {reason}."}},{"text":"\n\n<!-- timmy key=c8 -->"}]},"since":1795435200000000}"#,
    r#"{"do":"comment","body":{"segments":[],"source":{"report":{"day":"2026-11-23","may_call":true,"at_once":false}}},"since":1795435200000000}"#,
    r#"{"do":"comment","body":{"segments":[{"text":"**Here.**\n\n<!-- timmy key=c8 -->"}]},"since":1795435200000000,"reply_to":177}"#,
    r#"{"do":"edit_comment","comment":{"key":"c8"},"body":{"segments":[{"text":"**Done.**"}]}}"#,
    r#"{"do":"edit_comment","comment":{"id":177},"body":{"segments":[{"text":"**Done.**"}]}}"#,
    r#"{"do":"react","subject":{"kind":"comment","id":8},"reaction":"confused"}"#,
    r#"{"do":"label","scope":"priority","value":"p1","condition":{"still":null}}"#,
    r#"{"do":"assign","wish":"add","user":"anna","keep":["ben"]}"#,
    r#"{"do":"assign","wish":"add","user":"anna","keep":["ben"],"on":{"repo":1,"number":4}}"#,
    r#"{"do":"dependency","on":{"repo":1,"number":4},"waits":true}"#,
    r#"{"do":"issue","title":"Report","body":"One comment a day.\n\n<!-- timmy key=report.issue -->"}"#,
    r#"{"do":"make_part","title":"Oil the hinge","body":"**Done when:** it is quiet.\n\n<!-- timmy key=f-j1.9.issue1 -->","size":"s","by":{"id":2,"login":"anna"}}"#,
    r#"{"do":"make_part","title":"Oil the hinge","body":"**Done when:** it is quiet.\n\n<!-- timmy key=f-j1.9.issue1 -->","size":"s","labels":["area/door","priority/p1"],"by":{"id":2,"login":"anna"}}"#,
    r#"{"do":"bond","issue":{"number":12},"on":{"key":"f-j1.9.issue1"}}"#,
    r#"{"do":"bond","issue":{"number":31},"on":{"key":"f-j1.9.issue1"},"while_open":[31]}"#,
    r#"{"do":"comment","body":{"segments":[],"source":{"split":{"decision":7,"key":"f-j1.9"}}},"since":1795435200000000}"#,
    r#"{"do":"set_open","open":true}"#,
    r#"{"do":"pin"}"#,
    r#"{"do":"close_pulls","branches":["timmy/41-j42"],"word":"**Closed.**"}"#,
    r#"{"do":"status","commit":"8b195ee08b195ee08b195ee08b195ee08b195ee0","says":{"context":"timmy/verify","state":"success","description":"8 guards passed","target_url":"https://git.example.org/f/d/pulls/58#issuecomment-177"}}"#,
    r#"{"do":"answer_remarks","comments":[125],"word":"**Dealt with.**","listed":"**Dealt with:**\n\n- `a.rs`"}"#,
    r#"{"do":"approve","commit":"8b195ee08b195ee08b195ee08b195ee08b195ee0","word":"Approved in d7."}"#,
    r#"{"do":"approve","commit":"8b195ee08b195ee08b195ee08b195ee08b195ee0","word":"Approved in d7.","job":42}"#,
    r#"{"do":"withdraw_approval","word":"The yes is void."}"#,
    r#"{"do":"post_result","agent":"ezra","text":"It squeaks.","in_own_name":"**`ezra` says:**","since":1795435200000000}"#,
    r#"{"do":"post_result","agent":"ezra","text":"","in_own_name":"**`ezra` approves.**","review":{"commit":"8b195ee08b195ee08b195ee08b195ee08b195ee0","opinion":"changes_requested","remarks":[{"path":"a.rs","line":3,"text":"Oil it."}]},"since":1795435200000000}"#,
    r#"{"do":"post_result","agent":"ezra","text":"","in_own_name":"**`ezra` approves.**","review":{"commit":"8b195ee08b195ee08b195ee08b195ee08b195ee0","opinion":"approved","remarks":[]},"of_earlier":"**Review of `8b195ee`**","since":1795435200000000,"of":{"job":42,"fence":7}}"#,
    r#"{"do":"merge","job":42,"commit":"8b195ee08b195ee08b195ee08b195ee08b195ee0","target":"main","message":"Approved-by: alexander"}"#,
];

#[test]
fn what_was_stored_is_read_as_it_was_meant() {
    for stored in STORED {
        let effect: Effect = serde_json::from_str(stored).expect(stored);
        assert_eq!(serde_json::to_string(&effect).unwrap(), stored);
    }
}

#[test]
fn what_a_newer_version_added_is_not_passed_over() {
    for stored in STORED {
        let newer = stored.replacen('{', r#"{"unless":"c9","#, 1);
        assert!(serde_json::from_str::<Effect>(&newer).is_err(), "{newer}");
    }
}
