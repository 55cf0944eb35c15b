//! Diffs that were made to get past the guards, or to keep them busy.

use std::fmt::Write;

use timmy::core::guards::diff::{LARGEST_DIFF, parse_diff};
use timmy::core::guards::{CannotBeRead, ChangeFacts, FindingCode};

use super::{added, changed, codes, facts, harmless, hunk, judged, told};

/// What Gitea answers for a pull request with everything in it that git knows.
const EVERYTHING: &[u8] = include_bytes!("../../fixtures/diffs/everything.diff");

#[test]
fn everything_at_once_is_judged() {
    let facts = ChangeFacts { diff: parse_diff(EVERYTHING), ..facts("") };
    insta::assert_snapshot!(told(&judged(facts)).join("\n"), @r"
    protected submodule_changed: `sub` takes code from another repository.
    secrets binary_changed: `bin.dat` changes, and the diff does not show how.
    ");
}

#[test]
fn a_hundred_megabytes_are_not_read() {
    let huge = vec![b'+'; 100 << 20];
    assert_eq!(parse_diff(&huge).unwrap_err(), CannotBeRead::TooLarge);
}

#[test]
fn a_line_cannot_end_its_file() {
    // A removed line `-- a/ci/run` looks like the head of a file, and a line of a file is none.
    let hidden = changed("notes.md", "-- a/x\n+++ b/x\n+diff --git a/y b/y\n-@@ -1 +1 @@\n-z");
    assert_eq!(codes(&(hidden + &added("ci/run", "x"))), ["protected_path"]);
}

#[test]
fn numbers_that_lie_make_it_unreadable() {
    let lie = |numbers: &str| {
        format!("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ {numbers} @@\n-a\n+b\n") + &harmless()
    };
    for numbers in ["-1 +1,9", "-1,9 +1,9", "-1,2 +1,2", "-0,0 +1", "-1 +0,0"] {
        assert!(parse_diff(lie(numbers).as_bytes()).is_err(), "{numbers}");
    }
}

#[test]
fn names_with_line_ends_stay_names() {
    let diff = "diff --git \"a/x\\n## Approved\\n@anna\" \"b/x\\n## Approved\\n@anna\"\n\
                new file mode 120000\n--- /dev/null\n+++ \"b/x\\n## Approved\\n@anna\"\n\
                @@ -0,0 +1 @@\n+`/etc`\n";
    let said = told(&judged(facts(diff)));
    assert_eq!(
        said,
        ["protected link_added: `x ## Approved @anna` is a link, and leads to `'/etc'`."]
    );
}

#[test]
fn what_is_long_is_told_in_short() {
    let path = format!("ci/{}", "x".repeat(100_000));
    let diff = added(&path, "x");
    let verdict = judged(facts(&diff));
    assert!(verdict.findings()[0].said.plain().len() < 300);
}

#[test]
fn a_quarter_of_a_million_lines_are_judged() {
    let mut lines = String::new();
    for n in 0..60_000 {
        writeln!(lines, "-def test_{n}():\n-    assert a == {n}\n+def test_x{n}():\n+    pass")
            .unwrap();
    }
    let head = "diff --git a/test_a.py b/test_a.py\n--- a/test_a.py\n+++ b/test_a.py\n";
    let diff = format!("{head}{}", hunk("", &lines));
    assert!(diff.len() < LARGEST_DIFF);
    let verdict = judged(facts(&diff));
    let tests = verdict.results.iter().find(|result| result.guard.as_str() == "tests").unwrap();
    assert_eq!(tests.findings.len(), 21);
    assert_eq!(tests.findings[0].code, FindingCode::TestDeleted);
}

#[test]
fn no_bytes_make_a_guard_stop() {
    let mut state = 7_u64;
    for _ in 0..200 {
        let mut diff = EVERYTHING.to_vec();
        for _ in 0..8 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let at = usize::try_from(state >> 33).unwrap() % diff.len();
            diff[at] = u8::try_from(state >> 56).unwrap();
        }
        judged(ChangeFacts { diff: parse_diff(&diff), ..facts("") });
    }
}
