//! What attempts use, in the three kinds in which it is counted, and the most of each.

use serde::{Deserialize, Serialize};

/// What was spent, or may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spent {
    /// In millionths of a US dollar.
    pub micro_usd: u64,
    pub tokens: u64,
    /// Attempts.
    pub runs: u64,
}

impl Spent {
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            micro_usd: self.micro_usd.saturating_add(other.micro_usd),
            tokens: self.tokens.saturating_add(other.tokens),
            runs: self.runs.saturating_add(other.runs),
        }
    }

    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self {
            micro_usd: self.micro_usd.saturating_sub(other.micro_usd),
            tokens: self.tokens.saturating_sub(other.tokens),
            runs: self.runs.saturating_sub(other.runs),
        }
    }
}

/// The most of each kind; none for any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ceiling {
    pub micro_usd: Option<u64>,
    pub tokens: Option<u64>,
    pub runs: Option<u64>,
}

impl Ceiling {
    /// Whether something that may cost as much as `bound` fits beside what is `spent`.
    pub fn has_room(&self, spent: Spent, bound: Spent) -> bool {
        let with = spent.plus(bound);
        let fits = |most: Option<u64>, would: u64| most.is_none_or(|most| would <= most);
        fits(self.micro_usd, with.micro_usd)
            && fits(self.tokens, with.tokens)
            && fits(self.runs, with.runs)
    }

    /// As much of `amount` as there is below it.
    #[must_use]
    pub fn cut(&self, amount: Spent) -> Spent {
        let cut = |most: Option<u64>, amount: u64| most.map_or(amount, |most| most.min(amount));
        Spent {
            micro_usd: cut(self.micro_usd, amount.micro_usd),
            tokens: cut(self.tokens, amount.tokens),
            runs: cut(self.runs, amount.runs),
        }
    }
}
