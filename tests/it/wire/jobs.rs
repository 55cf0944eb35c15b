//! What jobs read and write, against what Gitea 1.22, 1.25, 1.26 and 1.27 were seen to say while an
//! agent worked: branches, commits, files, pull requests, pushes and checks.
//!
//! The recordings are exchanges, one a line, without addresses. A body that was cut off has what was
//! whole of it; of `contents-several` that is the commit, which stands behind the files.

use serde::Deserialize;
use timmy::core::jobs::Commit;
use timmy::core::model::commit_status::{BranchHealth, CheckState, health, newest};
use timmy::core::model::gesture::Gesture;
use timmy::core::model::ids::RepoName;
use timmy::core::model::time::Timestamp;
use timmy::gitea::{
    EntryKind, Error, FileChange, FileFate, Gitea, NewCommit, NewPullRequest, PullState,
};

use crate::wire::forge::{Canned, Forge};
use crate::wire::recorded::Answer;

#[derive(Deserialize)]
struct Exchange {
    version: String,
    #[serde(flatten)]
    answer: Answer,
}

/// The exchange of this name, of each version.
fn recorded(name: &str) -> Vec<Exchange> {
    let lines = include_str!("recorded/jobs.jsonl").lines();
    let all = lines.map(|line| serde_json::from_str::<Exchange>(line).expect(line));
    let found: Vec<_> = all.filter(|exchange| exchange.answer.name == name).collect();
    assert_eq!(found.len(), 4, "{name}");
    found
}

impl Exchange {
    /// A server that gives this answer, and a client of it.
    async fn forge(&self) -> (Forge, Gitea) {
        let forge = Forge::answering([self.answer.canned()]).await;
        let client = forge.client();
        (forge, client)
    }

    fn repo(&self) -> RepoName {
        let mut segments = self.answer.path.split('/').skip(2);
        RepoName::new(segments.next().unwrap(), segments.next().unwrap()).unwrap()
    }

    /// The commit at this place of the body.
    fn commit(&self, pointer: &str) -> Commit {
        let text = self.answer.json.pointer(pointer).and_then(|value| value.as_str());
        text.unwrap_or_else(|| panic!("{}: {pointer}", self.version)).parse().unwrap()
    }

    /// That the client asked for it as it was recorded, whatever else it said in the query.
    fn was_asked_of(&self, forge: &Forge) {
        let asked = forge.asked_what().remove(0);
        let path = self.answer.path.split('?').next().unwrap();
        let expected = format!("{} {path}", self.answer.method);
        assert_eq!(asked.split('?').next().unwrap(), expected, "{}", self.version);
    }
}

fn any_commit() -> Commit {
    "8b195ee0".repeat(5).parse().unwrap()
}

#[tokio::test]
async fn a_branch_is_seen_with_its_rules_and_ones_own_rights() {
    for (name, protected, contexts, may_push) in [
        ("branch-unprotected", false, &[][..], true),
        ("branch-protected", true, &["ci/*", "timmy/verify"][..], false),
    ] {
        for exchange in recorded(name) {
            let (forge, client) = exchange.forge().await;
            let branch = client.branch(&exchange.repo(), "main").await.unwrap().unwrap();
            exchange.was_asked_of(&forge);
            assert_eq!(
                (branch.name.as_str(), branch.head),
                ("main", exchange.commit("/commit/id"))
            );
            assert_eq!((branch.is_protected, branch.may_push), (protected, may_push), "{name}");
            assert!(branch.may_merge);
            assert_eq!(branch.status_contexts, contexts);
        }
    }
}

#[tokio::test]
async fn the_branch_of_a_job_is_one_segment_and_may_be_gone() {
    for exchange in recorded("job-branch") {
        let (forge, client) = exchange.forge().await;
        let branch = client.branch(&exchange.repo(), "timmy/1-j1").await.unwrap().unwrap();
        exchange.was_asked_of(&forge);
        assert_eq!(branch.head, exchange.commit("/commit/id"));
    }
    for exchange in recorded("branch-deleted") {
        let (_forge, client) = exchange.forge().await;
        assert_eq!(client.branch(&exchange.repo(), "timmy/1-j1").await.unwrap(), None);
    }
}

