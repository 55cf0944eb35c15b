//! What attempts cost, and what they may.
//!
//! A gateway that says nothing of usage, or says zero, says nothing that could be trusted: such an
//! attempt is charged its bound, which was set aside when the lease was made. So a limit holds
//! whatever agents report.

use serde::{Deserialize, Serialize};

use crate::core::command::value::Amount;
pub use crate::core::model::spending::{Ceiling, Spent};
use crate::core::policy::controls::{BudgetPart, Controls};

/// Tokens of a language model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tokens {
    pub input: u64,
    pub output: u64,
}

impl Tokens {
    pub fn all(self) -> u64 {
        self.input.saturating_add(self.output)
    }
}

/// What an agent says that an attempt used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// None if it does not say.
    pub tokens: Option<Tokens>,
    /// What it says that this cost, in millionths of a US dollar.
    pub micro_usd: Option<u64>,
}

impl Usage {
    /// Nothing is known.
    pub const NONE: Self = Self { tokens: None, micro_usd: None };
}

/// What tokens cost, in millionths of a US dollar for each million of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenPrice {
    pub input: u64,
    pub output: u64,
}

/// On which terms an attempt is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeTerms {
    /// None if nobody wrote one down. A price of zero that somebody did write down is free.
    pub price: Option<TokenPrice>,
    /// The most that it is charged while its usage is unknown.
    pub bound: Spent,
}

/// What an attempt is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    pub spent: Spent,
    /// Whether any of it is the bound and not what was used.
    pub is_bound: bool,
}

impl Charge {
    /// Of what never ran.
    pub const NOTHING: Self =
        Self { spent: Spent { micro_usd: 0, tokens: 0, runs: 0 }, is_bound: false };
}

/// What an attempt is taken to use at most, where nothing ends it by its tokens.
const ASSUMED_TOKENS: u64 = 200_000;

impl ChargeTerms {
    /// The terms of an agent; `max_tokens` is what ends an attempt of it, where anything does. All of
    /// them may be of the dearer kind. Where nobody wrote down the price or that end, an attempt may
    /// cost an equal share of what its issue may, and no more.
    pub fn new(
        price: Option<TokenPrice>,
        max_tokens: Option<u64>,
        issue_micro_usd: u64,
        attempts: u32,
    ) -> Self {
        let tokens = max_tokens.unwrap_or(ASSUMED_TOKENS);
        let share = issue_micro_usd / u64::from(attempts.max(1));
        let priced = price.map(|price| cost(price.input.max(price.output), tokens));
        let micro_usd = match (priced, max_tokens) {
            (Some(priced), Some(_)) => priced,
            (Some(priced), None) => priced.min(share),
            (None, _) => share,
        };
        Self { price, bound: Spent { micro_usd, tokens, runs: 1 } }
    }

    /// What an attempt that ran is charged for `usage`.
    pub fn charge(&self, usage: Usage) -> Charge {
        let tokens = usage.tokens.filter(|tokens| tokens.all() > 0);
        let priced = |price: TokenPrice| {
            tokens.map(|t| cost(price.input, t.input).saturating_add(cost(price.output, t.output)))
        };
        let is_free = self.price == Some(TokenPrice { input: 0, output: 0 });
        let micro_usd = match usage.micro_usd {
            Some(said) if said > 0 => Some(said),
            _ if is_free => Some(0),
            _ => self.price.and_then(priced),
        };
        Charge {
            spent: Spent {
                micro_usd: micro_usd.unwrap_or(self.bound.micro_usd),
                tokens: tokens.map_or(self.bound.tokens, Tokens::all),
                runs: 1,
            },
            is_bound: micro_usd.is_none() || tokens.is_none(),
        }
    }
}

/// Rounded up: a budget is no place to lose fractions.
fn cost(per_million: u64, tokens: u64) -> u64 {
    let micro = (u128::from(per_million) * u128::from(tokens)).div_ceil(1_000_000);
    u64::try_from(micro).unwrap_or(u64::MAX)
}

impl Ceiling {
    /// The same, with what `amount` allows of its kind.
    #[must_use]
    pub fn set(self, amount: Amount) -> Self {
        match amount {
            Amount::MicroUsd(micro_usd) => Self { micro_usd: Some(micro_usd), ..self },
            Amount::Tokens(tokens) => Self { tokens: Some(tokens), ..self },
            Amount::Runs(runs) => Self { runs: Some(runs), ..self },
        }
    }

