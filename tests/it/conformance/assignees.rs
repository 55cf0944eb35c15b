//! Who is assigned to an issue, and who can be.

use serde_json::json;
use timmy::core::model::issue::Issue;
use timmy::gitea::{Changed, Error};

use super::forge::Forge;

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
