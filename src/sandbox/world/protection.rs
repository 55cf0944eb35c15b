//! Rules of branches: who may push, and what must be there before a merge.

use crate::core::model::ids::RepoId;

use super::World;
use super::code_records::{ProtectionRecord, PushRule};
use super::rights::{Mode, Unit};

impl World {
    /// The rule of a branch: the one of its own name before a pattern.
    pub(crate) fn protection_of(&self, repo: RepoId, branch: &str) -> Option<&ProtectionRecord> {
        let rules = &self.repo(repo).protections;
        let own = rules.iter().find(|protection| protection.rule == branch);
        own.or_else(|| rules.iter().find(|protection| fits(&protection.rule, branch)))
    }

    /// Whether somebody may push to a branch.
    pub(crate) fn may_push_to(&self, user: i64, repo: RepoId, branch: &str) -> bool {
        if self.mode(Some(user), self.repo(repo), Unit::Code) < Mode::Write {
            return self.may_push_as_maintainer(user, repo, branch);
        }
        match self.protection_of(repo, branch).map(|protection| &protection.push) {
            None | Some(PushRule::Writers) => true,
            Some(PushRule::Nobody) => false,
            Some(PushRule::Only(users)) => users.contains(&user),
        }
    }

    /// Whether somebody may merge into a branch, as far as that depends on them.
    pub(crate) fn may_merge_into(&self, user: i64, repo: RepoId, branch: &str) -> bool {
        if self.mode(Some(user), self.repo(repo), Unit::Code) < Mode::Write {
            return false;
        }
        let mergers = self.protection_of(repo, branch).and_then(|p| p.mergers.as_ref());
        mergers.is_none_or(|mergers| mergers.contains(&user))
    }

    /// Whether a branch of a fork is open to who may write where it is to be merged.
    pub(crate) fn may_push_as_maintainer(&self, user: i64, fork: RepoId, branch: &str) -> bool {
        let pulls = self.issues.values().filter(|issue| issue.is_open());
        let open = pulls.filter_map(|issue| Some((issue.repo, issue.pull.as_ref()?)));
        let mut from_here = open.filter(|(_, pull)| {
            pull.maintainers_may_edit && pull.head.repo == fork && pull.head.name == branch
        });
        from_here.any(|(base, _)| {
            base != fork && self.mode(Some(user), self.repo(base), Unit::Code) >= Mode::Write
        })
    }
}

/// Whether a name fits a pattern: `*` stands for anything but a slash, `**` for anything.
pub(crate) fn fits(pattern: &str, name: &str) -> bool {
    let Some(star) = pattern.find('*') else { return pattern == name };
    let Some(rest) = name.strip_prefix(&pattern[..star]) else { return false };
    let (more, any) = match pattern[star..].strip_prefix("**") {
        Some(more) => (more, true),
        None => (&pattern[star + 1..], false),
    };
    let reach = if any { rest.len() } else { rest.find('/').unwrap_or(rest.len()) };
    let mut ends = (0..=reach).filter(|end| rest.is_char_boundary(*end));
    ends.any(|end| fits(more, &rest[end..]))
}

#[cfg(test)]
mod tests {
    use crate::sandbox::world::protection::fits;

    #[test]
    fn a_star_ends_at_a_slash_and_two_do_not() {
        for (pattern, name) in [
            ("main", "main"),
            ("ci/*", "ci/test"),
            ("timmy/**", "timmy/a/b"),
            ("*", "main"),
            ("r*e", "release"),
        ] {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("main", "mai"), ("ci/*", "ci/a/b"), ("*", "a/b"), ("a*b", "ac")] {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }
}
