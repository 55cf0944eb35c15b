//! What the server refuses, and how timmy's client understands it.

use serde_json::json;
use timmy::gitea::Error;

use super::forge::Forge;
use super::versions::LOCK;

pub async fn what_is_private_is_not_found_by_strangers(forge: &Forge) {
    let repo = forge.private_repo("secret").await;
    let number = forge.issue(forge.timmy(), &repo, "It squeaks").await;
    let rando = forge.rando().gitea();
    for refused in [
        rando.repo(&repo).await.map(drop),
        rando.issue(&repo, number).await.map(drop),
        rando.comments_of(&repo, number, None).await.map(drop),
        rando.post_comment(&repo, number, "x").await.map(drop),
    ] {
        assert!(matches!(refused, Err(Error::NotFound { .. })), "{refused:?}");
    }
}

pub async fn a_bad_token_is_told_from_none(forge: &Forge) {
    let (repo, number) = forge.thread("tokens").await;
    let refused = forge.impostor().gitea().issue(&repo, number).await.unwrap_err();
    assert!(matches!(refused, Error::BadToken { .. }), "{refused}");
    let nobody = forge.nobody();
    nobody.get(format!("/repos/{repo}/issues/{number}")).await.expect(200);
    let path = format!("/repos/{repo}/issues/{number}/comments");
    nobody.post(path, json!({ "body": "x" })).await.expect(401);
}

pub async fn the_scope_that_is_missing_is_named(forge: &Forge) {
    let (repo, number) = forge.thread("scopes").await;
    let narrow = forge.with_scopes("timmy", "read:issue").await;
    let narrow = narrow.gitea();
    for (refused, lacks) in [
        (narrow.post_comment(&repo, number, "x").await.map(drop), "write:issue"),
        (narrow.me().await.map(drop), "read:user"),
        (narrow.repo(&repo).await.map(drop), "read:repository"),
    ] {
        assert_eq!(refused, Err(Error::MissingScope { scope: lacks.to_owned() }));
    }
    narrow.issue(&repo, number).await.unwrap();
}

pub async fn in_a_locked_thread_only_writers_comment(forge: &Forge) {
    let (repo, number) = forge.thread("locked").await;
    let path = format!("/repos/{repo}/issues/{number}/lock");
    let locked = forge.alexander().put(path, json!({ "lock_reason": "Too heated" })).await;
    forge.version.expect(&LOCK, locked.status);
    if locked.status == 204 {
        let refused = forge.rando().gitea().post_comment(&repo, number, "But!").await;
        assert_eq!(refused, Err(Error::Locked));
        forge.timmy().gitea().post_comment(&repo, number, "Done.").await.unwrap();
        assert!(forge.timmy().gitea().issue(&repo, number).await.unwrap().locked);
    }
}

pub async fn an_archived_repository_takes_no_comment(forge: &Forge) {
    let (repo, number) = forge.thread("archived").await;
    let archive = json!({ "archived": true });
    forge.alexander().patch(format!("/repos/{repo}"), archive).await.expect(200);
    let refused = forge.timmy().gitea().post_comment(&repo, number, "x").await.unwrap_err();
    assert!(matches!(refused, Error::Archived), "{refused}");
    forge.timmy().gitea().issue(&repo, number).await.unwrap();
}

pub async fn a_stranger_may_not_put_labels_on(forge: &Forge) {
    let (repo, number) = forge.thread("unlabelled-by-stranger").await;
    let bug = forge.label(&repo, "bug", false).await;
    let refused = forge.rando().gitea().add_label(&repo, number, bug.id).await.unwrap_err();
    assert!(matches!(refused, Error::Forbidden { .. }), "{refused}");
    assert_eq!(forge.timmy().gitea().issue(&repo, number).await.unwrap().labels, []);
}