    /// What stays under both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let lower = |one: Option<u64>, other: Option<u64>| match (one, other) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        Self {
            micro_usd: lower(self.micro_usd, other.micro_usd),
            tokens: lower(self.tokens, other.tokens),
            runs: lower(self.runs, other.runs),
        }
    }

    /// The same where `raised` does not allow more. What has no limit needs no more.
    #[must_use]
    pub fn at_least(self, raised: Self) -> Self {
        let higher = |most: Option<u64>, raised: Option<u64>| {
            most.map(|most| raised.map_or(most, |raised| most.max(raised)))
        };
        Self {
            micro_usd: higher(self.micro_usd, raised.micro_usd),
            tokens: higher(self.tokens, raised.tokens),
            runs: higher(self.runs, raised.runs),
        }
    }

    /// What there is no room for beside what is `spent`, if there is none for `bound`.
    pub(super) fn shortage(
        &self,
        scope: BudgetScope,
        spent: Spent,
        bound: Spent,
    ) -> Option<BudgetShortage> {
        let kinds = [
            (BudgetUnit::MicroUsd, self.micro_usd, spent.micro_usd, bound.micro_usd),
            (BudgetUnit::Tokens, self.tokens, spent.tokens, bound.tokens),
            (BudgetUnit::Runs, self.runs, spent.runs, bound.runs),
        ];
        kinds.into_iter().find_map(|(unit, most, spent, needed)| {
            let most = most.filter(|most| spent.saturating_add(needed) > *most)?;
            Some(BudgetShortage { scope, unit, spent, needed, most })
        })
    }

    /// What it is once a person gave as much again as `size`, of each kind that has no room for `bound`
    /// beside what is `spent`; more where that is not enough.
    #[must_use]
    pub(super) fn raised(self, size: Self, spent: Spent, bound: Spent) -> Self {
        let raise = |most: Option<u64>, size: Option<u64>, spent: u64, bound: u64| {
            let most = most?;
            let needed = spent.saturating_add(bound);
            let once_more = most.max(spent).saturating_add(size.unwrap_or(most));
            Some(if needed > most { once_more.max(needed) } else { most })
        };
        Self {
            micro_usd: raise(self.micro_usd, size.micro_usd, spent.micro_usd, bound.micro_usd),
            tokens: raise(self.tokens, size.tokens, spent.tokens, bound.tokens),
            runs: raise(self.runs, size.runs, spent.runs, bound.runs),
        }
    }

    /// The most of each kind in words; none if there is no limit.
    pub fn said(self) -> Option<String> {
        let kinds = [
            (BudgetUnit::MicroUsd, self.micro_usd),
            (BudgetUnit::Tokens, self.tokens),
            (BudgetUnit::Runs, self.runs),
        ];
        let said = kinds.into_iter().filter_map(|(unit, most)| Some(unit.said(most?)));
        let said: Vec<String> = said.collect();
        (!said.is_empty()).then(|| said.join(" and "))
    }

    /// What was spent of the kinds that have a limit, in words; without any, what it cost.
    pub fn said_of(self, spent: Spent) -> String {
        let kinds = |limit: Option<u64>, spent: u64| limit.map(|_| spent);
        let of = Self {
            micro_usd: kinds(self.micro_usd, spent.micro_usd),
            tokens: kinds(self.tokens, spent.tokens),
            runs: kinds(self.runs, spent.runs),
        };
        of.said().unwrap_or_else(|| BudgetUnit::MicroUsd.said(spent.micro_usd))
    }

    /// Twice as much of what has a limit, as a command writes it.
    pub fn doubled(self) -> Option<Amount> {
        let kinds = [
            (BudgetUnit::MicroUsd, self.micro_usd),
            (BudgetUnit::Tokens, self.tokens),
            (BudgetUnit::Runs, self.runs),
        ];
        let first = kinds.into_iter().find_map(|(unit, most)| Some((unit, most?)));
        first.map(|(unit, most)| unit.amount(most.saturating_mul(2)))
    }
}

/// What a budget is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetScope {
    /// All jobs for one thread.
    Issue,
    /// One agent on one day.
    AgentDay,
    /// The fleet on one day.
    Day,
}

/// What may be spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Budgets {
    pub issue: Ceiling,
    pub agent_day: Ceiling,
    pub day: Ceiling,
}

/// What was spent or set aside, as far as budgets ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spending {
    pub issue: Spent,
    pub agent_day: Spent,
    pub day: Spent,
}

/// A budget that has no room for an attempt: which, and by how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BudgetShortage {
    pub scope: BudgetScope,
    pub unit: BudgetUnit,
    /// What is spent or set aside of it.
    pub spent: u64,
    /// What the attempt may take.
    pub needed: u64,
    /// What may be spent.
    pub most: u64,
}

