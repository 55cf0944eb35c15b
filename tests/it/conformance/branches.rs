//! Branches, and what holds for them.

use serde_json::json;
use timmy::core::model::ids::RepoName;

use super::forge::Forge;
use super::versions::{
    BRANCH_DELETED_TWICE_FAILS, BRANCH_DELETED_TWICE_IS_MISSED, RENAMES_BRANCHES,
};

/// The rule of `main`: only alexander may push, checks and an approval must be there.
pub async fn protect(forge: &Forge, repo: &RepoName) {
    let rule = json!({ "rule_name": "main", "branch_name": "main", "enable_push": true,
        "enable_push_whitelist": true, "push_whitelist_usernames": ["alexander"],
        "enable_status_check": true, "status_check_contexts": ["ci/*", "timmy/verify"],
        "required_approvals": 1, "block_on_rejected_reviews": true,
        "block_on_outdated_branch": true, "dismiss_stale_approvals": true });
    let path = format!("/repos/{repo}/branch_protections");
    forge.alexander().post(path, rule).await.expect(201);
}

pub async fn one_shows_what_the_asker_may(forge: &Forge) {
    let repo = forge.repo("branch").await;
    let path = format!("/repos/{repo}/branches/main");
    for (person, may) in [(forge.timmy(), true), (forge.bezalel(), false), (forge.rando(), false)] {
        let branch = person.get(&path).await.expect(200).json;
        let seen = (&branch["protected"], &branch["user_can_push"], &branch["user_can_merge"]);
        assert_eq!(seen, (&json!(false), &json!(may), &json!(may)), "{}", person.login);
    }
    protect(forge, &repo).await;
    for (person, push) in [(forge.timmy(), false), (forge.alexander(), true)] {
        let branch = person.get(&path).await.expect(200).json;
        let seen = (&branch["protected"], &branch["user_can_push"], &branch["user_can_merge"]);
        assert_eq!(seen, (&json!(true), &json!(push), &json!(true)), "{}", person.login);
        let rule = (&branch["required_approvals"], &branch["enable_status_check"]);
        assert_eq!(rule, (&json!(1), &json!(true)));
        assert_eq!(branch["status_check_contexts"], json!(["ci/*", "timmy/verify"]));
    }
    let rules = format!("/repos/{repo}/branch_protections");
    forge.timmy().get(&rules).await.expect(403);
    assert_eq!(forge.alexander().get(&rules).await.expect(200).count(), 1);
}

pub async fn one_is_made_and_deleted(forge: &Forge) {
    let repo = forge.repo("branches").await;
    let (timmy, path) = (forge.timmy(), format!("/repos/{repo}/branches"));
    let new = json!({ "new_branch_name": "timmy/1-j1", "old_ref_name": "main" });
    let made = timmy.post(&path, new.clone()).await.expect(201);
    assert_eq!(made.text("/name"), "timmy/1-j1");
    timmy.post(&path, new).await.expect(409);
    let listed = timmy.get(&path).await.expect(200);
    assert_eq!((listed.count(), listed.header("X-Total-Count")), (2, Some("2")));
    let one = format!("{path}/timmy%2F1-j1");
    assert_eq!(timmy.get(&one).await.expect(200).text("/name"), "timmy/1-j1");
    forge.rando().delete(&one, json!({})).await.expect(403);
    timmy.delete(&one, json!({})).await.expect(204);
    let again = timmy.delete(&one, json!({})).await;
    assert!([204, 404, 500].contains(&again.status), "{again:?}");
    forge.version.expect(&BRANCH_DELETED_TWICE_FAILS, again.status == 500);
    forge.version.expect(&BRANCH_DELETED_TWICE_IS_MISSED, again.status == 404);
    timmy.get(&one).await.expect(404);
    timmy.delete(format!("{path}/main"), json!({})).await.expect(403);
}

/// Where that can be.
pub async fn the_default_one_gets_another_name(forge: &Forge) {
    let repo = forge.repo("trunk").await;
    let path = format!("/repos/{repo}/branches/main");
    let renamed = forge.alexander().patch(&path, json!({ "name": "trunk" })).await;
    forge.version.expect(&RENAMES_BRANCHES, renamed.status);
    if renamed.status != 204 {
        return;
    }
    let shown = forge.timmy().get(format!("/repos/{repo}")).await.expect(200);
    assert_eq!(shown.text("/default_branch"), "trunk");
    forge.timmy().get(format!("/repos/{repo}/branches/trunk")).await.expect(200);
}
