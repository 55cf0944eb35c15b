//! What tests of managers share: what is asked of one in the first issue, how it ends, and a crash between.

use serde_json::{Value, json};

use super::scripted::{Scripted, ended};
use super::stage::Stage;
use crate::support::clock::{MINUTE, SECOND};
use crate::support::forge::DOOR;

/// The last words of a manager that proposes these: `plan` with `tasks`, `split` with `issues`.
pub fn proposing(outcome: &str, list: &str, entries: &[Value]) -> String {
    let result = json!({ "outcome": outcome, list: entries, "summary": "As asked." });
    format!("I looked.\n\ntimmy-result: {result}")
}

impl Stage {
    /// alexander says that in the first issue: a writer may, so that nobody has to vouch for it.
    pub async fn commands(&self, text: &str) {
        self.commands_in(1, text).await;
    }

    /// The same in another issue.
    pub async fn commands_in(&self, number: i64, text: &str) {
        self.app.sandbox.comment("alexander", DOOR, number, text).unwrap();
        self.pass(MINUTE * 3, MINUTE).await;
    }

    /// What the agent works on goes to its end with these words.
    pub async fn ends(&self, agent: &Scripted, words: &str) {
        agent.goes(ended(words));
        self.follow().await;
        self.pass(MINUTE, SECOND * 20).await;
    }

    /// The last that an agent was asked to do.
    pub fn prompt(agent: &Scripted) -> String {
        agent.script().sent.last().unwrap().body.clone()
    }

    /// timmy ends where it stands, and begins again, if it `crashes`.
    pub async fn crash(&mut self, crashes: bool) {
        if crashes {
            self.app.timmy.kill().await;
            self.app.wake().await;
            self.pass(MINUTE, SECOND * 30).await;
        }
    }
}
