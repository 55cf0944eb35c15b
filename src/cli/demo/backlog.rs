//! The issues of the demo: which ones people open, one after the other, who says what there, and what has
//! to come of each.

use super::fleet::{CRASHES, LIES, SLOPPY, TOO_HARD};

/// An issue that somebody opens: it starts by itself.
pub(super) struct Task {
    /// What a newcomer should look at.
    pub(super) note: &'static str,
    pub(super) title: &'static str,
    pub(super) body: &'static str,
    /// What has to be told there beside the card, what people say to it, and what goes wrong, in
    /// order.
    pub(super) course: &'static [Turn],
}

/// One turn of the conversation in an issue.
#[derive(Debug, Clone, Copy)]
pub(super) enum Turn {
    /// timmy writes a comment that holds these words.
    Told(&'static str),
    /// timmy writes a comment that holds these words: the card from now on.
    Begins(&'static str),
    /// The card's first line holds these words.
    Shown(&'static str),
    /// The agent at work dies.
    Dies,
    /// Somebody says something.
    Says { who: &'static str, text: &'static str, note: &'static str },
}

const BODY: &str = "`docs/oil.md` says nothing of this.\n\nExpected: it is written down.";

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

/// On trial, an agent is given one after the other: none begins before the one above has ended.
pub(super) fn tasks() -> [Task; 5] {
    use Turn::{Dies, Told};
    [
        Task {
            note: "An issue is opened, and starts by itself: a branch, a pull request, and timmy has looked.",
            title: "The door sticks",
            body: BODY,
            course: &[ASKED, TRIED, Told("**Not done.**"), APPROVED, Told("**Accepted"), MERGED],
        },
        Task {
            note: "An agent says that it has, and has not: another one does it.",
            title: LIES,
            body: BODY,
            course: &[
                Told("and nothing of that is here"),
                ASKED,
                APPROVED,
                Told("**Accepted"),
                MERGED,
            ],
        },
        Task {
            note: "Its check is red: it is told so, and mends it on the same pull request.",
            title: SLOPPY,
            body: BODY,
            course: &[Told("ci/test"), ASKED, APPROVED, Told("**Accepted"), MERGED],
        },
        Task {
            note: "An agent dies in the middle of it: another one does it. Nobody has said yes yet.",
            title: CRASHES,
            body: BODY,
            course: &[Dies, ASKED],
        },
        Task {
            note: "What nobody can do comes to an end as well.",
            title: TOO_HARD,
            body: BODY,
            course: &[Told("I gave up")],
        },
    ]
}

/// The issue that a crew works on.
pub(super) fn for_a_crew() -> Task {
    use Turn::{Begins, Says, Shown, Told};
    Task {
        note: "One issue, and a crew for it: somebody asks for one, since more than one role has to look.",
        title: "The bell rings twice",
        body: "Every visitor is announced twice.\n\n- [ ] It is known why\n- [ ] It is written down",
        course: &[
            Says { who: "walt", text: "/timmy crew", note: "Who may steer asks for a crew." },
            Begins("plans this for a crew."),
            Told("### Go ahead with this plan?"),
            Says {
                who: "alexander",
                text: "/timmy approve",
                note: "The plan is a question. The owner looked at it, and says yes.",
            },
            Told("**The crew begins,**"),
            Told("The button bounces"),
            Told("### Merge"),
            Says {
                who: "alexander",
                text: "/timmy approve",
                note: "It was reviewed by an agent that did not write it, sent back once, and mended on \
                       the same pull request. A person has the last word.",
            },
            Told("**Accepted"),
            Shown("**The crew is done.**"),
        ],
    }
}
