//! Files and commits, read and made through the API.

use serde_json::{Value, json};
use timmy::core::model::ids::RepoName;

use super::forge::Forge;
use super::person::Answer;
use super::versions::{EVERY_PAGE_IS_TRUNCATED, NO_FILE_DELETED};

async fn change(forge: &Forge, repo: &RepoName, branch: [&str; 2], files: Value) -> Answer {
    let [from, to] = branch;
    let mut body = json!({ "branch": from, "message": "Several", "files": files });
    if from != to {
        body["new_branch"] = json!(to);
    }
    forge.timmy().post(format!("/repos/{repo}/contents"), body).await
}

pub async fn several_are_changed_in_one_commit(forge: &Forge) {
    let repo = forge.repo("files").await;
    let timmy = forge.timmy();
    let readme = timmy.get(format!("/repos/{repo}/contents/README.md")).await.expect(200);
    let files = json!([
        { "operation": "create", "path": "n/e/w.txt", "content": "bmV3" },
        { "operation": "delete", "path": "README.md", "sha": readme.text("/sha") },
    ]);
    let made = change(forge, &repo, ["main", "timmy/1-j1"], files.clone()).await.expect(201);
    assert_eq!(
        (made.text("/files/0/content").as_str(), &made.json["files"][1]),
        ("bmV3", &json!(null))
    );
    assert_eq!(made.text("/commit/message"), "Several\n");
    let id = made.text("/commit/sha");
    let head = timmy.get(format!("/repos/{repo}/branches/timmy%2F1-j1")).await.expect(200);
    assert_eq!(head.text("/commit/id"), id);
    assert_eq!(head.text("/commit/author/username"), "timmy");
    let commit = timmy.get(format!("/repos/{repo}/git/commits/{id}")).await.expect(200);
    assert_eq!(commit.text("/author/login"), "timmy");
    let mut changed: Vec<(&str, &str)> = commit.json["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| (file["filename"].as_str().unwrap(), file["status"].as_str().unwrap()))
        .collect();
    changed.sort_unstable();
    assert_eq!(changed, [("README.md", "removed"), ("n/e/w.txt", "added")]);
    let stats = &commit.json["stats"];
    assert!(stats["additions"].as_i64() == Some(1) && stats["deletions"].as_i64() > Some(0));
}

pub async fn what_is_not_as_it_was_seen_is_refused(forge: &Forge) {
    let repo = forge.repo("stale-files").await;
    let stale = "0".repeat(40);
    for (operation, path, status, words) in [
        ("create", "README.md", 422, "repository file already exists [path: README.md]"),
        ("update", "README.md", 422, "sha does not match [given: "),
    ] {
        let file = json!([{ "operation": operation, "path": path, "content": "", "sha": stale }]);
        let refused = change(forge, &repo, ["main", "main"], file).await.expect(status);
        assert!(refused.message().starts_with(words), "{refused:?}");
    }
    let none = json!([{ "operation": "delete", "path": "none.txt", "sha": stale }]);
    let refused = change(forge, &repo, ["main", "main"], none).await;
    forge.version.expect(&NO_FILE_DELETED, refused.status);
    let file = || json!([{ "operation": "create", "path": "new.txt", "content": "bmV3" }]);
    change(forge, &repo, ["main", "oil"], file()).await.expect(201);
    change(forge, &repo, ["main", "oil"], file()).await.expect(422);
    change(forge, &repo, ["none", "oil2"], file()).await.expect(404);
    let body = json!({ "branch": "main", "message": "No", "files": file() });
    forge.rando().post(format!("/repos/{repo}/contents"), body).await.expect(403);
}

pub async fn they_are_read_at_a_commit(forge: &Forge) {
    let repo = forge.repo("read-files").await;
    let timmy = forge.timmy();
    let first = forge.write(timmy, &repo, ("main", "src/a.txt", "one\n")).await;
    forge.write(timmy, &repo, ("main", "src/a.txt", "two\n")).await;
    for (at, content) in [(first.as_str(), "b25lCg=="), ("main", "dHdvCg==")] {
        let file =
            timmy.get(format!("/repos/{repo}/contents/src/a.txt?ref={at}")).await.expect(200);
        assert_eq!(
            (file.text("/content").as_str(), file.text("/type").as_str()),
            (content, "file")
        );
    }
    let folder = timmy.get(format!("/repos/{repo}/contents/src")).await.expect(200);
    assert_eq!((folder.count(), folder.text("/0/path").as_str()), (1, "src/a.txt"));
    timmy.get(format!("/repos/{repo}/contents/none.txt")).await.expect(404);
    timmy.get(format!("/repos/{repo}/raw/src/a.txt?ref={first}")).await.expect(200);
    timmy.get(format!("/repos/{repo}/raw/none.txt?ref={first}")).await.expect(404);
}

/// The paths in a tree.
fn paths(answer: &Answer) -> Vec<&str> {
    let items = answer.json["tree"].as_array().unwrap().iter();
    items.map(|item| item["path"].as_str().unwrap()).collect()
}

pub async fn a_tree_is_listed_page_by_page(forge: &Forge) {
    let repo = forge.repo("tree").await;
    let timmy = forge.timmy();
    let head = forge.write(timmy, &repo, ("main", "src/a.txt", "one\n")).await;
    let path = format!("/repos/{repo}/git/trees/{head}?recursive=true");
    let whole = timmy.get(&path).await.expect(200);
    assert_eq!(paths(&whole), ["README.md", "src", "src/a.txt"]);
    assert_eq!((whole.number("total_count"), &whole.json["truncated"]), (3, &json!(false)));
    for (page, wanted) in [(1, &["README.md", "src"] as &[&str]), (2, &["src/a.txt"])] {
        let part = timmy.get(format!("{path}&page={page}&per_page=2")).await.expect(200);
        assert_eq!((paths(&part).as_slice(), part.number("total_count")), (wanted, 3));
        match page {
            1 => assert_eq!(part.json["truncated"], true),
            _ => {
                let truncated = part.json["truncated"] == true;
                forge.version.expect(&EVERY_PAGE_IS_TRUNCATED, truncated);
            }
        }
    }
}

pub async fn commits_are_listed_and_compared(forge: &Forge) {
    let repo = forge.repo("commits").await;
    let timmy = forge.timmy();
    let mut made = Vec::new();
    for content in ["one\n", "two\n", "three\n"] {
        made.push(forge.write(timmy, &repo, ("timmy/1-j1", "a.txt", content)).await);
    }
    let path = format!("/repos/{repo}/commits?sha=timmy%2F1-j1&limit=2");
    let listed = timmy.get(&path).await.expect(200);
    assert_eq!((listed.count(), listed.header("X-Total-Count")), (2, Some("4")));
    assert_eq!([listed.text("/0/sha"), listed.text("/1/sha")], [made[2].clone(), made[1].clone()]);
    let compare = format!("/repos/{repo}/compare/main...timmy%2F1-j1");
    let range = timmy.get(&compare).await.expect(200);
    assert_eq!((range.number("total_commits"), range.text("/commits/0/sha")), (3, made[2].clone()));
    let back = timmy.get(format!("/repos/{repo}/compare/timmy%2F1-j1...main")).await.expect(200);
    assert_eq!(back.number("total_commits"), 0);
    timmy.get(format!("/repos/{repo}/compare/main...none")).await.expect(404);
    timmy.get(format!("/repos/{repo}/git/commits/{}", "0".repeat(40))).await.expect(404);
}

pub async fn a_commit_that_names_a_thread_shows_in_its_timeline(forge: &Forge) {
    let (repo, number) = forge.thread("named-by-commits").await;
    let file = json!({ "message": format!("For #{number}, now"), "content": "" });
    forge.ezra().post(format!("/repos/{repo}/contents/named.txt"), file).await.expect(201);
    let path = format!("/repos/{repo}/issues/{number}/timeline");
    let lines = forge.answer_when(path, |json| json[0]["type"] == "commit_ref").await;
    let body = lines.text("/0/body");
    assert!(body.ends_with(&format!("\">For #{number}, now</a>")), "{body}");
}

pub async fn templates_are_files_of_the_default_branch(forge: &Forge) {
    let repo = forge.repo("templates").await;
    let text = "---\nname: Bug\nabout: A bug\ntitle: \"Bug: \"\n---\n\n## What happened\n";
    forge.write(forge.ezra(), &repo, ("main", ".gitea/ISSUE_TEMPLATE/bug.md", text)).await;
    forge.write(forge.ezra(), &repo, ("main", ".gitea/ISSUE_TEMPLATE/none.md", "none\n")).await;
    let templates = forge.timmy().gitea().issue_templates(&repo).await.unwrap();
    let told: Vec<_> = templates.iter().map(|one| (one.title.as_str(), &one.texts)).collect();
    let texts = ["\n## What happened\n", "none\n"].map(|text| vec![text.to_owned()]);
    assert_eq!(told, [("Bug: ", &texts[0]), ("", &texts[1])]);
}
