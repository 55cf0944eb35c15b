//! What may become of a job, in words.

use jiff::tz::TimeZone;

use crate::core::jobs::{
    AgentClaim, AttemptEnd, Commit, DeadReason, DeadlineKind, NeverRan, Purpose, Question,
};
use crate::core::model::time::{Timestamp, said};

/// In microseconds.
const MINUTE: i64 = 60_000_000;

/// A moment as people say it: of today the time alone.
pub(in crate::core) fn moment(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (there, here) = (at.zoned(zone), now.zoned(zone));
    match there.date() == here.date() {
        true => there.strftime("%H:%M %Z").to_string(),
        false => said(at, now, zone),
    }
}

/// A moment until which something is waited for, in the same form: rounded up to the minute, so that it
/// does not read as over while that still lasts.
pub(super) fn awaited_until(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let second = at.second().micros();
    let rest = (MINUTE - second.rem_euclid(MINUTE)).rem_euclid(MINUTE);
    moment(Timestamp::from_micros(second.saturating_add(rest)), now, zone)
}

/// Millionths of a US dollar: `0.41`.
pub fn usd(micro: u64) -> String {
    let cents = micro.saturating_add(5_000) / 10_000;
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// The first characters of a commit, as people write it.
pub(in crate::core) fn short(commit: &Commit) -> String {
    commit.to_string().chars().take(7).collect()
}

impl NeverRan {
    /// Why an attempt never ran; in backticks stands what is not a word.
    pub fn said(self) -> &'static str {
        match self {
            Self::HostAway => "its host is away",
            Self::GatewayDown => "its agent takes no work now",
            Self::PoolSpent { .. } => "its quota is used up",
            Self::NoAccess => "its account may not read or push here",
            Self::BadKey => "its key is refused",
            Self::ModelGone => "its model is gone",
            Self::RedBranch => "the default branch is red",
            Self::NobodyFree => "no agent was free",
            Self::LeftNothing => "its agent left nothing behind lately, whatever it was given",
            Self::TooSlow => "whether it can begin could not be found out in time",
            Self::Moved => "the issue changed before it could begin",
            Self::NoWorkplace => "what it was to work on could not be brought to it",
            Self::NoProgram => "its program is not there, or cannot be started",
            Self::Stopped => "it was to stop before that",
        }
    }

    /// What helps against it.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::HostAway => "Wake its host.",
            Self::GatewayDown => {
                "See that its agent runs; `timmy doctor` says what is wrong with it."
            }
            Self::PoolSpent { .. } => "Wait for the quota, or name another agent.",
            Self::NoAccess => "Give its account write access to this repository.",
            Self::BadKey => "Give it a key that is accepted.",
            Self::ModelGone => "Configure a model that is there.",
            Self::RedBranch => "Mend the default branch.",
            Self::NobodyFree => "Name another agent, or raise what runs at once.",
            Self::LeftNothing => "Look at its key and its host; `timmy doctor` does.",
            Self::TooSlow => "Look at its gateway; `timmy doctor` does.",
            Self::Moved => "Look whether it is still to be done.",
            Self::NoWorkplace => "Look at the forge and at this machine; `timmy doctor` does.",
            Self::NoProgram => "Install it, or correct its `command`; `timmy doctor` looks at it.",
            Self::Stopped => "Nothing is wrong with it.",
        }
    }
}

impl DeadReason {
    /// Why nothing more is tried.
    pub fn said(self) -> String {
        match self {
            Self::AttemptsSpent => "all its attempts are spent".to_owned(),
            Self::Loop => "it ended in the same way again and again".to_owned(),
            Self::BadRequest => "its agent does not understand what is asked".to_owned(),
            Self::NeverRan(NeverRan::NobodyFree) => "no agent was free for it".to_owned(),
            Self::NeverRan(why) => format!("it could not even begin: {}", why.said()),
            Self::CutOff => "it was cut off by my own restarts too often".to_owned(),
            Self::Unanswered => "its agent needed a person, and nobody answered".to_owned(),
            Self::NoProposal => {
                "it proposed nothing that I could make issues of, though it was told why".to_owned()
            }
        }
    }

    /// What helps against it.
    pub fn remedy(self) -> Option<&'static str> {
        match self {
            Self::NeverRan(why) => Some(why.remedy()),
            Self::BadRequest => Some("Say in the issue what is to be done, and when it is done."),
            Self::AttemptsSpent
            | Self::Loop
            | Self::CutOff
            | Self::Unanswered
            | Self::NoProposal => None,
        }
    }
}

