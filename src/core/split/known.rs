//! The issues that are there, among which each proposed one is looked for.

use super::checklist::ChecklistItem;
use crate::core::command::invisible::Invisible;

/// Signs that make of a word another one, as in `C++`, `C#` and `>=`. All others only set words off.
const SPEAKING: [char; 10] = ['+', '#', '%', '&', '=', '<', '>', '@', '$', '^'];

/// An issue of the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownIssue {
    pub number: i64,
    pub title: String,
    pub open: bool,
}

/// All that are there, as far as they were read, with what the epic itself says of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KnownIssues {
    /// The number of the epic.
    pub epic: i64,
    /// Also the epic.
    pub issues: Vec<KnownIssue>,
    /// The check boxes of the epic.
    pub boxes: Vec<ChecklistItem>,
    /// How many were read, if there are more: the newest.
    pub only: Option<usize>,
    /// The labels of the epic that its parts get as well.
    pub labels: Vec<String>,
}

impl KnownIssues {
    /// The issue with this number.
    pub(super) fn numbered(&self, number: i64) -> Option<&KnownIssue> {
        self.issues.iter().find(|issue| issue.number == number)
    }

    /// The issue of this title: that of a box of the epic, an open one, or the newest.
    pub(super) fn titled(&self, title: &str) -> Option<&KnownIssue> {
        let of_box = self.boxes.iter().filter(|one| same_title(&one.text, title));
        let mut of_box = of_box.flat_map(|one| &one.issues).filter_map(|one| self.numbered(*one));
        let same = || self.issues.iter().filter(|issue| same_title(&issue.title, title));
        of_box
            .next()
            .or_else(|| same().filter(|issue| issue.open).max_by_key(|issue| issue.number))
            .or_else(|| same().max_by_key(|issue| issue.number))
    }
}

/// Whether two titles say the same, whatever their case, blanks and full stops.
pub fn same_title(one: &str, other: &str) -> bool {
    let (one, other) = (plain(one), plain(other));
    !one.is_empty() && one == other
}

/// Letters and digits of any language, with the signs that speak; of what is nothing but signs all of
/// those.
fn plain(title: &str) -> String {
    let words = |is_kept: fn(char) -> bool| {
        let is_seen = |c: &char| c.is_whitespace() || Invisible::new(*c).is_none();
        let seen = title.chars().filter(is_seen);
        let kept = seen.map(|c| if is_kept(c) { c } else { ' ' });
        let kept: String = kept.flat_map(char::to_lowercase).collect();
        kept.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    match title.chars().any(char::is_alphanumeric) {
        true => words(|c| c.is_alphanumeric() || SPEAKING.contains(&c)),
        false => words(|c| !c.is_control()),
    }
}

#[cfg(test)]
mod tests {
    use crate::core::split::known::*;

    #[test]
    fn titles_are_compared_as_people_read_them() {
        for (one, other) in [
            ("Oil the hinge", "oil  THE hinge."),
            ("Fix `door.rs`: it squeaks", "Fix door rs it squeaks"),
            ("Öl", "öl"),
            ("???", "???"),
            ("Learn C++.", "learn c++"),
            ("Oil #\u{200B}7 for @\u{200B}anna", "Oil #7 for @anna"),
        ] {
            assert!(same_title(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("Oil the hinge", "Oil the hinges"),
            ("", ""),
            ("?", "!"),
            ("C", "C++"),
            ("C", "C#"),
            ("Port it to C++", "Port it to C"),
            ("Take 5 %", "Take 5"),
            ("Let x >= 3 pass", "Let x <= 3 pass"),
        ] {
            assert!(!same_title(one, other), "{one} {other}");
        }
    }

    #[test]
    fn of_several_the_one_of_a_box_goes_first_and_then_an_open_one() {
        let issue = |number, title: &str, open| KnownIssue { number, title: title.into(), open };
        let mut known = KnownIssues {
            epic: 12,
            issues: vec![
                issue(3, "Oil it", true),
                issue(9, "Oil it", false),
                issue(31, "Docs", true),
            ],
            ..KnownIssues::default()
        };
        let number = |known: &KnownIssues| known.titled("oil it").map(|issue| issue.number);
        assert_eq!(number(&known), Some(3));
        known.issues[0].open = false;
        assert_eq!(number(&known), Some(9));
        known.boxes = vec![ChecklistItem { text: "Oil it".into(), issues: vec![77, 31] }];
        assert_eq!(number(&known), Some(31), "there is no 77");
        assert_eq!(known.titled("Paint it"), None);
    }
}
