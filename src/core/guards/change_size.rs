//! How large a change is, and how long a person looks at it.
//!
//! What is expected of a look is the sum of a table, in seconds: of each file what it takes to
//! understand what it is for, and of its lines what it takes to read them. Code that is read with
//! care goes at some hundred lines an hour; what decides what runs, and what agents believe, is read
//! twice; what tools wrote is not read at all.

use serde::{Deserialize, Serialize};

use super::diff::{Diff, DiffContent, DiffFile, FileMode};
use super::lifted::LiftedGuard;
use super::name::GuardName;
use super::paths::{is_lock_file, is_prose, is_workflow, steers_agents};
use super::sentence::Sentence;
use super::tests::is_of_tests;
use super::verdict::CommitVerdict;

/// How large a change is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ChangeSize {
    pub files: u32,
    /// Lines.
    pub added: u32,
    pub removed: u32,
    /// How long a person is expected to look at it.
    pub look_seconds: u32,
}

/// What the guards saw of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExaminedChange {
    /// None if its diff cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<ChangeSize>,
    pub guards: GuardCount,
    /// Those that found nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed: Vec<PassedGuard>,
    /// Those that people lifted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lifted: Vec<LiftedGuard>,
}

impl ExaminedChange {
    /// What is kept of a verdict on a change of this size.
    pub fn of(size: Option<ChangeSize>, verdict: &CommitVerdict) -> Self {
        Self {
            size,
            guards: GuardCount::of(verdict),
            passed: PassedGuard::all(verdict),
            lifted: LiftedGuard::all(verdict),
        }
    }
}

/// A guard that found nothing, and what it looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedGuard {
    pub guard: GuardName,
    pub seen: Sentence,
}

impl PassedGuard {
    /// Those of a verdict, in order.
    pub fn all(verdict: &CommitVerdict) -> Vec<Self> {
        let passed = verdict.results.iter().filter(|result| result.has_passed());
        passed.map(|one| Self { guard: one.guard.clone(), seen: one.seen.clone() }).collect()
    }
}

/// How many guards had nothing against it, how many looked, and how many of these were lifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardCount {
    pub passed: u32,
    pub of: u32,
    #[serde(default)]
    pub lifted: u32,
}

impl GuardCount {
    /// Those of a verdict, and the one that saw that there is a change at all.
    pub fn of(verdict: &CommitVerdict) -> Self {
        let passed = verdict.results.iter().filter(|result| result.lets_pass()).count();
        let lifted = verdict.results.iter().filter(|result| result.lifted.is_some()).count();
        let of = 1 + bounded(verdict.results.len());
        Self { passed: 1 + bounded(passed), of, lifted: bounded(lifted) }
    }
}

/// What a file is for, as far as that says how it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FileKind {
    Code,
    Test,
    Prose,
    /// It decides what runs, or what agents do.
    Automation,
    /// A tool wrote it.
    Generated,
    /// The diff does not show what is in it.
    Opaque,
}

impl FileKind {
    fn of(file: &DiffFile<'_>) -> Self {
        let any = |is: fn(&str) -> bool| file.changed_paths().any(is);
        let is_link = file.is_ever(FileMode::Link) || file.is_ever(FileMode::Submodule);
        if any(steers_agents) || any(is_workflow) {
            Self::Automation
        } else if any(is_lock_file) {
            Self::Generated
        } else if is_link || file.content == DiffContent::Binary {
            Self::Opaque
        } else if any(is_of_tests) {
            Self::Test
        } else if any(is_prose) {
            Self::Prose
        } else {
            Self::Code
        }
    }

    /// Seconds for a file, for ten lines that it got, and for ten that it lost.
    const fn seconds(self) -> [u32; 3] {
        match self {
            Self::Code => [30, 60, 20],
            Self::Test => [20, 30, 30],
            Self::Prose => [10, 20, 5],
            Self::Automation => [60, 120, 60],
            Self::Generated => [5, 0, 0],
            Self::Opaque => [60, 0, 0],
        }
    }
}

impl ChangeSize {
    pub fn of(diff: &Diff<'_>) -> Self {
        diff.files.iter().map(Self::of_file).fold(Self::default(), Self::plus)
    }

    fn of_file(file: &DiffFile<'_>) -> Self {
        let (added, removed) = (bounded(file.added().count()), bounded(file.removed().count()));
        let [each, for_added, for_removed] = FileKind::of(file).seconds();
        let lines =
            added.saturating_mul(for_added).saturating_add(removed.saturating_mul(for_removed));
        Self { files: 1, added, removed, look_seconds: each.saturating_add(lines / 10) }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            files: self.files.saturating_add(other.files),
            added: self.added.saturating_add(other.added),
            removed: self.removed.saturating_add(other.removed),
            look_seconds: self.look_seconds.saturating_add(other.look_seconds),
        }
    }

    /// In a few words: `3 files, +40 -2`.
    pub fn said(&self) -> String {
        let files = if self.files == 1 { "file" } else { "files" };
        format!("{} {files}, +{} -{}", self.files, self.added, self.removed)
    }
}

fn bounded(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use crate::core::guards::change_size::*;
    use crate::core::guards::diff::parse_diff;

    fn size(path: &str, added: u32, removed: u32) -> ChangeSize {
        let lines = |sign: &str, count: u32| format!("{sign}a line\n").repeat(count as usize);
        let text = format!(
            "diff --git a/{path} b/{path}\nindex 1111111..2222222 100644\n--- a/{path}\n+++ \
             b/{path}\n@@ -1,{removed} +1,{added} @@\n{}{}",
            lines("-", removed),
            lines("+", added)
        );
        ChangeSize::of(&parse_diff(text.as_bytes()).expect("a diff"))
    }

    #[test]
    fn what_a_file_is_for_says_how_long_a_look_takes() {
        for (path, seconds) in [
            ("src/door.rs", 30 + 240 + 4),
            ("tests/door.rs", 20 + 120 + 6),
            ("README.md", 10 + 80 + 1),
            (".gitea/workflows/ci.yml", 60 + 480 + 12),
            ("AGENTS.md", 60 + 480 + 12),
            ("Cargo.lock", 5),
        ] {
            let size = size(path, 40, 2);
            assert_eq!((size.files, size.added, size.removed), (1, 40, 2), "{path}");
            assert_eq!(size.look_seconds, seconds, "{path}");
            assert_eq!(size.said(), "1 file, +40 -2");
        }
    }

    #[test]
    fn a_change_is_the_sum_of_its_files() {
        let one = ChangeSize { files: 1, added: 30, removed: 1, look_seconds: 100 };
        let both = one.plus(ChangeSize { files: 2, added: 10, removed: 1, look_seconds: u32::MAX });
        assert_eq!(both.said(), "3 files, +40 -2");
        assert_eq!(both.look_seconds, u32::MAX);
    }
}
