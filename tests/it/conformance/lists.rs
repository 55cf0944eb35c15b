//! Which repositories there are, for whom.

use serde_json::json;
use timmy::core::model::ids::RepoName;
use timmy::core::model::repository::Repo;
use timmy::gitea::{Error, VisibleRepo};

use super::forge::{Forge, ORG};

fn names(repos: &[VisibleRepo]) -> Vec<&RepoName> {
    repos.iter().map(|visible| &visible.repo.name).collect()
}

pub async fn an_organisation_and_a_user_own_repositories(forge: &Forge) {
    let shared = forge.repo("owned").await;
    let own = forge.make_repo("rando", "diary", false).await;
    let timmy = forge.timmy().gitea();
    assert!(timmy.is_organisation(ORG).await.unwrap());
    let repos = timmy.repos_of(ORG).await.unwrap().entries;
    assert!(names(&repos).contains(&&shared) && !names(&repos).contains(&&own));
    assert!(!timmy.is_organisation("rando").await.unwrap());
    let repos = timmy.repos_of("rando").await.unwrap().entries;
    assert!(names(&repos).contains(&&own) && !names(&repos).contains(&&shared));
    let nobodys = timmy.repos_of("nobody-here").await;
    assert!(matches!(nobodys, Err(Error::NotFound { .. })), "{nobodys:?}");
}

pub async fn what_an_account_has_a_part_in_is_listed(forge: &Forge) {
    let (shared, hidden) = (forge.repo("part").await, forge.private_repo("private-part").await);
    let foreign = forge.make_repo("rando", "foreign", false).await;
    let own = forge.timmy().gitea().own_repos().await.unwrap();
    let seen = names(&own.entries);
    assert!(seen.contains(&&shared) && seen.contains(&&hidden), "{seen:?}");
    assert!(!seen.contains(&&foreign), "{seen:?}");
    let is_hidden = |repo: &Repo| repo.name == hidden && repo.private;
    assert!(own.entries.iter().any(|visible| is_hidden(&visible.repo)));
    assert!(own.at.is_some());
}

pub async fn the_search_by_owner_finds_what_the_account_may_see(forge: &Forge) {
    let shared = forge.repo("searched").await;
    let hidden = forge.private_repo("searched-private").await;
    forge.make_repo("rando", "elsewhere", false).await;
    let found = forge.timmy().gitea().repos_of(ORG).await.unwrap().entries;
    let seen = names(&found);
    assert!(seen.iter().all(|name| name.owner() == ORG), "{seen:?}");
    assert!(seen.contains(&&shared) && seen.contains(&&hidden), "{seen:?}");
    let untracked = forge.rando().gitea().repos_of(ORG).await.unwrap().entries;
    let seen = names(&untracked);
    assert!(seen.contains(&&shared) && !seen.contains(&&hidden), "{seen:?}");
    let asked = forge.rando().gitea().visible_repo(&hidden).await;
    assert!(matches!(asked, Err(Error::NotFound { .. })), "{asked:?}");
}

pub async fn names_ignore_case(forge: &Forge) {
    let repo = forge.repo("Mixed").await;
    let loud = format!("{ORG}/MIXED").to_uppercase().parse().unwrap();
    let found = forge.timmy().gitea().repo(&loud).await.unwrap();
    assert_eq!(found.name.to_string(), repo.to_string());
}

pub async fn issues_and_pull_requests_that_are_switched_off_are_not_shown(forge: &Forge) {
    let (repo, pull) = forge.pull("switched-off").await;
    let issue = forge.issue(forge.ezra(), &repo, "It squeaks").await;
    let gitea = forge.timmy().gitea();
    let shown = async || {
        let there =
            [gitea.issue(&repo, issue).await.is_ok(), gitea.issue(&repo, pull).await.is_ok()];
        let listed = [gitea.shows(&repo, false).await, gitea.shows(&repo, true).await];
        assert_eq!(listed, there.map(Ok));
        there
    };
    assert_eq!(shown().await, [true, true]);
    for (issues, pulls) in [(false, true), (true, false)] {
        let body = json!({ "has_issues": issues, "has_pull_requests": pulls });
        forge.alexander().patch(format!("/repos/{repo}"), body).await.expect(200);
        assert_eq!(shown().await, [issues, pulls]);
    }
}