/// In what a budget is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetUnit {
    /// Millionths of a US dollar.
    MicroUsd,
    Tokens,
    Runs,
}

impl BudgetUnit {
    /// An amount as commands write it.
    fn amount(self, amount: u64) -> Amount {
        match self {
            // No line to copy has fractions of a cent.
            Self::MicroUsd => Amount::MicroUsd(amount.div_ceil(10_000).saturating_mul(10_000)),
            Self::Tokens => Amount::Tokens(amount.div_ceil(1000).saturating_mul(1000)),
            Self::Runs => Amount::Runs(amount),
        }
    }

    /// An amount in words.
    pub fn said(self, amount: u64) -> String {
        match self {
            Self::MicroUsd => {
                let cents = amount.div_ceil(10_000);
                format!("{}.{:02} USD", cents / 100, cents % 100)
            }
            Self::Tokens => format!("{amount} tokens"),
            Self::Runs if amount == 1 => "1 run".to_owned(),
            Self::Runs => format!("{amount} runs"),
        }
    }
}

impl BudgetShortage {
    /// Which budget, what was spent, and what would be needed.
    pub fn fact(&self) -> String {
        let whose = match self.scope {
            BudgetScope::Issue => "this issue",
            BudgetScope::AgentDay => "its day",
            BudgetScope::Day => "the day",
        };
        let said = |amount| self.unit.said(amount);
        let (spent, needed, most) = (said(self.spent), said(self.needed), said(self.most));
        format!(
            "the budget of {whose} is {most}, of which {spent} is spent or set aside, and an attempt \
             may take {needed}"
        )
    }

    /// The same with what helps, where it is `agent` that would have made the attempt.
    pub fn told_of(&self, agent: &str) -> String {
        let fact = self.fact();
        let of = match self.scope {
            BudgetScope::Issue => return format!("{fact}: a higher `budget.issue` helps"),
            BudgetScope::AgentDay => format!("agent:{agent}"),
            BudgetScope::Day => "all".to_owned(),
        };
        let twice = self.most.saturating_mul(2).max(self.spent.saturating_add(self.needed));
        let twice = self.unit.amount(twice);
        format!("{fact}: the next day helps, or for today the owner's `budget {twice} scope={of}`")
    }
}

/// Which budget, what was spent, what would be needed, and what helps.
impl std::fmt::Display for BudgetShortage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.told_of("NAME"))
    }
}

impl Budgets {
    /// What may be spent today, by what the owner said of today.
    #[must_use]
    pub fn today(self, fleet: &Controls, agent: &str) -> Self {
        let said =
            |of: BudgetPart, configured: Ceiling| fleet.budgets(&of).fold(configured, Ceiling::set);
        Self {
            issue: self.issue,
            agent_day: said(BudgetPart::Agent(agent.to_owned()), self.agent_day),
            day: said(BudgetPart::All, self.day),
        }
    }

    /// The first budget that has no room for an attempt that may cost `bound`.
    pub fn exceeded(&self, spending: &Spending, bound: Spent) -> Option<BudgetShortage> {
        let budgets = [
            (BudgetScope::Issue, self.issue, spending.issue),
            (BudgetScope::AgentDay, self.agent_day, spending.agent_day),
            (BudgetScope::Day, self.day, spending.day),
        ];
        budgets
            .into_iter()
            .find_map(|(scope, ceiling, spent)| ceiling.shortage(scope, spent, bound))
    }
}

#[cfg(test)]
mod tests {
    use crate::core::jobs::money::*;

    const PRICE: TokenPrice = TokenPrice { input: 1_000_000, output: 4_000_000 };

    fn used(input: u64, output: u64) -> Usage {
        Usage { tokens: Some(Tokens { input, output }), micro_usd: None }
    }

    #[test]
    fn what_is_known_is_charged_as_it_is() {
        let terms = ChargeTerms::new(Some(PRICE), Some(200_000), 2_000_000, 3);
        let charge = terms.charge(used(100_000, 10_000));
        assert_eq!((charge.spent.micro_usd, charge.spent.tokens), (140_000, 110_000));
        assert!(!charge.is_bound);
        let said = Usage { micro_usd: Some(7), ..used(100_000, 10_000) };
        assert_eq!(terms.charge(said).spent.micro_usd, 7, "the agent knows better");
    }

