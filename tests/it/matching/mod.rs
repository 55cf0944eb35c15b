//! Who gets what: the choice held against a naive greedy over all pairs, and against the best
//! that could be found.

mod cases;
mod oracle;

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use timmy::core::model::ids::RepoId;
use timmy::core::scheduling::{
    AgentRecords, AutoTerms, Beginning, Match, Rejection, SuggestReason, TRIAL_RESULTS, Trial,
    match_issues, match_one,
};

use cases::{Case, cases, crossing_cases, plain_cases};
use oracle::{Oracle, Pair};

/// The pairs of a choice, in the order in which an oracle lists pairs.
fn pairs(case: &Case, choices: &[Match]) -> Vec<Pair> {
    let mut pairs: Vec<Pair> = choices
        .iter()
        .filter_map(|choice| {
            let winner = choice.winner.as_ref()?;
            let issue = case.candidates.iter().position(|c| c.thread == choice.thread).unwrap();
            let agent = case.roster.workers.iter().position(|w| w.name == winner.agent).unwrap();
            Some(Pair { issue, agent })
        })
        .collect();
    pairs.sort_unstable();
    pairs
}

/// What a choice is worth, as a share of the best.
fn share(case: &Case) -> f64 {
    let oracle = Oracle::of(case);
    let found = oracle.worth(&pairs(case, &match_issues(&case.candidates, &case.roster)));
    match oracle.best() {
        0 => 1.0,
        best => found as f64 / best as f64,
    }
}

proptest! {
    #[test]
    fn it_is_what_all_pairs_in_order_give(case in cases()) {
        let mut naive = Oracle::of(&case).greedy();
        naive.sort_unstable();
        prop_assert_eq!(pairs(&case, &match_issues(&case.candidates, &case.roster)), naive);
    }

    #[test]
    fn no_capacity_is_exceeded_and_nobody_gets_what_does_not_suit(case in cases()) {
        let pairs = pairs(&case, &match_issues(&case.candidates, &case.roster));
        let oracle = Oracle::of(&case);
        prop_assert!(oracle.bears(&pairs), "{pairs:?}");
        for pair in &pairs {
            prop_assert!(oracle.suits(*pair), "{pair:?}");
        }
        let issues: std::collections::HashSet<_> = pairs.iter().map(|pair| pair.issue).collect();
        prop_assert_eq!(issues.len(), pairs.len(), "an issue went to two");
    }

    #[test]
    fn the_order_of_the_input_does_not_matter(
        (case, candidates, workers) in cases().prop_flat_map(|case| {
            let candidates = Just(case.candidates.clone()).prop_shuffle();
            let workers = Just(case.roster.workers.clone()).prop_shuffle();
            (Just(case), candidates, workers)
        })
    ) {
        let shuffled = Case {
            candidates,
            roster: timmy::core::scheduling::Roster { workers, ..case.roster.clone() },
        };
        prop_assert_eq!(
            match_issues(&case.candidates, &case.roster),
            match_issues(&shuffled.candidates, &shuffled.roster)
        );
    }

    #[test]
    fn whoever_asks_about_one_issue_hears_the_same(case in cases()) {
        for choice in match_issues(&case.candidates, &case.roster) {
            let asked = case.candidates.iter().find(|c| c.thread == choice.thread).unwrap();
            prop_assert_eq!(&match_one(asked, &case.candidates, &case.roster), &choice);
        }
    }

    /// What may not be handed out is told of as if it might.
    #[test]
    fn an_issue_that_is_not_ready_hears_what_it_would_get(case in cases()) {
        for asked in &case.candidates {
            let mut others = case.candidates.clone();
            others.retain(|other| other.thread != asked.thread);
            prop_assert_eq!(
                match_one(asked, &others, &case.roster),
                match_one(asked, &case.candidates, &case.roster)
            );
        }
    }

    /// Whatever else there is: never more than may start today, never more than a trial allows, and
    /// nothing that may only be suggested.
    #[test]
    fn what_starts_by_itself_is_within_its_bounds(
        mut case in cases(),
        beginnings in prop::collection::vec(0..3_u8, 12),
        large in prop::collection::vec(prop::bool::weighted(0.2), 12),
        starts_left in 0..4_u32,
        merged in prop::collection::vec(0..5_u32, 9),
        open in prop::collection::vec(0..2_u32, 9),
    ) {
        for ((one, beginning), is_large) in case.candidates.iter_mut().zip(beginnings).zip(large) {
            one.is_large = is_large;
            one.beginning = match beginning {
                0 => Beginning::Suggested,
                1 => Beginning::HeldBack(SuggestReason::Old),
                _ => Beginning::ByItself,
            };
        }
        let pairs = ["ada", "bob", "eve"].into_iter().flat_map(|agent| {
            (1..4).map(move |repo| (agent, RepoId(repo)))
        });
        let mut auto = AutoTerms { starts_left, ..AutoTerms::default() };
        for (((agent, repo), merged), open) in pairs.zip(merged).zip(open) {
            auto.trials.entry(agent.to_owned()).or_default().insert(repo, Trial { merged, open });
        }
        case.roster.auto = auto.clone();
        let choices = match_issues(&case.candidates, &case.roster);
        let mut begun: BTreeMap<(String, RepoId), u32> = BTreeMap::new();
        for choice in &choices {
            let Some(winner) = &choice.winner else { continue };
            let issue = case.candidates.iter().find(|one| one.thread == choice.thread).unwrap();
            match winner.beginning {
                Beginning::ByItself => {
                    prop_assert_eq!(issue.beginning, Beginning::ByItself);
                    let trial = auto.trial(&winner.agent, choice.thread.repo);
                    prop_assert!(!(trial.lasts() && issue.is_large));
                    *begun.entry((winner.agent.clone(), choice.thread.repo)).or_default() += 1;
                }
                Beginning::Suggested => prop_assert_eq!(issue.beginning, Beginning::Suggested),
                Beginning::HeldBack(_) => prop_assert_ne!(issue.beginning, Beginning::Suggested),
            }
        }
        prop_assert!(begun.values().sum::<u32>() <= starts_left);
        for ((agent, repo), count) in begun {
            let trial = auto.trial(&agent, repo);
            prop_assert!(trial.merged >= TRIAL_RESULTS || trial.open + count <= 1);
        }
    }

    #[test]
    fn everybody_but_the_winner_lacked_something(case in cases()) {
        for choice in match_issues(&case.candidates, &case.roster) {
            let told = choice.others.len() + usize::from(choice.winner.is_some());
            prop_assert_eq!(told, case.roster.workers.len());
            prop_assert!(choice.others.is_sorted_by_key(|lost| std::cmp::Reverse(lost.fit)));
            for lost in &choice.others {
                let stranger = matches!(
                    lost.lack,
                    Rejection::NoRole
                        | Rejection::NoSkill
                        | Rejection::NoAccess
                        | Rejection::CannotAsk
                );
                prop_assert!(!stranger || lost.fit == 0);
                prop_assert!(Some(&lost.agent) != choice.winner.as_ref().map(|w| &w.agent));
            }
        }
    }

    #[test]
    fn it_is_worth_at_least_half_of_the_best(case in plain_cases()) {
        prop_assert!(share(&case) >= 0.5);
    }

    #[test]
    fn it_is_worth_a_third_of_the_best_where_quotas_cross_hosts(case in crossing_cases()) {
        prop_assert!(share(&case) >= 1.0 / 3.0);
    }
}

