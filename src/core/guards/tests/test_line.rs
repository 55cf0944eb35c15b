//! Lines of manifests that say how tests run, and that no pattern knows for good or bad.

use std::sync::LazyLock;

use regex::bytes::Regex;

use crate::core::guards::diff::{DiffFile, DiffLine, Hunk, LineKind};
use crate::core::guards::paths::name_of;

/// What such a line speaks of.
const OF_TESTS: &str = r"(?x-u)(?i)
    \b(?:pre|post)?(?:tests?|check|verify|e2e)(?:[:\w-]*\x22\s*:|\b)
    | \b(?:pytest|py\.test|unittest|nextest|jest|vitest|mocha|karma|tox|nox|doctest|coverage)\b
";

/// What only chooses the version of something.
const VERSION: &str = r#"(?-u)^\s*(?:-\s*)?[\x22']?[@\w./-]+[\x22']?\s*(?:[:=]\s*)?[\x22']?\s*[\^~<>=!]*\s*v?\d[\w.,<>=* +-]*[\x22']?,?\s*$|^\s*\w[\w.-]*\s*=\s*\{\s*version\s*="#;

/// A goal of a Makefile, a justfile or a Taskfile.
const TARGET: &str = r"(?-u)^ {0,2}@?([A-Za-z_][^:=#]*)(?:=[^:]*)?:(?:[^=]|$)";
const TEST_TARGET: &str =
    r"(?i-u)(?:^|[^a-z])(?:tests?|check|ci|verify|spec|e2e|coverage)(?:$|[^a-z])";

/// The first line that was added or removed and that says how tests run.
pub(super) fn test_line<'f, 'a>(file: &'f DiffFile<'a>) -> Option<&'f DiffLine<'a>> {
    static OF: LazyLock<Regex> = LazyLock::new(|| pattern(OF_TESTS));
    static ONLY_VERSION: LazyLock<Regex> = LazyLock::new(|| pattern(VERSION));
    static NAMED: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i-u)test|check|verify"));
    let has_goals = file.changed_paths().any(has_goals);
    file.hunks().iter().find_map(|hunk| {
        let in_goal = if has_goals { lines_of_test_goals(hunk) } else { Vec::new() };
        let says = |(at, line): &(usize, &'f DiffLine<'a>)| {
            let is_of_tests = match has_goals {
                true => NAMED.is_match(line.text),
                false => OF.is_match(line.text) && !ONLY_VERSION.is_match(line.text),
            };
            line.kind != LineKind::Context && (is_of_tests || in_goal.contains(at))
        };
        hunk.lines.iter().enumerate().find(says).map(|(_, line)| line)
    })
}

fn has_goals(path: &str) -> bool {
    const NAMES: [&str; 6] =
        ["makefile", "gnumakefile", "justfile", "taskfile.yml", "taskfile.yaml", "rakefile"];
    NAMES.contains(&name_of(path).as_str())
}

/// Which lines of a hunk stand below a goal that is called after tests.
fn lines_of_test_goals(hunk: &Hunk<'_>) -> Vec<usize> {
    static GOAL: LazyLock<Regex> = LazyLock::new(|| pattern(TARGET));
    static OF_TESTS: LazyLock<Regex> = LazyLock::new(|| pattern(TEST_TARGET));
    let goal = |line: &[u8]| {
        let name = GOAL.captures(line)?.get(1)?.as_bytes().to_owned();
        Some(OF_TESTS.is_match(&name))
    };
    let mut is_of_tests = goal(hunk.heading).unwrap_or(false);
    let mut found = Vec::new();
    for (at, line) in hunk.lines.iter().enumerate() {
        is_of_tests = goal(line.text).unwrap_or(is_of_tests);
        let text = line.text.trim_ascii();
        if is_of_tests && !text.is_empty() && !text.starts_with(b"#") {
            found.push(at);
        }
    }
    found
}

pub(super) fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap_or_else(|error| unreachable!("{error}"))
}
