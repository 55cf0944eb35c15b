//! How well an agent fits: what it has proved, and how sure that makes us.
//!
//! The share of good results is estimated from three levels, each the parent of the next: all
//! that an agent did, what it did in one role, what it did in that role in one repository. The
//! mean of a level is worth [`PRIOR_TRIALS`] trials to the level below, so that little evidence
//! there moves little. What counts is not the mean but the lower bound of its Wilson interval
//! (Wilson 1927), which is low as long as little is known.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::MILLION;
use crate::core::model::ids::RepoId;
use crate::core::model::time::Timestamp;

/// How many trials the mean of the level above counts for, in millionths.
const PRIOR_TRIALS: u64 = 4 * MILLION;

/// Means are kept in billionths, so that nothing is lost in the millionths of a bound.
const BILLION: u128 = 1_000_000_000;

/// How many standard deviations lie between mean and bound, in hundredths: 80 % of all true
/// shares lie between the two bounds.
const Z: u128 = 128;

/// The square of `Z`, in millionths: 1.6384.
const Z_SQUARED: u128 = Z * Z * 100;

/// Days until a result counts for half.
const HALF_LIFE: u64 = 30;

/// 2^(-days/30) for less than a half-life, in millionths.
const DECAY: [u64; HALF_LIFE as usize] = [
    1_000_000, 977_160, 954_842, 933_033, 911_722, 890_899, 870_551, 850_667, 831_238, 812_252,
    793_701, 775_572, 757_858, 740_549, 723_635, 707_107, 690_956, 675_175, 659_754, 644_685,
    629_961, 615_572, 601_513, 587_774, 574_349, 561_231, 548_412, 535_887, 523_647, 511_687,
];

/// How one job of an agent ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Who did it.
    pub agent: String,
    /// The kind of work.
    pub role: String,
    /// Where.
    pub repo: RepoId,
    /// Whether what it brought was verified and accepted.
    pub is_good: bool,
    /// When that was known.
    pub at: Timestamp,
}

/// What all agents have proved up to a moment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AgentRecords(BTreeMap<String, SumOfParts<SumOfParts<Tally, RepoId>, String>>);

/// A sum, and what it is the sum of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>, K: Deserialize<'de> + Ord"))]
struct SumOfParts<T, K: Ord> {
    all: Tally,
    parts: BTreeMap<K, T>,
}

impl<T, K: Ord> Default for SumOfParts<T, K> {
    fn default() -> Self {
        Self { all: Tally::default(), parts: BTreeMap::new() }
    }
}

/// Results, counted and weighed by their age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// How many were good.
    pub good: u32,
    /// How many there were.
    pub all: u32,
    /// What the good ones weigh, in millionths.
    pub good_weight: u64,
    /// What all of them weigh, in millionths.
    pub weight: u64,
}

impl Tally {
    fn add(&mut self, is_good: bool, weight: u64) {
        self.all = self.all.saturating_add(1);
        self.weight = self.weight.saturating_add(weight);
        if is_good {
            self.good = self.good.saturating_add(1);
            self.good_weight = self.good_weight.saturating_add(weight);
        }
    }
}

/// How much of an agent's past is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth<'a> {
    /// All of it.
    Everything,
    /// What it did in a role.
    Role(&'a str),
    /// What it did in a role in a repository.
    Repo(&'a str, RepoId),
}

/// How well an agent fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fit {
    /// The share of good results that it has at least, most likely; in millionths.
    pub lower: u64,
    /// The share that it has at most, most likely; in millionths.
    pub upper: u64,
    /// What that was read from, at the level asked for.
    pub tally: Tally,
}

impl AgentRecords {
    /// Counts and weighs `outcomes`. Their order does not matter; one from the future counts in full.
    pub fn weigh(outcomes: impl IntoIterator<Item = Outcome>, now: Timestamp) -> Self {
        let mut weighed = Self::default();
        for Outcome { agent, role, repo, is_good, at } in outcomes {
            let weight = weight(now.since(at).as_secs() / (24 * 60 * 60));
            let agent = weighed.0.entry(agent).or_default();
            let role = agent.parts.entry(role).or_default();
            let here = role.parts.entry(repo).or_default();
            for tally in [&mut agent.all, &mut role.all, here] {
                tally.add(is_good, weight);
            }
        }
        weighed
    }

