//! Webhooks: made, listed, mended, tested, deleted.

use std::collections::BTreeSet;

use serde_json::json;
use timmy::core::model::ids::RepoName;
use timmy::gitea::{AuthorizationHeader, Error, Hook, HookHome};

use super::forge::{Forge, ORG};
use super::versions::HEADER_SHOWN;
use crate::support::config::SECRETS;
use crate::support::receiver::Receiver;

/// A webhook of a repository of its own.
async fn hook(forge: &Forge, name: &str) -> (RepoName, HookHome, Hook, Receiver) {
    let (repo, receiver) = (forge.repo(name).await, Receiver::start().await);
    let home = HookHome::Repository(repo.clone());
    let hook = forge.hook(home.clone(), &receiver).await;
    (repo, home, hook, receiver)
}

pub async fn one_is_made_and_listed_without_its_secret(forge: &Forge) {
    let (repo, home, hook, receiver) = hook(forge, "hooked").await;
    assert!(hook.active && hook.is_json);
    assert_eq!(hook.url, receiver.url);
    for event in ["issues", "issue_comment", "pull_request", "pull_request_review"] {
        assert!(hook.events.iter().any(|known| known == event), "{event} in {hook:?}");
    }
    let known = forge.alexander().gitea().hooks(&home).await.unwrap();
    assert_eq!((known.len(), known[0].id, &known[0].url), (1, hook.id, &hook.url));
    // They come in another order each time.
    let in_order = |hook: &Hook| hook.events.iter().cloned().collect::<BTreeSet<_>>();
    assert_eq!(in_order(&known[0]), in_order(&hook));
    let listed = forge.alexander().get(format!("/repos/{repo}/hooks")).await.expect(200);
    assert!(!listed.json.to_string().contains(SECRETS[0]), "{listed:?}");
}

pub async fn an_edit_without_events_leaves_push_alone(forge: &Forge) {
    let (repo, home, hook, _) = hook(forge, "hook-edited").await;
    let path = format!("/repos/{repo}/hooks/{}", hook.id);
    forge.alexander().patch(path, json!({ "active": true })).await.expect(200);
    let edited = &forge.alexander().gitea().hooks(&home).await.unwrap()[0];
    assert_eq!(edited.events, ["push"]);
}

pub async fn a_mended_one_keeps_its_address(forge: &Forge) {
    let (_, home, hook, receiver) = hook(forge, "hook-mended").await;
    let owner = forge.alexander().gitea();
    let updated = owner
        .update_hook(&home, &hook, &["issue_comment"], &AuthorizationHeader::default())
        .await
        .unwrap();
    assert_eq!((updated.id, &updated.url, updated.active), (hook.id, &receiver.url, true));
    assert_eq!(updated.events, ["issue_comment"]);
}

/// Where it is shown, what mends a webhook can repeat it. Where it is not, nothing can.
pub async fn an_edit_without_the_authorization_header_takes_it_away(forge: &Forge) {
    let (repo, home, hook, mut receiver) = hook(forge, "hook-header").await;
    let path = format!("/repos/{repo}/hooks/{}", hook.id);
    let edit = |header| json!({ "events": ["issues"], "authorization_header": header });
    let edited = forge.alexander().patch(&path, edit("Bearer hush")).await.expect(200);
    let listed = forge.alexander().get(&path).await.expect(200);
    for answer in [edited, listed] {
        let is_shown = answer.json["authorization_header"] == "Bearer hush";
        forge.version.expect(&HEADER_SHOWN, is_shown);
    }
    forge.issue(forge.timmy(), &repo, "It squeaks").await;
    let sent = receiver.any().await;
    assert_eq!(sent.header("Authorization"), "Bearer hush");
    forge.alexander().patch(&path, json!({ "events": ["issues"] })).await.expect(200);
    forge.issue(forge.timmy(), &repo, "It is loud").await;
    assert!(!receiver.any().await.headers.contains_key("Authorization"));
    assert_eq!(forge.alexander().gitea().hooks(&home).await.unwrap().len(), 1);
}

pub async fn writers_do_not_see_them(forge: &Forge) {
    let (_, home, ..) = hook(forge, "hook-hidden").await;
    for home in [home, HookHome::Organisation(ORG.to_owned())] {
        let refused = forge.timmy().gitea().hooks(&home).await.unwrap_err();
        assert!(matches!(refused, Error::Forbidden { .. }), "{refused}");
    }
}

pub async fn one_can_be_deleted_twice(forge: &Forge) {
    let (_, home, hook, _) = hook(forge, "hook-deleted").await;
    let owner = forge.alexander().gitea();
    owner.delete_hook(&home, hook.id).await.unwrap();
    assert_eq!(owner.hooks(&home).await.unwrap(), []);
    owner.delete_hook(&home, hook.id).await.unwrap();
}

pub async fn a_test_is_delivered(forge: &Forge) {
    let (repo, home, hook, mut receiver) = hook(forge, "hook-tested").await;
    let owner = forge.alexander().gitea();
    owner.update_hook(&home, &hook, &["push"], &AuthorizationHeader::default()).await.unwrap();
    owner.test_hook(&repo, hook.id).await.unwrap();
    assert!(receiver.any().await.is_signed_with(SECRETS[0]));
}
