//! What keeps an issue from being handed out.

use super::{Facts, Obstacle, Rules};
use crate::core::fleet::Fleet;
use crate::core::time::Timestamp;

/// All that stands in the way of an open issue of a watched repository, the firmest first.
/// `in_circle`: it waits for itself.
pub(super) fn obstacles(
    facts: &Facts,
    in_circle: bool,
    rules: &Rules,
    fleet: &Fleet,
    now: Timestamp,
) -> Vec<Obstacle> {
    let work = &facts.work;
    [
        (is_epic(facts, rules), Obstacle::Epic),
        (in_circle || !facts.waits_for.is_empty(), Obstacle::Blocked),
        (facts.held, Obstacle::Hold),
        (facts.snoozed_until.is_some_and(|until| until > now), Obstacle::Snoozed),
        (fleet.pause_over(facts.thread.repo).is_some(), Obstacle::Paused),
        (work.is_live, Obstacle::LiveJob),
        (work.is_asked, Obstacle::OpenDecision),
        (!facts.pulls.is_empty(), Obstacle::LinkedPullRequest),
        (is_assigned_to_a_person(facts, rules), Obstacle::AssignedToPerson),
        (work.is_settled, Obstacle::Settled),
        (work.attempts >= rules.attempts, Obstacle::AttemptsSpent),
        (!is_author_allowed(facts, rules), Obstacle::AuthorNotAllowed),
        (!facts.readiness.scope, Obstacle::MissingScope),
    ]
    .into_iter()
    .filter_map(|(holds, obstacle)| holds.then_some(obstacle))
    .collect()
}

fn is_epic(facts: &Facts, rules: &Rules) -> bool {
    let is_one = |label: &String| rules.epic_labels.iter().any(|e| e.eq_ignore_ascii_case(label));
    facts.labels.iter().any(is_one)
}

fn is_assigned_to_a_person(facts: &Facts, rules: &Rules) -> bool {
    facts.assignees.iter().any(|account| !rules.machines.iter().any(|login| account.is(login)))
}

/// Nobody vouches for what a deleted account, or somebody elsewhere, wrote, unless everybody's issues are handed out.
fn is_author_allowed(facts: &Facts, rules: &Rules) -> bool {
    rules.authors.allow(facts.author.as_ref().map_or("", |author| &author.login))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{facts, in_days, now, rules, thread};
    use super::super::{Authors, Readiness, Work};
    use super::*;
    use crate::core::fleet::{Part, Pause};
    use crate::core::heard::Account;
    use crate::core::ids::RepoId;

    fn of(change: impl FnOnce(&mut Facts)) -> Vec<Obstacle> {
        let mut issue = facts(1);
        change(&mut issue);
        obstacles(&issue, false, &rules(), &Fleet::default(), now())
    }

    fn account(login: &str) -> Account {
        Account { id: 1, login: login.to_owned() }
    }

    #[test]
    fn each_stands_in_the_way_by_itself() {
        assert_eq!(of(|_| {}), []);
        assert_eq!(of(|issue| issue.labels = ["Epic".into()].into()), [Obstacle::Epic]);
        assert_eq!(of(|issue| issue.waits_for = vec![thread(9)]), [Obstacle::Blocked]);
        assert_eq!(of(|issue| issue.held = true), [Obstacle::Hold]);
        assert_eq!(of(|issue| issue.snoozed_until = Some(in_days(1))), [Obstacle::Snoozed]);
        assert_eq!(of(|issue| issue.snoozed_until = Some(now())), []);
        assert_eq!(of(|issue| issue.pulls = vec![thread(2)]), [Obstacle::LinkedPullRequest]);
        let work = |work: Work| of(|issue| issue.work = work);
        assert_eq!(work(Work { is_live: true, ..Work::default() }), [Obstacle::LiveJob]);
        assert_eq!(work(Work { is_asked: true, ..Work::default() }), [Obstacle::OpenDecision]);
        assert_eq!(work(Work { is_settled: true, ..Work::default() }), [Obstacle::Settled]);
        assert_eq!(work(Work { attempts: 3, ..Work::default() }), [Obstacle::AttemptsSpent]);
        assert_eq!(work(Work { attempts: 2, fails: 2, ..Work::default() }), []);
        assert_eq!(of(|issue| issue.readiness = Readiness::default()), [Obstacle::MissingScope]);
    }

    #[test]
    fn agents_and_timmy_are_no_persons() {
        assert_eq!(of(|issue| issue.assignees = [account("Ezra"), account("timmy")].into()), []);
        let both = [account("ezra"), account("anna")].into();
        assert_eq!(of(|issue| issue.assignees = both), [Obstacle::AssignedToPerson]);
    }

    #[test]
    fn only_the_issues_of_those_who_are_named_are_handed_out() {
        let rules = Rules { authors: Authors::Only(vec!["Anna".into()]), ..rules() };
        let of = |author: Option<Account>| {
            let author = author.map(Into::into);
            let issue = Facts { author, ..facts(1) };
            obstacles(&issue, false, &rules, &Fleet::default(), now())
        };
        assert_eq!(of(Some(account("anna"))), []);
        assert_eq!(of(Some(account("rando"))), [Obstacle::AuthorNotAllowed]);
        assert_eq!(of(None), [Obstacle::AuthorNotAllowed]);
    }

    #[test]
    fn a_pause_stops_its_repository_or_everything() {
        let paused = |part| {
            let pause = Pause { part, by: account("alexander"), since: now() };
            let fleet = Fleet { pauses: vec![pause], ..Fleet::default() };
            obstacles(&facts(1), false, &rules(), &fleet, now())
        };
        assert_eq!(paused(Part::All), [Obstacle::Paused]);
        assert_eq!(paused(Part::Repo(RepoId(1))), [Obstacle::Paused]);
        assert_eq!(paused(Part::Repo(RepoId(2))), []);
        assert_eq!(paused(Part::Agent("ezra".into())), []);
    }

    #[test]
    fn the_firmest_comes_first() {
        let all = of(|issue| {
            issue.readiness = Readiness::default();
            issue.held = true;
            issue.waits_for = vec![thread(9)];
        });
        assert_eq!(all, [Obstacle::Blocked, Obstacle::Hold, Obstacle::MissingScope]);
        assert!(all.is_sorted());
    }
}