impl DeadlineKind {
    pub(super) fn said(self) -> &'static str {
        match self {
            Self::Start => "it showed no sign of life in time",
            Self::Silence => "it fell silent",
            Self::Total => "its time was over",
        }
    }
}

impl AttemptEnd {
    /// How an attempt ended.
    pub fn said(self) -> String {
        match self {
            Self::Ended => "ended by itself".to_owned(),
            Self::Failed => "failed".to_owned(),
            Self::TimedOut(kind) => format!("stopped: {}", kind.said()),
            Self::Stopped => "stopped".to_owned(),
            Self::Lost => "was lost".to_owned(),
            Self::Uncertain => "nobody knows whether it ran".to_owned(),
            Self::NeverRan(why) => format!("never ran: {}", why.said()),
            Self::CutOff => "was cut off by my own stop".to_owned(),
            Self::Asked => "ended to ask a person".to_owned(),
        }
    }
}

impl Purpose {
    /// What its agent ends with, where that is read and no work is looked for.
    pub(in crate::core) fn proposes(self) -> Option<&'static str> {
        match self {
            Self::Plan => Some("plan"),
            Self::Split => Some("proposal"),
            Self::Code | Self::Repair | Self::Review | Self::Research | Self::Ops => None,
        }
    }
}

impl Question {
    /// Whether nothing begins before it is answered.
    pub(in crate::core) fn is_before_work(self) -> bool {
        self == Self::Dispatch
    }

    /// Why a person is needed.
    pub fn said(self) -> &'static str {
        match self {
            Self::Dispatch => "it does not begin without a yes",
            Self::Accept => "the result is verified, and waits to be accepted",
            Self::NoChange => "its agent says that nothing has to change",
            Self::Guard => "what was found needs a look",
            Self::Repair => "its rounds of repair are spent",
            Self::Stuck => "its agent cannot go on without a person",
            Self::Permission => "its agent asks for a permission",
            Self::Uncertain => "nobody knows whether its agent ran",
            Self::Plan => "a crew's plan waits for a yes",
            Self::Split => "the issues that it would become wait for a yes",
        }
    }
}

impl AgentClaim {
    /// What an agent says that it did, as part of a sentence.
    pub(super) fn said(&self) -> String {
        match self {
            Self::PullRequest { number: Some(number), .. } => format!("pull request `#{number}`"),
            Self::PullRequest { number: None, commit: Some(commit) } => {
                format!("commit `{}`", short(commit))
            }
            Self::PullRequest { number: None, commit: None } => "a pull request".to_owned(),
            Self::Comment => "a comment".to_owned(),
            Self::Review(_) => "a review".to_owned(),
            Self::NoChange { .. } => "that nothing has to change".to_owned(),
            Self::Blocked => "that it cannot go on without a person".to_owned(),
            Self::Nothing => "nothing that I understand".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::core::reply::jobs::words::*;

    #[test]
    fn money_is_rounded_to_cents() {
        assert_eq!(
            [0, 4_999, 5_000, 412_000, 2_000_000, u64::MAX].map(usd),
            ["0.00", "0.00", "0.01", "0.41", "2.00", "18446744073709.55"]
        );
    }

    #[test]
    fn of_today_the_time_is_enough() {
        let at = |text| Timestamp::parse(text).expect("a time");
        let said = |text| moment(at(text), at("2026-11-22T14:02:11Z"), &TimeZone::UTC);
        assert_eq!(said("2026-11-22T15:02:00Z"), "15:02 UTC");
        assert_eq!(said("2026-11-25T15:02:00Z"), "Wed 25 Nov, 15:02 UTC");
    }

    #[test]
    fn what_is_waited_for_does_not_read_as_over_before_it_is() {
        let at = |text| Timestamp::parse(text).expect("a time");
        let said = |text| awaited_until(at(text), at("2026-11-22T21:15:29Z"), &TimeZone::UTC);
        assert_eq!(said("2026-11-22T21:15:34Z"), "21:16 UTC");
        assert_eq!(said("2026-11-22T21:16:00.4Z"), "21:16 UTC");
        assert_eq!(said("2026-11-22T23:59:40Z"), "Mon 23 Nov, 00:00 UTC");
    }
}
