//! Lists that are read page by page while they change, and what they say.

use serde_json::{Value, json};
use timmy::core::model::ids::{RepoId, RepoName, Subject};
use timmy::core::model::time::Timestamp;
use timmy::gitea::{Gitea, Pages};

use crate::wire::forge::{Canned, Forge};

const SEARCH: &str = "GET /repos/issues/search?owner=lab&state=all&since=2026-11-22T21%3A00%3A00Z";

fn lab() -> RepoName {
    "lab/pub".parse().unwrap()
}

fn nine() -> Timestamp {
    Timestamp::parse("2026-11-22T21:00:00Z").unwrap()
}

/// An issue as the search shows it.
fn issue(id: i64) -> Value {
    json!({
        "id": id, "number": 5, "body": "/timmy ping", "user": {"id": 3, "login": "ezra"},
        "created_at": "2026-11-22T21:50:03Z", "updated_at": "2026-11-22T21:50:03Z",
        "original_author": "", "pull_request": null,
        "repository": {"id": 12, "name": "pub", "owner": "lab", "full_name": "lab/pub"},
    })
}

fn page(ids: std::ops::Range<i64>, total: Option<usize>) -> Canned {
    let issues: Vec<Value> = ids.map(issue).collect();
    let page = Canned::new(200, json!(issues).to_string());
    let page = page.header("date", "Sun, 22 Nov 2026 21:51:00 GMT");
    match total {
        Some(total) => page.header("x-total-count", &total.to_string()),
        None => page,
    }
}

/// The ids in a list, and what it took to read them.
async fn read(answers: impl IntoIterator<Item = Canned>) -> (Vec<i64>, Vec<String>) {
    let forge = Forge::answering(answers).await;
    let client: Gitea = forge.client();
    let mut pages: Pages<'_, _> = client.moved("lab", nine());
    let mut ids = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        ids.extend(page.entries.iter().map(|moved| match moved.text.subject {
            Subject::Issue(id) | Subject::Comment(id) => id,
        }));
    }
    let asked = forge.asked_what().into_iter();
    let asked = asked.map(|what| what.replace(SEARCH, "").replace("&limit=50", ""));
    (ids, asked.collect())
}

#[tokio::test]
async fn one_page_is_one_request() {
    let (ids, asked) = read([page(1..3, Some(2))]).await;
    assert_eq!((ids, asked), (vec![1, 2], vec!["&page=1".to_owned()]));
    let (ids, asked) = read([page(1..51, Some(50))]).await;
    assert_eq!((ids.len(), asked.len()), (50, 1));
}

#[tokio::test]
async fn what_a_deletion_shifts_over_the_edge_of_a_page_is_read() {
    // Between the first two requests one of the first page is deleted: 51 is now on it.
    let answers = [page(1..51, Some(60)), page(52..61, Some(59)), page(2..52, Some(59))];
    let (mut ids, asked) = read(answers).await;
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids, (1..61).collect::<Vec<_>>());
    assert_eq!(asked, ["&page=1", "&page=2", "&page=1"]);
}

#[tokio::test]
async fn a_server_may_have_smaller_pages_or_not_say_how_much_there_is() {
    let small = [1..21, 21..41, 1..21, 41..46, 21..41].map(|ids| page(ids, Some(45)));
    assert_eq!(read(small).await.1, ["&page=1", "&page=2", "&page=1", "&page=3", "&page=2"]);
    let silent = [page(1..21, None), page(21..23, None), page(1..21, None)];
    assert_eq!(read(silent).await.1, ["&page=1", "&page=2", "&page=1"]);
    assert_eq!(read([page(1..1, None)]).await.1, ["&page=1"]);
}

#[tokio::test]
async fn a_page_too_large_to_take_is_asked_for_in_pieces() {
    let huge = Canned::new(200, vec![b' '; (32 << 20) + 1]);
    let (ids, asked) = read([huge, page(1..3, Some(2))]).await;
    assert_eq!(ids, [1, 2]);
    assert_eq!(asked, ["&page=1", "&page=1&limit=10"]);
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_hides_no_other() {
    let mut nowhere = issue(1);
    nowhere["repository"] = Value::Null;
    let list = json!([nowhere, "no issue at all", {"id": "seven"}, issue(2)]);
    let answer = Canned::new(200, list.to_string()).header("x-total-count", "4");
    let (ids, _) = read([answer]).await;
    assert_eq!(ids, [2]);
}

#[tokio::test]
async fn a_thread_that_moved_has_its_repository_and_its_body() {
    let forge = Forge::answering([page(7..8, Some(1))]).await;
    let client = forge.client();
    let page = client.moved("lab", nine()).next().await.unwrap().unwrap();
    assert_eq!(page.at, Timestamp::parse("2026-11-22T21:51:00Z"));
    let moved = &page.entries[0];
    assert_eq!((moved.repo, &moved.name, moved.text.written.number), (RepoId(12), &lab(), 5));
    assert_eq!((moved.text.subject, moved.text.written.is_pull), (Subject::Issue(7), false));
    assert!(moved.text.is_as_written());
}

#[tokio::test]
async fn a_comment_names_its_thread() {
    let comment = |issue: &str, pull: &str| {
        json!({
            "id": 108, "body": "x", "user": null, "issue_url": issue, "pull_request_url": pull,
            "created_at": "2026-11-22T21:49:59Z", "updated_at": "2026-11-22T21:50:00Z",
        })
    };
    let list = json!([
        comment("http://gitea.example/lab/pub/issues/1", ""),
        comment("", "http://gitea.example/git/lab/pub/pulls/6"),
        comment("", ""),
    ]);
    let answer = Canned::new(200, list.to_string()).header("x-total-count", "3");
    let forge = Forge::answering([answer]).await;
    let client = forge.client();
    let page = client.comments_since(&lab(), nine()).next().await.unwrap().unwrap();
    let threads: Vec<_> =
        page.entries.iter().map(|seen| (seen.written.number, seen.written.is_pull)).collect();
    assert_eq!(threads, [(1, false), (6, true)]);
    assert!(!page.entries[0].is_as_written());
    let asked = "GET /repos/lab/pub/issues/comments?since=2026-11-22T21%3A00%3A00Z&page=1&limit=50";
    assert_eq!(forge.asked_what(), [asked]);
}

#[tokio::test]
async fn an_owners_repositories_are_searched_by_number() {
    let owner = Canned::new(200, r#"{"id": 11, "name": "lab"}"#);
    let found = json!({"ok": true, "data": [{"id": 12, "full_name": "lab/pub", "private": false}]});
    let found = Canned::new(200, found.to_string()).header("x-total-count", "1");
    let forge = Forge::answering([owner, found]).await;
    let listed = forge.client().repos_of("lab").await.unwrap();
    assert_eq!(listed.entries[0].repo.name, lab());
    let search = "GET /repos/search?uid=11&exclusive=true&page=1&limit=50";
    assert_eq!(forge.asked_what(), ["GET /orgs/lab", search]);
}