/// How near to the best the choice is: run with `--nocapture`.
#[test]
fn it_is_worth_nearly_the_best_in_the_mean() {
    let mut runner = TestRunner::deterministic();
    for (kind, strategy) in
        [("nested", plain_cases().boxed()), ("crossing", crossing_cases().boxed())]
    {
        let shares: Vec<f64> =
            (0..1_000).map(|_| share(&strategy.new_tree(&mut runner).unwrap().current())).collect();
        let mean = shares.iter().sum::<f64>() / shares.len() as f64;
        let worst = shares.iter().copied().fold(1.0, f64::min);
        println!("{kind} quotas: {mean:.4} of the best in the mean, {worst:.4} at worst");
        assert!(mean > 0.97, "{kind}: {mean}");
    }
}

mod by_example {
    use timmy::core::model::ids::RepoId;
    use timmy::core::scheduling::{AgentSlot, Candidate, Roster, TriedAgent, Workplaces};

    use super::cases::{candidate, roster, worker};
    use super::*;

    fn winners(choices: &[Match]) -> Vec<(i64, &str)> {
        let won = |choice: &Match| choice.winner.is_some();
        let name = |choice: &'_ Match| choice.thread.number;
        choices
            .iter()
            .filter(|choice| won(choice))
            .map(|choice| (name(choice), choice.winner.as_ref().unwrap().agent.as_str()))
            .collect()
    }

