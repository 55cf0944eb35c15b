//! What stands in the way of an issue, and what would clear it.

use super::said::listed;
use crate::core::model::ids::ThreadId;
use crate::core::model::thread::ThreadState;
use crate::core::model::time::said;
use crate::core::policy::controls::{Controls, Pause, PauseScope};
use crate::core::reply::Judgement;
use crate::core::scheduling::{Ineligible, IssueFacts, RankingInput};

/// Where an obstacle is seen.
pub(super) struct View<'a> {
    pub(super) facts: &'a IssueFacts,
    pub(super) judgement: &'a Judgement,
    pub(super) state: &'a ThreadState,
    pub(super) setting: &'a RankingInput,
    /// What an issue is called.
    pub(super) name: &'a dyn Fn(ThreadId) -> String,
}

impl View<'_> {
    /// The firmest thing in the way, as a clause behind `Nothing starts there:`.
    pub(super) fn of(&self, obstacle: Ineligible) -> String {
        match obstacle {
            Ineligible::Closed => "it is closed.".to_owned(),
            Ineligible::PullRequest => "it is a pull request.".to_owned(),
            Ineligible::RepoNotWatched => "its repository is not watched.".to_owned(),
            Ineligible::Epic => "one of its labels says that it gathers others.".to_owned(),
            Ineligible::Blocked => self.blocked(),
            Ineligible::Hold => self.held(),
            Ineligible::Snoozed => self.snoozed(),
            Ineligible::Paused => self.paused(),
            Ineligible::LiveJob => "an agent works on it.".to_owned(),
            Ineligible::OpenDecision => "a question about it waits for an answer.".to_owned(),
            Ineligible::LinkedPullRequest => self.pulls(),
            Ineligible::AssignedToPerson => self.assigned(),
            Ineligible::Settled => "it was dealt with, and nobody has asked for more since. \
                                  `/timmy retry` there takes it up again."
                .to_owned(),
            Ineligible::AttemptsSpent => {
                "all attempts at it failed. `/timmy retry` there begins anew.".to_owned()
            }
            Ineligible::AuthorNotAllowed => {
                let author = self.judgement.author.as_deref().unwrap_or("nobody here");
                format!(
                    "{author} wrote it. `dispatch.authors` names those whose issues are handed \
                     out."
                )
            }
            Ineligible::MissingScope => "its text does not say what is to be done. It takes 80 \
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
        let RankingInput { now, zone, .. } = self.setting;
        let hold = self.state.hold.as_ref().map_or_else(String::new, |hold| {
            let reason = hold.reason.as_ref().map_or_else(String::new, |why| format!(" ({why})"));
            format!(" since {}, by {}{reason}", said(hold.since, *now, zone), hold.by.login)
        });
        format!("it is on hold{hold}. `/timmy unhold` there frees it.")
    }

    fn snoozed(&self) -> String {
        let RankingInput { now, zone, .. } = self.setting;
        let snooze = self.state.snooze.as_ref().map_or_else(String::new, |snooze| {
            format!(" until {}, by {}", said(snooze.until, *now, zone), snooze.by.login)
        });
        format!("it is snoozed{snooze}. `/timmy unhold` there wakes it earlier.")
    }

    fn paused(&self) -> String {
        let RankingInput { now, zone, pauses, .. } = self.setting;
        let fleet = Controls { pauses: pauses.clone(), ..Controls::default() };
        let Some(Pause { part, by, since }) = fleet.pause_over(self.facts.thread.repo) else {
            return "it is paused.".to_owned();
        };
        let part = if *part == PauseScope::All { "the whole fleet" } else { "its repository" };
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
