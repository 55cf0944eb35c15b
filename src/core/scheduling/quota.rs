//! Quotas: how much of one may be used within a time, and what is done about one that its agents say
//! is used up.
//!
//! A quota that is used up is shut until it may be there again. Then one attempt tries it: what that
//! meets opens it, or shuts it anew.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::core::model::spending::{Ceiling, Spent};
use crate::core::model::time::Timestamp;

/// How long a quota is left alone of which nobody says when it begins anew; twice as long each time
/// that it was tried in vain, up to the longest.
const FIRST: Duration = Duration::from_secs(60 * 60);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The shortest and the longest time for which what an agent says of that is believed.
const SOONEST: Duration = Duration::from_secs(60);
const LATEST: Duration = Duration::from_secs(31 * 24 * 60 * 60);

/// How long an attempt has to go on for its quota to be there: one that is refused ends before.
const GOES_ON: Duration = Duration::from_secs(10 * 60);

/// What may be used within a stretch of time that ends now, and what was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaWindow {
    pub per: Duration,
    pub most: Ceiling,
    /// What was used or is set aside in it.
    #[serde(default)]
    pub used: Spent,
}

impl QuotaWindow {
    /// Whether an attempt that may use as much as `bound` fits in beside what others `take`. One that
    /// may use more than the whole window has all of it.
    pub fn has_room(&self, take: Spent, bound: Spent) -> bool {
        self.most.has_room(self.used.plus(take), self.most.cut(bound))
    }

    /// When it has room for `bound` again if nothing else is used: `ended` is what was used and when,
    /// the oldest first. None if what has not ended is in the way.
    pub fn room_at(
        &self,
        ended: impl IntoIterator<Item = (Timestamp, Spent)>,
        bound: Spent,
    ) -> Option<Timestamp> {
        let mut window = *self;
        ended.into_iter().find_map(|(at, used)| {
            window.used = window.used.minus(used);
            window.has_room(Spent::default(), bound).then(|| at.after(self.per))
        })
    }

    /// Since when what ended counts.
    pub fn begins(&self, now: Timestamp) -> Timestamp {
        now.before(self.per)
    }
}

/// A quota that its agents said is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpentQuota {
    pub since: Timestamp,
    /// It is not tried before.
    pub until: Timestamp,
    /// Whether an agent said until when.
    pub is_told: bool,
    /// How often in a row that was found.
    pub failures: u32,
}

impl SpentQuota {
    /// It is found to be used up, until a moment that is `told` or not. `before`: what was known.
    pub fn found(before: Option<Self>, told: Option<Timestamp>, now: Timestamp) -> Self {
        let told = told.map(|until| until.clamp(now.after(SOONEST), now.after(LATEST)));
        match before {
            // Whoever ran meanwhile finds the same.
            Some(before) if before.until > now => Self {
                until: told.map_or(before.until, |told| told.max(before.until)),
                is_told: before.is_told || told.is_some(),
                ..before
            },
            before => {
                let failures = before.map_or(0, |before| before.failures).saturating_add(1);
                let guess = FIRST.saturating_mul(1 << (failures - 1).min(8)).min(LONGEST);
                Self {
                    since: before.map_or(now, |before| before.since),
                    until: told.unwrap_or(now.after(guess)),
                    is_told: told.is_some(),
                    failures,
                }
            }
        }
    }

    /// Whether an attempt may use it now. `probe`: when the latest attempt of it was given to an
    /// agent, if that goes on.
    pub fn gate(&self, probe: Option<Timestamp>, now: Timestamp) -> QuotaGate {
        match probe.filter(|given| *given >= self.until) {
            _ if self.until > now => QuotaGate::Shut(self.until),
            None => QuotaGate::Ajar,
            Some(given) if given.after(GOES_ON) <= now => QuotaGate::Open,
            Some(given) => QuotaGate::Shut(given.after(GOES_ON)),
        }
    }
}

/// Whether attempts may use a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotaGate {
    Open,
    /// One may, to see whether it is there again.
    Ajar,
    /// None may before this moment.
    Shut(Timestamp),
}

#[cfg(test)]
mod tests {
    use crate::core::scheduling::quota::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_micros(minute * 60_000_000)
    }

    fn tokens(tokens: u64) -> Spent {
        Spent { tokens, runs: 1, ..Spent::default() }
    }

    fn window(most: u64, used: u64) -> QuotaWindow {
        let most = Ceiling { tokens: Some(most), ..Ceiling::default() };
        QuotaWindow { per: Duration::from_secs(3600), most, used: tokens(used) }
    }

    #[test]
    fn a_window_has_room_for_what_may_be_used() {
        assert!(window(100, 60).has_room(Spent::default(), tokens(40)));
        assert!(!window(100, 60).has_room(Spent::default(), tokens(41)));
        assert!(!window(100, 60).has_room(tokens(1), tokens(40)));
        assert!(window(100, 0).has_room(Spent::default(), tokens(900)), "it has all of it");
        assert!(!window(100, 1).has_room(Spent::default(), tokens(900)));
    }

    #[test]
    fn room_comes_back_when_enough_of_what_was_used_is_long_ago() {
        let ended = [(at(10), tokens(30)), (at(20), tokens(30))];
        assert_eq!(window(100, 60).room_at(ended, tokens(70)), Some(at(70)));
        assert_eq!(window(100, 60).room_at(ended, tokens(71)), Some(at(80)));
        assert_eq!(window(100, 61).room_at(ended, tokens(100)), None, "one has not ended");
    }

    #[test]
    fn what_is_told_counts_and_else_it_is_tried_less_and_less_often() {
        let told = SpentQuota::found(None, Some(at(90)), at(0));
        assert_eq!((told.until, told.is_told, told.failures), (at(90), true, 1));
        let again = SpentQuota::found(Some(told), None, at(1));
        assert_eq!((again.until, again.failures), (at(90), 1), "it is the same");
        let guessed = SpentQuota::found(None, None, at(0));
        assert_eq!(guessed.until, at(60));
        let in_vain = SpentQuota::found(Some(guessed), None, at(61));
        assert_eq!((in_vain.since, in_vain.until, in_vain.failures), (at(0), at(181), 2));
        let mut last = in_vain;
        for _ in 0..40 {
            last = SpentQuota::found(Some(last), None, last.until);
        }
        let late = last.until;
        assert_eq!(SpentQuota::found(Some(last), None, late).until, late.after(LONGEST));
        for silly in [at(-9), Timestamp::from_micros(i64::MAX)] {
            let found = SpentQuota::found(None, Some(silly), at(0)).until;
            assert!(found >= at(1) && found <= at(0).after(LATEST), "{found}");
        }
    }

    #[test]
    fn one_attempt_tries_whether_it_is_there_again() {
        let spent = SpentQuota::found(None, Some(at(90)), at(0));
        assert_eq!(spent.gate(None, at(89)), QuotaGate::Shut(at(90)));
        assert_eq!(spent.gate(Some(at(5)), at(90)), QuotaGate::Ajar, "that began before");
        assert_eq!(spent.gate(Some(at(91)), at(92)), QuotaGate::Shut(at(101)));
        assert_eq!(spent.gate(Some(at(91)), at(101)), QuotaGate::Open, "it goes on");
    }
}
