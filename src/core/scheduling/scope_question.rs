//! Whose author is asked what their issue does not say: that of an issue which would be next if it
//! said what is to be done.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{Beginning, Ineligible, RankedBacklog, RankedIssue, SuggestReason};
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::time::Timestamp;

/// How many issues are asked about on a day, over all repositories.
pub const QUESTIONS_A_DAY: u32 = 3;

/// How many of the best issues without scope are looked at: what is behind them is not next.
const MOST: usize = 200;

/// How long an issue whose author was asked keeps its place among those that are next: as long as an
/// answer is to be expected, nobody is asked about what comes behind it.
const HOLDS_PLACE: Duration = Duration::from_secs(2 * 24 * 60 * 60);

/// What keeps a question from being asked beside the issue itself.
#[derive(Debug, Clone, Default)]
pub struct QuestionTerms {
    /// Since when each repository is heard: what was opened before is left alone.
    pub heard_since: BTreeMap<RepoId, Timestamp>,
    /// Whose authors were asked before, and when.
    pub asked: BTreeMap<ThreadId, Timestamp>,
    /// Whose authors cannot be asked now.
    pub passed_over: BTreeSet<ThreadId>,
}

impl RankedBacklog {
    /// The issue whose author is to be asked now: the best of those that somebody would get, if only
    /// they said what is to be done.
    pub fn to_ask(&self, terms: &QuestionTerms) -> Option<ThreadId> {
        let askable: Vec<&RankedIssue> = self.askable(terms).take(MOST).collect();
        self.next_of(&askable, terms)
    }

    /// Whether the author of this issue is still to be asked, if nobody else is asked instead: somebody
    /// would get it.
    pub fn is_to_be_asked(&self, thread: ThreadId, terms: &QuestionTerms) -> bool {
        let own: Vec<&RankedIssue> =
            self.askable(terms).filter(|one| one.thread == thread).collect();
        self.next_of(&own, terms).is_some()
    }

    fn askable<'a>(&'a self, terms: &'a QuestionTerms) -> impl Iterator<Item = &'a RankedIssue> {
        self.ranking.others.iter().filter(|one| {
            one.obstacles == [Ineligible::MissingScope] && self.may_be_asked(one.thread, terms)
        })
    }

    /// The first of these that somebody would get beside what was asked about already.
    fn next_of(&self, askable: &[&RankedIssue], terms: &QuestionTerms) -> Option<ThreadId> {
        if askable.is_empty() {
            return None;
        }
        let is_askable = |thread| askable.iter().any(|one| one.thread == thread);
        let now = self.setting.now;
        let waits = |one: &&RankedIssue| {
            one.obstacles == [Ineligible::MissingScope]
                && terms.asked.get(&one.thread).is_some_and(|at| !at.is_over(HOLDS_PLACE, now))
        };
        let waiting = self.ranking.others.iter().filter(waits).take(MOST);
        let beside: Vec<&RankedIssue> = askable.iter().copied().chain(waiting).collect();
        let choices = self.choices_with(&beside);
        let next = choices.iter().find(|choice| {
            is_askable(choice.thread)
                && choice.winner.as_ref().is_some_and(|winner| is_told(winner.beginning))
        });
        next.map(|choice| choice.thread)
    }

    /// Whether a person wrote it since its repository is heard, who was not asked yet.
    fn may_be_asked(&self, thread: ThreadId, terms: &QuestionTerms) -> bool {
        let Some(facts) = self.facts(thread) else { return false };
        let Some(author) = &facts.author else { return false };
        let since_auto = self.setting.roster.auto.state.since.get(&thread.repo);
        let since = terms.heard_since.get(&thread.repo).copied().max(since_auto.copied());
        let is_machine = self.setting.rules.machines.iter().any(|login| author.is(login));
        let state = &self.setting.roster.auto.state;
        let is_stranger = state.strangers.get(&thread.repo).is_some_and(|s| s.contains(&author.id));
        terms.heard_since.contains_key(&thread.repo)
            && Some(facts.created_at) >= since
            && !(is_machine || is_stranger || author.is_pseudo())
            && !terms.passed_over.contains(&thread)
            && !terms.asked.contains_key(&thread)
    }
}

