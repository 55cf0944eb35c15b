//! Merging without a work tree.

use super::commits::Signer;
use super::failure::GitFailure;
use super::history::GitCommit;
use super::program;
use super::repositories::BareRepo;

/// What becomes of two commits that are merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MergeOutcome {
    /// The tree of both.
    Tree(String),
    Conflict,
}

impl BareRepo {
    /// Merges two commits.
    pub(crate) fn merge(&self, ours: &str, theirs: &str) -> Result<MergeOutcome, GitFailure> {
        let args = ["merge-tree", "--write-tree", "--no-messages", ours, theirs];
        let output = program::run(program::git(&self.folder).args(args), &[])?;
        match output.status.code() {
            Some(0) => {
                let tree = String::from_utf8_lossy(&output.stdout).trim().to_owned();
                Ok(MergeOutcome::Tree(tree))
            }
            Some(1) => Ok(MergeOutcome::Conflict),
            _ => Err(program::refused(&args, &output)),
        }
    }

    /// Puts what a commit changed against its first parent onto another one.
    fn pick(&self, commit: &GitCommit, onto: &str) -> Result<MergeOutcome, GitFailure> {
        let Some(parent) = commit.parents.first() else { return Ok(MergeOutcome::Conflict) };
        // Git merges by the last commit that both have: here one that holds what the parent held.
        let signer = (&commit.author, &commit.author);
        let base = self.commit_tree(&self.tree_of(parent)?, &[], signer, "base\n")?;
        let ours = self.commit_tree(&self.tree_of(onto)?, &[&base], signer, "ours\n")?;
        let theirs = self.commit_tree(&commit.tree, &[&base], signer, "theirs\n")?;
        self.merge(&ours, &theirs)
    }

    /// Puts commits, the oldest first, onto another one. The last of the new ones; none if they
    /// conflict.
    pub(crate) fn rebase(
        &self,
        commits: &[GitCommit],
        onto: &str,
        committer: &Signer,
    ) -> Result<Option<String>, GitFailure> {
        let mut head = onto.to_owned();
        for commit in commits.iter().filter(|commit| commit.parents.len() < 2) {
            let MergeOutcome::Tree(tree) = self.pick(commit, &head)? else { return Ok(None) };
            let signers = (&commit.author, committer);
            head = self.commit_tree(&tree, &[&head], signers, &commit.message)?;
        }
        Ok(Some(head))
    }

    fn tree_of(&self, commit: &str) -> Result<String, GitFailure> {
        program::text(&self.folder, &["rev-parse", &format!("{commit}^{{tree}}")])
    }
}
