//! A moved repository: reads follow within the server, writes never, the token goes nowhere else.

use serde_json::json;
use timmy::core::model::ids::RepoName;
use timmy::gitea::{Error, Recovery, WriteOutcome};

use crate::wire::forge::{Canned, Forge, TOKEN};
use crate::wire::recorded;

fn lab() -> RepoName {
    "lab/pub".parse().unwrap()
}

const RENAMED: &str = r#"{"id":12,"full_name":"lab/renamed","private":false}"#;

fn redirect(status: u16, to: &str) -> Canned {
    Canned::new(status, "").header("location", to)
}

#[tokio::test]
async fn a_read_under_the_old_name_gives_the_new_one() {
    for (name, former, present) in [
        ("edge-get-old-name", "lab/pub", "lab/renamed"),
        ("edge-get-after-transfer", "lab/renamed", "alexander/renamed"),
    ] {
        for recorded in recorded::all().iter().filter(|recorded| recorded.has(name)) {
            let found = json!({ "id": 12, "full_name": present, "private": false });
            let script = [recorded.canned(name), Canned::new(200, found.to_string())];
            let forge = Forge::answering(script).await;
            let repo = forge.client().repo(&former.parse().unwrap()).await.unwrap();
            assert_eq!(repo.name.to_string(), present);
            let asked = [recorded.asked(name), format!("GET /repos/{present}")];
            assert_eq!(forge.asked_what(), asked);
            assert_eq!(forge.asked()[1].authorization, format!("token {TOKEN}"));
        }
    }
}

#[tokio::test]
async fn a_write_under_the_old_name_is_not_followed() {
    let name = "edge-comment-under-old-name";
    for recorded in recorded::all().iter().filter(|recorded| recorded.has(name)) {
        let forge = Forge::answering([recorded.canned(name), Canned::new(200, "[]")]).await;
        let error = forge.client().post_comment(&lab(), 3, "x").await.unwrap_err();
        let to = "/api/v1/repos/lab/renamed/issues/3/comments".to_owned();
        assert_eq!(error, Error::Moved { to });
        assert_eq!((error.fate(), error.heals()), (WriteOutcome::NotDone, Recovery::Elsewhere));
        assert_eq!(forge.asked().len(), 1);
    }
}

#[tokio::test]
async fn the_token_is_not_carried_to_another_server() {
    let elsewhere = Forge::answering([Canned::new(200, RENAMED)]).await;
    let to = format!("{}/api/v1/repos/lab/renamed", elsewhere.url);
    for status in [301, 302, 303, 307, 308] {
        let forge = Forge::answering([redirect(status, &to)]).await;
        let error = forge.client().repo(&lab()).await.unwrap_err();
        assert_eq!(error, Error::Moved { to: to.clone() });
    }
    assert_eq!(elsewhere.asked(), []);
}

#[tokio::test]
async fn a_circle_of_redirects_ends() {
    let forge = Forge::answering(vec![redirect(301, "/api/v1/repos/lab/pub"); 9]).await;
    let error = forge.client().repo(&lab()).await.unwrap_err();
    assert!(matches!(error, Error::Moved { .. }));
    assert_eq!(forge.asked().len(), 4);
}

#[tokio::test]
async fn a_stranger_is_shown_the_public_members() {
    let name = "perm-org-member-asked-by-stranger";
    for recorded in recorded::all().iter().filter(|recorded| recorded.has(name)) {
        let forge = Forge::answering([recorded.canned(name), Canned::new(404, "{}")]).await;
        assert!(!forge.client().is_org_member("lab", "ezra").await.unwrap());
        let asked = ["GET /orgs/lab/members/ezra", "GET /orgs/lab/public_members/ezra"];
        assert_eq!(forge.asked_what(), asked);

        let forge = recorded.forge("perm-org-member-asked-by-member").await;
        assert!(forge.client().is_org_member("lab", "ezra").await.unwrap());
    }
}
