//! The backlog at a moment: what is known of each issue, and where it stands.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use super::ranking_input::RankingInput;
use super::{
    Beginning, Candidate, IssueFacts, IssueLabels, LinkedPull, Match, RankedIssue, Ranking,
    match_issues, match_one, rank,
};
use crate::core::command::value::{Date, Size};
use crate::core::model::ids::ThreadId;
use crate::core::model::issue::is_dangerous;
use crate::core::model::time::Timestamp;
use crate::core::policy::controls::Controls;

/// The backlog, judged, with all that it was judged by.
#[derive(Debug, Clone)]
pub struct RankedBacklog {
    /// When, how and for whom it was judged.
    pub setting: RankingInput,
    /// Where each issue stands.
    pub ranking: Ranking,
    /// By repository and number.
    facts: Vec<IssueFacts>,
    /// Who gets what, once somebody has asked.
    choices: OnceLock<Vec<Match>>,
}

impl RankedBacklog {
    /// Judges `facts`, in whatever order they come.
    pub fn new(mut facts: Vec<IssueFacts>, setting: RankingInput) -> Self {
        facts.sort_unstable_by_key(|facts| facts.thread);
        let fleet = Controls { pauses: setting.pauses.clone(), ..Controls::default() };
        let ranking = rank(&facts, &setting.rules, &fleet, setting.now, &setting.zone);
        Self { setting, ranking, facts, choices: OnceLock::new() }
    }

    /// The same backlog in another setting.
    pub fn again(&self, setting: RankingInput) -> Self {
        Self::new(self.facts.clone(), setting)
    }

    /// What is known of an issue; none if it is not in the backlog.
    pub fn facts(&self, thread: ThreadId) -> Option<&IssueFacts> {
        let index = self.facts.binary_search_by_key(&thread, |facts| facts.thread).ok()?;
        self.facts.get(index)
    }

    /// The open issues that wait for this one directly.
    pub fn waiting_for(&self, thread: ThreadId) -> impl Iterator<Item = ThreadId> {
        let waits = move |facts: &&IssueFacts| facts.waits_for.contains(&thread);
        self.facts.iter().filter(waits).map(|facts| facts.thread)
    }

    /// Who gets what: see [`match_issues`]. It is worked out once, when it is asked for first.
    pub fn choices(&self) -> &[Match] {
        self.choices.get_or_init(|| match_issues(&self.candidates(), &self.setting.roster))
    }

    /// What was decided about an issue; none if it is not among those that are told.
    pub fn choice(&self, thread: ThreadId) -> Option<&Match> {
        self.choices().iter().find(|choice| choice.thread == thread)
    }

    /// Who gets one issue, and what the others lack; of one that may not be handed out, as if it might.
    pub fn choose_for(&self, asked: &RankedIssue) -> Option<Match> {
        let asked = self.candidate(asked)?;
        Some(match_one(&asked, &self.candidates(), &self.setting.roster))
    }

    /// Who would get what if these might be handed out as well.
    pub(super) fn choices_with(&self, also: &[&RankedIssue]) -> Vec<Match> {
        let mut candidates = self.candidates();
        candidates.extend(also.iter().filter_map(|standing| self.candidate(standing)));
        match_issues(&candidates, &self.setting.roster)
    }

    /// What may be handed out, in the order of the ranking.
    fn candidates(&self) -> Vec<Candidate> {
        let ready = &self.ranking.ready;
        let mut candidates = Vec::with_capacity(ready.len());
        candidates.extend(ready.iter().filter_map(|standing| self.candidate(standing)));
        candidates
    }

    fn candidate(&self, standing: &RankedIssue) -> Option<Candidate> {
        let facts = self.facts(standing.thread)?;
        let RankingInput { rules, roster, .. } = &self.setting;
        Some(Candidate::of(standing, facts, roster.auto.beginning(facts, rules)))
    }

    /// Until when all stays as it is unless something moves: the next midnight, the end of a
    /// snooze, when a pull request is taken for work no longer, or an agent is what it was not.
    pub fn holds_until(&self) -> Timestamp {
        let RankingInput { now, zone, .. } = &self.setting;
        let today = now.zoned(zone).date();
        let midnight = Date(today.tomorrow().unwrap_or(today)).begins(zone);
        let snoozes = self.facts.iter().filter_map(|facts| facts.snoozed_until);
        let pulls = self.facts.iter().flat_map(|facts| &facts.pulls);
        let ends = snoozes.chain(pulls.map(LinkedPull::is_in_work_until));
        let ends = ends.chain(self.setting.roster.until);
        ends.filter(|end| end > now).fold(midnight, Timestamp::min)
    }

    /// The facts of all that may be handed out, and of all that waits for it, by repository and
    /// number: from these alone the same candidates come out again, with the same scores.
    pub fn replay_facts(&self) -> impl Iterator<Item = &IssueFacts> {
        let mut waiting: HashMap<ThreadId, Vec<ThreadId>> = HashMap::new();
        for facts in &self.facts {
            for blocker in &facts.waits_for {
                waiting.entry(*blocker).or_default().push(facts.thread);
            }
        }
        let ready = self.ranking.ready.iter().map(|standing| standing.thread);
        let mut essential: HashSet<ThreadId> = ready.clone().collect();
        let mut found: Vec<ThreadId> = ready.collect();
        while let Some(thread) = found.pop() {
            for waiter in waiting.get(&thread).into_iter().flatten() {
                if essential.insert(*waiter) {
                    found.push(*waiter);
                }
            }
        }
        self.facts.iter().filter(move |facts| essential.contains(&facts.thread))
    }
}

