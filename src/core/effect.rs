//! What timmy wants to be true on the forge: one outward write each, with its key.
//!
//! An effect is stored with its key before it is sent, and carried out until it is seen to be
//! done. Two kinds: a comment is *posted* (its key stands in a hidden marker, so that it can be
//! looked for), everything else is a *wish* (read, and write the difference), which may be
//! repeated at will.

use serde::{Deserialize, Serialize};

use super::model::dependency::SetDependency;
use super::model::ids::{Subject, ThreadId};
use super::model::time::Timestamp;
use super::reply::Reply;
use super::report::Write;

/// An effect with what makes it unique.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Keyed {
    /// Never used twice: the same key stored again changes nothing.
    pub key: String,
    /// Where it takes place; effects of one thread are carried out in order.
    pub thread: ThreadId,
    /// What.
    pub effect: Effect,
}

/// One outward write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Effect {
    /// A comment that answers.
    Reply {
        /// What it says.
        reply: Reply,
        /// When the text that it answers was written, by the forge's clock: it can only be later.
        since: Timestamp,
    },
    /// A reaction to a text.
    React {
        /// Which text.
        subject: Subject,
        /// Which reaction.
        reaction: Reaction,
    },
    /// At most one label of a scope.
    Label(SetLabel),
    /// Who is assigned.
    Assign(SetAssignees),
    /// What it waits for.
    Bond(SetDependency),
    /// A part of the report.
    Report(Write),
}

/// A reaction that timmy gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reaction {
    /// Heard, and ours: the claim.
    Eyes,
    /// Addressed, but no command in it.
    Confused,
}

/// A family of labels of which a thread holds at most one, such as `priority/p1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelScope {
    /// `priority/p0` to `priority/p3`
    Priority,
    /// `size/xs` to `size/xl`
    Size,
}

impl LabelScope {
    /// What stands before the `/`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Priority => "priority",
            Self::Size => "size",
        }
    }

    /// The values that belong to timmy. Other labels of the scope are people's own.
    pub fn values(self) -> &'static [&'static str] {
        match self {
            Self::Priority => &["p0", "p1", "p2", "p3"],
            Self::Size => &["xs", "s", "m", "l", "xl"],
        }
    }

    /// The colour that a label gets when it has to be made, as `rrggbb`.
    pub fn colour(self, value: &str) -> &'static str {
        match (self, value) {
            (Self::Priority, "p0") => "b60205",
            (Self::Priority, "p1") => "d93f0b",
            (Self::Priority, "p2") => "fbca04",
            (Self::Priority, _) => "c2e0c6",
            (Self::Size, _) => "bfd4f2",
        }
    }

    /// The value that a label stands for, if it is one of this scope.
    pub fn value_of(self, label: &str) -> Option<&'static str> {
        let (scope, value) = label.split_once('/')?;
        if !scope.eq_ignore_ascii_case(self.name()) {
            return None;
        }
        self.values().iter().copied().find(|v| value.eq_ignore_ascii_case(v))
    }

    /// The value that a thread with these labels has; with several, the more urgent, the smaller.
    pub fn value_among<'a>(
        self,
        labels: impl IntoIterator<Item = &'a str>,
    ) -> Option<&'static str> {
        let held: Vec<_> = labels.into_iter().filter_map(|l| self.value_of(l)).collect();
        self.values().iter().copied().find(|v| held.contains(v))
    }
}

/// That a thread holds exactly this label of a scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetLabel {
    /// Which family.
    pub scope: LabelScope,
    /// Which of them; none for no label of the scope.
    pub value: Option<String>,
    /// When it still holds.
    pub condition: Condition,
}

/// When a wish for a label still holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Whatever the thread has.
    Always,
    /// Only if the thread still has this value (none: no label of the scope): a person's later
    /// choice is not undone.
    Still(Option<String>),
}

/// A wish about a thread's assignees.
///
/// Gitea replaces the whole list, and an attempt that fails half-way may already have removed
/// people; so the wish carries who was there when it was made, and puts them back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "wish", rename_all = "snake_case")]
pub enum SetAssignees {
    /// Beside the others.
    Add {
        /// Whom.
        user: String,
        /// Who was assigned when this was decided.
        keep: Vec<String>,
    },
    /// This one no longer.
    Remove {
        /// Whom.
        user: String,
        /// Who was assigned when this was decided.
        keep: Vec<String>,
    },
    /// Nobody.
    Clear,
}

impl SetAssignees {
    /// Who is to be assigned, given who is; sorted by no rule but the forge's own order.
    pub fn wanted(&self, present: &[String]) -> Vec<String> {
        let (keep, add, remove) = match self {
            Self::Add { user, keep } => (keep.as_slice(), Some(user), None),
            Self::Remove { user, keep } => (keep.as_slice(), None, Some(user)),
            Self::Clear => return Vec::new(),
        };
        let mut wanted: Vec<String> = Vec::new();
        for login in present.iter().chain(keep).chain(add) {
            let unwanted = remove.is_some_and(|r| r.eq_ignore_ascii_case(login));
            if !unwanted && !wanted.iter().any(|w| w.eq_ignore_ascii_case(login)) {
                wanted.push(login.clone());
            }
        }
        wanted
    }
}

#[cfg(test)]
mod tests {
    use crate::core::effect::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|s| (*s).to_owned()).collect()
    }

    #[test]
    fn an_attempt_that_lost_people_puts_them_back() {
        let wish = SetAssignees::Add { user: "anna".into(), keep: names(&["ben"]) };
        assert_eq!(wish.wanted(&names(&["ben"])), names(&["ben", "anna"]));
        assert_eq!(wish.wanted(&[]), names(&["ben", "anna"]));
        assert_eq!(wish.wanted(&names(&["Anna", "ben"])), names(&["Anna", "ben"]));
    }

    #[test]
    fn removing_leaves_the_others() {
        let wish = SetAssignees::Remove { user: "anna".into(), keep: names(&["ben", "anna"]) };
        assert_eq!(wish.wanted(&names(&["anna"])), names(&["ben"]));
        assert_eq!(SetAssignees::Clear.wanted(&names(&["anna"])), Vec::<String>::new());
    }

    #[test]
    fn labels_are_read_without_case_and_strangers_are_left_alone() {
        assert_eq!(LabelScope::Size.value_of("size/S"), Some("s"));
        assert_eq!(LabelScope::Priority.value_of("priority/critical"), None);
        assert_eq!(
            LabelScope::Priority.value_among(["bug", "priority/p2", "priority/p0"]),
            Some("p0")
        );
    }
}
