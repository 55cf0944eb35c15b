//! What happened and what is on hold, as far as the readers of one thread may know.

use std::collections::BTreeSet;

use super::Outlook;
use crate::core::command::value::DecisionId;
use crate::core::model::ids::{JobId, Lane, RepoId, RepoName, ThreadId};
use crate::core::model::thread::ThreadState;
use crate::core::model::time::Timestamp;
use crate::core::reply::decisions::ShortQuestion;

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
    /// Decisions that wait for an answer, the oldest first.
    pub asked: Vec<AskedThread>,
    /// The pull requests of jobs that were merged since then, the oldest first.
    pub merged: Vec<NamedThread>,
    /// Effects that were given up since then, newest first.
    pub dead: Vec<DeadEffect>,
    /// Routines whose last date made no job, with what each waits for.
    pub routines: Vec<(String, RoutineWait)>,
    /// The paused repositories.
    pub repos: Vec<(RepoId, RepoName)>,
    /// The backlog in a few lines.
    pub outlook: Outlook,
}

/// A decision that waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedThread {
    pub place: NamedThread,
    pub id: DecisionId,
    pub question: ShortQuestion,
}

/// What a routine waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutineWait {
    pub job: JobId,
    pub place: NamedLane,
}

impl RoutineWait {
    /// Its pull request in full, or its job.
    pub fn name(&self) -> String {
        match self.place.lane.thread() {
            Some(_) => self.place.name(),
            None => self.job.to_string(),
        }
    }
}

/// An effect that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadEffect {
    /// Where it was to take place.
    pub place: NamedLane,
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
    /// What it is called everywhere: `o/r#12`.
    pub fn name(&self) -> String {
        format!("{}#{}", self.repo, self.thread.number)
    }
}

/// A thread or a repository, with the repository's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedLane {
    /// Which.
    pub lane: Lane,
    /// What its repository is called.
    pub repo: RepoName,
}

impl NamedLane {
    /// What it is called everywhere: `o/r#12`, or `o/r`.
    pub fn name(&self) -> String {
        match self.lane.thread() {
            Some(thread) => format!("{}#{}", self.repo, thread.number),
            None => self.repo.to_string(),
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
        let parked = self.parked.iter().map(|(parked, _)| parked.thread.repo);
        let dead = self.dead.iter().filter_map(|dead| dead.place.lane.repo());
        let asked = self.asked.iter().map(|asked| asked.place.thread.repo);
        let merged = self.merged.iter().map(|merged| merged.thread.repo);
        let routines = self.routines.iter().filter_map(|(_, wait)| wait.place.lane.repo());
        let all = parked.chain(asked).chain(merged).chain(routines).chain(dead);
        all.chain(self.repos.iter().map(|(repo, _)| *repo)).collect()
    }

    /// Leaves out whatever is in a repository for which `may_name` is false.
    pub fn keep(&mut self, may_name: impl Fn(RepoId) -> bool) {
        self.parked.retain(|(place, _)| may_name(place.thread.repo));
        self.asked.retain(|asked| may_name(asked.place.thread.repo));
        self.merged.retain(|merged| may_name(merged.thread.repo));
        self.dead.retain(|dead| dead.place.lane.repo().is_some_and(&may_name));
        self.routines.retain(|(_, wait)| wait.place.lane.repo().is_some_and(&may_name));
        self.repos.retain(|(repo, _)| may_name(*repo));
    }
}
