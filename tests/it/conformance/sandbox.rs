//! The sandbox as the server under test.

use std::sync::Arc;
use std::time::Duration;

use timmy::clock::{Clock, ManualClock};
use timmy::core::model::ids::RepoName;
use timmy::core::model::time::Timestamp;
use timmy::sandbox::{Options, Order, Sandbox, Scopes, Version};

use super::forge::{ORG, PEOPLE, TEAMS};

pub struct SandboxServer {
    sandbox: Sandbox,
    clock: ManualClock,
}

impl SandboxServer {
    /// A furnished sandbox, and a token of each of [`PEOPLE`].
    pub async fn start(version: Version) -> (Self, Vec<String>) {
        let clock = ManualClock::at(Timestamp::parse("2026-11-22T12:00:00Z").unwrap());
        let hands = clock.clone();
        let options =
            Options { clock: Arc::new(move || hands.now()), order: Order::InOrder, version };
        let sandbox = Sandbox::start(options).await.unwrap();
        let tokens = PEOPLE.iter().map(|login| sandbox.add_user(login)).collect();
        sandbox.add_org(ORG, PEOPLE[0]).unwrap();
        for team in TEAMS {
            sandbox.add_team(ORG, team.name, &team.units, team.members).unwrap();
        }
        (Self { sandbox, clock }, tokens)
    }

    pub fn url(&self) -> &str {
        self.sandbox.url()
    }

    pub fn token(&self, login: &str, scopes: &str) -> String {
        self.sandbox.add_token(login, Scopes::of(scopes)).unwrap()
    }

    pub fn repo(&self, name: &RepoName, private: bool) {
        self.sandbox.add_repo(&name.to_string(), private).unwrap();
    }

    pub fn next_second(&self) {
        self.clock.advance(Duration::from_secs(1));
    }
}
