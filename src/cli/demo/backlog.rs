//! The backlog that is worked on: which issues, who asks for them, and what has to come of each.

use super::fleet::{CRASHES, LIES, TOO_HARD};

/// An issue that is given to an agent.
pub(super) struct Task {
    /// What a newcomer should look at.
    pub(super) note: &'static str,
    pub(super) title: &'static str,
    pub(super) command: &'static str,
    /// The comments that timmy writes of it beside the card, by words that each holds, in order.
    pub(super) told: &'static [&'static str],
}

pub(super) fn tasks() -> [Task; 4] {
    [
        Task {
            note: "An agent does what it is told: a branch, a pull request, and timmy has looked.",
            title: "The door sticks",
            command: "/timmy assign ezra",
            told: &["**Done:"],
        },
        Task {
            note: "An agent says that it has, and has not: another one does it.",
            title: LIES,
            command: "/timmy assign auto",
            told: &["and nothing of that is here", "**Done:"],
        },
        Task {
            note: "An agent dies in the middle of it: another one does it.",
            title: CRASHES,
            command: "/timmy assign auto",
            told: &["**Done:"],
        },
        Task {
            note: "What nobody can do comes to an end as well.",
            title: TOO_HARD,
            command: "/timmy assign auto",
            told: &["I gave up"],
        },
    ]
}
