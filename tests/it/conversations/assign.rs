//! Who looks after it.

use insta::assert_snapshot;

use crate::conversations::talk::talk;
use crate::support::forge::DOOR;

#[tokio::test]
async fn assign_a_person() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "/timmy assign @anna").await, @r"Assigned to **\@anna**.");
        assert_snapshot!(t.ask("walt", "/timmy assign @Anna").await, @r"Already assigned: \@anna.");
        assert_eq!(t.assignees(), ["anna"]);
    })
    .await;
}

#[tokio::test]
async fn assigning_one_person_keeps_the_others() {
    talk(async |t| {
        t.sandbox.assign("walt", DOOR, 1, &["anna", "rita"]).unwrap();
        t.ask("walt", "/timmy assign @walt").await;
        assert_eq!(t.assignees(), ["anna", "rita", "walt"]);
    })
    .await;
}

#[tokio::test]
async fn somebody_who_cannot_be_assigned() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "/timmy assign @rando").await, @r"**Not done.** \@rando cannot be assigned here: the account must exist and have access to this repository.");
        assert_snapshot!(t.ask("walt", "/timmy assign @nobody").await, @r"**Not done.** \@nobody cannot be assigned here: the account must exist and have access to this repository.");
        assert!(t.assignees().is_empty());
    })
    .await;
}

#[tokio::test]
async fn unassign_everybody() {
    talk(async |t| {
        t.sandbox.assign("walt", DOOR, 1, &["anna", "rita"]).unwrap();
        assert_snapshot!(t.ask("walt", "/timmy unassign").await, @r"No longer assigned: \@anna, \@rita.");
        assert!(t.assignees().is_empty());
        assert_snapshot!(t.ask("walt", "/timmy release").await, @"Nothing to do: nobody was assigned.");
    })
    .await;
}

#[tokio::test]
async fn unassign_one() {
    talk(async |t| {
        t.sandbox.assign("walt", DOOR, 1, &["anna", "rita"]).unwrap();
        assert_snapshot!(t.ask("walt", "/timmy unassign @ANNA").await, @r"No longer assigned: \@anna.");
        assert_eq!(t.assignees(), ["rita"]);
        assert_snapshot!(t.ask("walt", "/timmy unassign @anna").await, @r"Nothing to do: \@anna was not assigned.");
    })
    .await;
}

#[tokio::test]
async fn a_person_has_no_role_and_no_budget() {
    talk(async |t| {
        assert_snapshot!(t.ask("walt", "/timmy assign @anna role=coder").await, @"**Not done.** `role=` and `budget=` are for agents, and `@anna` is none. Did you mean `/timmy assign @anna`?");
    })
    .await;
}
