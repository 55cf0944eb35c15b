//! What commits of a repository of timmy's own say and change.

use super::cannot_run::CannotRun;
use super::git::{Repository, git, git_held};
use super::readable::require_readable;
use crate::core::jobs::Commit;

/// A commit and what its message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryCommit {
    pub commit: Commit,
    pub message: String,
    /// The commits that it follows on.
    pub parents: Vec<Commit>,
}

impl Repository {
    /// Whether `later` is `before`, or came from it.
    ///
    /// # Errors
    /// If git cannot tell.
    pub async fn descends(&self, later: &Commit, before: &Commit) -> Result<bool, CannotRun> {
        let (later, before) = (format!("^{later}"), before.to_string());
        let words = ["rev-list", "--max-count=1", &before, &later];
        Ok(git(self.folder(), &words, b"").await?.is_empty())
    }

    /// The commits of `head` that none of `known` has, the newest first; at most so many.
    ///
    /// # Errors
    /// If git cannot tell.
    pub async fn commits(
        &self,
        (known, head): (&[&Commit], &Commit),
        most: usize,
    ) -> Result<Vec<HistoryCommit>, CannotRun> {
        let words = ["log", "-z", "--format=%H%n%P%n%B", "--max-count"].map(str::to_owned);
        let mut words = Vec::from(words);
        words.extend([most.to_string(), head.to_string()]);
        words.extend(known.iter().map(|commit| format!("^{commit}")));
        let printed = git(self.folder(), &words, b"").await?;
        let of = |entry: &[u8]| {
            let text = String::from_utf8_lossy(entry).into_owned();
            let mut parts = text.splitn(3, '\n');
            let commit = parts.next()?.parse().ok()?;
            let parents = parts.next()?.split_whitespace().map(str::parse);
            let parents = parents.collect::<Result<_, _>>().ok()?;
            Some(HistoryCommit { commit, message: parts.next()?.to_owned(), parents })
        };
        Ok(printed.split(|byte| *byte == 0).filter_map(of).collect())
    }

    /// What changes from `base` to `head`, as git writes it: whatever the files say of themselves,
    /// all of it is shown as text.
    ///
    /// # Errors
    /// If git cannot tell, or it is more than can be read.
    pub async fn diff(&self, base: &Commit, head: &Commit) -> Result<Vec<u8>, CannotRun> {
        require_readable(self, (base, head)).await?;
        let (base, head) = (base.to_string(), head.to_string());
        let words = ["diff-tree", "-r", "-p", "--text", "--no-renames", "--no-ext-diff"];
        let words = [&words[..], &["--no-textconv", "--full-index", &base, &head]].concat();
        git_held(self.folder(), &words, b"").await
    }

    /// What one commit changes, against the first that it follows on; all of it, if it follows on
    /// none.
    ///
    /// # Errors
    /// As [`Repository::diff`].
    pub async fn diff_of(&self, commit: &HistoryCommit) -> Result<Vec<u8>, CannotRun> {
        match commit.parents.first() {
            Some(parent) => self.diff(parent, &commit.commit).await,
            None => self.diff(&self.nothing().await?, &commit.commit).await,
        }
    }

    /// The name that git has for a tree with nothing in it.
    async fn nothing(&self) -> Result<Commit, CannotRun> {
        let words = ["hash-object", "-t", "tree", "--stdin"];
        let printed = git(self.folder(), &words, b"").await?;
        let named = String::from_utf8_lossy(&printed).trim().parse();
        Ok(named.map_err(std::io::Error::other)?)
    }
}
