//! Pull requests: their heads, what they change, and how they follow their branches.

use serde_json::{Value, json};

use super::forge::Forge;
use super::versions::NAMES_HEADS;

pub async fn one_shows_its_branches_and_its_size(forge: &Forge) {
    let repo = forge.repo("pull").await;
    let (timmy, ezra) = (forge.timmy(), forge.ezra());
    let main =
        timmy.get(format!("/repos/{repo}/branches/main")).await.expect(200).text("/commit/id");
    let head = forge.write(ezra, &repo, ("timmy/1-j1", "a.txt", "one\ntwo\n")).await;
    let number = forge.propose(ezra, &repo, ("timmy/1-j1", "For \\#1.")).await;
    let pull = forge.pull_when(&repo, number, |pull| pull["mergeable"] == true).await;
    assert_eq!(
        [pull.text("/head/sha"), pull.text("/base/sha"), pull.text("/merge_base")],
        [head.clone(), main.clone(), main]
    );
    let size = ["additions", "deletions", "changed_files"].map(|key| pull.number(key));
    assert_eq!(size, [2, 0, 1]);
    let between = timmy.get(format!("/repos/{repo}/pulls/main/timmy%2F1-j1")).await.expect(200);
    assert_eq!(between.number("number"), number);
    let listed =
        timmy.get(format!("/repos/{repo}/pulls?state=open&page=1&limit=50")).await.expect(200);
    assert_eq!((listed.count(), listed.header("X-Total-Count")), (1, Some("1")));
    let files =
        timmy.get(format!("/repos/{repo}/pulls/{number}/files?page=1&limit=50")).await.expect(200);
    let file = &files.json[0];
    assert_eq!(
        (&file["filename"], &file["status"], &file["additions"]),
        (&json!("a.txt"), &json!("added"), &json!(2))
    );
    assert_eq!(files.header("X-Total-Count"), Some("1"));
    let commits = timmy.get(format!("/repos/{repo}/pulls/{number}/commits")).await.expect(200);
    assert_eq!((commits.count(), commits.text("/0/sha")), (1, head));
    timmy.get(format!("/repos/{repo}/pulls/{number}.diff")).await.expect(200);
    timmy.get(format!("/repos/{repo}/pulls/{number}.patch")).await.expect(200);
}

pub async fn one_needs_two_branches_that_differ(forge: &Forge) {
    let repo = forge.repo("pull-twice").await;
    let timmy = forge.timmy();
    forge.write(timmy, &repo, ("oil", "a.txt", "one\n")).await;
    forge.propose(timmy, &repo, ("oil", "")).await;
    let path = format!("/repos/{repo}/pulls");
    let open = |head: &'static str| {
        timmy.post(&path, json!({ "title": "Oil it", "head": head, "base": "main" }))
    };
    let again = open("oil").await.expect(409);
    assert!(again.message().starts_with("pull request already exists for these targets [id: "));
    open("main").await.expect(422);
    open("none").await.expect(404);
}

pub async fn one_follows_its_branch(forge: &Forge) {
    let repo = forge.repo("pull-synchronized").await;
    let ezra = forge.ezra();
    let first = forge.write(ezra, &repo, ("timmy/1-j1", "a.txt", "one\n")).await;
    let number = forge.propose(ezra, &repo, ("timmy/1-j1", "")).await;
    let mut receiver = forge.listen_to(&repo, &["pull_request_sync"]).await;
    let second = forge.write(forge.timmy(), &repo, ("timmy/1-j1", "b.txt", "two\n")).await;
    let delivery = receiver.next("pull_request_sync").await;
    let told: Value = serde_json::from_slice(&delivery.payload()).unwrap();
    assert_eq!(
        (&told["action"], &told["sender"]["login"]),
        (&json!("synchronized"), &json!("timmy"))
    );
    assert_eq!(told["pull_request"]["head"]["sha"], json!(second));
    let heads = told["before"] == json!(first) && told["after"] == json!(second);
    forge.version.expect(&NAMES_HEADS, heads);
    let pull = forge.pull_when(&repo, number, |pull| pull["mergeable"] == true).await;
    assert_eq!((pull.text("/head/sha"), pull.number("changed_files")), (second, 2));
}

