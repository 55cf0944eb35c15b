//! Merging, and every way in which it is refused.

use serde_json::{Value, json};
use timmy::core::model::ids::RepoName;

use super::branches::protect;
use super::forge::Forge;
use super::versions::{ALREADY_MERGED_HAS_WORDS, MERGE_REASONS_ARE_WRAPPED, WRITERS_CANCEL_MERGES};

/// A pull request of ezra's that the server has looked at, and its head.
async fn proposed(forge: &Forge, repo: &RepoName, body: &str) -> (i64, String) {
    let head = forge.write(forge.ezra(), repo, ("timmy/1-j1", "a.txt", "one\n")).await;
    let number = forge.propose(forge.ezra(), repo, ("timmy/1-j1", body)).await;
    forge.pull_when(repo, number, |pull| pull["mergeable"] == true).await;
    (number, head)
}

async fn assert_waits(forge: &Forge, repo: &RepoName, (number, head): (i64, &str), reason: &str) {
    let asked = json!({ "Do": "squash", "head_commit_id": head });
    let refused = forge.merge(forge.timmy(), repo, number, asked).await.expect(405);
    let wrapped = format!("not allowed to merge [reason: {reason}]");
    assert!([reason, &wrapped].contains(&refused.message()), "{refused:?}");
    forge.version.expect(&MERGE_REASONS_ARE_WRAPPED, refused.message() == wrapped);
}

pub async fn what_the_rule_demands_is_asked_for_in_order(forge: &Forge) {
    let repo = forge.repo("merge-rule").await;
    let (number, head) = proposed(forge, &repo, "").await;
    protect(forge, &repo).await;
    let (timmy, alexander) = (forge.timmy(), forge.alexander());
    assert_waits(
        forge,
        &repo,
        (number, &"0".repeat(40)),
        "Not all required status checks successful",
    )
    .await;
    for context in ["ci/test", "timmy/verify"] {
        forge.say(forge.ezra(), (&repo, &head), (context, "success")).await.expect(201);
    }
    assert_waits(forge, &repo, (number, &head), "Does not have enough approvals").await;
    forge.judge(timmy, (&repo, number, &head), "REQUEST_CHANGES").await.expect(200);
    forge.judge(alexander, (&repo, number, &head), "APPROVED").await.expect(200);
    assert_waits(forge, &repo, (number, &head), "There are requested changes").await;
    forge.judge(timmy, (&repo, number, &head), "APPROVED").await.expect(200);
    let main = forge.write(alexander, &repo, ("main", "b.txt", "two\n")).await;
    forge.pull_when(&repo, number, |pull| pull["base"]["sha"] == json!(main)).await;
    assert_waits(forge, &repo, (number, &head), "The head branch is behind the base branch").await;
}

pub async fn who_may_not_and_what_moved_are_refused(forge: &Forge) {
    let repo = forge.repo("merge-refused").await;
    let (number, head) = proposed(forge, &repo, "").await;
    let squash = |head: &str| json!({ "Do": "squash", "head_commit_id": head });
    let refused = forge.merge(forge.rando(), &repo, number, squash(&head)).await.expect(405);
    assert_eq!(refused.message(), "User not allowed to merge PR");
    let refused = forge.merge(forge.timmy(), &repo, number, squash(&"0".repeat(40))).await;
    assert_eq!(refused.expect(409).message(), "head out of date");
    let path = format!("/repos/{repo}/pulls/{number}");
    forge.ezra().patch(&path, json!({ "title": "WIP: not yet" })).await.expect(201);
    let refused = forge.merge(forge.timmy(), &repo, number, squash(&head)).await.expect(405);
    assert_eq!(refused.message(), "Work in progress PRs cannot be merged");
    forge.ezra().patch(&path, json!({ "title": "Now", "state": "closed" })).await.expect(201);
    forge.merge(forge.timmy(), &repo, number, squash(&head)).await.expect(404);
}

