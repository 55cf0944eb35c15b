//! Code: cloned and pushed by the real `git`, changed through the API, told by webhooks.

use reqwest::Method;
use serde_json::{Value, json};

use super::Stage;
use crate::sandbox::{BranchRule, Mode, Version};
use crate::support::work_tree::WorkTree;

const DOOR: &str = "alexander/door";

async fn cloned(stage: &Stage, login: &str, token: &str) -> WorkTree {
    WorkTree::cloned(&stage.sandbox.clone_url(DOOR), login, token).await
}

/// ezra's token; ezra may write.
fn ezra(stage: &Stage) -> String {
    let token = stage.sandbox.add_user("ezra");
    stage.sandbox.collaborator(DOOR, "ezra", Mode::Write).expect("both are there");
    token
}

#[tokio::test]
async fn git_clones_pushes_and_fetches() {
    let stage = Stage::new().await;
    let token = ezra(&stage);
    let tree = cloned(&stage, "ezra", &token).await;
    assert_eq!(std::fs::read_to_string(tree.path().join("README.md")).unwrap(), "# door\n\n");

    tree.git(&["checkout", "--quiet", "-b", "timmy/1-j1"]).await;
    let commit = tree.commit("oil.txt", "oil\n", "Oil it").await;
    let ran = tree.git(&["push", "--quiet", "origin", "timmy/1-j1"]).await;
    assert!(ran.good, "{}", ran.said);
    assert_eq!(stage.sandbox.branch_head(DOOR, "timmy/1-j1").unwrap(), Some(commit.clone()));
    let held = stage.sandbox.file(DOOR, "timmy/1-j1", "oil.txt").unwrap();
    assert_eq!(held.as_deref(), Some("oil\n"));

    let (status, feed) = stage.ask(Method::GET, "/activities/feeds", None).await;
    assert_eq!(status, 200);
    let pushed = feed.as_array().unwrap().iter().find(|line| line["op_type"] == "commit_repo");
    let pushed = pushed.unwrap_or_else(|| panic!("{feed}"));
    assert_eq!(pushed["act_user"]["login"], "ezra");
    assert_eq!(pushed["ref_name"], "refs/heads/timmy/1-j1");

    stage.sandbox.commit("alexander", DOOR, "main", &[("new.txt", "x\n")], "New").unwrap();
    let ran = tree.git(&["fetch", "--quiet", "origin", "main"]).await;
    assert!(ran.good, "{}", ran.said);
    assert_eq!(tree.git(&["show", "FETCH_HEAD:new.txt"]).await.said, "x\n");
}

#[tokio::test]
async fn a_push_needs_the_right_to_write_and_a_good_token() {
    let stage = Stage::new().await;
    let stranger = stage.sandbox.add_user("rando");
    let tree = cloned(&stage, "rando", &stranger).await;
    tree.commit("oil.txt", "oil\n", "Oil it").await;
    let ran = tree.git(&["push", "origin", "HEAD:mine"]).await;
    assert!(!ran.good && ran.said.contains("permission denied for writing"), "{}", ran.said);

    stage.sandbox.set_private(DOOR, true).unwrap();
    let ran = tree.git(&["fetch", "origin"]).await;
    assert!(!ran.good && ran.said.contains("not found"), "{}", ran.said);
    let bad = WorkTree::empty("rando", "f00d");
    let ran = bad.git(&["clone", &stage.sandbox.clone_url(DOOR), "."]).await;
    assert!(!ran.good, "{}", ran.said);
}

#[tokio::test]
async fn a_protected_branch_declines_whoever_is_not_listed() {
    for version in Version::ALL {
        let stage = Stage::of(version).await;
        let token = ezra(&stage);
        let rule = BranchRule { pushers: Some(vec!["alexander".into()]), ..BranchRule::default() };
        stage.sandbox.protect(DOOR, "main", &rule).unwrap();
        let tree = cloned(&stage, "ezra", &token).await;
        let before = stage.sandbox.branch_head(DOOR, "main").unwrap();
        tree.commit("oil.txt", "oil\n", "Oil it").await;
        let ran = tree.git(&["push", "origin", "main"]).await;
        assert!(!ran.good && ran.said.contains("(pre-receive hook declined)"), "{}", ran.said);
        let words = "Not allowed to push to protected branch main";
        assert!(ran.said.contains(words), "{}", ran.said);
        assert_eq!(stage.sandbox.branch_head(DOOR, "main").unwrap(), before);
        let (_, branch) = stage.ask(Method::GET, "/branches/main", None).await;
        let seen = (&branch["protected"], &branch["user_can_push"], &branch["user_can_merge"]);
        assert_eq!(seen, (&json!(true), &json!(false), &json!(true)));
    }
}

