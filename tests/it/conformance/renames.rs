//! A repository that gets another name.

use serde_json::json;
use timmy::core::effect::Reaction;
use timmy::core::model::ids::{RepoName, Subject};
use timmy::gitea::Error;

use super::forge::Forge;
use super::versions::RENAMED;

/// A repository's former name, its present one, and an issue in it.
async fn renamed(forge: &Forge, name: &str) -> (RepoName, RepoName, i64) {
    let (old, number) = forge.thread(name).await;
    let new_name = format!("{name}-now");
    let body = json!({ "name": new_name });
    forge.alexander().patch(format!("/repos/{old}"), body).await.expect(200);
    let new = format!("{}/{new_name}", old.owner()).parse().unwrap();
    (old, new, number)
}

pub async fn a_write_under_the_former_name_is_refused(forge: &Forge) {
    let (old, new, number) = renamed(forge, "moved-write").await;
    let refused = forge.timmy().gitea().post_comment(&old, number, "x").await.unwrap_err();
    assert!(matches!(refused, Error::Moved { .. }), "{refused}");
    let path = format!("/repos/{old}/issues/{number}/comments");
    let answer = forge.timmy().post(path, json!({ "body": "x" })).await;
    forge.version.expect(&RENAMED, answer.status);
    let to = format!("/api/v1/repos/{new}/issues/{number}/comments");
    assert!(answer.header("Location").unwrap().ends_with(&to), "{answer:?}");
    assert_eq!(forge.timmy().gitea().comments_of(&new, number, None).await.unwrap(), []);
}

pub async fn so_is_every_kind_of_write(forge: &Forge) {
    let (old, new, number) = renamed(forge, "moved-writes").await;
    let timmy = forge.timmy().gitea();
    let id = timmy.post_comment(&new, number, "Here.").await.unwrap().id;
    let label = forge.label(&new, "bug", false).await;
    for refused in [
        timmy.edit_comment(&old, id, "There.").await.map(drop),
        timmy.delete_comment(&old, id).await,
        timmy.react(&old, number, Subject::Comment(id), Reaction::Eyes).await.map(drop),
        timmy.add_label(&old, number, label.id).await.map(drop),
        timmy.set_assignees(&old, number, &["ezra"]).await.map(drop),
    ] {
        assert!(matches!(refused, Err(Error::Moved { .. })), "{refused:?}");
    }
}

pub async fn a_read_is_led_on(forge: &Forge) {
    let (old, new, number) = renamed(forge, "moved-read").await;
    assert_eq!(forge.timmy().gitea().repo(&old).await.unwrap().name, new);
    assert_eq!(forge.timmy().gitea().issue(&old, number).await.unwrap().number, number);
}

pub async fn a_repository_keeps_its_number(forge: &Forge) {
    let (old, new, _) = renamed(forge, "moved-number").await;
    let id = forge.timmy().gitea().repo(&new).await.unwrap().id;
    assert_eq!(forge.timmy().gitea().repo_by_id(id).await.unwrap().name, new);
    assert_ne!(old, new);
    let hidden = forge.private_repo("numbered").await;
    let id = forge.timmy().gitea().repo(&hidden).await.unwrap().id;
    let refused = forge.rando().gitea().repo_by_id(id).await.unwrap_err();
    assert!(matches!(refused, Error::NotFound { .. }), "{refused}");
}
