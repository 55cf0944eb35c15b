//! Branches: what they point to, and moving them.

use std::collections::BTreeMap;

use super::failure::GitFailure;
use super::program;
use super::repositories::BareRepo;

/// What stands for "no commit" where a branch came or went.
pub(crate) const NO_COMMIT: &str = "0000000000000000000000000000000000000000";

/// A branch that came, moved or went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RefMove {
    pub(crate) branch: String,
    /// Where it pointed to; [`NO_COMMIT`] if it is new.
    pub(crate) before: String,
    /// Where it points to; [`NO_COMMIT`] if it is gone.
    pub(crate) after: String,
}

impl RefMove {
    pub(crate) fn is_new(&self) -> bool {
        self.before == NO_COMMIT
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.after == NO_COMMIT
    }
}

impl BareRepo {
    /// All branches with their commits.
    pub(crate) fn branches(&self) -> Result<BTreeMap<String, String>, GitFailure> {
        let args = ["for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads/"];
        let lines = program::text(&self.folder, &args)?;
        Ok(lines
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(commit, name)| (name.to_owned(), commit.to_owned()))
            .collect())
    }

    /// The commit of a branch; none if there is no such branch.
    pub(crate) fn branch(&self, name: &str) -> Result<Option<String>, GitFailure> {
        self.resolve(&format!("refs/heads/{name}"))
    }

    /// The commit that a name stands for: a branch, a tag, or the beginning of its id.
    pub(crate) fn commit_named(&self, name: &str) -> Result<Option<String>, GitFailure> {
        if name.is_empty() || name.starts_with('-') || name.contains([':', '^', '~', '@', ' ']) {
            return Ok(None);
        }
        for name in [format!("refs/heads/{name}"), format!("refs/tags/{name}"), name.to_owned()] {
            if let Some(commit) = self.resolve(&name)? {
                return Ok(Some(commit));
            }
        }
        Ok(None)
    }

    fn resolve(&self, name: &str) -> Result<Option<String>, GitFailure> {
        let commit = format!("{name}^{{commit}}");
        let args = ["rev-parse", "--verify", "--quiet", "--end-of-options", &commit];
        match program::text(&self.folder, &args) {
            Ok(commit) => Ok(Some(commit)),
            Err(GitFailure::Refused { .. }) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Whether git takes this for the name of a branch.
    pub(crate) fn can_be_named(&self, branch: &str) -> Result<bool, GitFailure> {
        match program::text(&self.folder, &["check-ref-format", "--branch", branch]) {
            Ok(_) => Ok(true),
            Err(GitFailure::Refused { .. }) => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Moves a branch, which must point to where it is said to.
    pub(crate) fn move_branch(&self, to: &RefMove) -> Result<(), GitFailure> {
        let name = format!("refs/heads/{}", to.branch);
        let args = match to.is_gone() {
            true => vec!["update-ref", "-d", &name, &to.before],
            false => vec!["update-ref", &name, &to.after, &to.before],
        };
        program::output(&self.folder, &args, &[]).map(|_| ())
    }

    /// Points a ref of any kind to a commit, such as the head of a pull request.
    pub(crate) fn set_ref(&self, name: &str, commit: &str) -> Result<(), GitFailure> {
        program::output(&self.folder, &["update-ref", name, commit], &[]).map(|_| ())
    }

    /// Gives a branch another name.
    pub(crate) fn rename_branch(&self, from: &str, to: &str) -> Result<(), GitFailure> {
        program::output(&self.folder, &["branch", "-m", from, to], &[]).map(|_| ())
    }

    /// Brings the commits of a branch of another repository here, under a name of this one.
    pub(crate) fn fetch(&self, other: &Self, branch: &str, to: &str) -> Result<(), GitFailure> {
        let from = other.folder.to_string_lossy();
        let spec = format!("+refs/heads/{branch}:{to}");
        let args = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", &from, &spec];
        program::output(&self.folder, &args, &[]).map(|_| ())
    }
}
