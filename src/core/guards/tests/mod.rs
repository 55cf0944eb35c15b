//! The guard `tests`: no test is gone, skipped or weaker than before.
//!
//! Both sides of each hunk are read for themselves, and what is there before and after is compared
//! by names ([`compare`]). So a test that moved is none that is gone, and what stands around a change
//! says nothing. What is no test to its runner any more is gone, whatever it looks like.

mod compare;
mod language;
mod machinery;
mod scope;
mod test_line;

use compare::TestComparison;
use language::Language;
use machinery::{is_test_data, machinery};

use super::code::FindingCode;
use super::diff::{Diff, DiffContent, DiffFile};
use super::finding::GuardFinding;
use super::name::GuardName;
use super::result::GuardResult;
use super::sentence::Sentence;

/// What was found of the tests of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestChanges {
    pub result: GuardResult,
    /// How many tests were added.
    pub added: usize,
    /// Whether a file of tests got lines.
    pub got_lines: bool,
}

/// Judges what becomes of tests in `diff`.
pub fn tests(diff: &Diff<'_>) -> TestChanges {
    let languages = [Language::Rust, Language::Python, Language::Go, Language::Script];
    let mut comparisons = languages.map(TestComparison::new);
    let mut findings = Vec::new();
    let mut got_lines = false;
    for file in &diff.files {
        let language = file.changed_paths().find_map(Language::of);
        if let Some(at) = languages.iter().position(|known| Some(*known) == language) {
            comparisons[at].take(file);
        }
        got_lines |= is_test_file(file.path(), language) && file.added().next().is_some();
        findings.extend(of_file(file, language));
        findings.extend(machinery(file));
    }
    let mut added = 0;
    for comparison in &mut comparisons {
        comparison.finish();
        added += comparison.added;
        findings.append(&mut comparison.findings);
    }
    let seen = format!("{added} added, none removed, none skipped");
    let result = GuardResult::new(GuardName::Tests, Sentence::of(&seen, &[]), findings);
    TestChanges { result, added, got_lines }
}

/// What is to be said of a file as a whole.
fn of_file(file: &DiffFile<'_>, language: Option<Language>) -> Option<GuardFinding> {
    let before = file.before.as_ref().filter(|_| !file.is_copy).map(|side| side.path.as_str());
    let was_test = before.is_some_and(|path| is_test_file(path, language));
    let path = file.path();
    let (code, said) = if was_test && file.is_gone() {
        // Where the language is known each test that is gone is named.
        if language.is_some() {
            return None;
        }
        (FindingCode::TestFileDeleted, Sentence::of("{} is gone.", &[path]))
    } else if was_test && before != Some(path) && !is_still_found(before, path, language) {
        let form = "{} is now {}, where no runner looks for tests.";
        (FindingCode::TestFileDeleted, Sentence::of(form, &[before.unwrap_or_default(), path]))
    } else if was_test && language.is_some() && file.content == DiffContent::Binary {
        let form = "{} changes, and the diff does not show how.";
        (FindingCode::CannotBeRead, Sentence::of(form, &[path]))
    } else if before.is_some_and(is_test_data) {
        let form = "{} holds what tests expect, and changes.";
        (FindingCode::TestDataChanged, Sentence::of(form, &[path]))
    } else {
        return None;
    };
    Some(GuardFinding::new(GuardName::Tests, code, said).in_file(path, None))
}

/// Whether a file is one of tests, or of what they expect.
pub(super) fn is_of_tests(path: &str) -> bool {
    is_test_file(path, Language::of(path)) || is_test_data(path)
}

/// Whether a file is one of tests by its name, of whatever language.
fn is_test_file(path: &str, language: Option<Language>) -> bool {
    const ENDINGS: [&str; 8] = [
        "Test.java",
        "Tests.cs",
        "Test.kt",
        "_spec.rb",
        "_test.rb",
        "Test.php",
        "_test.exs",
        "Tests.swift",
    ];
    match language {
        Some(Language::Rust) => language::is_in_tests(path),
        Some(language) => language.is_test_file(path) && !is_test_data(path),
        None => ENDINGS.iter().any(|ending| path.ends_with(ending)),
    }
}

/// Whether a file of tests that moved is found by its runner as before.
fn is_still_found(before: Option<&str>, path: &str, language: Option<Language>) -> bool {
    match language {
        Some(language) => {
            let was_found = before.is_some_and(|path| language.is_found_by_runners(path));
            match was_found {
                true => language.is_found_by_runners(path) && Language::of(path) == Some(language),
                false => language.is_test_file(path),
            }
        }
        None => is_test_file(path, None),
    }
}
