//! A forge without webhooks, and a timmy that can be put to sleep and woken.

use timmy::core::effect::marker::key_of;
use timmy::sandbox::Sandbox;

use crate::support::app::App;
use crate::support::clock::{HOUR, MINUTE};
use crate::support::forge::{DOOR, furnish};

/// A forge with the usual cast, and one issue in the door. timmy sleeps, and does not listen.
pub async fn asleep() -> App {
    let furnish = |sandbox: &Sandbox| {
        let token = furnish(sandbox, "timmy");
        sandbox.open_issue("rita", DOOR, "The door does not open", "It is stuck.").unwrap();
        token
    };
    App::asleep(furnish, |config| config.with("people.readers", ["rita"]).agent("ezra", ["coder"]))
        .await
}

/// The same, an hour later; timmy has just been started for the first time.
pub async fn awake() -> App {
    let mut app = asleep().await;
    app.clock.advance(HOUR);
    app.wake().await;
    app
}

impl App {
    /// Somebody comments in the door's first issue; its id.
    pub fn says(&self, who: &str, text: &str) -> i64 {
        self.sandbox.comment(who, DOOR, 1, text).unwrap()
    }

    /// Somebody says something, and a minute later there is the reply.
    pub async fn ask(&self, who: &str, text: &str) -> String {
        let id = self.says(who, text);
        self.wait(MINUTE).await;
        self.reply(&format!("c{id}"))
    }

    /// The one reply with this key in the door's first issue.
    pub fn reply(&self, key: &str) -> String {
        self.reply_in(DOOR, 1, key)
    }

    /// The one reply with this key.
    pub fn reply_in(&self, repo: &str, number: i64, key: &str) -> String {
        let replies = self.replies_in(repo, number);
        let mut found = replies.iter().filter(|(its, _)| its == key);
        let reply = found.next().unwrap_or_else(|| panic!("no {key} in {replies:#?}"));
        assert!(found.next().is_none(), "{key} twice");
        reply.1.clone()
    }

    /// The comment with this key in the door's first issue.
    pub fn comment_of(&self, key: &str) -> i64 {
        let comments = self.sandbox.comments(DOOR, 1).unwrap();
        comments.iter().find(|comment| key_of(&comment.body) == Some(key)).unwrap().id
    }

    /// What timmy said, by key.
    pub fn replies_in(&self, repo: &str, number: i64) -> Vec<(String, String)> {
        let comments = self.sandbox.comments(repo, number).unwrap();
        let own = comments.iter().filter(|comment| comment.author == "timmy");
        let parts = own.map(|comment| {
            let (text, _) = comment.body.rsplit_once("\n\n<!--").unwrap();
            (key_of(&comment.body).unwrap().to_owned(), text.to_owned())
        });
        parts.collect()
    }

    /// The keys of what timmy said in the door's first issue.
    pub fn answered(&self) -> Vec<String> {
        self.replies_in(DOOR, 1).into_iter().map(|(key, _)| key).collect()
    }
}
