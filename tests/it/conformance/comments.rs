//! Comments: written, edited, deleted, listed.

use std::slice;
use std::time::Duration;

use serde_json::json;
use timmy::core::model::ids::{RepoName, Subject};
use timmy::core::model::text::ListedText;
use timmy::core::model::time::Timestamp;
use timmy::gitea::Error;

use super::forge::Forge;
use super::versions::{LIMIT_WITHOUT_PAGE, UNCHANGED_HAS_AUTHOR, UNCHANGED_MOVES};

/// The numbers of the comments that timmy finds in `repo` since a moment.
async fn since(forge: &Forge, repo: &RepoName, moment: Timestamp) -> Vec<ListedText> {
    let (mut pages, mut seen) = (forge.timmy().gitea().comments_since(repo, moment), Vec::new());
    while let Some(page) = pages.next().await.unwrap() {
        seen.extend(page.entries);
    }
    seen
}

pub async fn one_that_is_written_is_listed(forge: &Forge) {
    let (repo, number) = forge.thread("written").await;
    let timmy = forge.timmy().gitea();
    let written = timmy.post_comment(&repo, number, "Oil it.").await.unwrap();
    assert_eq!(written.author.as_ref().unwrap().login, "timmy");
    assert_eq!(timmy.comment(&repo, written.id).await.unwrap().as_ref(), Some(&written));
    let listed = timmy.comments_of(&repo, number, None).await.unwrap();
    assert_eq!(listed, slice::from_ref(&written));
    let seen = since(forge, &repo, written.created_at).await;
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].subject, seen[0].written.number), (Subject::Comment(written.id), number));
    assert_eq!((seen[0].written.is_pull, seen[0].written.body.as_str()), (false, "Oil it."));
}

pub async fn an_edit_changes_the_text_and_its_time(forge: &Forge) {
    let (repo, number) = forge.thread("edited").await;
    let timmy = forge.timmy().gitea();
    let written = timmy.post_comment(&repo, number, "Oil it.").await.unwrap();
    assert_eq!(written.created_at, written.updated_at);
    forge.next_second().await;
    let edited = timmy.edit_comment(&repo, written.id, "Grease it.").await.unwrap();
    assert_eq!((edited.id, edited.body.as_str()), (written.id, "Grease it."));
    assert_eq!(edited.created_at, written.created_at);
    assert!(edited.updated_at > written.updated_at);
}

pub async fn an_edit_that_changes_nothing_is_answered(forge: &Forge) {
    let (repo, number) = forge.thread("unchanged").await;
    let timmy = forge.timmy().gitea();
    let written = timmy.post_comment(&repo, number, "Oil it.").await.unwrap();
    forge.next_second().await;
    let same = timmy.edit_comment(&repo, written.id, "Oil it.").await.unwrap();
    assert_eq!((same.id, same.body), (written.id, written.body));
    forge.version.expect(&UNCHANGED_HAS_AUTHOR, same.author.is_some());
    forge.version.expect(&UNCHANGED_MOVES, same.updated_at > written.updated_at);
}

pub async fn a_deleted_one_is_gone(forge: &Forge) {
    let (repo, number) = forge.thread("deleted").await;
    let timmy = forge.timmy().gitea();
    let written = timmy.post_comment(&repo, number, "Oops.").await.unwrap();
    timmy.delete_comment(&repo, written.id).await.unwrap();
    let gone = timmy.comment(&repo, written.id).await.unwrap_err();
    assert!(matches!(gone, Error::NotFound { .. }), "{gone}");
    assert_eq!(timmy.comments_of(&repo, number, None).await.unwrap(), []);
    timmy.delete_comment(&repo, written.id).await.unwrap();
}

pub async fn writers_may_edit_those_of_others_and_strangers_may_not(forge: &Forge) {
    let (repo, number) = forge.thread("others").await;
    let id = forge.timmy().gitea().post_comment(&repo, number, "Mine.").await.unwrap().id;
    forge.ezra().gitea().edit_comment(&repo, id, "Ours.").await.unwrap();
    let refused = forge.rando().gitea().edit_comment(&repo, id, "Whose?").await.unwrap_err();
    assert!(matches!(refused, Error::Forbidden { .. }), "{refused}");
    let now = forge.timmy().gitea().comment(&repo, id).await.unwrap().unwrap();
    assert_eq!((now.body.as_str(), now.author.unwrap().login.as_str()), ("Ours.", "timmy"));
}

