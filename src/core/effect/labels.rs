//! Families of labels, and which labels of an issue hold for its parts.

use serde::{Deserialize, Serialize};

/// The scope of labels that say what an issue is about.
const AREA: &str = "area";

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

/// Whether a label of an issue holds for its parts as well: how urgent they are, and what they are about.
pub fn is_for_parts(label: &str) -> bool {
    let scope = label.split_once('/').map(|(scope, _)| scope);
    LabelScope::Priority.value_of(label).is_some()
        || scope.is_some_and(|scope| scope.eq_ignore_ascii_case(AREA))
}

#[cfg(test)]
mod tests {
    use crate::core::effect::labels::*;

    #[test]
    fn parts_are_as_urgent_as_the_whole_and_about_the_same() {
        for label in ["priority/p1", "Priority/P0", "area/hinge", "AREA/door", "area/"] {
            assert!(is_for_parts(label), "{label}");
        }
        for label in ["priority/soon", "size/m", "area", "bug", "epic", ""] {
            assert!(!is_for_parts(label), "{label}");
        }
    }
}