pub async fn a_squashed_one_is_one_commit(forge: &Forge) {
    let repo = forge.repo("merge-squashed").await;
    let issue = forge.issue(forge.timmy(), &repo, "It squeaks").await;
    let (number, head) = proposed(forge, &repo, &format!("Fixes #{issue}")).await;
    let mut receiver = forge.listen_to(&repo, &["push", "pull_request", "delete"]).await;
    let asked = json!({ "Do": "squash", "head_commit_id": head,
        "MergeTitleField": format!("Keep sessions (#{number})"),
        "delete_branch_after_merge": true });
    forge.merge(forge.timmy(), &repo, number, asked.clone()).await.expect(200);

    let closed: Value =
        serde_json::from_slice(&receiver.next("pull_request").await.payload()).unwrap();
    assert_eq!(
        (&closed["action"], &closed["pull_request"]["merged"]),
        (&json!("closed"), &json!(true))
    );
    assert_eq!(closed["sender"]["login"], "timmy");
    let pull = forge.pull_when(&repo, number, |pull| pull["merged"] == true).await;
    let commit = pull.text("/merge_commit_sha");
    assert_eq!(
        (pull.text("/merged_by/login"), pull.text("/state")),
        ("timmy".into(), "closed".into())
    );
    let gone = format!("refs/pull/{number}/head");
    forge.pull_when(&repo, number, |pull| pull["head"]["ref"] == json!(gone)).await;
    forge.timmy().get(format!("/repos/{repo}/branches/timmy%2F1-j1")).await.expect(404);
    let made = forge.timmy().get(format!("/repos/{repo}/git/commits/{commit}")).await.expect(200);
    assert_eq!(made.json["parents"].as_array().unwrap().len(), 1);
    assert_eq!([made.text("/author/login"), made.text("/committer/login")], ["ezra", "timmy"]);
    assert!(made.text("/commit/message").starts_with(&format!("Keep sessions (#{number})\n")));
    let fixed = format!("/repos/{repo}/issues/{issue}");
    forge.answer_when(fixed, |issue| issue["state"] == "closed").await;

    let again = forge.merge(forge.timmy(), &repo, number, asked).await.expect(405);
    let words = again.message() == "The PR is already merged";
    assert!(words || again.message().is_empty(), "{again:?}");
    forge.version.expect(&ALREADY_MERGED_HAS_WORDS, words);
}

pub async fn a_merged_one_has_two_parents_and_a_rebased_one_moves_the_base(forge: &Forge) {
    for how in ["merge", "rebase"] {
        let repo = forge.repo(&format!("merge-by-{how}")).await;
        let (number, head) = proposed(forge, &repo, "").await;
        let main = forge.write(forge.timmy(), &repo, ("main", "b.txt", "two\n")).await;
        forge.pull_when(&repo, number, |pull| pull["base"]["sha"] == json!(main)).await;
        let asked = json!({ "Do": how, "head_commit_id": head });
        forge.merge(forge.timmy(), &repo, number, asked).await.expect(200);
        let pull = forge.pull_when(&repo, number, |pull| pull["merged"] == true).await;
        let commit = pull.text("/merge_commit_sha");
        let path = format!("/repos/{repo}/git/commits/{commit}");
        let made = forge.timmy().get(path).await.expect(200);
        let parents: Vec<&Value> =
            made.json["parents"].as_array().unwrap().iter().map(|parent| &parent["sha"]).collect();
        match how {
            "merge" => assert_eq!(parents, [&json!(main), &json!(head)]),
            _ => assert_eq!(
                (parents, made.text("/author/login").as_str()),
                (vec![&json!(main)], "ezra")
            ),
        }
    }
}

pub async fn one_that_is_scheduled_waits_until_nothing_is_missing(forge: &Forge) {
    let repo = forge.repo("merge-scheduled").await;
    let (number, head) = proposed(forge, &repo, "").await;
    let rule = json!({ "rule_name": "main", "enable_push": true, "enable_status_check": true,
        "status_check_contexts": ["ci/*"] });
    let path = format!("/repos/{repo}/branch_protections");
    forge.alexander().post(path, rule).await.expect(201);
    let asked = json!({ "Do": "squash", "merge_when_checks_succeed": true });
    forge.merge(forge.alexander(), &repo, number, asked.clone()).await.expect(201);
    let merge = format!("/repos/{repo}/pulls/{number}/merge");
    let cancelled = forge.timmy().delete(&merge, json!({})).await;
    forge.version.expect(&WRITERS_CANCEL_MERGES, cancelled.status);
    if cancelled.status == 204 {
        forge.merge(forge.alexander(), &repo, number, asked).await.expect(201);
    }
    let lines = forge.timmy().get(format!("/repos/{repo}/issues/{number}/timeline")).await;
    let lines = lines.expect(200).json;
    let told = lines.as_array().unwrap().iter().any(|line| line["type"] == "pull_scheduled_merge");
    assert!(told, "{lines}");
    forge.say(forge.ezra(), (&repo, &head), ("ci/test", "success")).await.expect(201);
    forge.pull_when(&repo, number, |pull| pull["merged"] == true).await;
}
