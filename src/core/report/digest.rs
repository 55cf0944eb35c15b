//! What happened and what is on hold, as far as the readers of one thread may know.

use std::collections::BTreeSet;

use super::Outlook;
use crate::core::model::ids::{RepoId, RepoName, ThreadId};
use crate::core::model::thread::ThreadState;
use crate::core::model::time::Timestamp;

/// What happened since a moment, and what rests or failed, as far as the readers of one thread
/// may know.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Digest {
    /// How many command lines ended so, by stable outcome code; the most frequent first.
    pub outcomes: Vec<(String, u32)>,
    /// How many people gave them.
    pub people: u32,
    /// Threads on hold or snoozed, by repository and number.
    pub parked: Vec<(NamedThread, ThreadState)>,
    /// Effects that were given up since then, newest first.
    pub dead: Vec<DeadEffect>,
    /// The paused repositories.
    pub repos: Vec<(RepoId, RepoName)>,
    /// The backlog in a few lines.
    pub outlook: Outlook,
}

/// An effect that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadEffect {
    /// Where it was to take place.
    pub place: NamedThread,
    /// When it was given up.
    pub at: Timestamp,
    /// Why. It may tell of the forge what is not for everybody.
    pub reason: String,
}

/// A thread that may be named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedThread {
    /// Which.
    pub thread: ThreadId,
    /// What its repository was called when it was last heard of.
    pub repo: RepoName,
}

impl NamedThread {
    /// What it is called everywhere: `o/r#12`; `o/r` where no thread is meant.
    pub fn name(&self) -> String {
        match self.thread.number {
            0 => self.repo.to_string(),
            number => format!("{}#{number}", self.repo),
        }
    }
}

impl Digest {
    /// How many command lines were heard.
    pub fn commands(&self) -> u32 {
        self.outcomes.iter().map(|(_, count)| count).sum()
    }

    /// Whether something happened.
    pub fn has_news(&self) -> bool {
        self.commands() > 0 || !self.dead.is_empty()
    }

    /// The repositories that it names, each once.
    pub fn repos(&self) -> BTreeSet<RepoId> {
        let parked = self.parked.iter().map(|(place, _)| place);
        let dead = self.dead.iter().map(|dead| &dead.place);
        let threads = parked.chain(dead).map(|place| place.thread.repo);
        threads.chain(self.repos.iter().map(|(repo, _)| *repo)).collect()
    }

    /// Leaves out whatever is in a repository for which `may_name` is false.
    pub fn keep(&mut self, may_name: impl Fn(RepoId) -> bool) {
        self.parked.retain(|(place, _)| may_name(place.thread.repo));
        self.dead.retain(|dead| may_name(dead.place.thread.repo));
        self.repos.retain(|(repo, _)| may_name(*repo));
    }
}
