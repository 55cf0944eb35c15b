//! What webhooks say, over a real connection, as timmy reads it.

use std::collections::BTreeSet;

use serde_json::json;
use timmy::core::model::ids::Subject;
use timmy::core::model::text::{InboundText, TextEvent};
use timmy::gitea::HookHome;
use timmy::gitea::webhook::{Delivery, Ignored};

use super::forge::{Forge, ORG};
use super::versions::TARGET_TYPE;
use crate::support::config::SECRETS;
use crate::support::receiver::Receiver;

/// What was read, if it is something that somebody said.
#[track_caller]
fn said(delivery: Delivery) -> InboundText {
    match delivery {
        Delivery::Text(inbound) => *inbound,
        other => panic!("no text: {other:?}"),
    }
}

pub async fn a_new_comment_is_delivered_with_the_rights_of_its_sender(forge: &Forge) {
    let (repo, number) = forge.thread("delivered").await;
    let mut receiver = forge.listen(&repo).await;
    for (person, may_push) in
        [(forge.ezra(), true), (forge.bezalel(), false), (forge.rando(), false)]
    {
        let id = person.gitea().post_comment(&repo, number, "/timmy ping").await.unwrap().id;
        let inbound = said(receiver.next_read("issue_comment").await);
        assert_eq!((inbound.subject, inbound.act), (Subject::Comment(id), TextEvent::Created));
        assert_eq!((&inbound.repo.name, inbound.number, inbound.is_pull), (&repo, number, false));
        assert_eq!(inbound.sender.as_ref().unwrap().login, person.login);
        assert_eq!((&inbound.author, inbound.body.as_str()), (&inbound.sender, "/timmy ping"));
        assert_eq!(inbound.permissions.unwrap().push, may_push, "{}", person.login);
    }
}

pub async fn an_edit_holds_the_text_before(forge: &Forge) {
    let (repo, number) = forge.thread("delivered-edit").await;
    let id = forge.timmy().gitea().post_comment(&repo, number, "Before.").await.unwrap().id;
    let mut receiver = forge.listen(&repo).await;
    forge.ezra().gitea().edit_comment(&repo, id, "After.").await.unwrap();
    let inbound = said(receiver.next_read("issue_comment").await);
    assert_eq!((inbound.subject, inbound.act), (Subject::Comment(id), TextEvent::Edited));
    assert_eq!(
        (inbound.body.as_str(), inbound.former_body.as_deref()),
        ("After.", Some("Before."))
    );
    let who = |account: &Option<timmy::core::model::account::Account>| {
        account.as_ref().unwrap().login.clone()
    };
    assert_eq!((who(&inbound.author), who(&inbound.sender)), ("timmy".into(), "ezra".into()));
}

pub async fn a_deleted_comment_is_delivered(forge: &Forge) {
    let (repo, number) = forge.thread("delivered-deletion").await;
    let id = forge.timmy().gitea().post_comment(&repo, number, "Oops.").await.unwrap().id;
    let mut receiver = forge.listen(&repo).await;
    forge.timmy().gitea().delete_comment(&repo, id).await.unwrap();
    match receiver.next_read("issue_comment").await {
        Delivery::Deleted { repo: found, comment } => {
            assert_eq!((found.name, comment), (repo, id));
        }
        other => panic!("{other:?}"),
    }
}

pub async fn an_opened_issue_is_delivered(forge: &Forge) {
    let repo = forge.repo("delivered-issue").await;
    let mut receiver = forge.listen(&repo).await;
    let number = forge.issue(forge.rando(), &repo, "It squeaks").await;
    let inbound = said(receiver.next_read("issues").await);
    let item = forge.timmy().gitea().issue(&repo, number).await.unwrap();
    assert_eq!((inbound.subject, inbound.act), (Subject::Issue(item.id), TextEvent::Opened));
    assert_eq!((inbound.number, inbound.body), (number, item.body));
    assert_eq!(inbound.sender.unwrap().login, "rando");
}

pub async fn other_changes_of_an_issue_are_ignored(forge: &Forge) {
    let (repo, number) = forge.thread("delivered-close").await;
    let mut receiver = forge.listen(&repo).await;
    for body in [json!({ "body": "More." }), json!({ "state": "closed" })] {
        forge.timmy().patch(format!("/repos/{repo}/issues/{number}"), body).await.expect(201);
        assert_eq!(receiver.next_read("issues").await, Delivery::Ignored(Ignored::Action));
    }
}

/// Some webhooks were made by hand, and the page of Gitea offers a form.
pub async fn a_form_is_signed_by_what_is_in_it(forge: &Forge) {
    let (repo, number) = forge.thread("delivered-form").await;
    let mut receiver = Receiver::start().await;
    let config = json!({ "url": receiver.url, "content_type": "form", "secret": SECRETS[0] });
    let body = json!({ "type": "gitea", "active": true, "events": ["issues"], "config": config });
    forge.alexander().post(format!("/repos/{repo}/hooks"), body).await.expect(201);
    let id = forge.ezra().gitea().post_comment(&repo, number, "a=b&c \u{1f44d}").await.unwrap().id;
    let delivery = receiver.next("issue_comment").await;
    assert_eq!(delivery.header("Content-Type"), "application/x-www-form-urlencoded");
    let inbound = said(delivery.read());
    assert_eq!((inbound.subject, inbound.body.as_str()), (Subject::Comment(id), "a=b&c \u{1f44d}"));
}

