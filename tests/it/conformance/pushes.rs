//! Real git against the server: clone, push, and how a push is told.

use serde_json::{Value, json};
use timmy::core::model::ids::RepoName;

use super::branches::protect;
use super::forge::Forge;
use super::versions::FORGETS_FORCED_AWAY;
use crate::support::work_tree::WorkTree;

const NO_COMMIT: &str = "0000000000000000000000000000000000000000";

/// A clone of ezra's with a commit on `timmy/1-j1`, which is pushed.
async fn pushed(forge: &Forge, repo: &RepoName) -> (WorkTree, String) {
    let tree = forge.ezra().clone_of(&forge.clone_url(repo)).await;
    tree.branch("timmy/1-j1").await;
    let commit = tree.commit("a.txt", "one\n", "Work").await;
    tree.git(&["push", "--quiet", "origin", "timmy/1-j1"]).await.good();
    (tree, commit)
}

fn json_of(delivery: &crate::support::receiver::Received) -> Value {
    serde_json::from_slice(&delivery.payload()).unwrap()
}

pub async fn git_pushes_with_a_token(forge: &Forge) {
    let repo = forge.repo("pushed").await;
    let (tree, commit) = pushed(forge, &repo).await;
    let path = format!("/repos/{repo}/branches/timmy%2F1-j1");
    let branch = forge.answer_when(path, |json| json["name"].is_string()).await;
    assert_eq!(branch.text("/commit/id"), commit);
    let other = forge.write(forge.timmy(), &repo, ("main", "b.txt", "two\n")).await;
    tree.git(&["fetch", "--quiet", "origin", "main"]).await.good();
    assert_eq!(tree.git(&["rev-parse", "FETCH_HEAD"]).await.good(), other);
}

pub async fn who_may_not_write_may_not_push(forge: &Forge) {
    let repo = forge.repo("pushed-not").await;
    for person in [forge.bezalel(), forge.rando()] {
        let tree = person.clone_of(&forge.clone_url(&repo)).await;
        tree.commit("a.txt", "one\n", "Work").await;
        let run = tree.git(&["push", "origin", "HEAD:mine"]).await;
        assert!(!run.good && run.said.contains("User permission denied for writing"), "{run:?}");
    }
    let secret = forge.private_repo("pushed-secret").await;
    let tree = WorkTree::empty("nobody", "");
    assert!(!tree.git(&["clone", &forge.clone_url(&secret), "."]).await.good);
}

pub async fn a_protected_branch_declines_a_push(forge: &Forge) {
    let repo = forge.repo("pushed-protected").await;
    protect(forge, &repo).await;
    let tree = forge.ezra().clone_of(&forge.clone_url(&repo)).await;
    tree.commit("a.txt", "one\n", "Work").await;
    let run = tree.git(&["push", "origin", "HEAD:main"]).await;
    assert!(!run.good, "{run:?}");
    for words in ["Not allowed to push to protected branch main", "(pre-receive hook declined)"] {
        assert!(run.said.contains(words), "{run:?}");
    }
}

