//! Test machinery: what decides which tests run and what counts as passed.
//!
//! Ten lines of it can make everything green, so what takes such a decision blocks, and any other
//! change of it is told.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::language::is_in_tests;
use super::test_line::{pattern, test_line};
use crate::core::guards::code::FindingCode;
use crate::core::guards::diff::{DiffFile, DiffLine, LineKind};
use crate::core::guards::finding::GuardFinding;
use crate::core::guards::name::GuardName;
use crate::core::guards::paths::name_of;
use crate::core::guards::sentence::Sentence;

/// What kind of machinery a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Machinery {
    /// It is nothing else: runner and coverage configuration, code that the runner loads by itself.
    Whole,
    /// Some of its lines are: manifests that configure the runner as well.
    Part,
    /// What cargo builds with, and what runs what it built.
    CargoConfig,
    /// It is loaded before any test, whoever asks for it.
    Preloaded,
    /// It has the name of a runner, and is taken for it.
    Shadow,
}

/// What is to be said of a file as test machinery; nothing if it is none.
pub(super) fn machinery(file: &DiffFile<'_>) -> Option<GuardFinding> {
    let path = file.path();
    let kind = file.changed_paths().find_map(kind)?;
    let tampers = tampering(kind, file);
    let (code, line, form) = match kind {
        Machinery::Shadow | Machinery::Preloaded if !file.is_gone() => {
            (FindingCode::RunnerShadowed, None, "{} is loaded in place of the test runner's own.")
        }
        Machinery::Whole if file.is_gone() => {
            (FindingCode::MachineryDeleted, None, "{} is gone: it says how tests run.")
        }
        Machinery::Whole | Machinery::Part | Machinery::CargoConfig if tampers.is_some() => {
            (FindingCode::MachineryTampered, tampers, "{} changes what runs or passes: {}.")
        }
        Machinery::Whole => (FindingCode::MachineryChanged, None, "{} says how tests run."),
        Machinery::Part => {
            let line = Some(test_line(file)?);
            (FindingCode::TestCommandChanged, line, "{} may change how tests run: {}.")
        }
        Machinery::CargoConfig => {
            let line =
                file.added().chain(file.removed()).find(|line| !line.text.trim_ascii().is_empty());
            (FindingCode::TestCommandChanged, line, "{} says how programs are built and run: {}.")
        }
        Machinery::Shadow | Machinery::Preloaded => return None,
    };
    let said = line.map(DiffLine::said).unwrap_or_default();
    let number = line.map(|line| line.number);
    let place = number.map_or_else(|| path.to_owned(), |number| format!("{path}:{number}"));
    let said = Sentence::of(form, &[&place, &said]);
    Some(GuardFinding::new(GuardName::Tests, code, said).in_file(path, number))
}

fn kind(path: &str) -> Option<Machinery> {
    const WHOLE: [&str; 21] = [
        "conftest.py",
        "pytest.ini",
        ".pytest.ini",
        "tox.ini",
        "noxfile.py",
        ".coveragerc",
        "nextest.toml",
        "tarpaulin.toml",
        ".tarpaulin.toml",
        "codecov.yml",
        ".codecov.yml",
        ".nycrc",
        ".nycrc.json",
        "karma.conf.js",
        "setuptests.js",
        "setuptests.ts",
        "phpunit.xml",
        ".rspec",
        "runtests.py",
        "nose.cfg",
        ".mutmut",
    ];
    const STEMS: [&str; 15] = [
        "jest.config.",
        "jest.setup.",
        "jest.global",
        "vitest.config.",
        "vitest.setup.",
        "vitest.workspace.",
        "playwright.config.",
        "cypress.config.",
        "ava.config.",
        ".mocharc",
        "wdio.conf.",
        "global-setup.",
        "global-teardown.",
        "test-setup.",
        "web-test-runner.config.",
    ];
    const PART: [&str; 14] = [
        "pyproject.toml",
        "setup.cfg",
        "setup.py",
        "package.json",
        "cargo.toml",
        "config.toml",
        "makefile",
        "gnumakefile",
        "justfile",
        "taskfile.yml",
        "taskfile.yaml",
        "rakefile",
        "deno.json",
        "vite.config.ts",
    ];
    const SHADOWS: [&str; 6] =
        ["pytest.py", "_pytest.py", "unittest.py", "pluggy.py", "coverage.py", "nose.py"];
    let name = name_of(path);
    let is = |names: &[&str]| names.contains(&name.as_str());
    let folder = path.split('/').next().unwrap_or_default();
    if [".cargo/config.toml", ".cargo/config"].iter().any(|known| {
        path.strip_suffix(known).is_some_and(|before| before.is_empty() || before.ends_with('/'))
    }) {
        return Some(Machinery::CargoConfig);
    }
    if matches!(name.as_str(), "sitecustomize.py" | "usercustomize.py")
        || std::path::Path::new(&name).extension().is_some_and(|ending| ending == "pth")
    {
        Some(Machinery::Preloaded)
    } else if is(&SHADOWS) || matches!(folder, "pytest" | "_pytest" | "unittest" | "pluggy") {
        Some(Machinery::Shadow)
    } else if is(&WHOLE) || STEMS.iter().any(|stem| name.starts_with(stem)) {
        Some(Machinery::Whole)
    } else {
        is(&PART).then_some(Machinery::Part)
    }
}