impl Candidate {
    /// An issue, as far as it matters to whom it goes.
    fn of(standing: &RankedIssue, facts: &IssueFacts, beginning: Beginning) -> Self {
        let IssueLabels { size, role, skills, .. } = IssueLabels::of(&facts.labels);
        Self {
            thread: standing.thread,
            is_p0: standing.is_p0,
            points: standing.score.points,
            created_at: standing.created_at,
            is_dangerous: is_dangerous(&role, facts.names_protected),
            role,
            skills,
            is_small: size.is_some_and(|size| size <= Size::S),
            is_large: size.is_some_and(|size| size > Size::M),
            beginning,
            tried: facts.work.tried.clone(),
            spent: facts.work.spent,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use crate::core::scheduling::ranked_backlog::*;
    use crate::core::scheduling::testing::{UTC, any_facts, facts, in_days, now, rules, thread};
    use crate::core::scheduling::{
        AgentRecords, AgentSlot, AutoTerms, Limits, Load, Roster, Weights, compare,
    };

    fn roster() -> Roster {
        let worker = |name: &str, skills: &[&str]| AgentSlot {
            name: name.to_owned(),
            roles: vec!["coder".to_owned()],
            skills: skills.iter().map(|skill| (*skill).to_owned()).collect(),
            host: None,
            pool: None,
            capacity: 2,
            prior: 500_000,
            is_up: true,
            is_spent: false,
            ..AgentSlot::default()
        };
        let limits = Limits {
            per_host: 4,
            per_repository: 3,
            reviews_waiting: 5,
            minimum: 5_000_000,
            issue_micro_usd: None,
            pools: Vec::new(),
        };
        Roster {
            workers: vec![worker("ada", &["a"]), worker("bob", &[])],
            limits,
            load: Load::default(),
            outcomes: AgentRecords::default(),
            small_handed_out: 8,
            until: None,
            auto: AutoTerms::default(),
        }
    }

    fn setting() -> RankingInput {
        RankingInput { now: now(), zone: UTC, rules: rules(), pauses: Vec::new(), roster: roster() }
    }

    fn backlogs() -> impl Strategy<Value = Vec<IssueFacts>> {
        prop::collection::vec(any_facts(), 0..12).prop_map(|all| {
            let by_thread: BTreeMap<_, _> = all.into_iter().map(|one| (one.thread, one)).collect();
            by_thread.into_values().collect()
        })
    }

    #[test]
    fn it_holds_until_midnight_or_the_end_of_a_snooze() {
        let until = |facts| RankedBacklog::new(facts, setting()).holds_until().to_string();
        assert_eq!(until(vec![]), "2026-11-24T00:00:00Z");
        let snoozed = |days| IssueFacts { snoozed_until: Some(in_days(days)), ..facts(1) };
        assert_eq!(until(vec![snoozed(2)]), "2026-11-24T00:00:00Z");
        assert_eq!(until(vec![snoozed(-1)]), "2026-11-24T00:00:00Z");
        let soon =
            IssueFacts { snoozed_until: Timestamp::parse("2026-11-23T13:00:00Z"), ..facts(1) };
        assert_eq!(until(vec![soon]), "2026-11-23T13:00:00Z");
        let last = RankingInput { now: Timestamp::from_micros(i64::MAX), ..setting() };
        assert!(RankedBacklog::new(vec![], last).holds_until() <= Timestamp::from_micros(i64::MAX));
    }

    #[test]
    fn what_waits_for_nothing_ready_is_not_essential() {
        let waiting = |number, on| IssueFacts { waits_for: vec![thread(on)], ..facts(number) };
        let held = IssueFacts { held: true, ..facts(4) };
        let all = vec![facts(1), waiting(2, 1), waiting(3, 2), held, waiting(5, 4)];
        let judged = RankedBacklog::new(all, setting());
        let replay_facts: Vec<_> = judged.replay_facts().map(|facts| facts.thread.number).collect();
        assert_eq!(replay_facts, [1, 2, 3]);
    }

    proptest! {
        #[test]
        fn the_essence_leads_to_the_same_decision(all in backlogs()) {
            let judged = RankedBacklog::new(all, setting());
            let again = RankedBacklog::new(judged.replay_facts().cloned().collect(), setting());
            prop_assert_eq!(&again.ranking.ready, &judged.ranking.ready);
            prop_assert_eq!(again.choices(), judged.choices());
        }

        #[test]
        fn nothing_changes_in_the_same_setting(all in backlogs()) {
            let judged = RankedBacklog::new(all, setting());
            prop_assert_eq!(compare(&judged, &judged.again(setting())), []);
        }

        #[test]
        fn a_comparison_tells_the_places_of_both(all in backlogs()) {
            let before = RankedBacklog::new(all, setting());
            let mut other = setting();
            let (urgency, age) = (0, 450_000);
            other.rules.weights = Weights { urgency, age, ..other.rules.weights };
            let after = before.again(other);
            for change in compare(&before, &after) {
                prop_assert_eq!(change.before.place, before.ranking.place(change.thread));
                prop_assert_eq!(change.after.place, after.ranking.place(change.thread));
                prop_assert!(change.is_move() || change.is_of_agent());
            }
        }

        #[test]
        fn a_setting_survives_storage(small_handed_out in any::<u64>()) {
            let zone = jiff::tz::TimeZone::get("Europe/Berlin").expect("a bundled zone");
            let roster = Roster { small_handed_out, ..roster() };
            let setting = RankingInput { zone, roster, ..setting() };
            let json = serde_json::to_string(&setting).expect("JSON");
            prop_assert_eq!(serde_json::from_str::<RankingInput>(&json).expect("a setting"), setting);
        }
    }
}
