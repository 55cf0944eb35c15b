//! What the server shows of people's rights, and to whom.

use serde_json::json;
use timmy::core::model::ids::RepoName;
use timmy::core::model::repository::Permissions;
use timmy::gitea::{Error, Gitea, Team, Visibility};

use super::forge::{Forge, ORG};
use super::versions::{OTHER_TEAMS_SHOWN, OWN_PERMISSION};

async fn team(gitea: &Gitea, repo: &RepoName, name: &str) -> Team {
    let teams = gitea.teams_of_repo(repo).await.unwrap();
    teams.iter().find(|team| team.name == name).unwrap_or_else(|| panic!("{teams:?}")).clone()
}

pub async fn teams_show_a_writer_what_their_members_may(forge: &Forge) {
    let repo = forge.repo("teams").await;
    for (name, writes) in [("makers", true), ("triage", true), ("watchers", false)] {
        assert_eq!(team(forge.timmy().gitea(), &repo, name).await.writes, writes, "{name}");
    }
    let of_org = forge.timmy().gitea().teams_of_org(ORG).await.unwrap();
    let shows = |name: &str| of_org.iter().any(|team| team.name == name);
    assert!(shows("makers"), "{of_org:?}");
    forge.version.expect(&OTHER_TEAMS_SHOWN, shows("triage"));
    assert_eq!(forge.rando().gitea().teams_of_org(ORG).await.unwrap(), []);
    let own = forge.make_repo("rando", "teamless", false).await;
    assert_eq!(forge.timmy().gitea().teams_of_repo(&own).await.unwrap(), []);
}

pub async fn the_members_of_a_team_are_shown_to_members_and_owners(forge: &Forge) {
    let repo = forge.repo("team-members").await;
    let makers = team(forge.timmy().gitea(), &repo, "makers").await.id;
    let triage = team(forge.timmy().gitea(), &repo, "triage").await.id;
    let [timmy, owner] = [forge.timmy().gitea(), forge.alexander().gitea()];
    assert_eq!(timmy.is_team_member(makers, "ezra").await.unwrap(), Visibility::Yes);
    assert_eq!(timmy.is_team_member(makers, "rando").await.unwrap(), Visibility::No);
    assert_eq!(timmy.is_team_member(triage, "bezalel").await.unwrap(), Visibility::Secret);
    assert_eq!(owner.is_team_member(triage, "bezalel").await.unwrap(), Visibility::Yes);
}

pub async fn permissions_are_shown_to_administrators(forge: &Forge) {
    let repo = forge.repo("permissions").await;
    let path = format!("/repos/{repo}/collaborators/rando");
    forge.alexander().put(path, json!({ "permission": "write" })).await.expect(204);
    let [timmy, owner] = [forge.timmy().gitea(), forge.alexander().gitea()];
    assert_eq!(timmy.may_write(&repo, "rando").await.unwrap(), Visibility::Secret);
    assert_eq!(owner.may_write(&repo, "rando").await.unwrap(), Visibility::Yes);
    assert_eq!(owner.may_write(&repo, "alexander").await.unwrap(), Visibility::Yes);
}

pub async fn an_account_may_or_may_not_ask_about_itself(forge: &Forge) {
    let repo = forge.repo("own-permission").await;
    let visibility = forge.timmy().gitea().may_write(&repo, "timmy").await.unwrap();
    forge.version.expect(&OWN_PERMISSION, visibility != Visibility::Secret);
}

pub async fn members_of_the_organisation_are_shown_to_members(forge: &Forge) {
    let timmy = forge.timmy().gitea();
    assert!(timmy.is_org_member(ORG, "ezra").await.unwrap());
    assert!(!timmy.is_org_member(ORG, "rando").await.unwrap());
    forge.rando().get(format!("/orgs/{ORG}/members/ezra")).await.expect(303);
    assert!(!forge.rando().gitea().is_org_member(ORG, "ezra").await.unwrap());
}

pub async fn collaborators_are_shown(forge: &Forge) {
    let repo = forge.repo("collaborators").await;
    let path = format!("/repos/{repo}/collaborators/rando");
    forge.alexander().put(path, json!({ "permission": "read" })).await.expect(204);
    let timmy = forge.timmy().gitea();
    assert!(timmy.is_collaborator(&repo, "rando").await.unwrap());
    assert!(!timmy.is_collaborator(&repo, "ezra").await.unwrap());
    match timmy.is_collaborator(&repo, "nobody-here").await {
        Ok(is_one) => assert!(!is_one),
        Err(error) => assert!(matches!(error, Error::NotFound { .. }), "{error}"),
    }
}

pub async fn each_account_sees_its_own_rights(forge: &Forge) {
    let repo = forge.repo("own-rights").await;
    for (person, admin, push) in [
        (forge.alexander(), true, true),
        (forge.timmy(), false, true),
        (forge.bezalel(), false, false),
        (forge.rando(), false, false),
    ] {
        let seen = person.gitea().visible_repo(&repo).await.unwrap().entries.remove(0);
        assert_eq!(seen.permissions, Permissions { admin, push, pull: true }, "{}", person.login);
    }
}