    /// How well `agent` fits, of which `prior` millionths were expected before anything was known.
    pub fn fit(&self, agent: &str, prior: u64, depth: Depth<'_>) -> Fit {
        let tallies = self.tallies(agent, depth);
        let mut parent = u128::from(prior.min(MILLION)) * BILLION / u128::from(MILLION);
        for tally in &tallies {
            parent = mean(tally, parent);
        }
        let tally = tallies.last().copied().unwrap_or_default();
        let (lower, upper) = bounds(parent, u128::from(tally.weight) + u128::from(PRIOR_TRIALS));
        Fit { lower, upper, tally }
    }

    /// What is known at each level down to `depth`.
    fn tallies(&self, agent: &str, depth: Depth<'_>) -> Vec<Tally> {
        let agent = self.0.get(agent);
        let role = |role| agent.and_then(|agent| agent.parts.get(role));
        let top = agent.map(|agent| agent.all).unwrap_or_default();
        let in_role = |name| role(name).map(|role| role.all).unwrap_or_default();
        match depth {
            Depth::Everything => vec![top],
            Depth::Role(name) => vec![top, in_role(name)],
            Depth::Repo(name, repo) => {
                let here = role(name).and_then(|role| role.parts.get(&repo).copied());
                vec![top, in_role(name), here.unwrap_or_default()]
            }
        }
    }
}

/// What a result weighs after so many whole days, in millionths.
fn weight(days: u64) -> u64 {
    let halvings = u32::try_from(days / HALF_LIFE).unwrap_or(u32::MAX);
    DECAY[(days % HALF_LIFE) as usize].checked_shr(halvings).unwrap_or(0)
}

/// The mean of a level in billionths, given that of the level above.
fn mean(tally: &Tally, parent: u128) -> u128 {
    let (good, all) = (u128::from(tally.good_weight), u128::from(tally.weight));
    let prior = u128::from(PRIOR_TRIALS);
    (good * BILLION + prior * parent) / (all + prior)
}

