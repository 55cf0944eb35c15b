//! A server under test, furnished the same whichever it is: an organisation with teams, people,
//! and for each expectation repositories of its own.

use serde_json::json;
use timmy::core::model::ids::RepoName;
use timmy::core::model::issue::Label;
use timmy::gitea::{AuthorizationHeader, Hook, HookHome, NewHook, NewLabel};
use timmy::sandbox::{Mode, Unit};

use super::person::Person;
use super::real::Real;
use super::sandbox::SandboxServer;
use super::versions::Version;
use crate::support::config::SECRETS;
use crate::support::receiver::Receiver;

pub const ORG: &str = "lab";

/// Everybody. alexander owns the organisation; rando is a stranger.
pub const PEOPLE: [&str; 5] = ["alexander", "timmy", "ezra", "bezalel", "rando"];

/// A team, with the same rights in all repositories of the organisation.
pub struct Team {
    pub name: &'static str,
    pub units: [(Unit, Mode); 3],
    pub members: &'static [&'static str],
}

pub const TEAMS: [Team; 3] = [
    Team {
        name: "makers",
        units: [(Unit::Code, Mode::Write), (Unit::Issues, Mode::Write), (Unit::Pulls, Mode::Write)],
        members: &["timmy", "ezra"],
    },
    Team {
        name: "triage",
        units: [(Unit::Code, Mode::Read), (Unit::Issues, Mode::Write), (Unit::Pulls, Mode::Read)],
        members: &["bezalel"],
    },
    Team {
        name: "watchers",
        units: [(Unit::Code, Mode::Read), (Unit::Issues, Mode::Read), (Unit::Pulls, Mode::Read)],
        members: &[],
    },
];

/// Which server it is.
pub enum Host {
    Sandbox(SandboxServer),
    Gitea(Real),
}

pub struct Forge {
    pub version: Version,
    host: Host,
    url: String,
    people: Vec<Person>,
}

impl Forge {
    /// The sandbox as `version`.
    pub async fn sandbox(version: timmy::sandbox::Version) -> Self {
        let (sandbox, tokens) = SandboxServer::start(version).await;
        let url = sandbox.url().to_owned();
        Self::of(Host::Sandbox(sandbox), url, tokens).await
    }

    /// The furnished server at `url`, with a token of each of [`PEOPLE`].
    pub async fn of(host: Host, url: String, tokens: Vec<String>) -> Self {
        let named = PEOPLE.iter().zip(tokens);
        let people: Vec<_> = named.map(|(login, t)| Person::new(&url, login, &t)).collect();
        let version = Version::read(&people[0].gitea().version().await.unwrap());
        Self { version, host, url, people }
    }

    /// The owner of the organisation.
    pub fn alexander(&self) -> &Person {
        &self.people[0]
    }

    /// The bot: a writer by its team.
    pub fn timmy(&self) -> &Person {
        &self.people[1]
    }

    /// Another writer of the same team.
    pub fn ezra(&self) -> &Person {
        &self.people[2]
    }

    /// Somebody who may write issues, by a team, and only read code.
    pub fn bezalel(&self) -> &Person {
        &self.people[3]
    }

    /// A stranger.
    pub fn rando(&self) -> &Person {
        &self.people[4]
    }

    /// Who makes the repository called `name`.
    fn owner_of(&self, name: &RepoName) -> &Person {
        let own = self.people.iter().find(|person| person.login == name.owner());
        own.unwrap_or_else(|| self.alexander())
    }

    /// Somebody by one more token, which is good for `scopes` only.
    pub async fn with_scopes(&self, login: &str, scopes: &str) -> Person {
        let token = match &self.host {
            Host::Sandbox(sandbox) => sandbox.token(login, scopes),
            Host::Gitea(real) => real.token(login, scopes).await,
        };
        Person::new(&self.url, login, &token)
    }

    /// Somebody with a token that the server does not know.
    pub fn impostor(&self) -> Person {
        Person::new(&self.url, "impostor", &"f00d".repeat(10))
    }

    /// Somebody without an account.
    pub fn nobody(&self) -> Person {
        Person::nobody(&self.url)
    }

    /// A public repository of the organisation.
    pub async fn repo(&self, name: &str) -> RepoName {
        self.make_repo(ORG, name, false).await
    }

    /// A private one.
    pub async fn private_repo(&self, name: &str) -> RepoName {
        self.make_repo(ORG, name, true).await
    }

    /// A repository with a commit in it.
    pub async fn make_repo(&self, owner: &str, name: &str, private: bool) -> RepoName {
        let full: RepoName = format!("{owner}/{name}").parse().unwrap();
        match &self.host {
            Host::Sandbox(sandbox) => sandbox.repo(&full, private),
            Host::Gitea(real) => real.repo(self.owner_of(&full), &full, private).await,
        }
        full
    }

    /// Returns in a later second than the one in which it was called, by the server's clock.
    pub async fn next_second(&self) {
        match &self.host {
            Host::Sandbox(sandbox) => sandbox.next_second(),
            Host::Gitea(real) => real.next_second(self.timmy()).await,
        }
    }

    /// Opens an issue.
    pub async fn issue(&self, by: &Person, repo: &RepoName, title: &str) -> i64 {
        let body = json!({ "title": title, "body": "As the title says." });
        by.post(format!("/repos/{repo}/issues"), body).await.expect(201).number("number")
    }

    /// A repository with an issue of timmy's in it.
    pub async fn thread(&self, name: &str) -> (RepoName, i64) {
        let repo = self.repo(name).await;
        let number = self.issue(self.timmy(), &repo, "It squeaks").await;
        (repo, number)
    }

    /// timmy opens a pull request that changes `notes.txt`, in a repository of its own.
    pub async fn pull(&self, name: &str) -> (RepoName, i64) {
        let repo = self.repo(name).await;
        let number = self.open_pull(&repo).await;
        (repo, number)
    }

    /// timmy opens a pull request that changes `notes.txt`.
    pub async fn open_pull(&self, repo: &RepoName) -> i64 {
        let change = json!({ "branch": "main", "new_branch": "oil", "message": "Oil it",
            "content": "b25lCnR3bwo=" });
        self.timmy().post(format!("/repos/{repo}/contents/notes.txt"), change).await.expect(201);
        let body = json!({ "title": "Oil it", "body": "So.", "head": "oil", "base": "main" });
        self.timmy().post(format!("/repos/{repo}/pulls"), body).await.expect(201).number("number")
    }

    /// A label of `repo`.
    pub async fn label(&self, repo: &RepoName, name: &str, exclusive: bool) -> Label {
        let (name, color, description) = (name.to_owned(), "#cc0000".to_owned(), String::new());
        let new = NewLabel { name, color, description, exclusive };
        self.timmy().gitea().create_label(repo, &new).await.unwrap()
    }

    /// A webhook of `home` that sends `receiver` everything that timmy listens to.
    pub async fn hook(&self, home: HookHome, receiver: &Receiver) -> Hook {
        let events = ["issues", "pull_request"];
        let authorization = AuthorizationHeader::default();
        let (url, secret) = (&receiver.url, SECRETS[0]);
        let new = NewHook { url, secret, events: &events, authorization };
        self.alexander().gitea().create_hook(&home, new).await.unwrap()
    }

    /// Somebody who receives what happens in `repo`.
    pub async fn listen(&self, repo: &RepoName) -> Receiver {
        let receiver = Receiver::start().await;
        self.hook(HookHome::Repository(repo.clone()), &receiver).await;
        receiver
    }
}
