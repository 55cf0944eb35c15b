//! What stands in the way of an issue, and what would clear it.

use super::said::listed;
use crate::core::backlog::{Facts, Obstacle, Setting};
use crate::core::fleet::{Fleet, Part, Pause};
use crate::core::ids::ThreadId;
use crate::core::reply::Judgement;
use crate::core::thread::ThreadState;
use crate::core::time::said;

/// Where an obstacle is seen.
pub(super) struct View<'a> {
    pub(super) facts: &'a Facts,
    pub(super) judgement: &'a Judgement,
    pub(super) state: &'a ThreadState,
    pub(super) setting: &'a Setting,
    /// What an issue is called.
    pub(super) name: &'a dyn Fn(ThreadId) -> String,
}

impl View<'_> {
    /// The firmest thing in the way, as a clause behind `Nothing starts there:`.
    pub(super) fn of(&self, obstacle: Obstacle) -> String {
        match obstacle {
            Obstacle::Closed => "it is closed.".to_owned(),
            Obstacle::PullRequest => "it is a pull request.".to_owned(),
            Obstacle::RepoNotWatched => "its repository is not watched.".to_owned(),
            Obstacle::Epic => "one of its labels says that it gathers others.".to_owned(),
            Obstacle::Blocked => self.blocked(),
            Obstacle::Hold => self.held(),
            Obstacle::Snoozed => self.snoozed(),
            Obstacle::Paused => self.paused(),
            Obstacle::LiveJob => "an agent works on it.".to_owned(),
            Obstacle::OpenDecision => "a question about it waits for an answer.".to_owned(),
            Obstacle::LinkedPullRequest => self.pulls(),
            Obstacle::AssignedToPerson => self.assigned(),
            Obstacle::Settled => "it was dealt with, and nobody has asked for more since. \
                                  `/timmy retry` there takes it up again."
                .to_owned(),
            Obstacle::AttemptsSpent => {
                "all attempts at it failed. `/timmy retry` there begins anew.".to_owned()
            }
            Obstacle::AuthorNotAllowed => {
                let author = self.judgement.author.as_deref().unwrap_or("nobody here");
                format!(
                    "{author} wrote it. `dispatch.authors` names those whose issues are handed \
                     out."
                )
            }
            Obstacle::MissingScope => "its text does not say what is to be done. It takes 80 \
                                       characters outside code and quotes."
                .to_owned(),
        }
    }

    fn blocked(&self) -> String {
        let circle: Vec<String> =
            self.judgement.circle.iter().map(|one| one.clone().unwrap_or_default()).collect();
        if let [first, ..] = &circle[..] {
            let next = circle.get(1).unwrap_or(first);
            let way = circle.join(" -> ");
            return format!(
                "it waits for itself: {way} -> {first}. `/timmy unblock {next}` there breaks the \
                 circle."
            );
        }
        let names: Vec<String> = self.facts.waits_for.iter().map(|one| (self.name)(*one)).collect();
        let first = names.first().cloned().unwrap_or_default();
        let all = listed(&names);
        format!("it waits for {all}. Close that, or `/timmy unblock {first}` there.")
    }

    fn held(&self) -> String {
        let Setting { now, zone, .. } = self.setting;
        let hold = self.state.hold.as_ref().map_or_else(String::new, |hold| {
            let reason = hold.reason.as_ref().map_or_else(String::new, |why| format!(" ({why})"));
            format!(" since {}, by {}{reason}", said(hold.since, *now, zone), hold.by.login)
        });
        format!("it is on hold{hold}. `/timmy unhold` there frees it.")
    }

    fn snoozed(&self) -> String {
        let Setting { now, zone, .. } = self.setting;
        let snooze = self.state.snooze.as_ref().map_or_else(String::new, |snooze| {
            format!(" until {}, by {}", said(snooze.until, *now, zone), snooze.by.login)
        });
        format!("it is snoozed{snooze}. `/timmy unhold` there wakes it earlier.")
    }

    fn paused(&self) -> String {
        let Setting { now, zone, pauses, .. } = self.setting;
        let fleet = Fleet { pauses: pauses.clone(), ..Fleet::default() };
        let Some(Pause { part, by, since }) = fleet.pause_over(self.facts.thread.repo) else {
            return "it is paused.".to_owned();
        };
        let part = if *part == Part::All { "the whole fleet" } else { "its repository" };
        format!("{part} is paused since {}, by {}.", said(*since, *now, zone), by.login)
    }

    fn pulls(&self) -> String {
        let names: Vec<String> = self.facts.pulls.iter().map(|one| (self.name)(*one)).collect();
        match names.len() {
            1 => format!("{} is to close it. Merge or close that.", listed(&names)),
            _ => format!("{} are to close it. Merge or close them.", listed(&names)),
        }
    }

    fn assigned(&self) -> String {
        let machines = &self.setting.rules.machines;
        let is_machine = |login: &str| machines.iter().any(|one| one.eq_ignore_ascii_case(login));
        let logins = self.facts.assignees.iter().map(|account| account.login.clone());
        let people: Vec<String> = logins.filter(|login| !is_machine(login)).collect();
        format!("it is assigned to {}. `/timmy unassign` there frees it.", listed(&people))
    }
}
