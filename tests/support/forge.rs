//! A sandbox, and what is in it.

use std::num::NonZeroU32;
use std::sync::Arc;

use timmy::clock::{Clock as _, ManualClock};
use timmy::core::model::ids::RepoId;
use timmy::gitea::{self, Gitea, Token};
use timmy::sandbox::{Mode, Options, Sandbox};

use crate::support::people::CAST;

/// The repository in which people talk unless they say otherwise. Its first issue is the thread.
pub const DOOR: &str = "foundation/door";
/// Another one of the same organisation; private, where the whole cast is there.
pub const CELLAR: &str = "foundation/cellar";
/// A stranger's repository, which timmy may see but does not watch.
pub const TOYS: &str = "rando/toys";

/// The events of a webhook that timmy needs.
pub const EVENTS: [&str; 2] = ["issues", "pull_request"];

/// An empty forge whose time is that of `clock`.
pub async fn forge(clock: &ManualClock) -> Sandbox {
    let hands = clock.clone();
    let clock = Arc::new(move || hands.now());
    Sandbox::start(Options { clock, ..Options::default() }).await.unwrap()
}

/// timmy's client of the forge, which waits for nothing.
pub fn client(sandbox: &Sandbox, token: &str) -> Gitea {
    let options =
        gitea::ClientOptions::new(sandbox.url().parse().unwrap(), Token::new(token).unwrap());
    let requests_per_second = NonZeroU32::new(100_000).unwrap();
    Gitea::new(gitea::ClientOptions { requests_per_second, ..options }).unwrap()
}

/// A client that goes nowhere but where it is sent.
pub fn http_client() -> reqwest::Client {
    // Fails if another test of this process was first, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let redirects = reqwest::redirect::Policy::none();
    reqwest::Client::builder().redirect(redirects).no_proxy().build().unwrap()
}

/// The whole cast and their repositories, where timmy's account is called `account`; its token.
pub fn furnish(sandbox: &Sandbox, account: &str) -> String {
    let token = sandbox.add_user(account);
    for login in &CAST[1..] {
        sandbox.add_user(login);
    }
    sandbox.add_org("foundation", "alexander").unwrap();
    for (repo, private) in [(DOOR, false), (CELLAR, true), (TOYS, false)] {
        sandbox.add_repo(repo, private).unwrap();
        sandbox.collaborator(repo, account, Mode::Write).unwrap();
    }
    for repo in [DOOR, CELLAR] {
        for login in ["anna", "walt", "ezra", "renovate"] {
            sandbox.collaborator(repo, login, Mode::Write).unwrap();
        }
        sandbox.collaborator(repo, "rita", Mode::Read).unwrap();
    }
    token
}

/// An organisation of alexander's, and these public repositories, to which timmy may write;
/// timmy's token.
pub fn found(sandbox: &Sandbox, org: &str, repos: &[&str]) -> String {
    let token = sandbox.add_user("timmy");
    sandbox.add_user("alexander");
    sandbox.add_org(org, "alexander").unwrap();
    for repo in repos {
        add_repo(sandbox, repo, &["timmy"]);
    }
    token
}

/// A public repository to which these may write; its number.
pub fn add_repo(sandbox: &Sandbox, name: &str, writers: &[&str]) -> RepoId {
    let id = sandbox.add_repo(name, false).unwrap();
    for login in writers {
        sandbox.collaborator(name, login, Mode::Write).unwrap();
    }
    id
}
