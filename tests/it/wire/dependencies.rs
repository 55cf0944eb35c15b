//! Dependencies, as Gitea 1.22 and 1.25 list them.

use serde_json::{Value, json};
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
    let blockers = client.blockers(&door(), 3).await?;
    assert!(blockers.iter().all(|b| b.thread.repo == RepoId(12) && b.repo.owner() == "lab"));
    Ok(blockers.iter().map(|b| (b.thread.number, b.open)).collect())
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
    for broken in [json!({ "number": 4 }), json!({ "number": 0, "repository": null })] {
        let forge = Forge::answering([page([broken])]).await;
        assert!(matches!(read(&forge.client()).await, Err(Error::Unreadable(_))));
    }
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