async fn three(forge: &Forge, name: &str) -> (RepoName, i64) {
    let (repo, number) = forge.thread(name).await;
    for body in ["one", "two", "three"] {
        forge.timmy().gitea().post_comment(&repo, number, body).await.unwrap();
    }
    (repo, number)
}

pub async fn the_list_of_a_thread_is_not_paged(forge: &Forge) {
    let (repo, number) = three(forge, "unpaged").await;
    let path = format!("/repos/{repo}/issues/{number}/comments?page=1&limit=2");
    assert_eq!(forge.timmy().get(path).await.expect(200).count(), 3);
}

pub async fn the_list_of_a_repository_is_paged_oldest_first(forge: &Forge) {
    let (repo, _) = three(forge, "paged").await;
    let page = |n: usize| format!("/repos/{repo}/issues/comments?page={n}&limit=2");
    let first = forge.timmy().get(page(1)).await.expect(200);
    assert_eq!((&first.json[0]["body"], &first.json[1]["body"]), (&json!("one"), &json!("two")));
    assert_eq!(first.header("X-Total-Count"), Some("3"));
    assert_eq!(forge.timmy().get(page(2)).await.expect(200).count(), 1);
    assert_eq!(forge.timmy().get(page(3)).await.expect(200).count(), 0);
}

pub async fn whether_the_limit_counts_without_a_page_is_known(forge: &Forge) {
    let (repo, _) = three(forge, "limitless").await;
    let some = forge.timmy().get(format!("/repos/{repo}/issues/comments?limit=2")).await;
    forge.version.expect(&LIMIT_WITHOUT_PAGE, some.expect(200).count());
}

pub async fn since_includes_its_second(forge: &Forge) {
    let (repo, number) = forge.thread("since").await;
    let timmy = forge.timmy().gitea();
    let written = timmy.post_comment(&repo, number, "Now.").await.unwrap();
    let (then, later) = (written.updated_at, written.updated_at.after(Duration::from_secs(1)));
    assert_eq!(since(forge, &repo, then).await.len(), 1);
    assert_eq!(since(forge, &repo, later).await.len(), 0);
    assert_eq!(timmy.comments_of(&repo, number, Some(then)).await.unwrap().len(), 1);
    assert_eq!(timmy.comments_of(&repo, number, Some(later)).await.unwrap().len(), 0);
}

pub async fn since_sees_edits(forge: &Forge) {
    let (repo, number) = forge.thread("since-edits").await;
    let timmy = forge.timmy().gitea();
    let old = timmy.post_comment(&repo, number, "Old.").await.unwrap();
    forge.next_second().await;
    let new = timmy.post_comment(&repo, number, "New.").await.unwrap();
    assert_eq!(since(forge, &repo, new.created_at).await.len(), 1);
    timmy.edit_comment(&repo, old.id, "Old, and edited.").await.unwrap();
    let seen = since(forge, &repo, new.created_at).await;
    let bodies: Vec<&str> = seen.iter().map(|seen| seen.written.body.as_str()).collect();
    assert_eq!(bodies, ["Old, and edited.", "New."]);
}

pub async fn a_plus_in_since_must_be_escaped(forge: &Forge) {
    let repo = forge.repo("plus").await;
    let path = |zone| format!("/repos/{repo}/issues/comments?since=2026-01-02T03:04:05{zone}");
    forge.timmy().get(path("+02:00")).await.expect(422);
    forge.timmy().get(path("%2B02:00")).await.expect(200);
    forge.timmy().get(path("Z")).await.expect(200);
}

pub async fn an_empty_one_is_refused(forge: &Forge) {
    let (repo, number) = forge.thread("empty").await;
    let refused = forge.timmy().gitea().post_comment(&repo, number, "").await.unwrap_err();
    assert!(matches!(refused, Error::Unprocessable { status: 422, .. }), "{refused}");
}

pub async fn one_on_a_missing_issue_fails(forge: &Forge) {
    let repo = forge.repo("missing").await;
    let failed = forge.timmy().gitea().post_comment(&repo, 99_999, "x").await.unwrap_err();
    assert!(matches!(failed, Error::Server { .. } | Error::NotFound { .. }), "{failed}");
}