#[tokio::test]
async fn commits_are_read_and_compared() {
    for exchange in recorded("commit") {
        let (forge, client) = exchange.forge().await;
        let (repo, sha) = (exchange.repo(), exchange.commit("/sha"));
        let commit = client.commit(&repo, &sha).await.unwrap().unwrap();
        exchange.was_asked_of(&forge);
        assert_eq!(commit.parents, [exchange.commit("/parents/0/sha")]);
        assert_eq!((commit.commit, commit.message.as_str()), (sha.clone(), "Keep sessions\n"));
        assert_eq!(commit.claimed_author.unwrap().login, "ezra");
        // Nothing is asked about a commit and itself.
        assert_eq!(client.descends(&repo, &sha, &sha).await.unwrap(), Some(true));
        assert_eq!(forge.asked().len(), 1);
    }
    for exchange in recorded("compare") {
        let (forge, client) = exchange.forge().await;
        let found = client.compare(&exchange.repo(), "main", "timmy/1-j1").await.unwrap().unwrap();
        exchange.was_asked_of(&forge);
        assert_eq!((found.ahead, found.commits.len()), (1, 1));
        assert_eq!(found.commits[0].commit, exchange.commit("/commits/0/sha"));
    }
}

#[tokio::test]
async fn a_head_descends_from_what_has_nothing_that_it_lacks() {
    let (repo, head): (RepoName, _) = ("lab/pub".parse().unwrap(), any_commit());
    let ancestor: Commit = "e5da63e0".repeat(5).parse().unwrap();
    let failed = || Canned::new(500, r#"{"message":""}"#);
    for (answers, expected) in [
        (vec![Canned::new(200, "[]")], Some(true)),
        (vec![Canned::new(200, "null")], Some(true)),
        (vec![Canned::new(200, format!(r#"[{{"sha":"{ancestor}"}}]"#))], Some(false)),
        (vec![Canned::new(404, r#"{"message":"not found"}"#)], None),
        (vec![failed(), failed(), failed()], None),
    ] {
        let forge = Forge::answering(answers).await;
        let descends = forge.client().descends(&repo, &head, &ancestor).await.unwrap();
        assert_eq!(descends, expected);
        let asked = forge.asked_what().remove(0);
        let path = format!("GET /repos/lab/pub/commits?sha={ancestor}&not={head}&limit=1&");
        assert!(asked.starts_with(&path), "{asked}");
    }
}

#[tokio::test]
async fn a_tree_has_files_and_folders() {
    for exchange in recorded("tree") {
        let (forge, client) = exchange.forge().await;
        let (repo, sha) = (exchange.repo(), exchange.commit("/sha"));
        let tree = client.tree(&repo, &sha, 100).await.unwrap().unwrap();
        exchange.was_asked_of(&forge);
        let entry = |path: &str| tree.entries.iter().find(|entry| entry.path == path).unwrap();
        assert_eq!(
            (entry("src").kind, entry("src/a.txt").kind),
            (EntryKind::Folder, EntryKind::File)
        );
        assert_eq!(entry("src/a.txt").size, 25);
        assert!(!tree.is_truncated);

        forge.restart([exchange.answer.canned()]);
        let tree = client.tree(&repo, &sha, 3).await.unwrap().unwrap();
        assert_eq!((tree.entries.len(), tree.is_truncated), (3, true));
    }
}

#[tokio::test]
async fn a_tree_of_several_pages_is_read_up_to_its_bound() {
    let entry = |path: &str| {
        format!(r#"{{"path":"{path}","mode":"100644","type":"blob","size":1,"sha":"x"}}"#)
    };
    let page = |path: &str, truncated: bool| {
        Canned::new(200, format!(r#"{{"tree":[{}],"truncated":{truncated}}}"#, entry(path)))
    };
    let repo: RepoName = "lab/pub".parse().unwrap();
    let forge = Forge::answering([page("a", true), page("b", false)]).await;
    let tree = forge.client().tree(&repo, &any_commit(), 10).await.unwrap().unwrap();
    let paths: Vec<_> = tree.entries.iter().map(|entry| entry.path.as_str()).collect();
    assert_eq!((paths, tree.is_truncated), (vec!["a", "b"], false));

    forge.restart([page("a", true), page("b", false)]);
    let tree = forge.client().tree(&repo, &any_commit(), 1).await.unwrap().unwrap();
    assert_eq!((tree.entries.len(), tree.is_truncated, forge.asked().len()), (1, true, 1));

    forge.restart([Canned::new(400, r#"{"message":"object does not exist"}"#)]);
    assert_eq!(forge.client().tree(&repo, &any_commit(), 1).await.unwrap(), None);
}

#[tokio::test]
async fn a_file_is_read_up_to_its_bound_and_may_be_missing() {
    for exchange in recorded("raw") {
        let (forge, client) = exchange.forge().await;
        let repo = exchange.repo();
        let read = client.file(&repo, "src/a.txt", &any_commit(), 1000).await.unwrap();
        exchange.was_asked_of(&forge);
        assert_eq!(read.unwrap(), b"one\ntwo and a half\nthree\n");
        forge.restart([exchange.answer.canned()]);
        let error = client.file(&repo, "src/a.txt", &any_commit(), 24).await.unwrap_err();
        assert_eq!(error, Error::TooLarge { limit: 24, unit: "bytes" });
        forge.restart([]);
        for path in ["../../user", "/etc/passwd", "a//b"] {
            let error = client.file(&repo, path, &any_commit(), 24).await.unwrap_err();
            assert!(matches!(error, Error::NotAName(_)), "{path}");
        }
        assert_eq!(forge.asked(), []);
    }
    for exchange in recorded("raw-missing") {
        let (_forge, client) = exchange.forge().await;
        let read = client.file(&exchange.repo(), "none.txt", &any_commit(), 1000).await;
        assert_eq!(read.unwrap(), None);
    }
}

#[tokio::test]
async fn several_files_are_one_commit() {
    let sha = |text: &str| text.to_owned();
    for exchange in recorded("contents-several") {
        let (forge, client) = exchange.forge().await;
        let sent = &exchange.answer.sent;
        let changes = vec![
            FileChange::Create { path: sha("n/e/w.txt"), content: b"new".to_vec() },
            FileChange::Update {
                path: sha("src/a.txt"),
                content: b"one\n".to_vec(),
                sha: sha(sent["files"][1]["sha"].as_str().unwrap()),
            },
            FileChange::Delete {
                path: sha("other.txt"),
                sha: sha(sent["files"][2]["sha"].as_str().unwrap()),
            },
        ];
        let (branch, new_branch) = (sha("main"), Some(sha("timmy/9-j2")));
        let new = NewCommit { branch, new_branch, message: sha("Several"), changes };
        let made = client.commit_files(&exchange.repo(), &new).await.unwrap();
        exchange.was_asked_of(&forge);
        assert_eq!(made, exchange.commit("/commit/sha"));
        let asked: serde_json::Value = serde_json::from_str(&forge.asked()[0].body).unwrap();
        assert_eq!(&asked, sent);
    }
}

#[tokio::test]
async fn what_stands_otherwise_than_the_change_takes_it_is_not_changed() {
    let new = NewCommit {
        branch: "timmy/9-j2".to_owned(),
        new_branch: None,
        message: "On it".to_owned(),
        changes: vec![FileChange::Create {
            path: "n/e/w.txt".to_owned(),
            content: b"new".to_vec(),
        }],
    };
    for (name, words) in
        [("contents-exists", "already exists"), ("contents-stale-sha", "sha does not match")]
    {
        for exchange in recorded(name) {
            let (_forge, client) = exchange.forge().await;
            let error = client.commit_files(&exchange.repo(), &new).await.unwrap_err();
            let Error::Unprocessable { status: 422, message } = &error else { panic!("{error}") };
            assert!(message.contains(words), "{message}");
        }
    }
}

#[tokio::test]
async fn a_change_outside_of_the_repository_is_not_sent() {
    let forge = Forge::answering([]).await;
    for path in
        ["../../x", "/etc/passwd", "a/../b", "", "a//b", "./a", "a/", ".git/config", "a/.GIT/x"]
    {
        let change = FileChange::Create { path: path.to_owned(), content: Vec::new() };
        let new = NewCommit {
            branch: "timmy/9-j2".to_owned(),
            new_branch: None,
            message: "Out".to_owned(),
            changes: vec![change],
        };
        let error = forge.client().commit_files(&"lab/pub".parse().unwrap(), &new).await;
        assert_eq!(error, Err(Error::NotAName(path.to_owned())));
    }
    assert_eq!(forge.asked(), []);
}

#[tokio::test]
async fn a_pull_request_is_opened_and_read() {
    for exchange in recorded("pull-create") {
        let (forge, client) = exchange.forge().await;
        let text = |key: &str| exchange.answer.sent[key].as_str().unwrap().to_owned();
        let (title, body) = (text("title"), text("body"));
        let new = NewPullRequest { title, body, head: text("head"), base: text("base") };
        let pull = client.create_pull(&exchange.repo(), &new).await.unwrap();
        exchange.was_asked_of(&forge);
        assert_eq!((pull.number, pull.head_branch.as_str()), (2, "timmy/1-j1"));
        let asked: serde_json::Value = serde_json::from_str(&forge.asked()[0].body).unwrap();
        assert_eq!(asked, exchange.answer.sent);
    }
    for exchange in recorded("pull-a-moment-later") {
        let (forge, client) = exchange.forge().await;
        let pull = client.pull(&exchange.repo(), 2).await.unwrap().unwrap();
        exchange.was_asked_of(&forge);
        assert_eq!(pull.author.as_ref().unwrap().login, "ezra");
        assert_eq!(
            (&pull.state, pull.is_draft, pull.is_mergeable),
            (&PullState::Open, false, true)
        );
        assert_eq!(pull.head, exchange.commit("/head/sha"));
        assert_eq!(pull.base, Some(exchange.commit("/base/sha")));
        assert_eq!(pull.merge_base, pull.base);
        assert!(!pull.is_from_fork());
        assert_eq!(pull.base_branch, "main");
    }
}

#[tokio::test]
async fn what_became_of_a_pull_request_is_told() {
    for exchange in recorded("pull-merged") {
        let (_forge, client) = exchange.forge().await;
        let pull = client.pull(&exchange.repo(), 2).await.unwrap().unwrap();
        let PullState::Merged { commit, by } = pull.state else { panic!("{:?}", pull.state) };
        assert_eq!(commit, Some(exchange.commit("/merge_commit_sha")));
        assert_eq!(by.unwrap().login, "timmy");
    }
    for exchange in recorded("pull-conflict") {
        let (_forge, client) = exchange.forge().await;
        let pull = client.pull(&exchange.repo(), 3).await.unwrap().unwrap();
        assert_eq!((pull.state, pull.is_mergeable), (PullState::Open, false));
    }
    for exchange in recorded("pull-of-fork") {
        let (_forge, client) = exchange.forge().await;
        let pull = client.pull(&exchange.repo(), 4).await.unwrap().unwrap();
        assert!(pull.is_from_fork() && pull.allows_maintainers);
        assert_eq!(pull.head_repo.unwrap().name.owner(), "rando");
    }
    let gone = r#"{"number":4,"state":"closed","base":{"repo_id":10,"sha":""},"head":{"sha":"8b195ee08b195ee08b195ee08b195ee08b195ee0","repo":null},"created_at":"2026-11-28T22:20:47Z"}"#;
    let forge = Forge::answering([Canned::new(200, gone), Canned::new(404, "{}")]).await;
    let repo = "lab/pub".parse().unwrap();
    let pull = forge.client().pull(&repo, 4).await.unwrap().unwrap();
    assert_eq!((pull.is_from_fork(), pull.state), (true, PullState::Closed));
    assert_eq!(forge.client().pull(&repo, 5).await.unwrap(), None);
}

#[tokio::test]
async fn pull_requests_are_found_by_their_branches() {
    for exchange in recorded("pull-a-moment-later") {
        let body = exchange.answer.json.clone();
        let mut other = body.clone();
        other["number"] = 3.into();
        other["head"]["ref"] = "timmy/1-j1-2".into();
        let list = Canned::new(200, serde_json::json!([other, body]).to_string());
        let list = list.header("x-total-count", "2");
        let forge = Forge::answering([exchange.answer.canned(), list]).await;
        let (client, repo) = (forge.client(), exchange.repo());
        let of = client.pull_of_branches(&repo, "main", "timmy/1-j1").await.unwrap();
        assert_eq!(of.unwrap().number, 2);
        let open = client.open_pulls_of(&repo, "timmy/1-j1").await.unwrap();
        assert_eq!(open.iter().map(|pull| pull.number).collect::<Vec<_>>(), [2]);
        let asked = [
            format!("GET /repos/{repo}/pulls/main/timmy%2F1-j1"),
            format!("GET /repos/{repo}/pulls?state=open&sort=recentupdate&page=1&limit=50"),
        ];
        assert_eq!(forge.asked_what(), asked);
    }
}

#[tokio::test]
async fn a_diff_is_read_up_to_its_bound_and_files_by_page() {
    for exchange in recorded("pull-diff") {
        let (forge, client) = exchange.forge().await;
        let diff = client.pull_diff(&exchange.repo(), 2, 10_000).await.unwrap();
        exchange.was_asked_of(&forge);
        assert!(diff.starts_with(b"diff --git a/src/a.txt b/src/a.txt\n"));
        forge.restart([exchange.answer.canned()]);
        let error = client.pull_diff(&exchange.repo(), 2, 100).await.unwrap_err();
        assert_eq!(error, Error::TooLarge { limit: 100, unit: "bytes" });
    }
    for exchange in recorded("pull-files") {
        let (forge, client) = exchange.forge().await;
        let files = client.pull_files(&exchange.repo(), 2).await.unwrap().entries;
        exchange.was_asked_of(&forge);
        let told: Vec<_> = files.iter().map(|file| (file.path.as_str(), &file.fate)).collect();
        let expected = [("src/a.txt", &FileFate::Changed), ("tests/a_test.txt", &FileFate::Added)];
        assert_eq!(told, expected);
        assert_eq!((files[0].additions, files[0].deletions), (1, 1));
    }
}

#[tokio::test]
async fn who_pushed_is_told_by_timeline_and_activity() {
    for exchange in recorded("timeline-of-pull") {
        let forge = Forge::answering([exchange.answer.canned(), Canned::new(200, "null")]).await;
        let since = Timestamp::parse("2026-11-28T22:00:00Z").unwrap();
        let found = forge.client().pull_pushes(&exchange.repo(), 2, since).await.unwrap();
        exchange.was_asked_of(&forge);
        assert!(!found.is_truncated);
        let by: Vec<_> = found.pushes.iter().map(|push| push.by.clone().unwrap().login).collect();
        // Some tell what was there when it was opened, too.
        let opened = usize::from(exchange.version != "1.25.5");
        assert_eq!(by[opened..], ["ezra", "ezra", "ezra", "timmy"], "{}", exchange.version);
        let forced: Vec<bool> = found.pushes.iter().map(|push| push.is_force).collect();
        assert_eq!(forced[opened..], [false, true, false, false]);
    }
    for exchange in recorded("activity-feeds") {
        let (forge, client) = exchange.forge().await;
        let pushes = client.recent_pushes(&exchange.repo()).await.unwrap().pushes;
        exchange.was_asked_of(&forge);
        let of_job: Vec<_> = pushes.iter().filter(|push| push.branch == "timmy/1-j1").collect();
        assert!(of_job.iter().all(|push| push.by.as_ref().unwrap().login == "ezra"));
        assert_eq!(of_job.iter().filter(|push| push.head.is_some()).count(), 1);
    }
    let forge = Forge::answering([Canned::new(404, "{}")]).await;
    let recent = forge.client().recent_pushes(&"lab/pub".parse().unwrap()).await.unwrap();
    assert_eq!(recent.pushes, []);
}

#[tokio::test]
async fn what_was_done_without_a_word_is_told_by_the_timeline() {
    let since = Timestamp::parse("2026-11-28T22:00:00Z").unwrap();
    for exchange in recorded("timeline-of-pull") {
        let forge = Forge::answering([exchange.answer.canned(), Canned::new(200, "null")]).await;
        let made = forge.client().gestures_since(&exchange.repo(), 2, since).await.unwrap();
        let told: Vec<String> = made
            .iter()
            .map(|made| match &made.gesture {
                Gesture::ReviewAsked { account } => format!("asks {}", account.login),
                Gesture::ReviewUnasked { account } => format!("asks {} no longer", account.login),
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(told, ["asks bezalel", "asks bezalel no longer"], "{}", exchange.version);
        assert!(made.iter().all(|made| made.by.as_ref().unwrap().login == "ezra"));
    }
}

#[tokio::test]
async fn checks_are_read_from_all_pages() {
    for exchange in recorded("combined") {
        let canned = exchange.answer.canned().header("x-total-count", "1");
        let forge = Forge::answering([canned]).await;
        let statuses = forge.client().combined_status(&exchange.repo(), "main").await.unwrap();
        assert_eq!(statuses[0].state, CheckState::Success);
        assert_eq!(statuses[0].by.as_ref().unwrap().login, "ezra");
        assert_eq!(health(&statuses, |_| false), BranchHealth::Good, "{}", exchange.version);
    }
    for exchange in recorded("statuses-page-1") {
        let canned = exchange.answer.canned().header("x-total-count", "2");
        let forge = Forge::answering([canned]).await;
        let statuses = forge.client().statuses(&exchange.repo(), &any_commit()).await.unwrap();
        assert!(forge.asked_what()[0].contains("/statuses?page=1&limit=50"));
        assert!(statuses.iter().all(|status| status.context.starts_with("ci/many-")));
    }
}

#[tokio::test]
async fn a_failure_on_the_second_page_is_seen() {
    let page = |ids: std::ops::Range<i64>, state: &str| {
        let statuses: Vec<_> = ids
            .map(|id| serde_json::json!({"id": id, "status": state, "context": format!("ci/{id}")}))
            .collect();
        let body = serde_json::json!({"state": "success", "statuses": statuses}).to_string();
        Canned::new(200, body).header("x-total-count", "52")
    };
    let pages = [page(1..51, "success"), page(51..53, "error"), page(1..51, "success")];
    let forge = Forge::answering(pages).await;
    let repo = "lab/pub".parse().unwrap();
    let statuses = newest(forge.client().combined_status(&repo, "main").await.unwrap());
    assert_eq!((statuses.len(), health(&statuses, |_| false)), (52, BranchHealth::Red));
}

#[tokio::test]
async fn what_cannot_be_a_pull_request_or_a_branch_is_an_error() {
    let repo: RepoName = "lab/pub".parse().unwrap();
    for body in ["{}", r#"{"number":1,"head":{"sha":"zzz"}}"#, "[]", r#"{"number":-1}"#] {
        let forge = Forge::answering(vec![Canned::new(200, body); 2]).await;
        let error = forge.client().pull(&repo, 1).await.unwrap_err();
        assert!(matches!(error, Error::Unreadable(_)), "{body}: {error}");
        let error = forge.client().branch(&repo, "main").await.unwrap_err();
        assert!(matches!(error, Error::Unreadable(_)), "{body}: {error}");
    }
}
