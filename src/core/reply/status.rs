//! How things stand in a thread, and how a verb is used: the facts of the longer answers.

use serde::{Deserialize, Serialize};

use super::Paused;
use crate::core::verb::Verb;

/// One verb of the help.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HelpVerb {
    /// Which.
    pub verb: Verb,
    /// Whether the asker may use it here.
    pub may: bool,
    /// Whether this build acts on it.
    pub built: bool,
}

/// How things stand in a thread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The thread, as this thread would write it; none for this thread itself.
    pub target: Option<String>,
    /// Its title, as people wrote it.
    pub title: String,
    /// Whether it is open.
    pub open: bool,
    /// Whether it is a pull request.
    pub is_pull: bool,
    /// Its priority.
    pub priority: Option<String>,
    /// Its size.
    pub size: Option<String>,
    /// Who is assigned.
    pub assignees: Vec<String>,
    /// Who put it on hold.
    pub hold: Option<Held>,
    /// What it waits for, as this thread writes it.
    #[serde(default)]
    pub waits: Vec<String>,
    /// Whether it also waits for something that cannot be named here.
    #[serde(default)]
    pub waits_unseen: bool,
    /// What keeps everything in its repository from starting.
    #[serde(default)]
    pub pause: Option<Paused>,
    /// Until when it is snoozed, as people say it, and by whom.
    pub snooze: Option<(String, String)>,
    /// The latest commands there, oldest first.
    pub recent: Vec<Earlier>,
}

/// An earlier command, as people say it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Earlier {
    /// When it was heard.
    pub when: String,
    /// Who said it.
    pub actor: String,
    /// The line, as written.
    pub line: String,
    /// What came of it, as a stable code.
    pub outcome: String,
}

/// A hold, as people say it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// By whom.
    pub by: String,
    /// Since when.
    pub since: String,
    /// Why.
    pub reason: Option<String>,
}

impl HelpVerb {
    /// The verb and what follows it.
    pub fn usage(&self) -> String {
        format!("{} {}", self.verb.name(), self.verb.form()).trim_end().to_owned()
    }
}

impl Status {
    /// Whether it waits for something.
    pub fn is_blocked(&self) -> bool {
        !self.waits.is_empty() || self.waits_unseen
    }

    /// What keeps agents away from it, as stable reason codes, the firmest first.
    pub fn obstacles(&self) -> Vec<&'static str> {
        let all = [
            (!self.open, "closed"),
            (self.is_pull, "pull_request"),
            (self.is_blocked(), "blocked"),
            (self.hold.is_some(), "hold"),
            (self.snooze.is_some(), "snoozed"),
            (!self.assignees.is_empty(), "assigned_to_person"),
            (self.pause.is_some(), "paused"),
        ];
        all.into_iter().filter_map(|(holds, code)| holds.then_some(code)).collect()
    }
}
