//! What keeps an issue from being handed out.

use serde::{Deserialize, Serialize};

use super::{IssueFacts, Rules};
use crate::core::model::time::Timestamp;
use crate::core::policy::controls::Controls;

/// All that stands in the way of an open issue of a watched repository, the firmest first.
/// `in_circle`: it waits for itself.
pub(super) fn ineligible(
    facts: &IssueFacts,
    in_circle: bool,
    rules: &Rules,
    fleet: &Controls,
    now: Timestamp,
) -> Vec<Ineligible> {
    let work = &facts.work;
    [
        (is_epic(facts, rules), Ineligible::Epic),
        (in_circle || !facts.waits_for.is_empty(), Ineligible::Blocked),
        (facts.held, Ineligible::Hold),
        (facts.snoozed_until.is_some_and(|until| until > now), Ineligible::Snoozed),
        (fleet.pause_over(facts.thread.repo).is_some(), Ineligible::Paused),
        (work.is_live, Ineligible::LiveJob),
        (work.is_asked, Ineligible::OpenDecision),
        (is_in_a_pull_request(facts, rules, now), Ineligible::LinkedPullRequest),
        (is_assigned_to_a_person(facts, rules), Ineligible::AssignedToPerson),
        (work.is_settled, Ineligible::Settled),
        (work.attempts >= rules.attempts, Ineligible::AttemptsSpent),
        (!is_author_allowed(facts, rules), Ineligible::AuthorNotAllowed),
        (!facts.readiness.scope, Ineligible::MissingScope),
    ]
    .into_iter()
    .filter_map(|(holds, obstacle)| holds.then_some(obstacle))
    .collect()
}

fn is_in_a_pull_request(facts: &IssueFacts, rules: &Rules, now: Timestamp) -> bool {
    facts.pulls.iter().any(|pull| pull.disregarded(&facts.assignees, rules, now).is_none())
}

fn is_epic(facts: &IssueFacts, rules: &Rules) -> bool {
    let is_one = |label: &String| rules.epic_labels.iter().any(|e| e.eq_ignore_ascii_case(label));
    facts.labels.iter().any(is_one)
}

fn is_assigned_to_a_person(facts: &IssueFacts, rules: &Rules) -> bool {
    facts.assignees.iter().any(|account| !rules.machines.iter().any(|login| account.is(login)))
}

/// Nobody vouches for what a deleted account, or somebody elsewhere, wrote, unless everybody's issues are handed out.
fn is_author_allowed(facts: &IssueFacts, rules: &Rules) -> bool {
    rules.authors.allow(facts.author.as_ref().map_or("", |author| &author.login))
}

/// Why an issue may not be handed out, by its stable code. In the order in which they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ineligible {
    /// It is closed.
    Closed,
    /// It is a pull request.
    PullRequest,
    /// Its repository is not watched.
    RepoNotWatched,
    /// Its repository is archived.
    RepoArchived,
    /// It gathers other issues.
    Epic,
    /// It waits for an open issue.
    Blocked,
    /// Somebody put it on hold.
    Hold,
    /// Somebody put it off.
    Snoozed,
    /// Its repository or the whole fleet is paused.
    Paused,
    /// An agent works on it.
    LiveJob,
    /// A question about it waits for a person.
    OpenDecision,
    /// An open pull request, of somebody who may take it up, is to close it.
    LinkedPullRequest,
    /// A person is assigned.
    AssignedToPerson,
    /// It was dealt with, and nobody has asked for more.
    Settled,
    /// Its attempts are spent.
    AttemptsSpent,
    /// Its author is not among those whose issues are handed out.
    AuthorNotAllowed,
    /// Its text does not say what is to be done.
    MissingScope,
}

impl Ineligible {
    /// Whether it keeps an issue from being split as well: what it consists of does not depend on
    /// what it waits for.
    pub fn keeps_from_splitting(self) -> bool {
        !matches!(self, Self::Epic | Self::Blocked)
    }

