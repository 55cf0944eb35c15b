//! What the labels of an issue say.

use std::collections::BTreeSet;

use crate::core::command::value::{ArgumentValue, Level, Size};
use crate::core::model::issue::Issue;

/// The role of an issue that names none.
const CODER: &str = "coder";

/// What an issue is, by its labels `priority/p0`, `size/s`, `role/coder` and `skill/rust`. Labels
/// ignore case; all others mean nothing here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssueLabels {
    /// How urgent it is; with several labels the most urgent.
    pub priority: Option<Level>,
    /// How large it is; with several labels the smallest.
    pub size: Option<Size>,
    /// The role that it needs, in lower case; with several labels the first of the alphabet.
    pub role: String,
    /// The skills that it needs, in lower case, sorted, each once.
    pub skills: Vec<String>,
}

impl IssueLabels {
    /// What `labels` say.
    pub fn of(labels: &[String]) -> Self {
        let mut skills: Vec<String> = named("skill", labels).collect();
        skills.sort_unstable();
        skills.dedup();
        Self {
            priority: priority(labels),
            size: size(labels),
            role: named("role", labels).min().unwrap_or_else(|| CODER.to_owned()),
            skills,
        }
    }

    /// What the labels of an issue say that the forge shows.
    pub fn of_issue(issue: &Issue) -> Self {
        let labels: Vec<String> = issue.labels.iter().map(|label| label.name.clone()).collect();
        Self::of(&labels)
    }

    /// All roles that `labels` ask for: an issue that has parts for several.
    pub fn roles(labels: &[String]) -> BTreeSet<String> {
        named("role", labels).collect()
    }
}

/// How urgent `labels` say that an issue is.
pub(super) fn priority(labels: &[String]) -> Option<Level> {
    let level = |word: &str| Level::ALL.into_iter().find(|l| word.eq_ignore_ascii_case(l.name()));
    values("priority", labels).filter_map(level).min()
}

/// How large `labels` say that an issue is.
pub(super) fn size(labels: &[String]) -> Option<Size> {
    values("size", labels).filter_map(Size::read).min()
}

fn named(scope: &str, labels: &[String]) -> impl Iterator<Item = String> {
    values(scope, labels).filter(|value| !value.is_empty()).map(str::to_lowercase)
}

/// What stands behind `scope/` in the labels that have it.
fn values<'l>(scope: &str, labels: &'l [String]) -> impl Iterator<Item = &'l str> {
    labels.iter().filter_map(move |label| {
        let (name, value) = label.split_once('/')?;
        name.eq_ignore_ascii_case(scope).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use crate::core::scheduling::labels::*;

    fn of(labels: &[&str]) -> IssueLabels {
        IssueLabels::of(&labels.iter().map(|label| (*label).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn labels_are_read_without_case_and_in_any_order() {
        let traits =
            of(&["Skill/SQL", "bug", "priority/P1", "size/m", "skill/rust", "role/DevOps"]);
        assert_eq!((traits.priority, traits.size), (Some(Level::P1), Some(Size::M)));
        assert_eq!(
            (traits.role.as_str(), traits.skills.as_slice()),
            ("devops", &["rust".to_owned(), "sql".to_owned()][..])
        );
    }

    #[test]
    fn of_two_the_more_urgent_and_the_smaller_counts() {
        let traits = of(&["priority/p3", "priority/p0", "size/xl", "size/xs"]);
        assert_eq!((traits.priority, traits.size), (Some(Level::P0), Some(Size::Xs)));
    }

    #[test]
    fn all_roles_are_told_where_there_are_several() {
        let labels = ["role/Researcher", "bug", "role/coder", "role/coder", "role/"];
        let roles = IssueLabels::roles(&labels.map(str::to_owned));
        assert_eq!(roles.into_iter().collect::<Vec<_>>(), ["coder", "researcher"]);
    }

    #[test]
    fn strange_labels_mean_nothing() {
        let traits =
            of(&["priority/critical", "size", "skill/", "role/ ", "/p0", "p0", "priority/p0/x"]);
        assert_eq!(traits, of(&[]));
        assert_eq!(traits.role, "coder");
    }
}
