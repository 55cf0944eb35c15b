//! Rules of the forge that the recordings do not show, or not as a whole.

use reqwest::Method;
use serde_json::json;

use super::{HookReceiver, Stage};
use crate::core::model::ids::Subject;
use crate::sandbox::{Mode, ReviewState, Unit, Version};

const DOOR: &str = "alexander/door";

#[tokio::test]
async fn of_an_exclusive_scope_an_issue_holds_one_label() {
    let stage = Stage::new().await;
    for name in ["priority/p0", "priority/p1", "size/s"] {
        stage.sandbox.add_label(DOOR, name, true).unwrap();
    }
    let add = |names: &[&str]| {
        stage.ask(Method::POST, "/issues/1/labels", Some(json!({ "labels": names })))
    };
    add(&["priority/p0", "size/s"]).await;
    add(&["priority/p1"]).await;
    assert_eq!(stage.sandbox.labels(DOOR, 1).unwrap(), ["priority/p1", "size/s"]);
}

#[tokio::test]
async fn who_cannot_be_assigned_is_refused_after_the_old_ones_are_gone() {
    let stage = Stage::new().await;
    stage.sandbox.add_user("rando");
    let set = |logins: &[&str]| {
        stage.ask(Method::PATCH, "/issues/1", Some(json!({ "assignees": logins })))
    };
    assert_eq!(set(&["alexander"]).await.0, 201);
    assert_eq!(set(&["nobody-here"]).await.0, 500);
    assert_eq!(stage.sandbox.assignees(DOOR, 1).unwrap(), ["alexander"]);

    stage.ask(Method::GET, "", None).await;
    hide(&stage).await;
    assert_eq!(set(&["rando"]).await.0, 500);
    assert!(stage.sandbox.assignees(DOOR, 1).unwrap().is_empty());
}

/// Makes the repository private.
async fn hide(stage: &Stage) {
    stage.sandbox.collaborator(DOOR, "timmy", Mode::Admin).unwrap();
    assert_eq!(stage.ask(Method::PATCH, "", Some(json!({ "private": true }))).await.0, 200);
}

#[tokio::test]
async fn a_private_repository_is_not_there_for_strangers() {
    let stage = Stage::new().await;
    hide(&stage).await;
    stage.sandbox.collaborator(DOOR, "timmy", Mode::None).unwrap();
    let (status, body) = stage.ask(Method::GET, "/issues/1", None).await;
    assert_eq!((status, &body["message"]), (404, &json!("not found")));
}

#[tokio::test]
async fn a_team_may_write_issues_and_only_read_code() {
    let stage = Stage::new().await;
    let sandbox = &stage.sandbox;
    sandbox.add_org("foundation", "alexander").unwrap();
    sandbox.add_repo("foundation/gate", true).unwrap();
    sandbox.open_issue("alexander", "foundation/gate", "It squeaks", "").unwrap();
    let id = sandbox.comment("alexander", "foundation/gate", 1, "mine").unwrap();
    assert_eq!(sandbox.edit_comment("timmy", id, "yours").unwrap_err().status(), 403);

    let rights = [(Unit::Code, Mode::Read), (Unit::Issues, Mode::Write)];
    sandbox.add_team("foundation", "triage", &rights, &["timmy"]).unwrap();
    sandbox.edit_comment("timmy", id, "yours").unwrap();
    let url = format!("{}/api/v1/repos/foundation/gate", sandbox.url());
    let token = format!("Bearer {}", stage.timmy);
    let answer = stage.client.get(url).header("Authorization", token).send().await.unwrap();
    let body: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(body["permissions"], json!({ "admin": false, "push": false, "pull": true }));
}

#[tokio::test]
async fn a_comment_moves_its_issue_and_its_edit_does_not_but_its_end_once_did() {
    for version in Version::ALL {
        let stage = Stage::of(version).await;
        let moved =
            || async { stage.ask(Method::GET, "/issues/1", None).await.1["updated_at"].clone() };
        assert_eq!(moved().await, "2023-11-14T22:13:20Z");
        stage.pass_seconds(10);
        let id = stage.sandbox.comment("alexander", DOOR, 1, "hello").unwrap();
        assert_eq!(moved().await, "2023-11-14T22:13:30Z");
        stage.pass_seconds(10);
        stage.sandbox.edit_comment("alexander", id, "hello you").unwrap();
        stage.sandbox.react("timmy", Subject::Comment(id), "eyes").unwrap();
        assert_eq!(moved().await, "2023-11-14T22:13:30Z");
        stage.sandbox.delete_comment("alexander", id).unwrap();
        let last = match version {
            Version::V1_22 => "2023-11-14T22:13:40Z",
            Version::V1_25 | Version::V1_27 => "2023-11-14T22:13:30Z",
        };
        assert_eq!(moved().await, last, "{version}");
    }
}

