//! Who is assigned to an issue, and who can be.

use serde_json::json;
use timmy::core::model::issue::Issue;
use timmy::gitea::{Changed, Error, Extra};

use super::forge::{Forge, ORG};
use super::versions::HAS_CALLS_OF_1_27;

fn logins(item: &Issue) -> Vec<&str> {
    item.assignees.iter().map(|account| account.login.as_str()).collect()
}

pub async fn they_are_replaced_and_cleared(forge: &Forge) {
    let (repo, number) = forge.thread("assigned").await;
    let timmy = forge.timmy().gitea();
    for wanted in [&["ezra"] as &[&str], &["timmy"], &[]] {
        let item = timmy.set_assignees(&repo, number, wanted).await.unwrap();
        assert_eq!(logins(&item), wanted);
        assert_eq!(logins(&timmy.issue(&repo, number).await.unwrap()), wanted);
    }
}

pub async fn an_unknown_one_fails_and_changes_nothing(forge: &Forge) {
    let (repo, number) = forge.thread("assigned-unknown").await;
    let timmy = forge.timmy().gitea();
    timmy.set_assignees(&repo, number, &["ezra"]).await.unwrap();
    let failed = timmy.set_assignees(&repo, number, &["nobody-here"]).await.unwrap_err();
    assert!(matches!(failed, Error::Server { .. } | Error::Unprocessable { .. }), "{failed}");
    assert_eq!(logins(&timmy.issue(&repo, number).await.unwrap()), ["ezra"]);
}

pub async fn one_who_may_not_see_the_issue_is_never_assigned(forge: &Forge) {
    let repo = forge.private_repo("assigned-stranger").await;
    let number = forge.issue(forge.timmy(), &repo, "It squeaks").await;
    let timmy = forge.timmy().gitea();
    timmy.set_assignees(&repo, number, &["rando"]).await.unwrap_err();
    assert_eq!(logins(&timmy.issue(&repo, number).await.unwrap()), [""; 0]);
}

pub async fn writers_can_be_assigned(forge: &Forge) {
    let repo = forge.repo("assignable").await;
    let accounts = forge.timmy().gitea().assignable(&repo).await.unwrap();
    let is_among = |login: &str| accounts.iter().any(|account| account.login == login);
    for writer in ["timmy", "ezra", "bezalel", "alexander"] {
        assert!(is_among(writer), "{writer} is not among {accounts:?}");
    }
    assert!(!is_among("rando"));
}

/// Where there are such calls.
pub async fn they_are_added_and_taken_off_one_by_one(forge: &Forge) {
    let (repo, number) = forge.thread("assigned-singly").await;
    let timmy = forge.timmy().gitea();
    let has_calls = timmy.has(Extra::Assignees).await.unwrap();
    forge.version.expect(&HAS_CALLS_OF_1_27, has_calls);
    if !has_calls {
        return;
    }
    for login in ["ezra", "timmy", "ezra"] {
        timmy.add_assignees(&repo, number, &[login]).await.unwrap();
    }
    let mut assigned = timmy.issue(&repo, number).await.unwrap();
    assigned.assignees.sort_by(|a, b| a.login.cmp(&b.login));
    assert_eq!(logins(&assigned), ["ezra", "timmy"]);
    let unknown = timmy.add_assignees(&repo, number, &["nobody-here"]).await.unwrap_err();
    assert!(matches!(unknown, Error::Unprocessable { status: 422, .. }), "{unknown}");
    for _ in 0..2 {
        timmy.remove_assignees(&repo, number, &["ezra"]).await.unwrap();
        assert_eq!(logins(&timmy.issue(&repo, number).await.unwrap()), ["timmy"]);
    }
    let stranger = forge.rando().gitea().add_assignees(&repo, number, &["ezra"]).await;
    assert!(matches!(stranger, Err(Error::Forbidden { .. })), "{stranger:?}");
}

/// Where that can be asked.
pub async fn who_can_be_assigned_is_known(forge: &Forge) {
    let timmy = forge.timmy().gitea();
    let can_be_asked = timmy.has(Extra::Assignable).await.unwrap();
    forge.version.expect(&HAS_CALLS_OF_1_27, can_be_asked);
    if !can_be_asked {
        return;
    }
    let (public, private) = (forge.repo("who").await, forge.private_repo("who-may-see").await);
    for (repo, strangers) in [(public, true), (private, false)] {
        let number = forge.issue(forge.timmy(), &repo, "It squeaks").await;
        for (login, can) in [("ezra", true), ("BEZALEL", true), ("rando", strangers)] {
            let found = timmy.can_be_assigned(&repo, number, login).await.unwrap();
            assert_eq!(found, can, "{login} in {repo}");
            let added = timmy.add_assignees(&repo, number, &[login]).await;
            match can {
                true => added.unwrap(),
                false => assert!(matches!(added, Err(Error::Forbidden { .. })), "{added:?}"),
            }
        }
        assert!(!timmy.can_be_assigned(&repo, number, "nobody-here").await.unwrap());
        assert!(!timmy.can_be_assigned(&repo, number, ORG).await.unwrap());
    }
}

pub async fn who_changed_them_or_the_labels_is_told(forge: &Forge) {
    let (repo, number) = forge.thread("changes").await;
    let (timmy, ezra) = (forge.timmy().gitea(), forge.ezra().gitea());
    let label = forge.label(&repo, "bug", false).await;
    let since = timmy.issue(&repo, number).await.unwrap().created_at;
    timmy.set_assignees(&repo, number, &["ezra"]).await.unwrap();
    ezra.add_label(&repo, number, label.id).await.unwrap();
    timmy.set_assignees(&repo, number, &[]).await.unwrap();
    let changes = timmy.changes_since(&repo, number, since).await.unwrap().unwrap();
    let told: Vec<(String, Changed)> =
        changes.into_iter().map(|change| (change.by.unwrap().login, change.what)).collect();
    let assigned = || ("timmy".to_owned(), Changed::Assignee("ezra".to_owned()));
    let labelled = ("ezra".to_owned(), Changed::Label("bug".to_owned()));
    assert_eq!(told, [assigned(), labelled, assigned()]);
}

pub async fn the_request_of_a_stranger_is_ignored(forge: &Forge) {
    let repo = forge.repo("assigned-by-stranger").await;
    let number = forge.issue(forge.rando(), &repo, "It squeaks").await;
    let path = format!("/repos/{repo}/issues/{number}");
    forge.rando().patch(path, json!({ "assignees": ["ezra"] })).await.expect(201);
    let item = forge.rando().gitea().issue(&repo, number).await.unwrap();
    assert_eq!(logins(&item), [""; 0]);
}