    #[test]
    fn the_last_free_slot_waits_for_a_p0() {
        let fleet = roster([worker("ada"), worker("bob")]);
        let mut issues = vec![candidate(1, 50), candidate(2, 40)];
        let choices = match_issues(&issues, &fleet);
        assert_eq!(winners(&choices), [(1, "ada")]);
        assert_eq!(choices[1].others[1].lack, Rejection::LowerValue, "bob is free");
        issues[1].is_p0 = true;
        assert_eq!(winners(&match_issues(&issues, &fleet)), [(2, "ada")]);
        issues[0].is_p0 = true;
        assert_eq!(winners(&match_issues(&issues, &fleet)), [(1, "ada"), (2, "bob")]);
    }

    #[test]
    fn what_may_start_by_itself_goes_before_what_is_only_suggested() {
        let mut fleet = roster([worker("ada")]);
        fleet.auto.starts_left = 1;
        let fresh = Candidate { beginning: Beginning::ByItself, ..candidate(2, 10) };
        let old =
            Candidate { beginning: Beginning::HeldBack(SuggestReason::Old), ..candidate(1, 90) };
        let choices = match_issues(&[old.clone(), fresh.clone()], &fleet);
        assert_eq!(winners(&choices), [(2, "ada")]);
        fleet.auto.starts_left = 0;
        let choices = match_issues(&[old, fresh], &fleet);
        assert_eq!(winners(&choices), [(1, "ada")]);
        let winner = choices[0].winner.as_ref().expect("a winner");
        assert_eq!(winner.beginning, Beginning::HeldBack(SuggestReason::Old));
    }

    #[test]
    fn a_fleet_of_one_slot_keeps_none() {
        assert_eq!(
            winners(&match_issues(&[candidate(1, 50)], &roster([worker("ada")]))),
            [(1, "ada")]
        );
    }

    #[test]
    fn two_agents_on_a_host_for_one_are_one_slot() {
        let on_a_host = |name| {
            let mut worker = worker(name);
            worker.host = Some("vps-1".into());
            worker
        };
        let mut fleet = roster([on_a_host("ada"), on_a_host("bob")]);
        fleet.limits.per_host = 1;
        assert_eq!(winners(&match_issues(&[candidate(1, 50)], &fleet)), [(1, "ada")]);
    }

    #[test]
    fn too_many_reviews_stop_everything() {
        let mut fleet = roster([worker("ada")]);
        fleet.load.reviews_waiting = fleet.limits.reviews_waiting;
        let mut issue = candidate(1, 50);
        issue.is_p0 = true;
        let choices = match_issues(&[issue], &fleet);
        assert_eq!(choices[0].winner, None);
        assert_eq!(choices[0].others[0].lack, Rejection::ReviewsWaiting);
    }

    #[test]
    fn what_is_worth_little_waits_for_a_word() {
        let mut fleet = roster([worker("ada")]);
        fleet.limits.minimum = 50_000_000;
        let choices = match_issues(&[candidate(1, 49), candidate(2, 50)], &fleet);
        assert_eq!(winners(&choices), [(2, "ada")]);
    }

    #[test]
    fn every_tenth_small_issue_is_a_trial() {
        let past = (0..30).map(|_| cases::outcome("ada", true));
        let mut fleet = roster([worker("ada"), worker("bob"), worker("eve")]);
        // Ada is as good as known to be good for two thirds of the work, Bob may be better.
        let bad = (0..15).map(|_| cases::outcome("ada", false));
        fleet.outcomes = AgentRecords::weigh(past.chain(bad), cases::NOW);
        let mut issue = candidate(1, 50);
        issue.is_small = true;
        let chosen = |handed_out| {
            let mut fleet = fleet.clone();
            fleet.small_handed_out = handed_out;
            match_issues(&[issue.clone()], &fleet)[0].winner.clone().unwrap()
        };
        assert_eq!((chosen(8).agent.as_str(), chosen(8).is_trial), ("ada", false));
        let trial = chosen(9);
        assert_eq!((trial.agent.as_str(), trial.is_trial), ("bob", true));
        assert_eq!(trial.value, 50 * trial.fit);
        assert_eq!(chosen(10).agent, "ada");
    }

    fn winner(issue: &Candidate, fleet: &Roster) -> String {
        let [choice] = &match_issues(std::slice::from_ref(issue), fleet)[..] else { panic!() };
        choice.winner.clone().unwrap().agent
    }