pub async fn one_that_is_behind_can_be_updated(forge: &Forge) {
    let repo = forge.repo("pull-behind").await;
    let timmy = forge.timmy();
    let head = forge.write(forge.ezra(), &repo, ("timmy/1-j1", "a.txt", "one\n")).await;
    let number = forge.propose(forge.ezra(), &repo, ("timmy/1-j1", "")).await;
    let main = forge.write(timmy, &repo, ("main", "b.txt", "two\n")).await;
    let behind = forge.pull_when(&repo, number, |pull| pull["base"]["sha"] == json!(main)).await;
    assert_ne!(behind.text("/merge_base"), main);
    let update = format!("/repos/{repo}/pulls/{number}/update?style=merge");
    forge.rando().post(&update, json!({})).await.expect(403);
    timmy.post(&update, json!({})).await.expect(200);
    let pull = forge.pull_when(&repo, number, |pull| pull["head"]["sha"] != json!(head)).await;
    let new = pull.text("/head/sha");
    let commit = timmy.get(format!("/repos/{repo}/git/commits/{new}")).await.expect(200);
    assert_eq!(
        [commit.text("/parents/0/sha"), commit.text("/parents/1/sha")],
        [head, main.clone()]
    );
    assert_eq!(commit.text("/author/login"), "timmy");
    assert_eq!(commit.text("/commit/message"), "Merge branch 'main' into timmy/1-j1\n");
    forge.pull_when(&repo, number, |pull| pull["merge_base"] == json!(main)).await;
}

pub async fn one_that_conflicts_says_so(forge: &Forge) {
    let repo = forge.repo("pull-conflict").await;
    let timmy = forge.timmy();
    forge.write(timmy, &repo, ("main", "a.txt", "one\n")).await;
    forge.write(forge.ezra(), &repo, ("timmy/1-j1", "a.txt", "two\n")).await;
    let number = forge.propose(forge.ezra(), &repo, ("timmy/1-j1", "")).await;
    forge.pull_when(&repo, number, |pull| pull["mergeable"] == true).await;
    let main = forge.write(timmy, &repo, ("main", "a.txt", "three\n")).await;
    forge
        .pull_when(&repo, number, |pull| {
            pull["base"]["sha"] == json!(main) && pull["mergeable"] == false
        })
        .await;
    let update = format!("/repos/{repo}/pulls/{number}/update?style=merge");
    let refused = timmy.post(update, json!({})).await.expect(409);
    assert_eq!(refused.message(), "merge failed because of conflict");
    let path = format!("/repos/{repo}/pulls/{number}/merge");
    let refused = timmy.post(path, json!({ "Do": "squash" })).await.expect(405);
    assert_eq!(refused.message(), "Please try again later");
}

pub async fn one_from_a_fork_can_be_open_to_maintainers(forge: &Forge) {
    let repo = forge.repo("pull-forked").await;
    let rando = forge.rando();
    let fork = rando.post(format!("/repos/{repo}/forks"), json!({ "name": "forked" })).await;
    let fork = fork.expect(202).text("/full_name").parse().unwrap();
    forge.write(rando, &fork, ("mine", "a.txt", "one\n")).await;
    let body = json!({ "title": "From a fork", "head": "rando:mine", "base": "main" });
    let made = rando.post(format!("/repos/{repo}/pulls"), body).await.expect(201);
    let number = made.number("number");
    let allow = json!({ "allow_maintainer_edit": true });
    rando.patch(format!("/repos/{repo}/pulls/{number}"), allow).await.expect(201);
    let pull = forge.pull_when(&repo, number, |pull| pull["mergeable"] == true).await;
    assert_eq!(pull.text("/head/repo/full_name"), "rando/forked");
    assert_eq!(pull.json["head"]["repo"]["fork"], true);
    assert_eq!(pull.json["allow_maintainer_edit"], true);
    let tree = forge.ezra().clone_of(&forge.clone_url(&fork)).await;
    tree.git(&["checkout", "--quiet", "mine"]).await.good();
    let head = tree.commit("b.txt", "two\n", "More").await;
    tree.git(&["push", "--quiet", "origin", "mine"]).await.good();
    forge.pull_when(&repo, number, |pull| pull["head"]["sha"] == json!(head)).await;
    // Only that branch.
    assert!(!tree.git(&["push", "--quiet", "origin", "mine:other"]).await.good);
}
