//! why of an issue: its place, what lifts it, what is missing, whom it suits.

use super::facts::{BacklogFacts, IssueCase};
use super::names::ThreadNames;
use super::query::WAITING;
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::reply::{Basis, Bid, DisregardedPull, Judgement};
use crate::core::scheduling::{
    AgentSlot, Beginning, Depth, Ineligible, IssueLabels, RankedIssue, RankingInput, RejectedAgent,
    Rejection, explain,
};

/// What the forge and the lines before tell better than the backlog, which may be a minute old.
const SEEN: [Ineligible; 7] = [
    Ineligible::Closed,
    Ineligible::PullRequest,
    Ineligible::Blocked,
    Ineligible::Hold,
    Ineligible::Snoozed,
    Ineligible::Paused,
    Ineligible::AssignedToPerson,
];

impl BacklogFacts {
    /// What keeps an issue from being handed out that only the backlog knows.
    pub(in crate::core::handlers) fn unseen_obstacles(
        &self,
        thread: ThreadId,
    ) -> impl Iterator<Item = Ineligible> {
        let case = self.cases.get(&thread).into_iter();
        let known = case.flat_map(|case| &case.standing.obstacles).copied();
        known.filter(|obstacle| !SEEN.contains(obstacle))
    }

    /// What is to be said of an issue that was asked about, in the repository `here` or outside of
    /// all.
    pub(in crate::core::handlers) fn judgement(
        &self,
        thread: ThreadId,
        here: Option<RepoId>,
    ) -> Option<Judgement> {
        let ready = &self.ranking().ready;
        let case = self.cases.get(&thread)?;
        let (facts, standing) = (&case.facts, &case.standing);
        let waiting = case.waiting.iter().filter(|one| self.is_named(**one)).take(WAITING);
        let pulls = facts.pulls.iter().map(|pull| &pull.thread);
        let named = waiting.clone().chain(pulls).chain(&standing.circle).copied();
        let names = ThreadNames::of(self, here, named);
        let before = |one: &&RankedIssue| goes_before(one, standing);
        let waiting = waiting.filter_map(|thread| names.name(*thread)).collect();
        let RankingInput { now, zone, rules, .. } = &self.judged.setting;
        let (mut pulls, mut disregarded) = (Vec::new(), Vec::new());
        for pull in &facts.pulls {
            match (names.name(pull.thread), pull.disregarded(&facts.assignees, rules, *now)) {
                (name, None) => pulls.push(name),
                (name, Some(because)) => disregarded.push(DisregardedPull { name, because }),
            }
        }
        Some(Judgement {
            place: ready.iter().take_while(before).count() + 1,
            of: ready.len() + usize::from(!standing.obstacles.is_empty()),
            points: standing.score.points,
            minimum: self.roster().limits.minimum,
            terms: explain(facts, standing, rules, *now, zone),
            waiting,
            role: case.role.clone(),
            bids: self.bids(case),
            beginning: case
                .choice
                .winner
                .as_ref()
                .map_or_else(Beginning::default, |one| one.beginning),
            has_crew: self.has_crew(&case.role, thread),
            parts: self.parts(&facts.labels, thread),
            circle: standing.circle.iter().map(|thread| names.name(*thread)).collect(),
            pulls,
            disregarded,
            author: facts.author.as_ref().map(|author| author.login.clone()),
        })
    }

    /// Whether one agent that holds `role`, and another one that looks before or after it, may work there.
    fn has_crew(&self, role: &str, thread: ThreadId) -> bool {
        let workers = self.roster().workers.iter();
        let there: Vec<&AgentSlot> =
            workers.filter(|slot| slot.workplaces.include(thread.repo)).collect();
        let holds = |slot: &AgentSlot, role: &str| slot.roles.iter().any(|held| held == role);
        let looks = |slot: &AgentSlot| holds(slot, "reviewer") || holds(slot, "researcher");
        there.iter().any(|one| {
            holds(one, role) && there.iter().any(|other| one.name != other.name && looks(other))
        })
    }

    /// The roles that an issue asks for, where they are several, all of them are held there, and nobody
    /// holds all of them: parts that several agents can do, and none alone.
    fn parts(&self, labels: &[String], thread: ThreadId) -> Vec<String> {
        let roles = IssueLabels::roles(labels);
        let workers = self.roster().workers.iter();
        let there: Vec<&AgentSlot> =
            workers.filter(|slot| slot.workplaces.include(thread.repo)).collect();
        let is_held = |role: &String| there.iter().any(|slot| slot.roles.contains(role));
        let holds_all = |slot: &&AgentSlot| roles.iter().all(|role| slot.roles.contains(role));
        let is_for_several =
            roles.len() > 1 && roles.iter().all(is_held) && !there.iter().any(holds_all);
        if is_for_several { roles.into_iter().collect() } else { Vec::new() }
    }

    /// The agents beside an issue: who gets it, then the others, as they were judged.
    fn bids(&self, case: &IssueCase) -> Vec<Bid> {
        let winner = case.choice.winner.as_ref().map(|winner| Bid {
            agent: winner.agent.clone(),
            fit: winner.fit,
            basis: self.basis(case, &winner.agent),
            lack: None,
            quota_at: None,
        });
        let other = |lost: &RejectedAgent| Bid {
            agent: lost.agent.clone(),
            fit: lost.fit,
            basis: self.basis(case, &lost.agent),
            lack: Some(lost.lack),
            quota_at: (lost.lack == Rejection::PoolEmpty)
                .then(|| self.quota_at(&lost.agent))
                .flatten(),
        };
        winner.into_iter().chain(case.choice.others.iter().map(other)).collect()
    }

    /// What is known of an agent, as near to an issue as anything is.
    fn basis(&self, case: &IssueCase, agent: &str) -> Option<Basis> {
        let (role, repo) = (case.role.as_str(), case.standing.thread.repo);
        let known = |scope| {
            let tally = self.roster().outcomes.fit(agent, 0, scope).tally;
            (tally.all > 0).then_some((tally.good, tally.all))
        };
        let here = || known(Depth::Repo(role, repo)).map(|(good, all)| Basis::Here { good, all });
        let role = || known(Depth::Role(role)).map(|(good, all)| Basis::Role { good, all });
        let any = || known(Depth::Everything).map(|(good, all)| Basis::Any { good, all });
        here().or_else(role).or_else(any)
    }
}

/// Whether an issue comes before another, as if both were ready.
fn goes_before(one: &RankedIssue, other: &RankedIssue) -> bool {
    use std::cmp::Reverse;
    let rank = |s: &RankedIssue| (s.is_p0, s.score.points, Reverse((s.created_at, s.thread)));
    rank(one) > rank(other)
}
