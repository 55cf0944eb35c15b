//! The backlog that is worked on: which issues, who says what there, and what has to come of each.

use super::fleet::{CRASHES, LIES, SLOPPY, TOO_HARD};

/// An issue that is given to an agent.
pub(super) struct Task {
    /// What a newcomer should look at.
    pub(super) note: &'static str,
    pub(super) title: &'static str,
    pub(super) command: &'static str,
    /// What has to be told there beside the card, and what people say to it, in order.
    pub(super) course: &'static [Turn],
}

/// One turn of the conversation in an issue.
#[derive(Debug, Clone, Copy)]
pub(super) enum Turn {
    /// timmy writes a comment that holds these words.
    Told(&'static str),
    /// The card's first line holds these words.
    Shown(&'static str),
    /// Somebody says something.
    Says { who: &'static str, text: &'static str, note: &'static str },
}

const ASKED: Turn = Turn::Told("### Merge");

const MERGED: Turn = Turn::Shown("**Merged");

const TRIED: Turn = Turn::Says {
    who: "walt",
    text: "/timmy approve",
    note: "Who may steer the work may not for that say yes to it.",
};

const APPROVED: Turn = Turn::Says {
    who: "alexander",
    text: "/timmy approve",
    note: "The owner looked, and says yes.",
};

pub(super) fn tasks() -> [Task; 5] {
    use Turn::Told;
    [
        Task {
            note: "An agent does what it is told: a branch, a pull request, and timmy has looked.",
            title: "The door sticks",
            command: "/timmy assign ezra",
            course: &[ASKED, TRIED, Told("**Not done.**"), APPROVED, Told("**Accepted"), MERGED],
        },
        Task {
            note: "Its check is red: it is told so, and mends it on the same pull request.",
            title: SLOPPY,
            command: "/timmy assign ezra",
            course: &[Told("ci/test"), ASKED, APPROVED, Told("**Accepted"), MERGED],
        },
        Task {
            note: "An agent says that it has, and has not: another one does it.",
            title: LIES,
            command: "/timmy assign auto",
            course: &[Told("and nothing of that is here"), ASKED],
        },
        Task {
            note: "An agent dies in the middle of it: another one does it.",
            title: CRASHES,
            command: "/timmy assign auto",
            course: &[ASKED],
        },
        Task {
            note: "What nobody can do comes to an end as well.",
            title: TOO_HARD,
            command: "/timmy assign auto",
            course: &[Told("I gave up")],
        },
    ]
}