/// Whether an issue that begins so is handed out, or suggested.
fn is_told(beginning: Beginning) -> bool {
    match beginning {
        Beginning::ByItself | Beginning::Suggested => true,
        Beginning::HeldBack(reason) => match reason {
            SuggestReason::OtherLedger
            | SuggestReason::Broken
            | SuggestReason::Old
            | SuggestReason::AuthorNotAllowed => false,
            SuggestReason::NoSandbox
            | SuggestReason::GuardBroken
            | SuggestReason::Policy
            | SuggestReason::PolicyUnreadable
            | SuggestReason::DefaultBranchRed
            | SuggestReason::DayFull
            | SuggestReason::Unprotected
            | SuggestReason::RightsUnknown
            | SuggestReason::OnTrial
            | SuggestReason::TooLargeForTrial => true,
        },
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use crate::core::model::account::Account;
    use crate::core::scheduling::scope_question::*;
    use crate::core::scheduling::testing::{facts, in_days, now, rules, thread};
    use crate::core::scheduling::{AgentSlot, IssueFacts, Limits, RankingInput, Readiness, Roster};

    fn backlog(all: Vec<IssueFacts>, capacity: u32) -> RankedBacklog {
        let worker = AgentSlot {
            name: "ezra".to_owned(),
            roles: vec!["coder".to_owned()],
            capacity,
            prior: 500_000,
            is_up: true,
            ..AgentSlot::default()
        };
        let limits = Limits {
            per_host: 9,
            per_repository: 9,
            reviews_waiting: 9,
            minimum: 0,
            issue_micro_usd: None,
            pools: Vec::new(),
        };
        let roster = Roster::idle(vec![worker], limits);
        let (rules, zone) = (rules(), TimeZone::UTC);
        let setting = RankingInput { now: now(), zone, rules, pauses: Vec::new(), roster };
        RankedBacklog::new(all, setting)
    }

    /// Opened today, and says nothing.
    fn vague(number: i64) -> IssueFacts {
        let readiness = Readiness::default();
        IssueFacts { readiness, created_at: now(), ..facts(number) }
    }

    fn terms() -> QuestionTerms {
        let heard_since = BTreeMap::from([(RepoId(1), in_days(-1))]);
        QuestionTerms { heard_since, ..QuestionTerms::default() }
    }

    fn asked(all: Vec<IssueFacts>) -> Option<i64> {
        backlog(all, 1).to_ask(&terms()).map(|thread| thread.number)
    }

    #[test]
    fn only_what_would_be_next_is_asked_about() {
        assert_eq!(asked(vec![vague(1)]), Some(1));
        assert_eq!(asked(vec![facts(1)]), None, "it says enough");
        let urgent = |number| IssueFacts { labels: ["priority/p0".into()].into(), ..facts(number) };
        assert_eq!(asked(vec![urgent(1), vague(2)]), None, "another one is next");
        let both = backlog(vec![urgent(1), vague(2)], 3);
        assert_eq!(both.to_ask(&terms()), Some(thread(2)));
        assert_eq!(backlog(vec![vague(1)], 0).to_ask(&terms()), None, "nobody would get it");
    }

    #[test]
    fn whatever_else_stands_in_the_way_keeps_a_question_back() {
        assert_eq!(asked(vec![IssueFacts { held: true, ..vague(1) }]), None);
        let snoozed_until = Some(in_days(1));
        assert_eq!(asked(vec![IssueFacts { snoozed_until, ..vague(1) }]), None);
        assert_eq!(asked(vec![IssueFacts { created_at: in_days(-2), ..vague(1) }]), None, "old");
        let elsewhere = QuestionTerms::default();
        assert_eq!(backlog(vec![vague(1)], 1).to_ask(&elsewhere), None, "not heard");
        let passed_over = BTreeSet::from([thread(1)]);
        let once = QuestionTerms { passed_over, ..terms() };
        assert_eq!(backlog(vec![vague(1)], 1).to_ask(&once), None);
    }

    #[test]
    fn what_was_asked_about_keeps_its_place_as_long_as_an_answer_is_to_be_expected() {
        let asked_at = |at| QuestionTerms { asked: BTreeMap::from([(thread(1), at)]), ..terms() };
        let urgent = IssueFacts { labels: ["priority/p0".into()].into(), ..vague(1) };
        let all = || vec![urgent.clone(), vague(2)];
        assert_eq!(
            backlog(all(), 1).to_ask(&asked_at(in_days(-1))),
            None,
            "the one place is taken"
        );
        assert_eq!(backlog(all(), 3).to_ask(&asked_at(in_days(-1))), Some(thread(2)));
        assert_eq!(backlog(all(), 1).to_ask(&asked_at(in_days(-2))), Some(thread(2)), "long ago");
        let answered =
            vec![IssueFacts { readiness: facts(1).readiness, ..urgent.clone() }, vague(2)];
        assert_eq!(backlog(answered, 3).to_ask(&asked_at(in_days(-1))), Some(thread(2)));
    }

    #[test]
    fn what_is_not_next_any_more_is_not_to_be_asked_about() {
        let urgent = |facts| IssueFacts { labels: ["priority/p0".into()].into(), ..facts };
        let beside = |other, slots| backlog(vec![vague(1), other], slots);
        assert!(beside(urgent(vague(2)), 1).is_to_be_asked(thread(1), &terms()), "unasked");
        let ready = || urgent(facts(2));
        assert!(beside(ready(), 3).is_to_be_asked(thread(1), &terms()), "there is more room");
        assert!(!beside(ready(), 1).is_to_be_asked(thread(1), &terms()), "that comes first");
        let asked = BTreeMap::from([(thread(2), in_days(-1))]);
        let asked = QuestionTerms { asked, ..terms() };
        assert!(!beside(urgent(vague(2)), 1).is_to_be_asked(thread(1), &asked));
        assert!(!beside(ready(), 3).is_to_be_asked(thread(2), &terms()), "it says what to do");
    }

    #[test]
    fn only_people_are_asked() {
        let by = |id, login: &str| {
            let author = Some(Account { id, login: login.to_owned() }.into());
            asked(vec![IssueFacts { author, ..vague(1) }])
        };
        assert_eq!(by(3, "anna"), Some(1));
        assert_eq!(by(7, "Ezra"), None);
        assert_eq!(by(-1, "Ghost"), None);
        assert_eq!(asked(vec![IssueFacts { author: None, ..vague(1) }]), None);
    }
}