pub async fn a_push_is_delivered(forge: &Forge) {
    let repo = forge.repo("pushed-delivered").await;
    let mut receiver = forge.listen_to(&repo, &["create", "push", "delete"]).await;
    let (tree, first) = pushed(forge, &repo).await;
    let (mut created, mut push) = (None, None);
    for _ in 0..2 {
        let delivery = receiver.any().await;
        match delivery.event_type() {
            "create" => created = Some(json_of(&delivery)),
            "push" => push = Some(json_of(&delivery)),
            other => panic!("{other}"),
        }
    }
    let (created, push) = (created.unwrap(), push.unwrap());
    assert_eq!((&created["ref"], &created["sha"]), (&json!("timmy/1-j1"), &json!(first)));
    assert_eq!(push["ref"], "refs/heads/timmy/1-j1");
    assert_eq!((&push["before"], &push["after"]), (&json!(NO_COMMIT), &json!(first)));
    assert_eq!(
        (&push["pusher"]["login"], &push["sender"]["login"]),
        (&json!("ezra"), &json!("ezra"))
    );
    assert_eq!(
        (&push["total_commits"], &push["commits"][0]["added"]),
        (&json!(1), &json!(["a.txt"]))
    );

    let second = tree.commit("a.txt", "two\n", "More").await;
    tree.git(&["push", "--quiet", "origin", "timmy/1-j1"]).await.good();
    let push = json_of(&receiver.next("push").await);
    assert_eq!((&push["before"], &push["after"]), (&json!(first), &json!(second)));
    assert_eq!(push["commits"][0]["modified"], json!(["a.txt"]));

    tree.git(&["push", "--quiet", "origin", ":timmy/1-j1"]).await.good();
    let deleted = json_of(&receiver.next("delete").await);
    let told = (&deleted["ref"], &deleted["ref_type"], &deleted["sender"]["login"]);
    assert_eq!(told, (&json!("timmy/1-j1"), &json!("branch"), &json!("ezra")));
}

pub async fn who_pushed_is_told_by_the_activity(forge: &Forge) {
    let repo = forge.repo("pushed-activity").await;
    let (_tree, commit) = pushed(forge, &repo).await;
    let told = |json: &Value| {
        let lines = json.as_array().cloned().unwrap_or_default();
        lines.into_iter().find(|line| {
            line["op_type"] == "commit_repo"
                && line["content"].as_str().is_some_and(|content| content.contains(&commit))
        })
    };
    let path = format!("/repos/{repo}/activities/feeds?limit=10");
    let feed = forge.answer_when(path, |json| told(json).is_some()).await;
    let line = told(&feed.json).unwrap();
    assert_eq!(
        (&line["act_user"]["login"], &line["ref_name"]),
        (&json!("ezra"), &json!("refs/heads/timmy/1-j1"))
    );
}

pub async fn a_force_push_is_told_with_both_heads(forge: &Forge) {
    let repo = forge.repo("pushed-by-force").await;
    let (tree, first) = pushed(forge, &repo).await;
    let number = forge.propose(forge.ezra(), &repo, ("timmy/1-j1", "")).await;
    let second = tree.commit("b.txt", "two\n", "More").await;
    tree.git(&["push", "--quiet", "origin", "timmy/1-j1"]).await.good();
    forge.pull_when(&repo, number, |pull| pull["head"]["sha"] == json!(second)).await;
    tree.git(&["commit", "--quiet", "--amend", "-m", "More, amended"]).await.good();
    let third = tree.head().await;
    tree.git(&["push", "--quiet", "--force", "origin", "timmy/1-j1"]).await.good();
    let pushes = |json: &Value| -> Vec<Value> {
        let lines = json.as_array().cloned().unwrap_or_default().into_iter();
        let pushes = lines.filter(|line| line["type"] == "pull_push");
        pushes
            .map(|line| {
                assert_eq!(line["user"]["login"], "ezra");
                serde_json::from_str(line["body"].as_str().unwrap()).unwrap()
            })
            .collect()
    };
    let forced = json!({ "is_force_push": true, "commit_ids": [second, third] });
    let path = format!("/repos/{repo}/issues/{number}/timeline");
    let lines = forge.answer_when(path, |json| pushes(json).contains(&forced)).await;
    let plain = |commit: &str| json!({ "is_force_push": false, "commit_ids": [commit] });
    let told = pushes(&lines.json);
    assert_eq!((told.first(), told.last()), (Some(&plain(&first)), Some(&forced)));
    forge.version.expect(&FORGETS_FORCED_AWAY, !told.contains(&plain(&second)));
    // What was forced away can still be read by its id.
    forge.timmy().get(format!("/repos/{repo}/git/commits/{second}")).await.expect(200);
}
