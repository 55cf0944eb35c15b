//! The guard `substance`: a change is more than white space and lock files.

use super::code::FindingCode;
use super::diff::{Diff, DiffContent, DiffFile, Hunk, LineKind};
use super::finding::GuardFinding;
use super::name::GuardName;
use super::paths::{is_lock_file, name_of};
use super::result::GuardResult;
use super::sentence::{Sentence, counted};

/// Judges what `diff` changes.
pub fn substance(diff: &Diff<'_>) -> GuardResult {
    let said = match what(diff) {
        Change::Real => None,
        Change::Nothing => Some((FindingCode::EmptyDiff, "It changes nothing.")),
        Change::WhiteSpace => {
            Some((FindingCode::OnlyWhiteSpace, "It changes white space only, in {}."))
        }
        Change::LockFiles => Some((FindingCode::OnlyLockFiles, "It changes lock files only: {}.")),
        Change::Both => Some((
            FindingCode::OnlyWhiteSpace,
            "It changes nothing but white space and lock files, in {}.",
        )),
    };
    let findings = said.map(|(code, form)| {
        let path = diff.files.first().map_or("", DiffFile::path);
        let finding = GuardFinding::new(GuardName::Substance, code, Sentence::of(form, &[path]));
        if path.is_empty() { finding } else { finding.in_file(path, None) }
    });
    let (files, lines) = (diff.files.len(), diff.changed_lines(|_| true));
    let (lines, files) = (counted(lines, "line"), counted(files, "file"));
    let seen = format!("{lines} in {files}");
    GuardResult::new(GuardName::Substance, Sentence::of(&seen, &[]), findings.into_iter().collect())
}

/// What a diff amounts to.
enum Change {
    Real,
    Nothing,
    WhiteSpace,
    LockFiles,
    Both,
}

fn what(diff: &Diff<'_>) -> Change {
    let (mut has_space, mut has_locks) = (false, false);
    for file in &diff.files {
        if is_lock_file(file.path()) {
            has_locks = true;
        } else if is_white_space(file) {
            has_space = true;
        } else {
            return Change::Real;
        }
    }
    match (has_space, has_locks) {
        (true, true) => Change::Both,
        (true, false) => Change::WhiteSpace,
        (false, true) => Change::LockFiles,
        (false, false) => Change::Nothing,
    }
}

/// Whether nothing but white space changes in a file: its name, its mode, its being there do not.
fn is_white_space(file: &DiffFile<'_>) -> bool {
    let (Some(before), Some(after)) = (&file.before, &file.after) else { return false };
    if before.path != after.path || before.mode != after.mode || file.is_copy {
        return false;
    }
    let counts_indent = counts_indent(&after.path);
    match &file.content {
        DiffContent::Binary => false,
        DiffContent::Text(hunks) => hunks.iter().all(|hunk| says_the_same(hunk, counts_indent)),
    }
}

/// Whether a hunk says the same on both sides without its white space, however its lines are broken.
fn says_the_same(hunk: &Hunk<'_>, counts_indent: bool) -> bool {
    let without = |kind| {
        hunk.lines
            .iter()
            .filter(move |line| line.kind != kind)
            .flat_map(move |line| visible(line.text, counts_indent))
    };
    without(LineKind::Added).eq(without(LineKind::Removed))
}

/// What of a line counts.
fn visible(line: &[u8], counts_indent: bool) -> impl Iterator<Item = u8> {
    let text = line.trim_ascii_start();
    // An indent says nothing where no text stands behind it.
    let indent = match counts_indent && !text.is_empty() {
        true => &line[..line.len() - text.len()],
        false => &[],
    };
    indent.iter().chain(text.iter().filter(|byte| !byte.is_ascii_whitespace())).copied()
}

/// Whether the indent of a line is part of what it says.
fn counts_indent(path: &str) -> bool {
    const ENDINGS: [&str; 9] =
        [".py", ".pyi", ".yml", ".yaml", ".mk", ".nim", ".pug", ".sass", ".haml"];
    let name = name_of(path);
    name == "makefile" || ENDINGS.iter().any(|ending| name.ends_with(ending))
}
