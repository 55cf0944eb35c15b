//! Which changes move a thread: those that a search with `since` finds it by.

use serde_json::json;
use timmy::core::effect::Reaction;
use timmy::core::model::ids::{RepoName, Subject};
use timmy::core::model::time::Timestamp;

use super::forge::Forge;
use super::versions::DELETION_MOVES;

/// When a thread moved last.
async fn moved_at(forge: &Forge, repo: &RepoName, number: i64) -> Timestamp {
    forge.timmy().gitea().issue(repo, number).await.unwrap().updated_at
}

/// Whether what `deed` does moves a thread.
async fn moves(forge: &Forge, repo: &RepoName, number: i64, deed: impl Future) -> bool {
    let before = moved_at(forge, repo, number).await;
    forge.next_second().await;
    deed.await;
    moved_at(forge, repo, number).await > before
}

pub async fn these_move_a_thread(forge: &Forge) {
    let (repo, number) = forge.thread("moved").await;
    let (timmy, path) = (forge.timmy(), format!("/repos/{repo}/issues/{number}"));
    let label = forge.label(&repo, "bug", false).await;
    let edit = |body| async { timmy.patch(&path, body).await.expect(201) };
    let comment = timmy.gitea().post_comment(&repo, number, "Oil it.");
    assert!(moves(forge, &repo, number, comment).await, "a comment");
    let add = timmy.gitea().add_label(&repo, number, label.id);
    assert!(moves(forge, &repo, number, add).await, "a label");
    let assign = timmy.gitea().set_assignees(&repo, number, &["ezra"]);
    assert!(moves(forge, &repo, number, assign).await, "an assignee");
    for body in [
        json!({ "title": "It squeals" }),
        json!({ "body": "More than before." }),
        json!({ "due_date": "2027-12-24T00:00:00Z" }),
        json!({ "state": "closed" }),
    ] {
        assert!(moves(forge, &repo, number, edit(body.clone())).await, "{body}");
    }
}

pub async fn these_do_not_move_it(forge: &Forge) {
    let (repo, number) = forge.thread("still").await;
    let timmy = forge.timmy().gitea();
    let id = timmy.post_comment(&repo, number, "Oil it.").await.unwrap().id;
    let edit = timmy.edit_comment(&repo, id, "Grease it.");
    assert!(!moves(forge, &repo, number, edit).await, "an edited comment");
    let react = timmy.react(&repo, number, Subject::Comment(id), Reaction::Eyes);
    assert!(!moves(forge, &repo, number, react).await, "a reaction to a comment");
    let react = timmy.react(&repo, number, Subject::Issue(0), Reaction::Eyes);
    assert!(!moves(forge, &repo, number, react).await, "a reaction to the issue");
}

pub async fn whether_a_deleted_comment_moves_it_is_known(forge: &Forge) {
    let (repo, number) = forge.thread("deleted-move").await;
    let timmy = forge.timmy().gitea();
    let id = timmy.post_comment(&repo, number, "Oops.").await.unwrap().id;
    let delete = timmy.delete_comment(&repo, id);
    let moved = moves(forge, &repo, number, delete).await;
    forge.version.expect(&DELETION_MOVES, moved);
}

pub async fn a_dependency_moves_both_of_its_threads(forge: &Forge) {
    let (repo, blocked) = forge.thread("bound").await;
    let (elsewhere, blocker) = forge.thread("bound-elsewhere").await;
    let timmy = forge.timmy().gitea();
    let before = moved_at(forge, &elsewhere, blocker).await;
    let add = timmy.add_blocker(&repo, blocked, (&elsewhere, blocker));
    assert!(moves(forge, &repo, blocked, add).await, "the blocked one, added");
    let added = moved_at(forge, &elsewhere, blocker).await;
    assert!(added > before, "the blocker, added");
    let remove = timmy.remove_blocker(&repo, blocked, (&elsewhere, blocker));
    assert!(moves(forge, &repo, blocked, remove).await, "the blocked one, removed");
    assert!(moved_at(forge, &elsewhere, blocker).await > added, "the blocker, removed");
}

pub async fn a_review_moves_its_pull_request(forge: &Forge) {
    let (repo, number) = forge.pull("reviewed-move").await;
    let review = forge.remark(&repo, number);
    assert!(moves(forge, &repo, number, review).await);
}
