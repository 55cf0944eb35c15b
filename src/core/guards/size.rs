//! The guard `size`: a change is not larger than the size of its issue says.

use super::code::FindingCode;
use super::diff::{Diff, DiffFile};
use super::finding::GuardFinding;
use super::name::GuardName;
use super::paths::is_lock_file;
use super::result::GuardResult;
use super::rules::GuardRules;
use super::sentence::{Sentence, counted};
use crate::core::command::value::Size;

/// One file for so many lines that are allowed.
const LINES_PER_FILE: usize = 20;

/// The least that any size allows: below that the question costs more than the look.
const FEWEST_LINES: usize = 20;
const FEWEST_FILES: usize = 5;

/// Judges `diff` by the size label of the issue.
pub fn size(diff: &Diff<'_>, label: Option<Size>, rules: &GuardRules) -> GuardResult {
    let counts = |file: &DiffFile<'_>| !is_lock_file(file.path());
    let lines = diff.changed_lines(counts);
    let files = diff.files.iter().filter(|file| counts(file)).count();
    let most_lines = most_lines(label, rules);
    let most_files = (most_lines / LINES_PER_FILE).max(FEWEST_FILES);
    let limit = match label {
        Some(label) => format!("an issue of size {}", label.name()),
        None => "an issue without a size".to_owned(),
    };
    let mut findings = Vec::new();
    let mut exceeds = |code, found: usize, most: usize, what: &str| {
        if found > most {
            let said = format!("It changes {found} {what}; {limit} may change {most}.");
            findings.push(GuardFinding::new(GuardName::Size, code, Sentence::of(&said, &[])));
        }
    };
    exceeds(FindingCode::TooManyLines, lines, most_lines, "lines");
    exceeds(FindingCode::TooManyFiles, files, most_files, "files");
    let seen = format!(
        "{} in {}; {most_lines} in {most_files} are allowed",
        counted(lines, "line"),
        counted(files, "file")
    );
    GuardResult::new(GuardName::Size, Sentence::of(&seen, &[]), findings)
}

/// The part of `max_lines` that a size may take: as it weighs beside the largest.
fn most_lines(label: Option<Size>, rules: &GuardRules) -> usize {
    let weight = match label {
        Some(Size::Xs) => 1,
        Some(Size::S) => 2,
        Some(Size::M) => 3,
        Some(Size::L) => 5,
        Some(Size::Xl) | None => 8,
    };
    let most = usize::try_from(rules.max_lines).unwrap_or(usize::MAX);
    // Never above what the configuration says.
    (most.saturating_mul(weight) / 8).max(FEWEST_LINES).min(most)
}
