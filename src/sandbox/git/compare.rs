//! What differs between two commits.

use std::collections::BTreeMap;

use super::failure::GitFailure;
use super::program;
use super::repositories::BareRepo;

/// A file that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PathChange {
    pub(crate) path: String,
    /// What it was called before, if it was renamed.
    pub(crate) former: Option<String>,
    /// Git's letter: `A`, `M`, `D`, `R`.
    pub(crate) kind: char,
    pub(crate) added: u64,
    pub(crate) removed: u64,
}

impl PathChange {
    pub(crate) fn is_new(&self) -> bool {
        self.kind == 'A'
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.kind == 'D'
    }

    pub(crate) fn is_other(&self) -> bool {
        !self.is_new() && !self.is_gone()
    }
}

/// How much differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ChangeCount {
    pub(crate) files: usize,
    pub(crate) added: u64,
    pub(crate) removed: u64,
}

impl ChangeCount {
    pub(crate) fn of(changes: &[PathChange]) -> Self {
        let sum = |lines: fn(&PathChange) -> u64| changes.iter().map(lines).sum();
        Self { files: changes.len(), added: sum(|c| c.added), removed: sum(|c| c.removed) }
    }
}

impl BareRepo {
    /// The last commit that both have; none if they have nothing in common.
    pub(crate) fn merge_base(&self, one: &str, other: &str) -> Result<Option<String>, GitFailure> {
        match program::text(&self.folder, &["merge-base", "--", one, other]) {
            Ok(commit) => Ok(Some(commit)),
            Err(GitFailure::Refused { status: 1, .. }) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Whether `commit` is among those that `head` stands on, or `head` itself.
    pub(crate) fn contains(&self, head: &str, commit: &str) -> Result<bool, GitFailure> {
        match program::output(&self.folder, &["merge-base", "--is-ancestor", commit, head], &[]) {
            Ok(_) => Ok(true),
            // 1: it is not; 128: there is no such commit.
            Err(GitFailure::Refused { status: 1 | 128, .. }) => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Whether a proposal has another content now: some file of the new head is neither as in the
    /// old one nor as in the base.
    pub(crate) fn is_other_proposal(
        &self,
        (old, new): (&str, &str),
        base: &str,
    ) -> Result<bool, GitFailure> {
        let args = ["diff", "--name-only", "-z", new, old, base];
        Ok(!program::output(&self.folder, &args, &[])?.is_empty())
    }

    /// The files that differ between two commits, by path.
    pub(crate) fn changes(&self, from: &str, to: &str) -> Result<Vec<PathChange>, GitFailure> {
        let args = ["diff-tree", "-r", "-z", "--raw", "--numstat", "--no-abbrev", "-M", from, to];
        let printed = program::output(&self.folder, &args, &[])?;
        read_changes(printed.split(|byte| *byte == 0)).ok_or(GitFailure::Unreadable("diff-tree"))
    }

    /// The difference as text.
    pub(crate) fn diff(&self, from: &str, to: &str) -> Result<Vec<u8>, GitFailure> {
        let args = ["diff", "--no-color", "--no-ext-diff", "--no-textconv", "--binary", "-M"];
        program::output(&self.folder, &[&args[..], &[from, to, "--"]].concat(), &[])
    }

    /// The commits between as mails with patches.
    pub(crate) fn patches(&self, from: &str, to: &str) -> Result<Vec<u8>, GitFailure> {
        let range = format!("{from}..{to}");
        let args = ["format-patch", "--no-color", "--binary", "--stdout", &range, "--"];
        program::output(&self.folder, &args, &[])
    }

    /// The part of the difference of one file that leads to a line of its new form, as reviews
    /// quote it; empty where that line does not differ.
    pub(crate) fn hunk(
        &self,
        from: &str,
        to: &str,
        (path, line): (&str, i64),
    ) -> Result<String, GitFailure> {
        let args = ["diff", "--no-color", "--no-ext-diff", "--no-textconv", from, to, "--", path];
        let diff = program::output(&self.folder, &args, &[])?;
        Ok(hunk_of(&String::from_utf8_lossy(&diff), line).unwrap_or_default())
    }
}

/// What git prints with `-z --raw --numstat`: `:… A`, path, then `1<TAB>0<TAB>path`. A renamed file
/// has two paths.
pub(super) fn read_changes<'a>(
    parts: impl IntoIterator<Item = &'a [u8]>,
) -> Option<Vec<PathChange>> {
    let text = |part: &[u8]| String::from_utf8_lossy(part).into_owned();
    let mut parts = parts.into_iter();
    let mut found: BTreeMap<String, PathChange> = BTreeMap::new();
    while let Some(part) = parts.next() {
        let part = part.trim_ascii_start();
        if part.is_empty() {
            continue;
        }
        if part.starts_with(b":") {
            let kind = text(part).rsplit(' ').next()?.chars().next()?;
            let first = text(parts.next()?);
            let (path, former) = match kind {
                'R' | 'C' => (text(parts.next()?), Some(first)),
                _ => (first, None),
            };
            let change = PathChange { path, former, kind, added: 0, removed: 0 };
            found.insert(change.path.clone(), change);
            continue;
        }
        let line = text(part);
        let mut columns = line.splitn(3, '\t');
        // A binary file has `-` lines.
        let mut number = || columns.next().map(|digits| digits.parse().unwrap_or(0));
        let (added, removed) = (number()?, number()?);
        let path = match columns.next()? {
            "" => {
                parts.next()?;
                text(parts.next()?)
            }
            path => path.to_owned(),
        };
        if let Some(change) = found.get_mut(&path) {
            (change.added, change.removed) = (added, removed);
        }
    }
    Some(found.into_values().collect())
}

fn hunk_of(diff: &str, line: i64) -> Option<String> {
    let mut hunk: Vec<&str> = Vec::new();
    let mut at = 0;
    for text in diff.lines() {
        if let Some(head) = text.strip_prefix("@@ -") {
            let new = head.split_once(" +")?.1;
            let first = new.split([',', ' ']).next()?.parse::<i64>().ok()?;
            (hunk, at) = (vec![text], first - 1);
        } else if !hunk.is_empty() {
            hunk.push(text);
            at += i64::from(!text.starts_with('-'));
            if at == line && !text.starts_with('-') {
                return Some(hunk.join("\n"));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::sandbox::git::compare::*;

    fn read(printed: &str) -> Vec<PathChange> {
        read_changes(printed.as_bytes().split(|byte| *byte == 0)).expect("it is what git prints")
    }

    #[test]
    fn changes_are_read_with_their_lines() {
        let found = read(
            ":000000 100644 0 1 A\0new.txt\0:100644 100644 1 2 R100\0old name\0new name\0\
             2\t0\tnew.txt\x000\t0\t\0old name\0new name\0",
        );
        assert_eq!(found.len(), 2);
        assert_eq!((found[1].path.as_str(), found[1].added), ("new.txt", 2));
        assert_eq!(found[0].former.as_deref(), Some("old name"));
    }

    #[test]
    fn a_review_quotes_the_hunk_up_to_its_line() {
        let diff = "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n one\n-two\n+two and a half\n three\n";
        let quoted = "@@ -1,3 +1,3 @@\n one\n-two\n+two and a half";
        assert_eq!(hunk_of(diff, 2).as_deref(), Some(quoted));
        assert_eq!(hunk_of(diff, 9), None);
    }
}
