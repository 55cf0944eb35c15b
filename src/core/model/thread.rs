//! What timmy itself remembers of a thread. Gitea has no place for it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::account::Account;
use super::issue::ScopePart;
use super::repository::Repo;
use super::time::Timestamp;

/// What people call an open issue or pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadTitle {
    /// Where it stands, as that is called now.
    pub repo: Repo,
    /// Its title, as people wrote it.
    pub title: String,
    /// Whether it is a pull request.
    pub is_pull: bool,
}

/// The part of a thread's state that lives in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ThreadState {
    /// Nothing starts here until somebody says otherwise.
    pub hold: Option<Hold>,
    /// Nothing starts here before a moment.
    pub snooze: Option<Snooze>,
    /// The day, in the configured zone, on which a stranger was last refused here.
    pub refused_on: Option<Date>,
    /// What its author was asked, as long as nobody has answered. It is not kept with the rest.
    pub asked: Option<ScopeQuestion>,
}

/// What a text makes of a thread's state, and from what that was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadChange {
    pub from: ThreadState,
    pub to: ThreadState,
}

impl ThreadChange {
    /// A change of what is `from`, if it is one.
    pub fn between(from: &ThreadState, to: ThreadState) -> Option<Self> {
        (*from != to).then(|| Self { from: from.clone(), to })
    }

    /// That a stranger was refused on this day, beside what else changes.
    #[must_use]
    pub fn refused(mut self, day: Date) -> Self {
        self.to.refused_on = Some(day);
        self
    }

    /// What it makes of a thread that stands as `now`: what it does not change stays. None if something
    /// that it changes is not as it was: then it was decided from what is not so any more.
    pub fn made_of(&self, now: &ThreadState) -> Option<ThreadState> {
        let Self { from, to } = self;
        let day = (to.refused_on != from.refused_on).then_some(to.refused_on);
        Some(ThreadState {
            hold: changed(&from.hold, &to.hold, &now.hold)?.clone(),
            snooze: changed(&from.snooze, &to.snooze, &now.snooze)?.clone(),
            refused_on: day.unwrap_or(now.refused_on),
            asked: now.asked.clone(),
        })
    }
}

fn changed<'a, T: PartialEq>(from: &T, to: &'a T, now: &'a T) -> Option<&'a T> {
    match (from == to, from == now) {
        (true, _) => Some(now),
        (false, true) => Some(to),
        (false, false) => None,
    }
}

impl ThreadState {
    /// The snooze, if it still lasts.
    pub fn snoozed(&self, now: Timestamp) -> Option<&Snooze> {
        self.snooze.as_ref().filter(|snooze| snooze.until > now)
    }
}

/// The author of an issue was asked what its text does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeQuestion {
    pub at: Timestamp,
    /// What for.
    pub parts: Vec<ScopePart>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub by: Account,
    /// Why, in their words.
    pub reason: Option<String>,
    /// Since when.
    pub since: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snooze {
    pub by: Account,
    /// Until when.
    pub until: Timestamp,
}

/// One command of the past, as the audit holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastCommand {
    /// When timmy decided on it.
    pub at: Timestamp,
    pub actor: String,
    /// The line, as written; none if it was deleted since.
    pub line: Option<String>,
    /// How it ended, in the word of the audit.
    pub outcome: String,
}

#[cfg(test)]
mod tests {
    use crate::core::model::thread::*;

    fn hold(id: i64) -> Option<Hold> {
        let by = Account { id, login: format!("a{id}") };
        Some(Hold { by, reason: None, since: Timestamp::default() })
    }

    #[test]
    fn what_a_text_does_not_change_stays_as_others_made_it_meanwhile() {
        let free = ThreadState::default();
        let snoozed =
            Snooze { by: Account { id: 1, login: "a1".into() }, until: Timestamp::default() };
        let snoozes = ThreadState { snooze: Some(snoozed.clone()), ..free.clone() };
        let change = ThreadChange::between(&free, snoozes).expect("a change");
        let held = ThreadState { hold: hold(7), ..free.clone() };
        let made = change.made_of(&held).expect("nobody else snoozed it");
        assert_eq!((made.hold, made.snooze), (hold(7), Some(snoozed)));
        assert_eq!(ThreadChange::between(&free, free.clone()), None);
    }

    #[test]
    fn what_somebody_else_changed_meanwhile_is_decided_anew() {
        let free = ThreadState::default();
        let held = |id| ThreadState { hold: hold(id), ..ThreadState::default() };
        let holds = ThreadChange::between(&free, held(1)).expect("a change");
        assert_eq!(holds.made_of(&held(7)), None);
        assert_eq!(holds.made_of(&free), Some(held(1)));
        let frees = ThreadChange::between(&held(1), free.clone()).expect("a change");
        assert_eq!(frees.made_of(&held(7)), None, "that was another hold");
    }
}
