//! What somebody keeps timmy's account from by blocking it.

use serde_json::json;
use timmy::core::effect::Reaction;
use timmy::core::model::ids::{RepoName, Subject};
use timmy::gitea::Error;

use super::forge::Forge;

/// Blocks timmy, and lifts that at the end.
async fn blocked_by_rando(forge: &Forge, play: impl AsyncFnOnce()) {
    let path = "/user/blocks/timmy";
    forge.rando().put(path, json!({})).await.expect(204);
    play().await;
    forge.rando().send(reqwest::Method::DELETE, path, "").await.expect(204);
}

async fn react(forge: &Forge, repo: &RepoName, number: i64, on: Subject) -> Result<(), Error> {
    forge.timmy().gitea().react(repo, number, on, Reaction::Eyes).await.map(drop)
}

pub async fn in_their_thread_nothing_can_be_said_or_reacted_to(forge: &Forge) {
    let repo = forge.repo("not-for-timmy").await;
    let number = forge.issue(forge.rando(), &repo, "Leave me alone").await;
    let issue = forge.timmy().gitea().issue(&repo, number).await.unwrap();
    let said = forge.ezra().gitea().post_comment(&repo, number, "/timmy ping").await.unwrap().id;
    let own = forge.timmy().gitea().post_comment(&repo, number, "Here.").await.unwrap().id;
    let label = forge.label(&repo, "priority/p1", true).await;
    blocked_by_rando(forge, async || {
        for subject in [Subject::Issue(issue.id), Subject::Comment(said), Subject::Comment(own)] {
            assert_eq!(react(forge, &repo, number, subject).await, Err(Error::Blocked));
        }
        let timmy = forge.timmy().gitea();
        let posted = timmy.post_comment(&repo, number, "Hello?").await;
        assert_eq!(posted.map(drop), Err(Error::Blocked));
        let edited = timmy.edit_comment(&repo, own, "Hello?").await;
        assert_eq!(edited.map(drop), Err(Error::Blocked));
        let path = format!("/repos/{repo}/issues/{number}");
        let labels = json!({ "labels": [label.id] });
        forge.timmy().post(format!("{path}/labels"), labels).await.expect(200);
        let close = json!({ "state": "closed" });
        forge.timmy().patch(path, close).await.expect(201);
    })
    .await;
    assert_eq!(react(forge, &repo, number, Subject::Comment(said)).await, Ok(()));
}

pub async fn elsewhere_only_their_comments_take_no_reaction(forge: &Forge) {
    let (repo, number) = forge.thread("beside-a-blocker").await;
    let theirs = forge.rando().gitea().post_comment(&repo, number, "/timmy ping").await.unwrap().id;
    let other = forge.ezra().gitea().post_comment(&repo, number, "/timmy ping").await.unwrap().id;
    blocked_by_rando(forge, async || {
        let theirs = react(forge, &repo, number, Subject::Comment(theirs)).await;
        assert_eq!(theirs, Err(Error::Blocked));
        assert_eq!(react(forge, &repo, number, Subject::Comment(other)).await, Ok(()));
        forge.timmy().gitea().post_comment(&repo, number, "Here.").await.unwrap();
    })
    .await;
}

pub async fn they_cannot_be_assigned(forge: &Forge) {
    let (repo, number) = forge.thread("assigned-to-a-blocker").await;
    blocked_by_rando(forge, async || {
        let assigned = forge.timmy().gitea().set_assignees(&repo, number, &["rando"]).await;
        assert_eq!(assigned.map(drop), Err(Error::Blocked));
    })
    .await;
}
