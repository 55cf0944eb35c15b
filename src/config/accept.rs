//! `[accept]`: what a person's yes to a verified result does.

use std::time::Duration;

use super::quantity::duration;
use super::section::Section;
use super::value::one_of;

const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// `[accept]`: what happens with a verified result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcceptConfig {
    pub on_yes: OnYes,
    pub style: MergeStyle,
    /// When a decision is brought up again.
    pub remind: Duration,
    /// When a question about work that has not begun takes its default; not before it was brought up
    /// again. All others stay open.
    pub expire: Duration,
}

/// What a yes does. Without one nothing is merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnYes {
    /// timmy approves and merges.
    Merge,
    /// timmy approves.
    Review,
    /// Nothing: nobody is asked, and results stay for people to merge.
    Nothing,
}

/// How Gitea merges a pull request (`Do` in its API).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeStyle {
    Merge,
    Rebase,
    /// Rebased, with a merge commit.
    RebaseMerge,
    Squash,
    /// Only if no merge commit is needed.
    FastForwardOnly,
}

impl MergeStyle {
    const ALL: [(&'static str, Self); 5] = [
        ("squash", Self::Squash),
        ("merge", Self::Merge),
        ("rebase", Self::Rebase),
        ("rebase-merge", Self::RebaseMerge),
        ("fast-forward-only", Self::FastForwardOnly),
    ];

    /// The word for it in Gitea's API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Merge => "merge",
            Self::Rebase => "rebase",
            Self::RebaseMerge => "rebase-merge",
            Self::Squash => "squash",
            Self::FastForwardOnly => "fast-forward-only",
        }
    }
}

impl AcceptConfig {
    pub(super) fn read(section: &Section<'_>) -> Self {
        const ON_YES: [(&str, OnYes); 3] =
            [("merge", OnYes::Merge), ("review", OnYes::Review), ("nothing", OnYes::Nothing)];
        let range = HOUR..=DAY * 365;
        let accept = Self {
            on_yes: section.or("on_yes", OnYes::Merge, one_of(&ON_YES)),
            style: section.or("style", MergeStyle::Squash, one_of(&MergeStyle::ALL)),
            remind: section.or("remind", DAY, duration(range.clone())),
            expire: section.or("expire", DAY * 7, duration(range)),
        };
        if accept.remind > accept.expire {
            section.contradiction(
                None,
                "accept.remind is longer than accept.expire.".to_owned(),
                "Remind sooner, or let decisions wait longer.",
            );
        }
        accept
    }
}

#[cfg(test)]
mod tests {
    use crate::config::accept::MergeStyle;

    #[test]
    fn styles_are_read_from_the_words_of_gitea() {
        for (word, style) in MergeStyle::ALL {
            assert_eq!(style.as_str(), word);
        }
    }
}
