//! A forge with an organisation of some repositories, and a timmy that watches it.

use timmy::clock::Clock as _;
use timmy::core::scheduling::IssueFacts;
use timmy::sandbox::Sandbox;
use timmy::store::backlog;

use crate::support::app::App;
use crate::support::clock::{HOUR, MINUTE, SECOND};
use crate::support::config::SECRETS;
use crate::support::forge::{EVENTS, add_repo, found};

/// The first repository.
pub const REPO: &str = "halls/room-1";

/// How timmy gets to know what happened on the forge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// Webhooks bring it at once.
    Webhooks,
    /// It asks once a minute.
    Polls,
}

/// A forge with the organisation `halls`, which has no repositories yet. timmy sleeps.
pub async fn empty() -> App {
    let furnish = |sandbox: &Sandbox| {
        let token = found(sandbox, "halls", &[]);
        sandbox.add_user("anna");
        token
    };
    App::asleep(furnish, |config| config.with("gitea.watch", ["halls"]).agent("ezra", ["coder"]))
        .await
}

/// A forge with so many repositories, and so many issues in each. timmy sleeps.
pub async fn without_timmy(repos: usize, issues: usize) -> App {
    let app = empty().await;
    for n in 1..=repos {
        let name = format!("halls/room-{n}");
        app.add_repo(&name);
        for n in 1..=issues {
            app.sandbox.open_issue("anna", &name, &format!("Dust {n}"), "There.").unwrap();
        }
    }
    app
}

/// The same an hour later; timmy has read all of it.
pub async fn awake(repos: usize, issues: usize, via: Via) -> App {
    let mut app = without_timmy(repos, issues).await;
    app.clock.advance(HOUR);
    app.start_with(via).await;
    app.quiet().await;
    app
}

impl App {
    /// Starts timmy and waits for nothing.
    pub async fn start_with(&mut self, via: Via) {
        if via == Via::Polls {
            return self.timmy.start().await;
        }
        self.timmy.config = self.timmy.config.clone().listening("127.0.0.1:0");
        self.timmy.start().await;
        self.sandbox.add_hook("halls", self.timmy.webhook(), SECRETS[0], &EVENTS).unwrap();
    }

    pub fn add_repo(&self, name: &str) {
        add_repo(&self.sandbox, name, &["timmy", "anna"]);
    }

    /// Lets issues of a repository say what is to be done.
    pub fn make_ready(&self, repo: &str, numbers: std::ops::RangeInclusive<i64>) {
        for number in numbers {
            let text = "Sweep the floor until nobody can tell that it was ever dusty. ".repeat(2);
            self.sandbox.edit_issue("anna", repo, number, &text).unwrap();
        }
    }

    /// Lets timmy learn what happened: at once, or within a minute. A second passes before that,
    /// so that no two things happen at the same time.
    pub async fn catch_up(&self, via: Via) {
        match via {
            Via::Webhooks => self.sandbox.settle().await,
            Via::Polls => self.wait(MINUTE).await,
        }
        self.clock.advance(SECOND);
    }

    /// What timmy knows of each open issue.
    pub async fn facts(&self) -> Vec<IssueFacts> {
        let now = self.clock.now();
        self.timmy.read(move |conn| backlog::facts(conn, now)).await
    }

    /// What timmy knows of the first open issue.
    pub async fn first(&self) -> IssueFacts {
        self.facts().await.remove(0)
    }

    /// What timmy holds for open, by its present name.
    pub async fn open(&self) -> Vec<String> {
        let threads: Vec<_> = self.facts().await.iter().map(|facts| facts.thread).collect();
        let asked = threads.clone();
        let titles = self.timmy.read(move |conn| backlog::titles(conn, &asked)).await;
        threads.iter().map(|t| format!("{}#{}", titles[t].repo.name, t.number)).collect()
    }
}