#[tokio::test]
async fn an_edit_without_a_change_once_was_one() {
    for (version, webhooks) in [(Version::V1_22, 2), (Version::V1_25, 1), (Version::V1_27, 1)] {
        let stage = Stage::of(version).await;
        let receiver = HookReceiver::on(&stage).await;
        let id = stage.sandbox.comment("alexander", DOOR, 1, "same").unwrap();
        stage.pass_seconds(10);
        stage.sandbox.edit_comment("alexander", id, "same").unwrap();
        stage.sandbox.settle().await;
        assert_eq!(receiver.texts(), vec!["same"; webhooks], "{version}");
        let comments = stage.sandbox.comments(DOOR, 1).unwrap();
        let has_moved = comments[0].updated_at > comments[0].created_at;
        assert_eq!((has_moved, comments[0].edits), (version == Version::V1_22, 0), "{version}");
    }
}

#[tokio::test]
async fn a_page_can_lock_what_the_api_cannot() {
    let stage = Stage::of(Version::V1_22).await;
    stage.sandbox.collaborator(DOOR, "timmy", Mode::Admin).unwrap();
    assert_eq!(stage.ask(Method::PUT, "/issues/1/lock", Some(json!({}))).await.0, 404);
    stage.sandbox.set_locked("alexander", DOOR, 1, true).unwrap();
    let (_, issue) = stage.ask(Method::GET, "/issues/1", None).await;
    assert_eq!(issue["is_locked"], true);
}

#[tokio::test]
async fn a_poll_sees_edits_and_the_second_it_asks_for() {
    let stage = Stage::new().await;
    let id = stage.sandbox.comment("alexander", DOOR, 1, "old").unwrap();
    stage.sandbox.comment("alexander", DOOR, 1, "untouched").unwrap();
    stage.pass_seconds(60);
    stage.sandbox.edit_comment("alexander", id, "new").unwrap();
    let path = "/issues/comments?since=2023-11-14T22:14:20.9Z&page=1&limit=50";
    let (_, found) = stage.ask(Method::GET, path, None).await;
    assert_eq!(found[0]["body"], "new");
    assert_eq!(found.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn reviews_take_reactions_but_are_not_listed() {
    let stage = Stage::new().await;
    let number = stage.sandbox.open_pull("alexander", DOOR, "Oil it", "", "oil").unwrap();
    let inline = [("door.txt", "/timmy retry")];
    stage.sandbox.review("timmy", DOOR, number, ReviewState::Approved, "good", &inline).unwrap();
    let (_, reviews) = stage.ask(Method::GET, "/pulls/2/reviews", None).await;
    let page = reviews[0]["html_url"].as_str().unwrap();
    let id = page.rsplit('-').next().unwrap();

    assert_eq!(stage.ask(Method::GET, &format!("/issues/comments/{id}"), None).await.0, 204);
    let path = format!("/issues/comments/{id}/reactions");
    let eyes = Some(json!({ "content": "eyes" }));
    assert_eq!(stage.ask(Method::POST, &path, eyes.clone()).await.0, 201);
    assert_eq!(stage.ask(Method::POST, &path, eyes).await.0, 200);
    assert_eq!(stage.ask(Method::GET, "/issues/comments", None).await.1, json!([]));
}

#[tokio::test]
async fn a_former_name_redirects_and_a_taken_one_is_refused() {
    let stage = Stage::new().await;
    stage.sandbox.add_repo("alexander/gate", false).unwrap();
    assert_eq!(stage.sandbox.rename(DOOR, "gate").unwrap_err().status(), 422);
    assert_eq!(stage.sandbox.rename(DOOR, "../gate").unwrap_err().status(), 422);
    stage.sandbox.rename(DOOR, "portal").unwrap();
    let (status, issues) = stage.ask(Method::GET, "/issues?state=all&limit=1", None).await;
    assert_eq!((status, &issues[0]["repository"]["name"]), (200, &json!("portal")));
}

#[tokio::test]
async fn a_page_beyond_the_end_is_empty() {
    let stage = Stage::new().await;
    for page in ["2", "18446744073709551615", "99999999999999999999", "-1", "x"] {
        let path = format!("/issues?page={page}&limit=50");
        assert_eq!(stage.ask(Method::GET, &path, None).await.0, 200, "{page}");
    }
}

#[tokio::test]
async fn what_the_sandbox_does_not_know_is_not_found() {
    let stage = Stage::new().await;
    for path in
        ["/actions/variables", "/issues/1/subscriptions", "/issues/x", "/issues/99", "/%2e%2e"]
    {
        assert_eq!(stage.ask(Method::GET, path, None).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn hostile_bodies_are_refused_in_words() {
    let stage = Stage::new().await;
    for body in [json!(null), json!([]), json!({ "body": 7 }), json!({ "body": "" })] {
        let (status, answer) = stage.ask(Method::POST, "/issues/1/comments", Some(body)).await;
        assert_eq!(status, 422);
        assert_ne!(answer["message"], "");
    }
    assert!(stage.texts().is_empty());
}

#[tokio::test]
async fn the_forge_says_which_gitea_it_is() {
    for version in Version::ALL {
        let stage = Stage::of(version).await;
        let url = format!("{}/api/v1/version", stage.sandbox.url());
        let text = stage.client.get(url).send().await.unwrap().text().await.unwrap();
        assert_eq!(text, format!("{{\"version\":\"{version}\"}}\n"));
    }
}