#[tokio::test]
async fn a_force_push_is_told_with_both_heads() {
    let stage = Stage::new().await;
    let token = ezra(&stage);
    let tree = cloned(&stage, "ezra", &token).await;
    tree.git(&["checkout", "--quiet", "-b", "oil"]).await;
    let first = tree.commit("oil.txt", "oil\n", "Oil it").await;
    tree.git(&["push", "--quiet", "origin", "oil"]).await;
    let number = stage.sandbox.open_pull("ezra", DOOR, "Oil it", "", "oil").unwrap();

    tree.git(&["commit", "--quiet", "--amend", "-m", "Oil it well"]).await;
    let ran = tree.git(&["push", "--quiet", "--force", "origin", "oil"]).await;
    assert!(ran.good, "{}", ran.said);
    let second = stage.sandbox.branch_head(DOOR, "oil").unwrap().unwrap();
    let path = format!("/issues/{number}/timeline");
    let (_, lines) = stage.ask(Method::GET, &path, None).await;
    let last = lines.as_array().unwrap().last().unwrap();
    assert_eq!((&last["type"], &last["user"]["login"]), (&json!("pull_push"), &json!("ezra")));
    let told: Value = serde_json::from_str(last["body"].as_str().unwrap()).unwrap();
    assert_eq!(told, json!({ "is_force_push": true, "commit_ids": [first, second] }));

    // What was forced away can still be read by its id.
    let path = format!("/git/commits/{first}");
    assert_eq!(stage.ask(Method::GET, &path, None).await.0, 200);
}

#[tokio::test]
async fn several_files_are_changed_in_one_commit_on_a_new_branch() {
    let stage = Stage::new().await;
    let (_, readme) = stage.ask(Method::GET, "/contents/README.md", None).await;
    let files = json!([
        { "operation": "create", "path": "n/e/w.txt", "content": "bmV3" },
        { "operation": "delete", "path": "README.md", "sha": readme["sha"] },
    ]);
    let change = json!({ "branch": "main", "new_branch": "timmy/1-j1", "message": "Several",
        "files": files });
    let (status, made) = stage.ask(Method::POST, "/contents", Some(change.clone())).await;
    assert_eq!((status, &made["files"][0]["content"]), (201, &json!("bmV3")), "{made}");
    assert_eq!(
        (&made["files"][1], &made["commit"]["message"]),
        (&json!(null), &json!("Several\n"))
    );
    assert_eq!(stage.ask(Method::POST, "/contents", Some(change)).await.0, 422);

    let (_, branch) = stage.ask(Method::GET, "/branches/timmy%2F1-j1", None).await;
    assert_eq!(branch["commit"]["id"], made["commit"]["sha"]);
    let (_, tree) = stage.ask(Method::GET, "/git/trees/timmy%2F1-j1?recursive=true", None).await;
    let paths: Vec<&Value> = tree["tree"].as_array().unwrap().iter().map(|i| &i["path"]).collect();
    assert_eq!(paths, ["n", "n/e", "n/e/w.txt"]);
    let (_, range) = stage.ask(Method::GET, "/compare/main...timmy%2F1-j1", None).await;
    assert_eq!(range["total_commits"], 1);

    for (operation, path, wanted) in [
        ("create", "n/e/w.txt", 422),
        ("update", "n/e/w.txt", 422),
        ("update", "none.txt", 404),
        ("create", "../out.txt", 422),
        ("create", ".git/config", 422),
        ("frob", "x", 422),
    ] {
        let sha = "0".repeat(40);
        let file = json!({ "operation": operation, "path": path, "content": "", "sha": sha });
        let change = json!({ "branch": "timmy/1-j1", "message": "On it", "files": [file] });
        let (status, answer) = stage.ask(Method::POST, "/contents", Some(change)).await;
        assert_eq!(status, wanted, "{operation} {path}: {answer}");
    }
}

#[tokio::test]
async fn what_git_cannot_find_is_not_found() {
    let stage = Stage::new().await;
    for path in [
        "/branches/none",
        "/branches/-x",
        "/branches/..",
        "/git/commits/0000000000000000000000000000000000000000",
        "/git/commits/--all",
        "/raw/none.txt",
        "/raw/README.md?ref=none",
        "/contents/none.txt",
        "/contents/..%2F..%2Fetc",
        "/compare/main...none",
        "/commits/none/status",
        "/pulls/9.diff",
        "/pulls/main/none",
    ] {
        assert_eq!(stage.ask(Method::GET, path, None).await.0, 404, "{path}");
    }
}
