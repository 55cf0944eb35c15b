//! What there is to see of timmy at a moment. Texts are as people, agents and the forge wrote them;
//! moments are as people say them, in the configured zone.

use crate::core::reply::jobs::{JobLogLine, JobView};
use crate::core::reply::{AgentRow, Autonomy, Paused, Queue};
use crate::core::report::Broken;
use crate::engine::job_log::LogSection;

/// The first of many, and how many more there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    pub shown: Vec<T>,
    pub more: usize,
}

impl<T> Listed<T> {
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many there are in all.
    pub fn len(&self) -> usize {
        self.shown.len() + self.more
    }
}

/// A repository or a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    Named {
        /// In full: `o/r#12`.
        name: String,
        /// Where the forge shows it; none if nobody knows what it is called now.
        url: Option<String>,
        /// Its title, as far as that is known.
        title: Option<String>,
    },
    /// Whoever looks may not know of it.
    Withheld,
}

/// All of timmy at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Overview {
    /// timmy's account: how commands are written to it.
    pub name: String,
    pub at: String,
    /// The address of the forge, with a slash at its end.
    pub forge: String,
    /// Whether what is not public is withheld.
    pub withholds: bool,
    /// What waits for a person, the oldest first.
    pub waits: Listed<Waiting>,
    pub broken: Listed<Trouble>,
    /// The jobs that were given up lately, and that nobody dealt with.
    pub dead: Listed<JobLine>,
    /// The jobs that have not ended, the oldest first.
    pub jobs: Listed<JobLine>,
    /// What comes next; none as long as nothing of it was read.
    pub backlog: Option<BacklogView>,
    pub agents: Vec<AgentLine>,
    /// The pause of the whole fleet.
    pub pause: Option<Paused>,
    /// What people said last, the latest first.
    pub commands: Vec<CommandLine>,
    pub costs: Costs,
}

impl Overview {
    /// Where the forge shows the thread that is called so in full.
    pub fn url(&self, thread: &str) -> String {
        let path = thread.replacen('#', "/issues/", 1);
        format!("{}{path}", self.forge)
    }
}

/// Something that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The decision, `d7`, if one was put.
    pub decision: Option<String>,
    pub job: String,
    /// Where it is answered.
    pub place: Place,
    /// What is asked; in backticks stands what is not a word.
    pub question: String,
    /// Since when, and how long that is.
    pub since: String,
    pub age: String,
    pub due: Option<String>,
    /// The words behind timmy's name that answer it: `approve d7`.
    pub answer: Option<String>,
}

/// Something that does not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// Where; none for all of the forge.
    pub place: Option<Place>,
    pub what: Broken,
}

/// A job in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobLine {
    pub place: Place,
    pub view: JobView,
    /// Since when it stands where it does, and how long that is.
    pub since: String,
    pub age: String,
    /// Whether its agent claimed what the forge did not show.
    pub is_doubted: bool,
}

/// The backlog, from its front.
#[derive(Debug, Clone, PartialEq)]
pub struct BacklogView {
    pub queue: Queue,
    /// How far timmy goes by itself.
    pub mode: Autonomy,
}

/// An agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentLine {
    pub row: AgentRow,
    /// How many jobs it has.
    pub running: usize,
    /// What it spent today, or is set aside, in US dollars; and what it may.
    pub spent: String,
    pub cap: Option<String>,
}

/// A command, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    pub at: String,
    pub actor: String,
    pub place: Place,
    /// As written; none if it may not be shown, or was deleted.
    pub line: Option<String>,
    pub verb: Option<String>,
    /// What came of it, as a stable code.
    pub outcome: String,
}

/// What was spent, in US dollars.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Costs {
    /// The columns: agents, the dearest first; then `others`, if there are more.
    pub agents: Vec<String>,
    /// The last days, today first.
    pub days: Vec<DayCost>,
    /// What was spent today, or is set aside; and what may be.
    pub today: String,
    pub cap: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayCost {
    pub day: String,
    pub attempts: u64,
    pub total: String,
    /// Of each column, with its heading.
    pub by_agent: Vec<(String, String)>,
}

/// All about one job.
#[derive(Debug, Clone, PartialEq)]
pub struct JobStory {
    pub name: String,
    pub at: String,
    pub place: Place,
    /// The pull request that it brought.
    pub pull: Option<Place>,
    pub view: JobView,
    pub timeline: Vec<JobLogLine>,
    pub decisions: Vec<DecisionLine>,
    pub attempts: Listed<AttemptRow>,
    /// What its attempts were asked, did and said.
    pub log: StoryLog,
}

/// What is shown of the words of attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoryLog {
    /// Of the last attempts, each part at a bounded length; and how many earlier ones there are.
    Shown { attempts: Vec<Vec<LogSection>>, earlier: usize },
    /// They may tell of anything, and whoever looks may not know that.
    Withheld,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionLine {
    pub id: String,
    pub question: String,
    pub asked: String,
    /// What became of it.
    pub answer: String,
    /// Where its comment stands, once it does.
    pub url: Option<String>,
    pub is_open: bool,
}

/// An attempt, with what it cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptRow {
    pub nth: usize,
    pub agent: String,
    pub started: Option<String>,
    pub took: Option<String>,
    /// How it ended; none while it runs.
    pub ended: Option<String>,
    pub tokens: u64,
    /// In US dollars; while it runs, what it may cost at most.
    pub usd: String,
    /// Whether that is what it may have cost at most.
    pub is_bound: bool,
}
