//! Whether an issue may start by itself, whichever agent gets it.

use super::automatic::{AutoState, AutoTerms, Beginning, SuggestReason};
use super::labels::priority;
use super::{IssueFacts, Rules};
use crate::core::command::value::Level;
use crate::core::model::time::Timestamp;

impl AutoTerms {
    /// Whether an issue may start by itself, whichever agent gets it.
    pub(super) fn beginning(&self, facts: &IssueFacts, rules: &Rules) -> Beginning {
        let repo = facts.thread.repo;
        let Some(since) = self.state.since.get(&repo) else { return Beginning::Suggested };
        match self.obstacle(facts, *since, rules) {
            None => Beginning::ByItself,
            Some(reason) => Beginning::HeldBack(reason),
        }
    }

    fn obstacle(
        &self,
        facts: &IssueFacts,
        since: Timestamp,
        rules: &Rules,
    ) -> Option<SuggestReason> {
        let AutoState { everywhere, repos, .. } = &self.state;
        let red = || self.state.waits_for_green(facts).then_some(SuggestReason::DefaultBranchRed);
        let of_issue = || match facts.last_touched() < since {
            true => Some(SuggestReason::Old),
            false => (!self.may_write(facts, rules)).then_some(SuggestReason::AuthorNotAllowed),
        };
        let of_repo = || repos.get(&facts.thread.repo).copied();
        everywhere.or_else(of_repo).or_else(red).or_else(of_issue)
    }

    /// Whether the issues of its author start by themselves, as far as is known.
    fn may_write(&self, facts: &IssueFacts, rules: &Rules) -> bool {
        let Some(author) = &facts.author else { return false };
        let is_named = |names: &[String]| names.iter().any(|name| author.is(name));
        let strangers = self.state.strangers.get(&facts.thread.repo);
        let is_stranger = strangers.is_some_and(|strangers| strangers.contains(&author.id));
        !is_stranger && (!is_named(&rules.machines) || is_named(rules.authors.names()))
    }
}

impl AutoState {
    /// Whether an issue does not begin by itself while the default branch of its repository is red.
    pub fn waits_for_green(&self, facts: &IssueFacts) -> bool {
        self.red.contains(&facts.thread.repo) && priority(&facts.labels) != Some(Level::P0)
    }
}

impl IssueFacts {
    /// When a person opened or touched it last, as far as is known: who reopened it, only a webhook
    /// tells.
    pub fn last_touched(&self) -> Timestamp {
        self.touched_at.map_or(self.created_at, |touched| touched.max(self.created_at))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use crate::core::model::account::Account;
    use crate::core::model::ids::RepoId;
    use crate::core::scheduling::Authors;
    use crate::core::scheduling::starting::*;
    use crate::core::scheduling::testing::{facts, in_days, now, rules};

    const DOOR: RepoId = RepoId(1);

    fn terms() -> AutoTerms {
        let since = BTreeMap::from([(DOOR, now())]);
        let state = AutoState { since, ..AutoState::default() };
        AutoTerms { state, starts_left: 10, ..AutoTerms::default() }
    }

    fn opened(days: i64) -> IssueFacts {
        IssueFacts { created_at: in_days(days), ..facts(1) }
    }

    #[test]
    fn only_what_a_person_opened_or_touched_since_then_starts_by_itself() {
        let of = |facts: &IssueFacts| terms().beginning(facts, &rules());
        let old = Beginning::HeldBack(SuggestReason::Old);
        assert_eq!(of(&opened(-1)), old);
        assert_eq!(of(&opened(0)), Beginning::ByItself);
        let touched = |days| IssueFacts { touched_at: Some(in_days(days)), ..opened(-9) };
        assert_eq!((of(&touched(-1)), of(&touched(1))), (old, Beginning::ByItself));
        let elsewhere = AutoTerms { state: AutoState::default(), ..terms() };
        assert_eq!(elsewhere.beginning(&opened(0), &rules()), Beginning::Suggested);
    }

    #[test]
    fn issues_of_agents_strangers_and_nobody_do_not() {
        let by = |id, login: &str| {
            let author = Some(Account { id, login: login.to_owned() }.into());
            IssueFacts { author, ..opened(0) }
        };
        let mut terms = terms();
        terms.state.strangers = BTreeMap::from([(DOOR, BTreeSet::from([9]))]);
        let of = |facts: &IssueFacts, rules: &Rules| terms.beginning(facts, rules);
        let held = Beginning::HeldBack(SuggestReason::AuthorNotAllowed);
        assert_eq!(of(&by(9, "rando"), &rules()), held);
        assert_eq!(of(&by(7, "Ezra"), &rules()), held);
        assert_eq!(of(&IssueFacts { author: None, ..opened(0) }, &rules()), held);
        let authors = Authors::ReadersAnd(vec!["ezra".to_owned()]);
        let named = Rules { authors, ..rules() };
        assert_eq!(of(&by(7, "Ezra"), &named), Beginning::ByItself);
    }

    #[test]
    fn what_was_found_comes_before_what_the_issue_says() {
        let mut terms = terms();
        terms.state.repos = BTreeMap::from([(DOOR, SuggestReason::Policy)]);
        let of = |terms: &AutoTerms| terms.beginning(&opened(-1), &rules());
        assert_eq!(of(&terms), Beginning::HeldBack(SuggestReason::Policy));
        terms.state.everywhere = Some(SuggestReason::NoSandbox);
        assert_eq!(of(&terms), Beginning::HeldBack(SuggestReason::NoSandbox));
    }

    #[test]
    fn where_the_default_branch_is_red_only_p0_starts() {
        let mut terms = terms();
        terms.state.note_branch(DOOR, true);
        let of = |terms: &AutoTerms, label: &str| {
            let labels = [label.to_owned()].into();
            terms.beginning(&IssueFacts { labels, ..opened(0) }, &rules())
        };
        let held = Beginning::HeldBack(SuggestReason::DefaultBranchRed);
        assert_eq!((of(&terms, "bug"), of(&terms, "priority/p1")), (held, held));
        assert_eq!(of(&terms, "priority/P0"), Beginning::ByItself);
        terms.state.note_branch(DOOR, false);
        assert_eq!(of(&terms, "bug"), Beginning::ByItself);
        terms.state.note_branch(RepoId(2), true);
        assert!(terms.state.red.is_empty(), "nothing starts by itself there");
    }
}
