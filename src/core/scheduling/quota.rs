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

/// The shortest and the longest time for which what is said of that is believed, of a server and of an
/// agent that may say anything.
const SOONEST: Duration = Duration::from_secs(60);
const LATEST: Duration = Duration::from_secs(31 * 24 * 60 * 60);
const LATEST_OF_ANSWERS: Duration = LONGEST;

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

/// Who says that a quota is used up, and until when, if that is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotaWord {
    /// The server of the model, by an error or its headers.
    Server(Option<Timestamp>),
    /// Only what an agent gave for its answer. It may say anything, so it is believed for a day at most.
    Answer(Option<Timestamp>),
}

impl QuotaWord {
    /// Until when, as far as that is believed.
    fn told(self, now: Timestamp) -> Option<Timestamp> {
        let (told, latest) = match self {
            Self::Server(told) => (told, LATEST),
            Self::Answer(told) => (told, LATEST_OF_ANSWERS),
        };
        told.map(|until| until.clamp(now.after(SOONEST), now.after(latest)))
    }
}

impl SpentQuota {
    /// It is found to be used up, by this word. `before`: what was known.
    pub fn found(before: Option<Self>, word: QuotaWord, now: Timestamp) -> Self {
        let told = word.told(now);
        match before.filter(|before| before.since <= now) {
            // Whoever ran meanwhile finds the same. What is told is better than a guess.
            Some(before) if before.until > now => Self {
                until: match told {
                    Some(told) if before.is_told => told.max(before.until),
                    Some(told) => told,
                    None => before.until,
                },
                is_told: before.is_told || told.is_some(),
                ..before
            },
            before => {
                let failures = before.map_or(0, |before| before.failures).saturating_add(1);
                let until = match told {
                    // It was told before, and was not so.
                    Some(told) if failures > 1 => told.max(now.after(guess(failures - 1))),
                    Some(told) => told,
                    None => now.after(guess(failures)),
                };
                Self {
                    since: before.map_or(now, |before| before.since),
                    until,
                    is_told: told.is_some(),
                    failures,
                }
            }
        }
    }

    /// Whether an attempt may use it now. `probe`: when the first attempt that goes on was given to an
    /// agent since its time was over. A clock that was set back ends it.
    pub fn gate(&self, probe: Option<Timestamp>, now: Timestamp) -> QuotaGate {
        match probe.filter(|given| *given >= self.until) {
            _ if self.since > now => QuotaGate::Open,
            _ if self.until > now => QuotaGate::Shut(self.until),
            None => QuotaGate::Ajar,
            Some(given) if given.is_over(GOES_ON, now) => QuotaGate::Open,
            Some(given) => QuotaGate::Shut(given.after(GOES_ON)),
        }
    }

    /// Before when an attempt has to have been started that goes on at `now`, to show that it is there.
    pub fn shown_by_what_began(now: Timestamp) -> Timestamp {
        now.before(GOES_ON)
    }
}

/// How long it is left alone that was found so often in a row, if nobody says more.
fn guess(failures: u32) -> Duration {
    FIRST.saturating_mul(1 << failures.saturating_sub(1).min(8)).min(LONGEST)
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

    fn found(before: Option<SpentQuota>, told: Option<Timestamp>, now: Timestamp) -> SpentQuota {
        SpentQuota::found(before, QuotaWord::Server(told), now)
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
        let told = found(None, Some(at(90)), at(0));
        assert_eq!((told.until, told.is_told, told.failures), (at(90), true, 1));
        let again = found(Some(told), None, at(1));
        assert_eq!((again.until, again.failures), (at(90), 1), "it is the same");
        let guessed = found(None, None, at(0));
        assert_eq!(guessed.until, at(60));
        let in_vain = found(Some(guessed), None, at(61));
        assert_eq!((in_vain.since, in_vain.until, in_vain.failures), (at(0), at(181), 2));
        let mut last = in_vain;
        for _ in 0..40 {
            last = found(Some(last), None, last.until);
        }
        let late = last.until;
        assert_eq!(found(Some(last), None, late).until, late.after(LONGEST));
        for silly in [at(-9), Timestamp::from_micros(i64::MAX)] {
            let until = found(None, Some(silly), at(0)).until;
            assert!(until >= at(1) && until <= at(0).after(LATEST), "{until}");
        }
    }

    #[test]
    fn one_attempt_tries_whether_it_is_there_again() {
        let spent = found(None, Some(at(90)), at(0));
        assert_eq!(spent.gate(None, at(89)), QuotaGate::Shut(at(90)));
        assert_eq!(spent.gate(Some(at(5)), at(90)), QuotaGate::Ajar, "that began before");
        assert_eq!(spent.gate(Some(at(91)), at(92)), QuotaGate::Shut(at(101)));
        assert_eq!(spent.gate(Some(at(91)), at(101)), QuotaGate::Open, "it goes on");
    }

    #[test]
    fn what_an_agent_gives_for_its_answer_shuts_it_for_a_day_at_most() {
        let day = Duration::from_secs(24 * 60 * 60);
        let claimed = |before, told, now| SpentQuota::found(before, QuotaWord::Answer(told), now);
        assert_eq!(claimed(None, Some(at(90)), at(0)).until, at(90));
        assert_eq!(claimed(None, None, at(0)).until, at(60));
        let far = |now: Timestamp| Some(now.after(31 * day));
        let mut last = claimed(None, far(at(0)), at(0));
        for _ in 0..9 {
            let now = last.until;
            assert_eq!(claimed(Some(last), far(now.before(day)), now.before(day)).until, now);
            last = claimed(Some(last), far(now), now);
            assert_eq!(last.until, now.after(day), "however often it says so");
        }
        assert_eq!(
            found(Some(last), far(last.until), last.until).until,
            last.until.after(31 * day)
        );
    }

    #[test]
    fn what_is_told_replaces_a_guess_and_does_not_shorten_what_was_told() {
        let guessed = found(None, None, at(0));
        let told = found(Some(guessed), Some(at(9)), at(1));
        assert_eq!((told.until, told.is_told, told.failures), (at(9), true, 1));
        assert_eq!(found(Some(told), Some(at(5)), at(2)).until, at(9));
        assert_eq!(found(Some(told), Some(at(30)), at(2)).until, at(30));
    }

    #[test]
    fn short_times_that_are_told_in_vain_are_believed_less_and_less() {
        let mut last = found(None, Some(at(1)), at(0));
        for hours in [1, 2, 4, 8, 16, 24, 24] {
            let now = last.until;
            last = found(Some(last), Some(now.after(SOONEST)), now);
            assert_eq!(last.until, now.after(Duration::from_secs(hours * 3600)));
        }
        let late = found(Some(last), Some(last.until.after(LATEST)), last.until);
        assert_eq!(late.until, last.until.after(LATEST), "a longer one is believed");
    }

    #[test]
    fn a_clock_that_was_set_back_opens_it() {
        let spent = found(None, Some(at(90)), at(50));
        assert_eq!(spent.gate(None, at(49)), QuotaGate::Open);
        assert_eq!(found(Some(spent), None, at(49)).until, at(109), "what was known is over");
    }
}
