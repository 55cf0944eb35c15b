//! What is said of the fleet: pauses, agents, the report.

use super::agent_view::AgentView;
use super::decisions::ShortQuestion;
use super::jobs::usd;
use super::{Held, PlannedIssue};
use crate::core::policy::controls::AgentProfile;
use crate::core::reply::backlog::MissedIssue;
use crate::core::reply::state::{ParkedThread, Paused};
use crate::core::report::Outlook;

/// An agent, as people may know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentRow {
    /// Its name.
    pub name: String,
    /// How it is driven.
    pub kind: String,
    /// The roles that it holds.
    pub roles: Vec<String>,
    /// What it knows; none fits everything.
    pub skills: Vec<String>,
    /// The machine that it runs on.
    pub host: Option<String>,
    /// How many jobs it takes at once.
    pub capacity: u32,
    /// What a million tokens cost, read and written, in US dollars; none if nobody wrote it down.
    pub price: Option<(String, String)>,
    /// How it was found.
    pub view: AgentView,
    /// Its own pause.
    pub pause: Option<Paused>,
    /// What it is fit for and would get, as far as that is known.
    pub now: Option<AgentNow>,
}

impl AgentRow {
    /// An agent of which nothing more is known, with its own pause.
    pub fn of(agent: &AgentProfile, pause: Option<Paused>) -> Self {
        Self {
            name: agent.name.clone(),
            kind: agent.kind.clone(),
            roles: agent.roles.clone(),
            skills: agent.skills.clone(),
            host: agent.host.clone(),
            capacity: agent.capacity,
            price: agent.price.map(|(input, output)| (usd(input), usd(output))),
            view: AgentView::default(),
            pause,
            now: None,
        }
    }
}

/// What an agent is fit for, and would get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentNow {
    /// How well it fits in general.
    pub fit: FitLine,
    /// How many jobs it could take beside those that it has.
    pub free: u32,
    /// That its quota is used up, and until when as far as that is known, in words.
    pub quota: Option<String>,
    /// What it would get next.
    pub gets: Gets,
}

/// How well an agent fits, and what that rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FitLine {
    /// The share of its results that is verified, at least, most likely; in millionths.
    pub share: u64,
    /// How many of its results were verified.
    pub verified: u32,
    /// Of how many that ended.
    pub ended: u32,
}

/// What an agent would get next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gets {
    /// Nothing.
    Nothing,
    /// An issue that cannot be named here.
    Unnamed,
    /// This issue.
    Issue(PlannedIssue),
}

/// What happened since a moment, and what rests. Threads are written in full, `o/r#12`.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportAnswer {
    /// Since when.
    pub since: String,
    /// How many command lines were heard.
    pub commands: u32,
    /// How many people gave them.
    pub people: u32,
    /// How many lines ended so, the most frequent first.
    pub outcomes: Vec<(String, u32)>,
    /// Decisions that wait for an answer.
    pub asked: Vec<ToldQuestion>,
    /// Pull requests that were merged.
    pub merged: Vec<String>,
    /// Threads on hold.
    pub held: Vec<(String, Held)>,
    /// Threads that are snoozed, and by whom.
    pub snoozed: Vec<(String, ParkedThread)>,
    /// What is paused.
    pub paused: Vec<Paused>,
    /// Who approves in the owner's place.
    pub lent: Vec<ParkedThread>,
    /// Threads in which a write was given up, and when.
    pub dead: Vec<(String, String)>,
    /// Routines whose last date made no job, and what each waits for.
    pub routines: Vec<(String, String)>,
    /// What is next.
    pub outlook: Outlook,
}

/// A decision that waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldQuestion {
    /// Its thread.
    pub thread: String,
    pub id: String,
    pub question: ShortQuestion,
}

impl ReportAnswer {
    /// Whether all that was said was done.
    pub fn all_is_done(&self) -> bool {
        self.outcomes.iter().all(|(outcome, _)| outcome == "done")
    }

    /// What rests or failed, counted in a line; empty if nothing does.
    pub fn headings(&self) -> String {
        let counts = [
            ("waiting for an answer", self.asked.len()),
            ("on hold", self.held.len()),
            ("snoozed", self.snoozed.len()),
            ("paused", self.paused.len()),
            ("delegated", self.lent.len()),
            ("given up", self.dead.len()),
            ("routines that wait", self.routines.len()),
        ];
        let some = counts.iter().filter(|(_, count)| *count > 0);
        let line = some.map(|(what, count)| format!("{what}: {count}")).collect::<Vec<_>>();
        let mut line = line.join(" · ");
        if let Some(first) = line.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        line
    }
}

/// An agent, with what it would get and why not something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentSummary {
    /// Its name.
    pub name: String,
    /// The roles that it holds.
    pub roles: Vec<String>,
    /// What it knows; none fits everything.
    pub skills: Vec<String>,
    /// What it is fit for, and would get.
    pub now: AgentNow,
    /// Its own pause, or that of the whole fleet.
    pub pause: Option<Paused>,
    /// The best issues that may be named here, and why it would not get them.
    pub others: Vec<MissedIssue>,
}
