//! Furnishing a real Gitea by its API, as the sandbox is furnished.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Map, Value, json};
use timmy::core::model::ids::RepoName;
use timmy::sandbox::{Mode, Unit};

use super::process::{Gitea, PASSWORD};
use crate::conformance::forge::{Forge, Host, ORG, PEOPLE, TEAMS, Team};
use crate::conformance::person::{Answer, Person};
use crate::support::forge::http_client;

/// A furnished server.
pub struct Real {
    url: String,
    client: reqwest::Client,
    /// How many tokens were made: each has a name of its own.
    tokens: AtomicUsize,
}

/// Makes people, the organisation and its teams.
pub async fn forge(gitea: &Gitea) -> Forge {
    let real =
        Real { url: gitea.url.clone(), client: http_client(), tokens: AtomicUsize::default() };
    let admin = Person::new(&gitea.url, "the administrator", &gitea.token);
    let mut tokens = Vec::new();
    for login in PEOPLE {
        let email = format!("{login}@example.com");
        let account = json!({ "username": login, "email": email, "password": PASSWORD,
            "must_change_password": false });
        admin.post("/admin/users", account).await.expect(201);
        tokens.push(real.token(login, "all").await);
    }
    let owner = Person::new(&gitea.url, PEOPLE[0], &tokens[0]);
    owner.post("/orgs", json!({ "username": ORG })).await.expect(201);
    for team in &TEAMS {
        make_team(&owner, team).await;
    }
    Forge::of(Host::Gitea(real), gitea.url.clone(), tokens).await
}

async fn make_team(owner: &Person, team: &Team) {
    let units: Map<String, Value> =
        team.units.iter().map(|(unit, mode)| (name(*unit), json!(mode.to_string()))).collect();
    let most = team.units.iter().map(|(_, mode)| *mode).max().unwrap_or(Mode::Read);
    let body = json!({ "name": team.name, "includes_all_repositories": true,
        "permission": most.to_string(), "units_map": units });
    let id = owner.post(format!("/orgs/{ORG}/teams"), body).await.expect(201).number("id");
    for member in team.members {
        owner.put(format!("/teams/{id}/members/{member}"), json!({})).await.expect(204);
    }
}

fn name(unit: Unit) -> String {
    match unit {
        Unit::Code => "repo.code",
        Unit::Issues => "repo.issues",
        Unit::Pulls => "repo.pulls",
    }
    .to_owned()
}

impl Real {
    /// A token for `scopes`, a list with commas. Only a password can make one.
    pub async fn token(&self, login: &str, scopes: &str) -> String {
        let name = self.tokens.fetch_add(1, Ordering::Relaxed).to_string();
        let scopes: Vec<&str> = scopes.split(',').collect();
        let request = self
            .client
            .post(format!("{}/api/v1/users/{login}/tokens", self.url))
            .basic_auth(login, Some(PASSWORD))
            .header("Content-Type", "application/json")
            .body(json!({ "name": name, "scopes": scopes }).to_string());
        let answer = Answer::read(request.send().await.unwrap()).await.expect(201);
        answer.json["sha1"].as_str().unwrap().to_owned()
    }

    /// A repository of the organisation or of `owner`, with a first commit.
    pub async fn repo(&self, owner: &Person, name: &RepoName, private: bool) {
        let path = match name.owner() {
            ORG => format!("/orgs/{ORG}/repos"),
            _ => "/user/repos".to_owned(),
        };
        let body = json!({ "name": name.name(), "private": private, "auto_init": true,
            "default_branch": "main" });
        owner.post(path, body).await.expect(201);
    }

    /// Waits until the server's clock shows another second than now.
    pub async fn next_second(&self, anybody: &Person) {
        let time = || async { anybody.gitea().server().await.unwrap().time.unwrap() };
        let before = time().await;
        let mut pulse = tokio::time::interval(Duration::from_millis(50));
        while time().await <= before {
            pulse.tick().await;
        }
    }
}
