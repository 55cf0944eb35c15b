//! Pull requests that say they close an issue, and which of them keep it back.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Rules;
use crate::core::model::account::Account;
use crate::core::model::ids::ThreadId;
use crate::core::model::time::Timestamp;

/// How long one that does not move is taken for work that goes on.
const IN_WORK: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// An open pull request whose text says that it closes an issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedPull {
    /// Which.
    pub thread: ThreadId,
    /// Who opened it; none for a deleted user.
    pub author: Option<Arc<Account>>,
    /// Whether that is somebody who may write where the issue is. What was never asked counts as
    /// a yes.
    pub by_writer: bool,
    /// Whether its author says that it is not ready.
    pub is_draft: bool,
    /// When it moved last.
    pub moved_at: Timestamp,
}

/// Why a pull request does not keep an issue back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Disregarded {
    /// Its author may not write where the issue is, and is neither an agent nor assigned.
    ByStranger,
    /// It is a draft.
    Draft,
    /// It has not moved for two weeks.
    Still,
}

impl LinkedPull {
    /// Why it does not keep the issue of these `assignees` back at the moment `now`; none if it does.
    pub fn disregarded(
        &self,
        assignees: &[Account],
        rules: &Rules,
        now: Timestamp,
    ) -> Option<Disregarded> {
        let may_take_it = |author: &Arc<Account>| {
            let names = rules.machines.iter().chain(&rules.writers);
            names.into_iter().any(|login| author.is(login))
                || assignees.iter().any(|assignee| assignee.id == author.id)
        };
        let is_by_stranger =
            !self.author.as_ref().is_some_and(|a| self.by_writer || may_take_it(a));
        if is_by_stranger {
            Some(Disregarded::ByStranger)
        } else if self.is_draft {
            Some(Disregarded::Draft)
        } else if self.is_in_work_until() <= now {
            Some(Disregarded::Still)
        } else {
            None
        }
    }

    /// Until when it counts if it does not move.
    pub(super) fn is_in_work_until(&self) -> Timestamp {
        self.moved_at.after(IN_WORK)
    }
}

#[cfg(test)]
mod tests {
    use crate::core::scheduling::linked::*;
    use crate::core::scheduling::testing::{in_days, now, pull, rules};

    fn account(id: i64, login: &str) -> Account {
        Account { id, login: login.to_owned() }
    }

    fn of(change: impl FnOnce(&mut LinkedPull)) -> Option<Disregarded> {
        let mut linked = pull(9);
        change(&mut linked);
        let rules = Rules { writers: vec!["otto".to_owned()], ..rules() };
        linked.disregarded(&[account(5, "walt")], &rules, now())
    }

    #[test]
    fn those_of_strangers_drafts_and_what_lies_still_keep_nothing_back() {
        assert_eq!(of(|_| {}), None);
        assert_eq!(of(|pull| pull.is_draft = true), Some(Disregarded::Draft));
        assert_eq!(of(|pull| pull.moved_at = in_days(-14)), Some(Disregarded::Still));
        assert_eq!(of(|pull| pull.moved_at = in_days(-13)), None);
        assert_eq!(of(|pull| pull.by_writer = false), Some(Disregarded::ByStranger));
        assert_eq!(of(|pull| pull.author = None), Some(Disregarded::ByStranger));
    }

    #[test]
    fn agents_assignees_and_those_whom_the_configuration_names_may_take_it() {
        let by = |id, login: &str| {
            of(|pull| {
                pull.by_writer = false;
                pull.author = Some(account(id, login).into());
            })
        };
        assert_eq!([by(6, "Ezra"), by(7, "otto"), by(5, "walter")], [None; 3]);
        assert_eq!(by(8, "walt"), Some(Disregarded::ByStranger));
    }
}
