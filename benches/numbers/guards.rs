//! How fast a change is judged.

use std::fmt::Write;
use std::hint::black_box;
use std::time::Duration;

use timmy::core::guards::diff::parse_diff;
use timmy::core::guards::{
    AuthorFacts, BaseFacts, BinaryLooks, ChangeFacts, CheckFacts, ClaimFacts, GuardFacts,
    GuardRules, Merges, SaidFacts, examine,
};
use timmy::core::model::commit::Commit;

use crate::sample::{Compared, rate};
use crate::table::Row;

const SPAN: Duration = Duration::from_millis(50);
const ROUNDS: usize = 21;

const FILES: usize = 200;
const LINES_PER_FILE: usize = 50;

pub fn measure() -> Row {
    let diff = large_diff();
    let rules = GuardRules { max_lines: 20_000, ..GuardRules::default() };
    let commit: Commit = "8b195ee0".repeat(5).parse().unwrap();
    let Compared { ours, yardstick, ratio } = Compared::in_turn(
        ROUNDS,
        || {
            let judge = || {
                let facts = GuardFacts::Change(Box::new(facts(black_box(&diff))));
                drop(black_box(examine(commit.clone(), &facts, &rules)));
            };
            1e3 / rate(SPAN, judge)
        },
        || {
            let read = || {
                black_box(black_box(&diff).lines().map(str::len).max());
            };
            1e3 / rate(SPAN, read)
        },
    );
    Row {
        what: "guards over 10,000 lines",
        goal: "<= 20 x reading it",
        measured: ratio.to_string(),
        holds: ratio.median() <= 20.0,
        figures: format!("{ours} ms; read line by line {yardstick} ms"),
        method: "parse_diff and all guards over a diff of 10,000 lines in 200 files, half of them \
                 tests, in Rust, Python, Go and TypeScript; str::lines over the same text; one core",
    }
}

fn facts(diff: &str) -> ChangeFacts<'_> {
    ChangeFacts {
        diff: parse_diff(diff.as_bytes()),
        size: None,
        said: SaidFacts::default(),
        looks: BinaryLooks::new(),
        claims: ClaimFacts {
            said: "Keeps sessions, and adds tests.".to_owned(),
            asked: vec!["The session expires after an hour".to_owned()],
        },
        checks: CheckFacts {
            statuses: Ok(Vec::new()),
            required: Ok(Vec::new()),
            on_target: Vec::new(),
            waited: Duration::ZERO,
            workflows_changed: false,
        },
        author: AuthorFacts { pusher: Some("ezra".to_owned()), forged_by: Vec::new() },
        others: Ok(Vec::new()),
        base: BaseFacts { merges: Ok(Merges::Cleanly), behind: Some(0) },
        late: Vec::new(),
    }
}

/// A change as agents make it: in each file some lines that go, more that come, some that stay.
fn large_diff() -> String {
    let mut diff = String::new();
    for n in 0..FILES {
        let (path, lines) = file(n);
        writeln!(diff, "diff --git a/{path} b/{path}\nindex 1111111..2222222 100644").unwrap();
        writeln!(diff, "--- a/{path}\n+++ b/{path}").unwrap();
        let hunk: Vec<String> = (0..LINES_PER_FILE)
            .map(|at| {
                let sign = [' ', '+', '+', '-', '+'][at % 5];
                format!("{sign}{}", lines[at % lines.len()])
            })
            .collect();
        let count = |sign: char| hunk.iter().filter(|line| !line.starts_with(sign)).count();
        let (before, after) = (count('+'), count('-'));
        writeln!(diff, "@@ -1,{before} +1,{after} @@\n{}", hunk.join("\n")).unwrap();
    }
    diff
}

fn file(n: usize) -> (String, &'static [&'static str]) {
    match n % 8 {
        0 => (format!("src/store/file{n}.rs"), RUST),
        1 => (format!("tests/it/file{n}.rs"), RUST),
        2 => (format!("app/file{n}.py"), PYTHON),
        3 => (format!("tests/test_file{n}.py"), PYTHON),
        4 => (format!("pkg/file{n}.go"), GO),
        5 => (format!("pkg/file{n}_test.go"), GO),
        6 => (format!("web/file{n}.ts"), TYPESCRIPT),
        _ => (format!("web/file{n}.test.ts"), TYPESCRIPT),
    }
}

const RUST: &[&str] = &[
    "    let session = store.open(&path, Options::default())?;",
    "",
    "    // What was there before is kept.",
    "    for (name, value) in session.entries().filter(|entry| entry.is_live(now)) {",
    "        writeln!(out, \"{name}: {value}\")?;",
    "    }",
    "    assert_eq!(session.count(), 3);",
];

const PYTHON: &[&str] = &[
    "    session = self.store.open(path, timeout=timeout)",
    "    if not session.is_live(now):",
    "        raise SessionError(f\"{path} is gone\")",
    "",
    "    # What was there before is kept.",
    "    return [entry for entry in session.entries() if entry.key]",
    "    assert session.count() == 3",
];

const GO: &[&str] = &[
    "\tsession, err := store.Open(ctx, path, store.Options{Timeout: timeout})",
    "\tif err != nil {",
    "\t\treturn fmt.Errorf(\"open %s: %w\", path, err)",
    "\t}",
    "",
    "\tdefer session.Close()",
    "\tfor _, entry := range session.Entries() {",
];

const TYPESCRIPT: &[&str] = &[
    "  const session = await store.open(path, { timeout });",
    "  if (!session.isLive(now)) {",
    "    throw new SessionError(`${path} is gone`);",
    "  }",
    "",
    "  return session.entries().filter((entry) => entry.key !== undefined);",
    "  expect(session.count()).toBe(3);",
];
