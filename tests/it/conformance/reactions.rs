//! Reactions: a flag that only the first can raise.

use serde_json::json;
use timmy::core::effect::Reaction;
use timmy::core::model::ids::{RepoName, Subject};
use timmy::gitea::{Error, Reacted};

use super::forge::Forge;
use super::person::Person;

async fn react(by: &Person, repo: &RepoName, number: i64, subject: Subject) -> Reacted {
    by.gitea().react(repo, number, subject, Reaction::Eyes).await.unwrap()
}

pub async fn the_first_on_a_comment_is_new_and_the_second_is_not(forge: &Forge) {
    let (repo, number) = forge.thread("claimed").await;
    let id = forge.ezra().gitea().post_comment(&repo, number, "/timmy ping").await.unwrap().id;
    let subject = Subject::Comment(id);
    assert_eq!(react(forge.timmy(), &repo, number, subject).await, Reacted::New);
    assert_eq!(react(forge.timmy(), &repo, number, subject).await, Reacted::Already);
    let all = forge.rando().get(format!("/repos/{repo}/issues/comments/{id}/reactions")).await;
    assert_eq!(all.expect(200).json[0]["content"], "eyes");
}

pub async fn the_first_on_an_issue_is_new_and_the_second_is_not(forge: &Forge) {
    let (repo, number) = forge.thread("claimed-issue").await;
    let id = forge.timmy().gitea().issue(&repo, number).await.unwrap().id;
    let subject = Subject::Issue(id);
    assert_eq!(react(forge.timmy(), &repo, number, subject).await, Reacted::New);
    assert_eq!(react(forge.timmy(), &repo, number, subject).await, Reacted::Already);
}

pub async fn reviews_and_inline_comments_take_them(forge: &Forge) {
    let (repo, number) = forge.pull("claimed-review").await;
    for subject in forge.remark(&repo, number).await {
        assert_eq!(react(forge.timmy(), &repo, number, subject).await, Reacted::New);
        assert_eq!(react(forge.timmy(), &repo, number, subject).await, Reacted::Already);
    }
}

pub async fn each_account_has_its_own(forge: &Forge) {
    let (repo, number) = forge.thread("both").await;
    let id = forge.ezra().gitea().post_comment(&repo, number, "/timmy ping").await.unwrap().id;
    for person in [forge.timmy(), forge.ezra(), forge.rando()] {
        assert_eq!(react(person, &repo, number, Subject::Comment(id)).await, Reacted::New);
    }
}

pub async fn they_name_whoever_gave_them(forge: &Forge) {
    let (repo, number) = forge.thread("named").await;
    let comment = forge.ezra().gitea().post_comment(&repo, number, "Yours?").await.unwrap();
    let path = format!("/repos/{repo}/issues/comments/{}/reactions", comment.id);
    forge.rando().post(path, json!({ "content": "+1" })).await.expect(201);
    let given = forge.timmy().gitea().reactions(&repo, comment.id).await.unwrap();
    let [one] = given.as_slice() else { panic!("{given:?}") };
    assert_eq!((one.account.login.as_str(), one.content.as_str()), ("rando", "+1"));
    let rando = forge.timmy().gitea().account("rando").await.unwrap().unwrap();
    assert_eq!(one.account.id, rando.id);
    assert!(one.created_at >= comment.created_at);
}

pub async fn the_server_tells_which_it_allows(forge: &Forge) {
    let allowed = forge.timmy().gitea().allowed_reactions().await.unwrap();
    let usual = ["+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes"];
    assert_eq!(allowed, usual);
}

pub async fn other_contents_are_refused(forge: &Forge) {
    let (repo, number) = forge.thread("contents").await;
    let subject = Subject::Issue(forge.timmy().gitea().issue(&repo, number).await.unwrap().id);
    let refused = forge.timmy().gitea().react(&repo, number, subject, "no-such-thing").await;
    assert!(matches!(refused, Err(Error::ReactionNotAllowed { .. })), "{refused:?}");
    let path = format!("/repos/{repo}/issues/{number}/reactions");
    forge.timmy().post(&path, json!({ "content": "no-such-thing" })).await.expect(403);
    forge.timmy().post(&path, json!({ "content": "confused" })).await.expect(201);
}

pub async fn a_deleted_comment_takes_none(forge: &Forge) {
    let (repo, number) = forge.thread("too-late").await;
    let timmy = forge.timmy().gitea();
    let id = timmy.post_comment(&repo, number, "Oops.").await.unwrap().id;
    timmy.delete_comment(&repo, id).await.unwrap();
    let late = timmy.react(&repo, number, Subject::Comment(id), Reaction::Eyes).await;
    assert!(matches!(late, Err(Error::NotFound { .. })), "{late:?}");
}