pub async fn labels_and_assignees_have_types_of_their_own(forge: &Forge) {
    let (repo, number) = forge.thread("delivered-label").await;
    let bug = forge.label(&repo, "bug", false).await;
    let mut receiver = forge.listen(&repo).await;
    forge.timmy().gitea().add_label(&repo, number, bug.id).await.unwrap();
    let label = receiver.next("issue_label").await;
    assert_eq!(label.header("X-Gitea-Event"), "issues");
    assert_eq!(label.read(), Delivery::Ignored(Ignored::Event));
    forge.timmy().gitea().set_assignees(&repo, number, &["ezra"]).await.unwrap();
    let assigned = receiver.next("issue_assign").await;
    assert_eq!(assigned.header("X-Gitea-Event"), "issues");
    match assigned.read() {
        Delivery::Gesture { repo: found, number: of } => {
            assert_eq!((found.name, of), (repo.clone(), number));
        }
        other => panic!("{other:?}"),
    }
}

pub async fn an_opened_pull_request_and_a_comment_there_are_delivered(forge: &Forge) {
    let repo = forge.repo("delivered-pull").await;
    let mut receiver = forge.listen(&repo).await;
    let number = forge.open_pull(&repo).await;
    match receiver.next_read("pull_request").await {
        Delivery::PullOpened(opening) => {
            assert_eq!((&opening.repo.name, opening.written.number), (&repo, number));
            assert_eq!((opening.written.body.as_str(), opening.written.is_pull), ("So.", true));
        }
        other => panic!("{other:?}"),
    }
    forge.ezra().gitea().post_comment(&repo, number, "/timmy status").await.unwrap();
    let delivery = receiver.next("pull_request_comment").await;
    assert_eq!(delivery.header("X-Gitea-Event"), "issue_comment");
    let inbound = said(delivery.read());
    assert_eq!((inbound.number, inbound.is_pull), (number, true));
}

pub async fn a_review_is_delivered_without_its_number(forge: &Forge) {
    let (repo, number) = forge.pull("delivered-review").await;
    let mut receiver = forge.listen(&repo).await;
    forge.remark(&repo, number).await;
    let delivery = receiver.next("pull_request_review_comment").await;
    assert_eq!(delivery.header("X-Gitea-Event"), "pull_request_comment");
    match delivery.read() {
        Delivery::Reviewed { repo: found, number: of } => {
            assert_eq!((found.name, of), (repo.clone(), number));
        }
        other => panic!("{other:?}"),
    }
    let approval = json!({ "event": "APPROVED", "body": "Fine." });
    let path = format!("/repos/{repo}/pulls/{number}/reviews");
    forge.ezra().post(path, approval).await.expect(200);
    let delivery = receiver.next("pull_request_review_approved").await;
    assert!(matches!(delivery.read(), Delivery::Reviewed { .. }));
}

pub async fn every_delivery_is_signed_and_has_an_id(forge: &Forge) {
    let (repo, number) = forge.thread("delivered-signed").await;
    let mut receiver = forge.listen(&repo).await;
    let mut ids = BTreeSet::new();
    for _ in 0..2 {
        forge.timmy().gitea().post_comment(&repo, number, "Hm.").await.unwrap();
        let delivery = receiver.next("issue_comment").await;
        assert!(delivery.is_signed_with(SECRETS[0]) && !delivery.is_signed_with("another"));
        assert_eq!(delivery.header("Content-Type"), "application/json");
        assert!(delivery.header("X-Hub-Signature-256").starts_with("sha256="));
        let target = delivery.header("X-Gitea-Hook-Installation-Target-Type");
        forge.version.expect(&TARGET_TYPE, target == "repository");
        ids.insert(delivery.header("X-Gitea-Delivery").to_owned());
    }
    assert!(ids.len() == 2 && ids.iter().all(|id| id.len() == 36), "{ids:?}");
}

pub async fn two_webhooks_to_one_address_deliver_twice(forge: &Forge) {
    let (repo, number) = forge.thread("delivered-twice").await;
    let mut receiver = Receiver::start().await;
    let of_org = HookHome::Organisation(ORG.to_owned());
    let org_hook = forge.hook(of_org.clone(), &receiver).await;
    forge.hook(HookHome::Repository(repo.clone()), &receiver).await;
    let id = forge.timmy().gitea().post_comment(&repo, number, "Twice.").await.unwrap().id;
    let mut ids = BTreeSet::new();
    for _ in 0..2 {
        let delivery = receiver.next("issue_comment").await;
        assert_eq!(said(delivery.read()).subject, Subject::Comment(id));
        ids.insert(delivery.header("X-Gitea-Delivery").to_owned());
    }
    assert_eq!(ids.len(), 2);
    forge.alexander().gitea().delete_hook(&of_org, org_hook.id).await.unwrap();
}