    /// Whether it only keeps timmy from starting by itself: who asks for a job in person passes
    /// over it.
    pub fn yields_to_a_person(self) -> bool {
        match self {
            Self::LinkedPullRequest
            | Self::AssignedToPerson
            | Self::Settled
            | Self::AttemptsSpent
            | Self::AuthorNotAllowed
            | Self::MissingScope => true,
            Self::Closed
            | Self::PullRequest
            | Self::RepoNotWatched
            | Self::RepoArchived
            | Self::Epic
            | Self::Blocked
            | Self::Hold
            | Self::Snoozed
            | Self::Paused
            | Self::LiveJob
            | Self::OpenDecision => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::core::model::account::Account;
    use crate::core::model::ids::RepoId;
    use crate::core::policy::controls::{Pause, PauseScope};
    use crate::core::scheduling::eligibility::*;
    use crate::core::scheduling::testing::{facts, in_days, now, pull, rules, thread};
    use crate::core::scheduling::{Authors, Readiness, WorkState};

    fn of(change: impl FnOnce(&mut IssueFacts)) -> Vec<Ineligible> {
        let mut issue = facts(1);
        change(&mut issue);
        ineligible(&issue, false, &rules(), &Controls::default(), now())
    }

    fn account(login: &str) -> Account {
        Account { id: 1, login: login.to_owned() }
    }

    #[test]
    fn each_stands_in_the_way_by_itself() {
        assert_eq!(of(|_| {}), []);
        assert_eq!(of(|issue| issue.labels = ["Epic".into()].into()), [Ineligible::Epic]);
        assert_eq!(of(|issue| issue.waits_for = vec![thread(9)]), [Ineligible::Blocked]);
        assert_eq!(of(|issue| issue.held = true), [Ineligible::Hold]);
        assert_eq!(of(|issue| issue.snoozed_until = Some(in_days(1))), [Ineligible::Snoozed]);
        assert_eq!(of(|issue| issue.snoozed_until = Some(now())), []);
        assert_eq!(of(|issue| issue.pulls = vec![pull(2)]), [Ineligible::LinkedPullRequest]);
        let work = |work: WorkState| of(|issue| issue.work = work);
        assert_eq!(
            work(WorkState { is_live: true, ..WorkState::default() }),
            [Ineligible::LiveJob]
        );
        assert_eq!(
            work(WorkState { is_asked: true, ..WorkState::default() }),
            [Ineligible::OpenDecision]
        );
        assert_eq!(
            work(WorkState { is_settled: true, ..WorkState::default() }),
            [Ineligible::Settled]
        );
        assert_eq!(
            work(WorkState { attempts: 3, ..WorkState::default() }),
            [Ineligible::AttemptsSpent]
        );
        assert_eq!(work(WorkState { attempts: 2, fails: 2, ..WorkState::default() }), []);
        assert_eq!(of(|issue| issue.readiness = Readiness::default()), [Ineligible::MissingScope]);
    }

    #[test]
    fn agents_and_timmy_are_no_persons() {
        assert_eq!(of(|issue| issue.assignees = [account("Ezra"), account("timmy")].into()), []);
        let both = [account("ezra"), account("anna")].into();
        assert_eq!(of(|issue| issue.assignees = both), [Ineligible::AssignedToPerson]);
    }

    #[test]
    fn only_the_issues_of_those_who_are_named_are_handed_out() {
        let rules = Rules { authors: Authors::Only(vec!["Anna".into()]), ..rules() };
        let of = |author: Option<Account>| {
            let author = author.map(Into::into);
            let issue = IssueFacts { author, ..facts(1) };
            ineligible(&issue, false, &rules, &Controls::default(), now())
        };
        assert_eq!(of(Some(account("anna"))), []);
        assert_eq!(of(Some(account("rando"))), [Ineligible::AuthorNotAllowed]);
        assert_eq!(of(None), [Ineligible::AuthorNotAllowed]);
    }

    #[test]
    fn a_pause_stops_its_repository_or_everything() {
        let paused = |part| {
            let pause = Pause { part, by: account("alexander"), since: now() };
            let fleet = Controls { pauses: vec![pause], ..Controls::default() };
            ineligible(&facts(1), false, &rules(), &fleet, now())
        };
        assert_eq!(paused(PauseScope::All), [Ineligible::Paused]);
        assert_eq!(paused(PauseScope::Repo(RepoId(1))), [Ineligible::Paused]);
        assert_eq!(paused(PauseScope::Repo(RepoId(2))), []);
        assert_eq!(paused(PauseScope::Agent("ezra".into())), []);
    }

    #[test]
    fn the_firmest_comes_first() {
        let all = of(|issue| {
            issue.readiness = Readiness::default();
            issue.held = true;
            issue.waits_for = vec![thread(9)];
        });
        assert_eq!(all, [Ineligible::Blocked, Ineligible::Hold, Ineligible::MissingScope]);
        assert!(all.is_sorted());
    }
}