    #[test]
    fn absent_or_zero_is_unknown_and_charged_at_its_bound() {
        let terms = ChargeTerms::new(Some(PRICE), Some(200_000), 2_000_000, 3);
        for unknown in [Usage::default(), used(0, 0), Usage { micro_usd: Some(0), ..used(0, 0) }] {
            let charge = terms.charge(unknown);
            assert_eq!(charge.spent, terms.bound);
            assert_eq!(charge.spent.micro_usd, 800_000, "all of them of the dearer kind");
            assert!(charge.is_bound);
        }
    }

    #[test]
    fn without_a_price_an_attempt_costs_its_share_of_the_issue() {
        let terms = ChargeTerms::new(None, Some(200_000), 2_000_000, 3);
        assert_eq!(terms.charge(used(5, 5)).spent.micro_usd, 666_666);
        assert!(terms.charge(used(5, 5)).is_bound);
    }

    #[test]
    fn a_dear_agent_that_nothing_ends_by_its_tokens_has_its_share_and_can_start() {
        let dear = TokenPrice { input: 3_000_000, output: 15_000_000 };
        let bound = |most| ChargeTerms::new(Some(dear), most, 2_000_000, 3).bound;
        assert_eq!(bound(None), Spent { micro_usd: 666_666, tokens: 200_000, runs: 1 });
        assert_eq!(bound(Some(200_000)).micro_usd, 3_000_000, "a bound that holds is not lowered");
        let cheap = ChargeTerms::new(Some(PRICE), None, 20_000_000, 3);
        assert_eq!(cheap.bound.micro_usd, 800_000);
    }

    #[test]
    fn a_price_of_zero_that_was_written_down_is_free() {
        let terms =
            ChargeTerms::new(Some(TokenPrice { input: 0, output: 0 }), Some(200_000), 2_000_000, 3);
        assert_eq!(terms.bound.micro_usd, 0);
        assert_eq!(terms.charge(used(5, 5)).spent.micro_usd, 0);
        assert!(!terms.charge(used(5, 5)).is_bound);
        assert_eq!(terms.charge(Usage::default()).spent.tokens, 200_000, "tokens are counted");
    }

    #[test]
    fn a_budget_has_room_for_what_may_be_spent_not_only_for_what_was() {
        let day = Ceiling { micro_usd: Some(10), ..Ceiling::default() };
        let budgets = Budgets { day, ..Budgets::default() };
        let spent = |micro_usd| Spent { micro_usd, tokens: 1, runs: 1 };
        let spending = Spending { day: spent(7), ..Spending::default() };
        assert_eq!(budgets.exceeded(&spending, spent(3)), None);
        let over = budgets.exceeded(&spending, spent(4)).expect("no room");
        assert_eq!((over.scope, over.unit), (BudgetScope::Day, BudgetUnit::MicroUsd));
        assert_eq!((over.spent, over.needed, over.most), (7, 4, 10));
        let runs = Ceiling { runs: Some(1), ..Ceiling::default() };
        let budgets = Budgets { issue: runs, ..Budgets::default() };
        let spending = Spending { issue: spent(0), ..Spending::default() };
        let over = budgets.exceeded(&spending, spent(0)).expect("no room");
        assert_eq!((over.scope, over.unit), (BudgetScope::Issue, BudgetUnit::Runs));
    }

    #[test]
    fn a_shortage_says_which_budget_what_was_spent_and_what_helps() {
        let day = Ceiling { micro_usd: Some(50_000_000), ..Ceiling::default() };
        let budgets = Budgets { day, ..Budgets::default() };
        let spent = |micro_usd| Spent { micro_usd, tokens: 1, runs: 1 };
        let spending = Spending { day: spent(49_600_000), ..Spending::default() };
        let over = budgets.exceeded(&spending, spent(666_666)).expect("no room");
        assert_eq!(
            over.to_string(),
            "the budget of the day is 50.00 USD, of which 49.60 USD is spent or set aside, and an \
             attempt may take 0.67 USD: the next day helps, or for today the owner's `budget 100usd \
             scope=all`"
        );
        let of_agent = BudgetShortage { scope: BudgetScope::AgentDay, ..over };
        let said = of_agent.told_of("ezra");
        assert!(said.ends_with("the owner's `budget 100usd scope=agent:ezra`"), "{said}");
    }

    #[test]
    fn nothing_overflows() {
        let terms =
            ChargeTerms::new(Some(TokenPrice { input: u64::MAX, output: 1 }), Some(u64::MAX), 1, 0);
        assert_eq!(terms.bound.micro_usd, u64::MAX);
        let all = Spent { micro_usd: u64::MAX, tokens: u64::MAX, runs: u64::MAX };
        assert_eq!(all.plus(all), all);
    }
}
