//! Reading commits, with what each changed.

use super::commits::Signer;
use super::compare::{ChangeCount, PathChange, read_changes};
use super::failure::GitFailure;
use super::program;
use super::repositories::BareRepo;
use crate::core::model::time::Timestamp;

/// A commit, and what it changed against its first parent.
#[derive(Debug, Clone)]
pub(crate) struct GitCommit {
    pub(crate) id: String,
    pub(crate) parents: Vec<String>,
    pub(crate) tree: String,
    pub(crate) author: Signer,
    pub(crate) committer: Signer,
    pub(crate) message: String,
    pub(crate) changes: Vec<PathChange>,
}

impl GitCommit {
    /// The paths that it changed in this way, in their order.
    pub(crate) fn paths(&self, wanted: fn(&PathChange) -> bool) -> Vec<&str> {
        let changes = self.changes.iter().filter(|change| wanted(change));
        changes.map(|change| change.path.as_str()).collect()
    }

    /// How many lines it added and removed.
    pub(crate) fn count(&self) -> ChangeCount {
        ChangeCount::of(&self.changes)
    }
}

/// The parts of a commit, a NUL after each.
const FORMAT: &str = "--format=%H%x00%P%x00%T%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00%B%x00";

impl BareRepo {
    /// One commit.
    pub(crate) fn read_commit(&self, id: &str) -> Result<GitCommit, GitFailure> {
        let found = self.log(&["--no-walk", id])?;
        found.into_iter().next().ok_or(GitFailure::Unreadable("log"))
    }

    /// The commits of `head` that are not in `base`, the newest first.
    pub(crate) fn commits_between(
        &self,
        base: &str,
        head: &str,
    ) -> Result<Vec<GitCommit>, GitFailure> {
        self.log(&[&format!("{base}..{head}")])
    }

    /// The commits of `head`, the newest first: so many, behind so many others; and how many there
    /// are.
    pub(crate) fn commits_of(
        &self,
        head: &str,
        (skip, most): (usize, usize),
    ) -> Result<(Vec<GitCommit>, usize), GitFailure> {
        let (skip, most) = (format!("--skip={skip}"), format!("--max-count={most}"));
        let total = program::text(&self.folder, &["rev-list", "--count", head])?;
        let total = total.parse().map_err(|_| GitFailure::Unreadable("rev-list"))?;
        Ok((self.log(&[&skip, &most, head])?, total))
    }

    /// The last commit, as `head` tells it, that touched a path.
    pub(crate) fn last_commit_of(&self, head: &str, path: &str) -> Result<GitCommit, GitFailure> {
        let id = program::text(&self.folder, &["rev-list", "--max-count=1", head, "--", path])?;
        self.read_commit(&id)
    }

    fn log(&self, what: &[&str]) -> Result<Vec<GitCommit>, GitFailure> {
        let mut args = vec!["log", "-z", FORMAT, "--raw", "--numstat", "--no-renames"];
        args.extend(["--no-abbrev", "--diff-merges=first-parent", "--root"]);
        args.extend(what);
        args.push("--");
        let printed = program::output(&self.folder, &args, &[])?;
        read_log(&printed).ok_or(GitFailure::Unreadable("log"))
    }
}

/// Between the NULs: the ten parts of a commit, then what it changed, until the next id.
fn read_log(printed: &[u8]) -> Option<Vec<GitCommit>> {
    let text = |part: &[u8]| String::from_utf8_lossy(part).into_owned();
    let mut parts = printed.split(|byte| *byte == 0).peekable();
    let mut found = Vec::new();
    while let Some(id) = parts.next() {
        let id = text(id).trim().to_owned();
        if id.is_empty() {
            continue;
        }
        let mut next = || parts.next().map(text);
        let parents = next()?.split_whitespace().map(str::to_owned).collect();
        let tree = next()?;
        let author = signer(&mut next)?;
        let committer = signer(&mut next)?;
        let message = next()?;
        let mut changed = Vec::new();
        while let Some(part) = parts.next_if(|part| !is_commit_id(part)) {
            changed.push(part);
        }
        let changes = read_changes(changed)?;
        found.push(GitCommit { id, parents, tree, author, committer, message, changes });
    }
    Some(found)
}

fn signer(next: &mut impl FnMut() -> Option<String>) -> Option<Signer> {
    let (name, email, seconds) = (next()?, next()?, next()?.parse::<i64>().ok()?);
    Some(Signer { name, email, at: Timestamp::from_micros(seconds.checked_mul(1_000_000)?) })
}

fn is_commit_id(part: &[u8]) -> bool {
    let part = part.trim_ascii();
    part.len() == 40 && part.iter().all(u8::is_ascii_hexdigit)
}
