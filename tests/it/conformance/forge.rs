//! A server under test, furnished the same whichever it is: an organisation with teams, people,
//! and for each expectation repositories of its own.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use timmy::core::model::ids::RepoName;
use timmy::core::model::issue::Label;
use timmy::gitea::{AuthorizationHeader, Hook, HookHome, NewHook, NewLabel};
use timmy::sandbox::{Mode, Unit};

use super::person::{Answer, Person};
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

    /// Somebody who receives these events of `repo`.
    pub async fn listen_to(&self, repo: &RepoName, events: &[&str]) -> Receiver {
        let receiver = Receiver::start().await;
        let config = json!({ "url": receiver.url, "content_type": "json", "secret": SECRETS[0] });
        let body = json!({ "type": "gitea", "active": true, "events": events, "config": config });
        self.alexander().post(format!("/repos/{repo}/hooks"), body).await.expect(201);
        receiver
    }

    /// Where git finds `repo`.
    pub fn clone_url(&self, repo: &RepoName) -> String {
        format!("{}/{repo}.git", self.url)
    }

    /// Writes a file on a branch, in a commit of `by`; the commit. A branch that is new begins at
    /// `main`.
    pub async fn write(
        &self,
        by: &Person,
        repo: &RepoName,
        (branch, path, content): (&str, &str, &str),
    ) -> String {
        let is_there = by.get(format!("/repos/{repo}/branches/{branch}")).await.status == 200;
        let at = if is_there { branch } else { "main" };
        let found = by.get(format!("/repos/{repo}/contents/{path}?ref={at}")).await;
        let mut file = json!({ "path": path, "content": BASE64_STANDARD.encode(content) });
        match found.status {
            200 => {
                file["operation"] = json!("update");
                file["sha"] = found.json["sha"].clone();
            }
            _ => file["operation"] = json!("create"),
        }
        let mut change =
            json!({ "branch": at, "message": format!("Write {path}"), "files": [file] });
        if !is_there {
            change["new_branch"] = json!(branch);
        }
        let made = by.post(format!("/repos/{repo}/contents"), change).await.expect(201);
        made.text("/commit/sha")
    }

    /// Opens a pull request from a branch to `main`; its number.
    pub async fn propose(&self, by: &Person, repo: &RepoName, (head, body): (&str, &str)) -> i64 {
        let body = json!({ "title": format!("Work on {head}"), "body": body, "head": head,
            "base": "main" });
        by.post(format!("/repos/{repo}/pulls"), body).await.expect(201).number("number")
    }

    /// The pull request, as soon as the server shows what is wanted of it: it looks at branches in
    /// its own time.
    pub async fn pull_when(
        &self,
        repo: &RepoName,
        number: i64,
        wanted: impl Fn(&Value) -> bool,
    ) -> Answer {
        self.answer_when(format!("/repos/{repo}/pulls/{number}"), wanted).await
    }

    /// The answer to timmy at `path`, as soon as it is what is wanted.
    pub async fn answer_when(&self, path: String, wanted: impl Fn(&Value) -> bool) -> Answer {
        const TRIES: usize = 3000;
        for _ in 0..TRIES {
            let answer = self.timmy().get(&path).await;
            if wanted(&answer.json) {
                return answer;
            }
        }
        panic!("never as wanted: {:?}", self.timmy().get(&path).await);
    }

    /// Asks to merge until the server does not say any more that it still looks.
    pub async fn merge(&self, by: &Person, repo: &RepoName, number: i64, body: Value) -> Answer {
        const TRIES: usize = 3000;
        let path = format!("/repos/{repo}/pulls/{number}/merge");
        for _ in 0..TRIES {
            let answer = by.post(&path, body.clone()).await;
            let message = answer.json["message"].as_str().unwrap_or_default();
            // The second is said when the server looked before its branches were as they are now.
            let waits = message == "Please try again later" || message.starts_with("PushRejected");
            if !waits {
                return answer;
            }
        }
        by.post(&path, body).await
    }
}