/// Lower and upper bound of a mean in billionths over so many millionths of trials.
///
/// With n trials of mean p: (np + z²/2 ∓ z √(np(1-p) + z²/4)) / (n + z²).
fn bounds(mean: u128, trials: u128) -> (u64, u64) {
    let million = u128::from(MILLION);
    let center = trials * mean / BILLION + Z_SQUARED / 2;
    // In millionths of millionths, so that the root is in millionths.
    let spread =
        trials * mean / BILLION * (BILLION - mean) / (BILLION / million) + Z_SQUARED / 4 * million;
    let margin = Z * spread.isqrt() / 100;
    let share = |numerator: u128| {
        let share = numerator * million / (trials + Z_SQUARED);
        u64::try_from(share.min(million)).unwrap_or(MILLION)
    };
    (share(center.saturating_sub(margin)), share(center + margin))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::core::scheduling::fit::*;

    const DAY: i64 = 24 * 60 * 60 * 1_000_000;
    const NOW: Timestamp = Timestamp::from_micros(20_000 * DAY);
    const DOOR: RepoId = RepoId(3);

    fn outcome(is_good: bool, days: i64, role: &str, repo: i64) -> Outcome {
        let at = Timestamp::from_micros(NOW.micros() - days * DAY);
        Outcome { agent: "ezra".into(), role: role.into(), repo: RepoId(repo), is_good, at }
    }

    fn fit(outcomes: &[Outcome], prior: u64) -> Fit {
        let outcomes = AgentRecords::weigh(outcomes.iter().cloned(), NOW);
        outcomes.fit("ezra", prior, Depth::Repo("coder", DOOR))
    }

    /// The same from the formulas as they stand in books, in floating point.
    fn by_the_book(outcomes: &[Outcome], prior: u64) -> [f64; 2] {
        let levels: [&dyn Fn(&Outcome) -> bool; 3] =
            [&|_| true, &|outcome| outcome.role == "coder", &|outcome| {
                outcome.role == "coder" && outcome.repo == DOOR
            }];
        let (mut p, mut n) = (prior as f64 / 1e6, 4.0);
        for holds in levels {
            let (mut good, mut all) = (0.0, 0.0);
            for outcome in outcomes.iter().filter(|outcome| holds(outcome)) {
                let days = ((NOW.micros() - outcome.at.micros()) / DAY).max(0);
                let weight = (-(days as f64) / 30.0).exp2();
                all += weight;
                good += if outcome.is_good { weight } else { 0.0 };
            }
            p = (good + 4.0 * p) / (all + 4.0);
            n = all + 4.0;
        }
        let z: f64 = 1.28;
        let center = p + z * z / (2.0 * n);
        let margin = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
        [-1.0, 1.0].map(|sign| (center + sign * margin) / (1.0 + z * z / n))
    }

    fn outcomes() -> impl Strategy<Value = Vec<Outcome>> {
        let one =
            (any::<bool>(), -3..2_000_i64, prop::sample::select(vec!["coder", "devops"]), 3..5_i64)
                .prop_map(|(is_good, days, role, repo)| outcome(is_good, days, role, repo));
        prop::collection::vec(one, 0..60)
    }

    #[test]
    fn weights_are_powers_of_two_to_the_last_millionth() {
        for days in 0..=700 {
            let exact = (-(days as f64) / 30.0).exp2() * 1e6;
            assert!((weight(days) as f64 - exact).abs() <= 1.0, "{days} days");
        }
        assert_eq!(weight(30), MILLION / 2);
        assert_eq!(weight(u64::MAX), 0);
    }

    #[test]
    fn nobody_knows_a_newcomer() {
        let Fit { lower, upper, tally } = fit(&[], 500_000);
        assert_eq!((lower, upper), (230_473, 769_526));
        assert_eq!(tally, Tally::default());
    }

    #[test]
    fn thirty_four_of_thirty_eight_are_worth_four_fifths() {
        let past: Vec<_> = (0..38).map(|i| outcome(i >= 4, 0, "coder", 3)).collect();
        let fit = fit(&past, 500_000);
        assert_eq!((fit.tally.good, fit.tally.all), (34, 38));
        assert_eq!(fit.lower / 10_000, 81);
    }

    #[test]
    fn what_is_known_elsewhere_counts_for_a_little() {
        let elsewhere: Vec<_> = (0..20).map(|_| outcome(true, 0, "coder", 4)).collect();
        let known = fit(&elsewhere, 500_000);
        assert!(known.lower > fit(&[], 500_000).lower);
        assert_eq!(known.tally, Tally::default());
        let here: Vec<_> = (0..20).map(|_| outcome(true, 0, "coder", 3)).collect();
        assert!(fit(&here, 500_000).lower > known.lower);
    }

    #[test]
    fn the_end_of_time_and_mad_priors_do_no_harm() {
        let late = Outcome { at: Timestamp::from_micros(i64::MAX), ..outcome(true, 0, "coder", 3) };
        let early = Outcome { at: Timestamp::from_micros(i64::MIN), ..late.clone() };
        let fit = fit(&[late, early], u64::MAX);
        assert!(fit.lower <= fit.upper && fit.upper <= MILLION);
        let full = Tally { good: 0, all: 0, good_weight: u64::MAX, weight: u64::MAX };
        assert!(bounds(mean(&full, BILLION), u128::from(u64::MAX)).1 <= MILLION);
    }

    proptest! {
        #[test]
        fn it_is_as_the_book_has_it(past in outcomes(), prior in 0..=MILLION) {
            let fit = fit(&past, prior);
            let [lower, upper] = by_the_book(&past, prior);
            prop_assert!((fit.lower as f64 / 1e6 - lower).abs() < 1e-5, "{fit:?} {lower}");
            prop_assert!((fit.upper as f64 / 1e6 - upper).abs() < 1e-5, "{fit:?} {upper}");
            prop_assert!(fit.lower <= fit.upper && fit.upper <= MILLION);
        }

        /// But for the last digit: bounds are rounded.
        #[test]
        fn a_good_result_never_harms_and_a_bad_one_never_helps(
            past in outcomes(), days in 0..100_i64, repo in 3..5_i64, prior in 0..=MILLION,
        ) {
            let before = fit(&past, prior);
            let with = |is_good| {
                let mut past = past.clone();
                past.push(outcome(is_good, days, "coder", repo));
                fit(&past, prior)
            };
            prop_assert!(with(true).lower + 3 >= before.lower);
            prop_assert!(with(false).upper <= before.upper + 3);
            prop_assert!(with(false).lower <= before.lower + 3);
        }

        #[test]
        fn the_order_of_outcomes_does_not_matter(past in outcomes()) {
            let mut back = past.clone();
            back.reverse();
            prop_assert_eq!(AgentRecords::weigh(past, NOW), AgentRecords::weigh(back, NOW));
        }

        #[test]
        fn outcomes_survive_storage(past in outcomes()) {
            let weighed = AgentRecords::weigh(past, NOW);
            let json = serde_json::to_string(&weighed).unwrap();
            prop_assert_eq!(serde_json::from_str::<AgentRecords>(&json).unwrap(), weighed);
        }
    }
}
