//! Dependencies, as Gitea 1.22 and 1.25 list them.

use serde_json::{Value, json};
use timmy::core::model::dependency::{UNSEEN, WaitsFor};
use timmy::core::model::ids::{RepoId, RepoName};
use timmy::gitea::{Error, Gitea};

use crate::wire::forge::{Canned, Forge};

fn door() -> RepoName {
    "foundation/door".parse().unwrap()
}

/// An entry of the list, reduced to what tells one from the other.
fn entry(number: i64, state: &str) -> Value {
    json!({
        "id": 46 + number, "number": number, "title": "Dep", "state": state,
        "pull_request": null,
        "repository": { "id": 12, "name": "pub", "owner": "lab", "full_name": "lab/pub" },
    })
}

fn page(entries: impl IntoIterator<Item = Value>) -> Canned {
    Canned::new(200, Value::from_iter(entries).to_string())
}

async fn read(client: &Gitea) -> Result<Vec<(i64, bool)>, Error> {
    let WaitsFor { seen, unseen } = client.blockers(&door(), 3).await?;
    assert!(seen.iter().all(|b| b.thread.repo == RepoId(12) && b.repo.owner() == "lab"));
    let unseen = unseen.then_some((UNSEEN.number, true));
    Ok(seen.iter().map(|b| (b.thread.number, b.open)).chain(unseen).collect())
}

#[tokio::test]
async fn a_short_list_is_one_request() {
    let forge = Forge::answering([page([entry(4, "open"), entry(5, "closed")])]).await;
    assert_eq!(read(&forge.client()).await.unwrap(), [(4, true), (5, false)]);
    assert_eq!(
        forge.asked_what(),
        ["GET /repos/foundation/door/issues/3/dependencies?page=1&limit=50"]
    );
}

#[tokio::test]
async fn a_long_list_is_read_to_its_end() {
    let full = |from: i64| page((from..from + 20).map(|number| entry(number, "open")));
    let forge = Forge::answering([full(1), full(21), page([entry(41, "open")])]).await;
    assert_eq!(read(&forge.client()).await.unwrap().len(), 41);
    // A server that takes no notice of `page` gives the same again.
    let forge = Forge::answering([full(1), full(1)]).await;
    assert_eq!(read(&forge.client()).await.unwrap().len(), 20);
}

#[tokio::test]
async fn nothing_null_and_nonsense() {
    let forge = Forge::answering([page([]), Canned::new(200, "null")]).await;
    assert_eq!(read(&forge.client()).await.unwrap(), []);
    assert_eq!(read(&forge.client()).await.unwrap(), []);
    for broken in [json!({ "message": "odd" }), json!("odd")] {
        let forge = Forge::answering([Canned::new(200, broken.to_string())]).await;
        assert!(matches!(read(&forge.client()).await, Err(Error::Unreadable(_))));
    }
}

#[tokio::test]
async fn what_cannot_be_seen_or_understood_is_told_beside_the_rest() {
    let odd = [
        // To a writer, and to a reader.
        json!({ "id": 0, "number": 0, "title": "", "state": "", "repository": null }),
        json!({ "id": 0, "number": 0, "title": "HIDDEN", "state": "open", "repository": null }),
        json!({ "number": 4 }),
        json!({ "number": "4", "repository": [] }),
        json!(null),
        json!("odd"),
    ];
    for entry_of_it in odd {
        let list = page([entry(5, "closed"), entry_of_it.clone(), entry(6, "open")]);
        let forge = Forge::answering([list]).await;
        let read = read(&forge.client()).await.unwrap();
        assert_eq!(read, [(5, false), (6, true), (0, true)], "{entry_of_it}");
    }
    // What is not said to be closed is open.
    let forge = Forge::answering([page([entry(5, ""), entry(6, "odd")])]).await;
    assert_eq!(read(&forge.client()).await.unwrap(), [(5, true), (6, true)]);
}

#[tokio::test]
async fn a_page_of_what_cannot_be_seen_does_not_end_the_list() {
    let hidden = || json!({ "number": 0, "title": "HIDDEN", "repository": null });
    let pages = [page((0..20).map(|_| hidden())), page([entry(4, "open")])];
    let forge = Forge::answering(pages).await;
    assert_eq!(read(&forge.client()).await.unwrap(), [(4, true), (0, true)]);
}

#[tokio::test]
async fn a_list_without_end_waits_for_what_was_not_read() {
    let pages = (0..20).map(|nth| page((1..=20).map(|n| entry(20 * nth + n, "closed"))));
    let forge = Forge::answering(pages.collect::<Vec<_>>()).await;
    let read = read(&forge.client()).await.unwrap();
    assert_eq!((read.len(), read.last()), (401, Some(&(0, true))));
}

#[tokio::test]
async fn adding_and_taking_away_are_answered_alike() {
    let done = || Canned::new(201, entry(3, "open").to_string());
    let forge = Forge::answering([done(), done()]).await;
    let on = ("lab/pub".parse().unwrap(), 4);
    forge.client().add_blocker(&door(), 3, (&on.0, on.1)).await.unwrap();
    forge.client().remove_blocker(&door(), 3, (&on.0, on.1)).await.unwrap();
    let path = "/repos/foundation/door/issues/3/dependencies";
    assert_eq!(forge.asked_what(), [format!("POST {path}"), format!("DELETE {path}")]);
    for asked in forge.asked() {
        assert_eq!(asked.body, r#"{"owner":"lab","repo":"pub","index":4}"#);
    }
}

#[tokio::test]
async fn twice_a_circle_and_a_missing_one() {
    let empty = Canned::new(500, json!({ "message": "", "url": "/api/swagger" }).to_string());
    let missing = Canned::new(404, json!({ "message": "IsErrIssueNotExist" }).to_string());
    let forge = Forge::answering([empty, missing]).await;
    let again = forge.client().add_blocker(&door(), 3, (&door(), 4)).await;
    assert!(matches!(again, Err(Error::Server { .. })), "{again:?}");
    let missing = forge.client().add_blocker(&door(), 3, (&door(), 999)).await;
    assert!(matches!(missing, Err(Error::NotFound { .. })), "{missing:?}");
}