/// The first added line that takes a decision about what runs or passes.
fn tampering<'f, 'a>(kind: Machinery, file: &'f DiffFile<'a>) -> Option<&'f DiffLine<'a>> {
    file.hunks().iter().find_map(|hunk| {
        // Benchmarks have no harness of the compiler's, and no test goes with it.
        let mut is_bench = false;
        hunk.lines.iter().find(|line| {
            let text = line.text.trim_ascii();
            if line.kind != LineKind::Removed && text.starts_with(b"[") {
                is_bench = text.starts_with(b"[[bench");
            }
            line.kind == LineKind::Added
                && tampers(kind, line)
                && !(is_bench && text.starts_with(b"harness"))
        })
    })
}

/// Whether a line takes a decision about what runs or passes.
fn tampers(kind: Machinery, line: &DiffLine<'_>) -> bool {
    // Of runners' settings: filters, what is left out, and that nothing is needed to pass.
    const SETTINGS: &str = r"(?x-u)
        \baddopts\b | --(?:ignore|deselect|no-run|pass-?with-?no-?tests) | -p\s+no: | \s-k\s
        | \b(?:norecursedirs|testpaths|python_files|python_functions|python_classes)\b
        | \b(?:testPathIgnorePatterns|testMatch|testRegex|testIgnore|testNamePattern|testRunner)\b
        | \b(?:passWithNoTests|coverageThreshold|fail_under|exclude_lines|default-filter)\b
        | ^\s*(?:autotests|test|doctest|harness)\s*=\s*false
        | \x22test(?::\w+)?\x22\s*:\s*\x22(?:echo|true|exit|:)
        | (?:test|check).*\|\|\s*(?:true|exit\s+0|:)
    ";
    // Of pytest: hooks, what is not collected, how a run ends, what is replaced.
    const CODE: &str = r"(?x-u)
        ^\s*(?:async\s+)?def\s+pytest_\w+
        | \b(?:hookwrapper|hookimpl|collect_ignore(?:_glob)?|TestReport|CallInfo)\b
        | \.(?:outcome|wasxfail|exitstatus)\s*=[^=]
        | \b(?:os\._exit|sys\.exit|atexit|sys\.modules|_pytest|builtins)\b
        | \b__(?:eq|ne|bool)__\s*=[^=]
        | \b(?:omit|bail|forbidOnly|retries|thresholds)\b | \|\|\s*true\b
    ";
    // Of cargo: what runs in place of what was built, or of the compiler.
    const BUILDS: &str =
        r"(?-u)(?:^|\.)\s*(?:runner|rustc|rustdoc|rustc-(?:workspace-)?wrapper)\s*=";
    static SETTING: LazyLock<Regex> = LazyLock::new(|| pattern(SETTINGS));
    static CODED: LazyLock<Regex> = LazyLock::new(|| pattern(CODE));
    static BUILD: LazyLock<Regex> = LazyLock::new(|| pattern(BUILDS));
    SETTING.is_match(line.text)
        || kind == Machinery::Whole && CODED.is_match(line.text)
        || kind == Machinery::CargoConfig && BUILD.is_match(line.text)
}

/// Whether a file holds what tests expect: stored answers, snapshots, examples.
pub(super) fn is_test_data(path: &str) -> bool {
    const FOLDERS: [&str; 5] = ["__snapshots__", "snapshots", "testdata", "fixtures", "golden"];
    let name = name_of(path);
    name.ends_with(".snap")
        || name.ends_with(".golden")
        || path.rsplit_once('/').is_some_and(|(folder, _)| {
            let is_data =
                folder.split('/').any(|part| FOLDERS.iter().any(|f| part.eq_ignore_ascii_case(f)));
            is_data
                && (is_in_tests(path)
                    || folder.contains("__snapshots__")
                    || folder.contains("testdata"))
        })
}