    #[test]
    fn of_equals_the_cheaper_gets_it_and_what_is_small_begins_with_the_cheapest() {
        let priced = |name, micro_usd| AgentSlot { micro_usd, ..worker(name) };
        let mut fleet = roster([priced("ada", 3), priced("bob", 2), priced("eve", 1)]);
        fleet.workers[2].roles = vec!["reviewer".into()];
        assert_eq!(winner(&candidate(1, 50), &fleet), "bob", "eve does not fit");
        fleet.outcomes = AgentRecords::weigh([cases::outcome("ada", true)], cases::NOW);
        assert_eq!(winner(&candidate(1, 50), &fleet), "ada", "ada proved something");
        let small = Candidate { is_small: true, ..candidate(1, 50) };
        assert_eq!(winner(&small, &fleet), "bob");
    }

    #[test]
    fn the_cheaper_of_two_pairs_that_are_worth_the_same_comes_up_before_the_older_issue() {
        let mut dear = AgentSlot { micro_usd: 5, ..worker("ada") };
        dear.roles = vec!["devops".into()];
        let mut fleet = roster([dear, AgentSlot { micro_usd: 1, ..worker("bob") }]);
        fleet.limits.per_repository = 1;
        let older = Candidate { role: "devops".into(), ..candidate(1, 50) };
        let choices = match_issues(&[older, candidate(2, 50)], &fleet);
        assert_eq!(winners(&choices), [(2, "bob")]);
        assert_eq!(choices[0].others[0].lack, Rejection::RepoFull);
    }

    #[test]
    fn after_a_failure_another_family_is_preferred() {
        let of = |name, family: &str| AgentSlot { family: Some(family.into()), ..worker(name) };
        let fleet = roster([of("ada", "opus"), of("bob", "opus"), of("eve", "llama")]);
        let failed = |agent: &str| TriedAgent { agent: agent.into(), family: Some("opus".into()) };
        let after = |tried: Vec<TriedAgent>| Candidate { tried: tried.into(), ..candidate(1, 50) };
        assert_eq!(winner(&after(vec![]), &fleet), "ada");
        assert_eq!(winner(&after(vec![failed("ada")]), &fleet), "eve");
        let llama = TriedAgent { agent: "eve".into(), family: Some("llama".into()) };
        assert_eq!(winner(&after(vec![failed("ada"), llama.clone()]), &fleet), "bob");
        assert_eq!(winner(&after(vec![failed("ada"), failed("bob"), llama]), &fleet), "ada");
    }

    #[test]
    fn an_agent_works_only_where_it_may_and_within_the_budget_of_an_issue() {
        let mut fleet = roster([AgentSlot { micro_usd: 200_000, ..worker("ada") }]);
        let lack = |issue: &Candidate, fleet: &Roster| {
            let choices = match_issues(std::slice::from_ref(issue), fleet);
            choices[0].others.first().map(|lost| lost.lack)
        };
        fleet.limits.issue_micro_usd = Some(1_000_000);
        let spent = |spent| Candidate { spent, ..candidate(1, 50) };
        assert_eq!(lack(&spent(800_000), &fleet), None);
        assert_eq!(lack(&spent(800_001), &fleet), Some(Rejection::Budget));
        fleet.workers[0].is_out_of_quota = true;
        assert_eq!(lack(&spent(0), &fleet), Some(Rejection::PoolEmpty));
        fleet.workers[0].workplaces = Workplaces::default().within([RepoId(2)]);
        assert_eq!(lack(&spent(0), &fleet), Some(Rejection::NoAccess));
    }

    #[test]
    fn agents_lack_what_comes_first_in_the_list() {
        let mut down = worker("ada");
        (down.is_up, down.capacity) = (false, 0);
        let mut unseen = worker("ida");
        (unseen.is_up, unseen.is_unseen) = (false, true);
        let mut ignorant = worker("bob");
        ignorant.skills = vec!["cobol".into()];
        let mut idle = worker("eve");
        idle.roles = vec!["reviewer".into()];
        let mut spent = worker("kim");
        spent.is_spent = true;
        let mut issue = candidate(1, 50);
        issue.skills = vec!["rust".into()];
        let choices = match_issues(&[issue], &roster([down, unseen, ignorant, idle, spent]));
        let lacks: Vec<_> =
            choices[0].others.iter().map(|lost| (lost.agent.as_str(), lost.lack)).collect();
        assert_eq!(
            lacks,
            [
                ("ada", Rejection::AgentDown),
                ("ida", Rejection::AgentUnseen),
                ("kim", Rejection::Budget),
                ("bob", Rejection::NoSkill),
                ("eve", Rejection::NoRole)
            ]
        );
    }
}
