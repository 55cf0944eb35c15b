//! How long attempts may take: for all agents, and what is different for one.

use std::ops::RangeInclusive;
use std::time::Duration;

use toml::Spanned;

use super::quantity::{duration, in_words};
use super::section::Section;
use crate::core::jobs::Timeouts;

const SECOND: Duration = Duration::from_secs(1);
const RANGE: RangeInclusive<Duration> = SECOND..=Duration::from_secs(30 * 24 * 60 * 60);

/// `dispatch.timeout`: nothing is longer than `total`.
pub(super) fn read(section: &Section<'_>) -> Timeouts {
    let timeouts = Timeouts {
        start: section.or("start", SECOND * 120, duration(RANGE)),
        silence: section.or("silence", SECOND * 600, duration(RANGE)),
        total: section.or("total", SECOND * 3600, duration(RANGE)),
        stop: section.or("stop", SECOND * 120, duration(RANGE)),
    };
    if section.is_sound()
        && let Some(message) = too_long(&timeouts, "dispatch.timeout")
    {
        section.contradiction(None, message, REMEDY);
    }
    timeouts
}

/// What to do about a part that is longer than the whole.
pub(super) const REMEDY: &str = "Shorten it, or give more time in total.";

/// What is longer than the whole of `timeouts`, which stand at `place`.
pub(super) fn too_long(timeouts: &Timeouts, place: &str) -> Option<String> {
    let parts = [("start", timeouts.start), ("silence", timeouts.silence)];
    let (key, part) = parts.into_iter().find(|(_, part)| *part > timeouts.total)?;
    let (part, total) = (in_words(part), in_words(timeouts.total));
    Some(format!("{place}.{key} ({part}) is longer than {place}.total ({total})."))
}

/// `agent.timeout`: what of the times of all is different for one agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OwnTimeouts {
    pub start: Option<Duration>,
    pub silence: Option<Duration>,
    pub total: Option<Duration>,
    pub stop: Option<Duration>,
}

impl OwnTimeouts {
    /// With the place of the table.
    pub(super) fn read(section: &Section<'_>) -> Spanned<Self> {
        let own = |key| section.optional(key, duration(RANGE));
        let timeouts = Self {
            start: own("start"),
            silence: own("silence"),
            total: own("total"),
            stop: own("stop"),
        };
        Spanned::new(section.span().unwrap_or_default(), timeouts)
    }

    /// The times of this agent, where those of all are `all`. What it has no word about is never
    /// longer than its own whole.
    pub fn over(self, all: Timeouts) -> Timeouts {
        let total = self.total.unwrap_or(all.total);
        Timeouts {
            start: self.start.unwrap_or(all.start.min(total)),
            silence: self.silence.unwrap_or(all.silence.min(total)),
            total,
            stop: self.stop.unwrap_or(all.stop),
        }
    }
    /// The same of one of whom no sign of life is seen: only its whole time counts, which is longer,
    /// since nobody sees how it goes.
    pub fn of_one_unseen(self, all: Timeouts) -> Timeouts {
        let total = self.total.unwrap_or(SECOND * 4 * 3600);
        let stop = self.stop.unwrap_or(all.stop);
        Timeouts { start: total, silence: total, total, stop }
    }
}

#[cfg(test)]
mod tests {
    use crate::config::timeouts::*;

    #[test]
    fn an_agent_differs_in_what_it_says() {
        let seconds = Duration::from_secs;
        let all = Timeouts {
            start: seconds(120),
            silence: seconds(600),
            total: seconds(3600),
            stop: seconds(60),
        };
        assert_eq!(OwnTimeouts::default().over(all), all);
        let four_hours = seconds(4 * 3600);
        let unseen = OwnTimeouts::default().of_one_unseen(all);
        let stop = all.stop;
        let whole = Timeouts { start: four_hours, silence: four_hours, total: four_hours, stop };
        assert_eq!(unseen, whole);
        let short = OwnTimeouts { total: Some(seconds(300)), ..OwnTimeouts::default() };
        assert_eq!(short.over(all), Timeouts { silence: seconds(300), total: seconds(300), ..all });
    }
}
