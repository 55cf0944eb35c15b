//! What must be closed before an issue can be.

use serde_json::json;
use timmy::core::model::ids::RepoName;
use timmy::gitea::Error;

use super::forge::Forge;

/// A repository with two issues.
async fn two(forge: &Forge, name: &str) -> (RepoName, i64, i64) {
    let (repo, one) = forge.thread(name).await;
    let other = forge.issue(forge.timmy(), &repo, "First this").await;
    (repo, one, other)
}

pub async fn one_is_added_listed_and_removed(forge: &Forge) {
    let (repo, blocked, blocker) = two(forge, "blocked").await;
    let timmy = forge.timmy().gitea();
    assert_eq!(timmy.blockers(&repo, blocked).await.unwrap().seen, []);
    timmy.add_blocker(&repo, blocked, (&repo, blocker)).await.unwrap();
    let all = timmy.blockers(&repo, blocked).await.unwrap().seen;
    assert_eq!(all.len(), 1);
    assert_eq!((&all[0].repo, all[0].thread.number, all[0].open), (&repo, blocker, true));
    assert_eq!(timmy.blockers(&repo, blocker).await.unwrap().seen, []);
    timmy.remove_blocker(&repo, blocked, (&repo, blocker)).await.unwrap();
    assert_eq!(timmy.blockers(&repo, blocked).await.unwrap().seen, []);
    let gone = timmy.remove_blocker(&repo, blocked, (&repo, blocker)).await;
    let message = String::new();
    assert_eq!(gone, Err(Error::Server { message }));
}

pub async fn to_add_one_twice_or_in_a_circle_is_an_error(forge: &Forge) {
    let (repo, blocked, blocker) = two(forge, "circle").await;
    let timmy = forge.timmy().gitea();
    timmy.add_blocker(&repo, blocked, (&repo, blocker)).await.unwrap();
    for (from, to) in [(blocked, blocker), (blocker, blocked)] {
        let failed = timmy.add_blocker(&repo, from, (&repo, to)).await.unwrap_err();
        assert!(matches!(failed, Error::Server { .. }), "{failed}");
    }
    assert_eq!(timmy.blockers(&repo, blocked).await.unwrap().seen.len(), 1);
}

pub async fn a_missing_target_is_not_found(forge: &Forge) {
    let (repo, number) = forge.thread("no-target").await;
    let missing = forge.timmy().gitea().add_blocker(&repo, number, (&repo, 999)).await.unwrap_err();
    assert!(matches!(missing, Error::NotFound { .. }), "{missing}");
}

pub async fn they_lead_into_other_repositories(forge: &Forge) {
    let (repo, blocked) = forge.thread("bound-here").await;
    let (other, blocker) = forge.thread("bound-there").await;
    let timmy = forge.timmy().gitea();
    timmy.add_blocker(&repo, blocked, (&other, blocker)).await.unwrap();
    let all = timmy.blockers(&repo, blocked).await.unwrap().seen;
    assert_eq!((&all[0].repo, all[0].thread.number), (&other, blocker));
    assert_eq!(all[0].thread.repo, timmy.repo(&other).await.unwrap().id);
}

pub async fn what_the_account_may_not_see_is_listed_without_a_number(forge: &Forge) {
    let (repo, blocked) = forge.thread("bound-to-a-secret").await;
    let secret = forge.make_repo("alexander", "diary", true).await;
    let number = forge.issue(forge.alexander(), &secret, "My secret").await;
    forge.alexander().gitea().add_blocker(&repo, blocked, (&secret, number)).await.unwrap();
    // A writer and a reader.
    for (person, title) in [(forge.timmy(), ""), (forge.rando(), "HIDDEN")] {
        let path = format!("/repos/{repo}/issues/{blocked}/dependencies");
        let list = person.get(path).await.expect(200);
        let entry = &list.json[0];
        assert_eq!((entry["number"].as_i64(), entry["title"].as_str()), (Some(0), Some(title)));
        assert!(entry["repository"].is_null(), "{entry}");
        let waits = person.gitea().blockers(&repo, blocked).await.unwrap();
        assert_eq!((waits.seen.len(), waits.unseen), (0, true), "{waits:?}");
    }
    forge.alexander().gitea().remove_blocker(&repo, blocked, (&secret, number)).await.unwrap();
    assert!(!forge.timmy().gitea().blockers(&repo, blocked).await.unwrap().unseen);
}

pub async fn an_issue_with_an_open_blocker_cannot_be_closed(forge: &Forge) {
    let (repo, blocked, blocker) = two(forge, "unclosable").await;
    forge.timmy().gitea().add_blocker(&repo, blocked, (&repo, blocker)).await.unwrap();
    let path = |number: i64| format!("/repos/{repo}/issues/{number}");
    let close = json!({ "state": "closed" });
    forge.timmy().patch(path(blocked), close.clone()).await.expect(412);
    forge.timmy().patch(path(blocker), close.clone()).await.expect(201);
    forge.timmy().patch(path(blocked), close).await.expect(201);
    assert!(!forge.timmy().gitea().issue(&repo, blocked).await.unwrap().open);
    assert!(!forge.timmy().gitea().blockers(&repo, blocked).await.unwrap().seen[0].open);
}
