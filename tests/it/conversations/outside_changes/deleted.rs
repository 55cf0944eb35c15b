//! Accounts and comments that vanish while timmy is about to answer them.

use insta::assert_snapshot;
use timmy::core::model::ids::Subject;
use timmy::sandbox::{DeliveryFault, Mode};

use crate::conversations::talk::talk;
use crate::support::clock::MINUTE;
use crate::support::forge::DOOR;

#[tokio::test]
async fn whoever_asked_and_is_deleted_is_answered_all_the_same() {
    talk(async |t| {
        let id = t.says_while("/timmy size s", || t.sandbox.delete_user("walt").unwrap()).await;
        t.answer_to(DOOR, 1, Subject::Comment(id));
        assert_eq!(t.labels(), ["size/s"]);
    })
    .await;
}

#[tokio::test]
async fn what_a_deleted_account_said_is_nobodys_command_when_it_is_found() {
    talk(async |t| {
        t.sandbox.faults().next_delivery(DeliveryFault::Dropped);
        t.says("walt", "/timmy size s");
        t.sandbox.delete_user("walt").unwrap();
        t.wait(MINUTE).await;
        assert!(t.labels().is_empty());
        t.ask("alexander", "/timmy ping").await;
    })
    .await;
}

#[tokio::test]
async fn somebody_who_is_deleted_before_they_are_assigned() {
    talk(async |t| {
        let vanish = || t.sandbox.delete_user("anna").unwrap();
        let id = t.says_while("/timmy assign @anna\n/timmy size s", vanish).await;
        assert_snapshot!(t.answer_to(DOOR, 1, Subject::Comment(id)), @r"
        - `/timmy assign @anna`: **not done.** \@anna cannot be assigned here: the account must exist and have access to this repository.
        - `/timmy size s`: now size **s**.
        ");
        assert_eq!(t.labels(), ["size/s"]);
    })
    .await;
}

/// Another account may get the name of a deleted one, but never its number.
#[tokio::test]
async fn a_right_that_was_lent_does_not_pass_on_with_the_name() {
    talk(async |t| {
        t.ask("alexander", "/timmy delegate @walt").await;
        t.sandbox.delete_user("walt").unwrap();
        t.sandbox.add_user("walt");
        t.sandbox.collaborator(DOOR, "walt", Mode::Write).unwrap();
        let refusal = t.ask("walt", "/timmy approve").await;
        assert!(refusal.starts_with("**Not done.** `approve` is for the approvers"), "{refusal}");
    })
    .await;
}

#[tokio::test]
async fn a_comment_that_is_deleted_behind_the_claim() {
    talk(async |t| {
        t.says_while("/timmy size s", || {
            let asked = t.sandbox.comments(DOOR, 1).unwrap().pop().unwrap();
            t.sandbox.delete_comment("walt", asked.id).unwrap();
        })
        .await;
        assert_eq!(t.replies(), ["Now size **s**."]);
    })
    .await;
}
