//! What lines of tests look like, language by language. No parser: what a line is for is told by the
//! words that each language and its usual libraries of tests have for it.

mod go;
mod patterns;
mod python;
mod rust;
mod script;

use std::sync::LazyLock;

use patterns::Patterns;
use regex::bytes::{Regex, RegexSet};

use crate::core::guards::paths::{is_in, name_of};

/// A language whose tests are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Rust,
    Python,
    Go,
    /// JavaScript and TypeScript.
    Script,
}

/// What one line is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct LineMeaning {
    pub(super) test: bool,
    pub(super) other: bool,
    pub(super) marker: bool,
    pub(super) skips: bool,
    pub(super) focuses: bool,
    pub(super) asserts: Option<Strength>,
    pub(super) swallows: bool,
}

/// How much an assertion says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// Nothing: it cannot fail.
    Trivial,
    Loose,
    Exact,
}

/// A language, ready to read lines.
pub(super) struct Grammar {
    set: RegexSet,
    name: Regex,
}

impl Language {
    /// The language of a file; none if its tests are not understood.
    pub(super) fn of(path: &str) -> Option<Self> {
        let name = name_of(path);
        let (_, ending) = name.rsplit_once('.')?;
        match ending {
            "rs" => Some(Self::Rust),
            "py" | "pyi" => Some(Self::Python),
            "go" => Some(Self::Go),
            "js" | "jsx" | "ts" | "tsx" | "mjs" | "cjs" | "mts" | "cts" | "vue" | "svelte" => {
                Some(Self::Script)
            }
            _ => None,
        }
    }

    /// Whether all of the file is tests, by its name. Those of Rust stand in any file.
    pub(super) fn is_test_file(self, path: &str) -> bool {
        let name = name_of(path);
        let stem = name.split('.').next().unwrap_or_default();
        match self {
            Self::Rust => is_in_tests(path) || stem == "tests" || stem.ends_with("_test"),
            Self::Python => {
                stem.starts_with("test_") || stem.ends_with("_test") || is_in_tests(path)
            }
            Self::Go => name.ends_with("_test.go"),
            Self::Script => {
                let parts: Vec<&str> = name.split('.').collect();
                let inner = parts.get(1..parts.len().saturating_sub(1)).unwrap_or_default();
                inner.iter().any(|part| matches!(*part, "test" | "spec" | "cy" | "e2e"))
                    || is_in_tests(path)
            }
        }
    }

    /// Whether a runner finds the file by its name alone, wherever it stands.
    pub(super) fn is_found_by_runners(self, path: &str) -> bool {
        match self {
            Self::Python => {
                let name = name_of(path);
                name.starts_with("test_") || name.ends_with("_test.py")
            }
            Self::Rust | Self::Go | Self::Script => self.is_test_file(path),
        }
    }

    pub(super) fn grammar(self) -> &'static Grammar {
        static RUST: LazyLock<Grammar> = LazyLock::new(|| Grammar::new(&rust::PATTERNS));
        static PYTHON: LazyLock<Grammar> = LazyLock::new(|| Grammar::new(&python::PATTERNS));
        static GO: LazyLock<Grammar> = LazyLock::new(|| Grammar::new(&go::PATTERNS));
        static SCRIPT: LazyLock<Grammar> = LazyLock::new(|| Grammar::new(&script::PATTERNS));
        match self {
            Self::Rust => &RUST,
            Self::Python => &PYTHON,
            Self::Go => &GO,
            Self::Script => &SCRIPT,
        }
    }

    /// What begins a comment that runs to the end of its line.
    fn comment(self) -> &'static [u8] {
        match self {
            Self::Python => b"#",
            Self::Rust | Self::Go | Self::Script => b"//",
        }
    }

    /// The line without white space around it and without a comment behind it.
    pub(super) fn code(self, line: &[u8]) -> &[u8] {
        let line = line.trim_ascii();
        let comment = self.comment();
        if line.starts_with(comment) {
            // What tools read there is no comment to them.
            return if line.starts_with(b"//go:build") { line } else { b"" };
        }
        let mut quotes = 0;
        for at in memchr::memchr2_iter(comment[0], b'"', line) {
            match line[at] {
                b'"' => quotes += 1,
                _ if quotes % 2 == 0
                    && line[at..].starts_with(comment)
                    && line[..at].last().is_some_and(u8::is_ascii_whitespace) =>
                {
                    return line[..at].trim_ascii_end();
                }
                _ => {}
            }
        }
        line
    }
}

/// Whether a folder of tests is on the way to a file.
pub(super) fn is_in_tests(path: &str) -> bool {
    const FOLDERS: [&str; 6] = ["tests", "test", "__tests__", "spec", "e2e", "cypress"];
    path.rsplit_once('/').is_some_and(|(folder, _)| is_in(folder, &FOLDERS))
}

impl Grammar {
    fn new(patterns: &Patterns) -> Self {
        let Patterns { test, other, marker, skips, focuses, exact, loose, trivial, swallows } =
            patterns;
        let all = [test, other, marker, skips, focuses, exact, loose, trivial, swallows];
        let all = all.map(|pattern| format!("(?-u){pattern}"));
        let set = RegexSet::new(&all);
        let name = Regex::new(&all[0]);
        Self {
            set: set.unwrap_or_else(|error| unreachable!("{error}")),
            name: name.unwrap_or_else(|error| unreachable!("{error}")),
        }
    }

    /// What a line is for, of which only code is left.
    pub(super) fn meaning(&self, code: &[u8]) -> LineMeaning {
        if code.len() < 3 || !self.set.is_match(code) {
            return LineMeaning::default();
        }
        let found = self.set.matches(code);
        let asserts = if found.matched(7) || found.matched(5) && says_itself(code) {
            Some(Strength::Trivial)
        } else if found.matched(5) {
            Some(Strength::Exact)
        } else {
            found.matched(6).then_some(Strength::Loose)
        };
        LineMeaning {
            test: found.matched(0),
            other: found.matched(1),
            marker: found.matched(2),
            skips: found.matched(3),
            focuses: found.matched(4),
            asserts,
            swallows: found.matched(8),
        }
    }

    /// What the test is called that a line begins.
    pub(super) fn name(&self, code: &[u8]) -> String {
        let found = self.name.captures(code);
        let name = found.iter().flat_map(|found| found.iter().skip(1)).flatten().next();
        name.map(|name| String::from_utf8_lossy(name.as_bytes()).into_owned()).unwrap_or_default()
    }
}

/// Whether an assertion compares something with itself: `assert_eq!(a, a)`, `assert a == a`,
/// `expect(a).toBe(a)`.
fn says_itself(code: &[u8]) -> bool {
    // Other functions may have good reasons to take the same twice.
    let is_asserted = |word: &[u8]| memchr::memmem::find(code, word).is_some();
    if !is_asserted(b"assert") && !is_asserted(b"expect") {
        return false;
    }
    let text = code.strip_suffix(b";").unwrap_or(code);
    let sides = |left: &[u8], right: &[u8]| {
        let (left, right) = (left.trim_ascii(), right.trim_ascii());
        !left.is_empty() && left == right
    };
    if let Some(at) = memchr::memmem::find(text, b"==") {
        let left = text[..at].trim_ascii_end();
        let left = left.rsplit(|byte| matches!(byte, b' ' | b'(')).next().unwrap_or_default();
        let right = text[at + 2..].trim_ascii_start();
        let end = right.iter().position(|byte| matches!(byte, b' ' | b')' | b',' | b'='));
        return sides(left, &right[..end.unwrap_or(right.len())]);
    }
    if let Some(at) = memchr::memmem::find(text, b").to") {
        let left = text[..at].splitn(2, |byte| *byte == b'(').nth(1).unwrap_or_default();
        let right = text[at + 2..].splitn(2, |byte| *byte == b'(').nth(1).unwrap_or_default();
        return sides(left, right.strip_suffix(b")").unwrap_or(right));
    }
    let Some(arguments) = text.splitn(2, |byte| *byte == b'(').nth(1) else { return false };
    let arguments = arguments.strip_suffix(b")").unwrap_or(arguments);
    let mut arguments = arguments.split(|byte| *byte == b',');
    match (arguments.next(), arguments.next()) {
        (Some(left), Some(right)) if !left.contains(&b'(') => sides(left, right),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::core::guards::tests::language::*;

    fn meaning(language: Language, line: &str) -> LineMeaning {
        language.grammar().meaning(language.code(line.as_bytes()))
    }

    #[test]
    fn each_language_has_words_for_tests() {
        use Language::{Go, Python, Rust, Script};
        for (language, line, name) in [
            (Python, "    async def test_it(self):", "test_it"),
            (Python, "class TestSession(Base):", "TestSession"),
            (Go, "func TestIt(t *testing.T) {", "TestIt"),
            (Go, "func FuzzIt(f *testing.F) {", "FuzzIt"),
            (Script, "  it('does it', async () => {", "does it"),
            (Script, "test.each([1, 2])(\"of %d\", (n) => {", "of %d"),
            (Script, "  xit(`does not`, () => {", "does not"),
            (Rust, "mod sessions;", "sessions"),
        ] {
            assert!(meaning(language, line).test, "{line}");
            let grammar = language.grammar();
            assert_eq!(grammar.name(language.code(line.as_bytes())), name, "{line}");
        }
        assert!(meaning(Rust, "    #[tokio::test(flavor = \"multi_thread\")]").marker);
        assert!(meaning(Rust, "pub(crate) async fn it() {").other);
        for (language, line) in [
            (Python, "# def test_it():"),
            (Python, "def _test_it():"),
            (Go, "// func TestIt(t *testing.T) {"),
            (Go, "func testIt(t *testing.T) {"),
            (Script, "exit('now', 1)"),
            (Script, "// it('does it', () => {"),
        ] {
            assert!(!meaning(language, line).test, "{line}");
        }
    }

    #[test]
    fn each_language_has_words_that_keep_a_test_from_running() {
        use Language::{Go, Python, Rust, Script};
        for (language, lines) in [
            (
                Rust,
                &[
                    "#[ignore]",
                    "#[ignore = \"slow\"]",
                    "#[cfg_attr(unix, ignore)]",
                    "#[cfg(any())]",
                    "#[cfg(FALSE)]",
                ][..],
            ),
            (
                Python,
                &[
                    "@pytest.mark.skip(\"flaky\")",
                    "@pytest.mark.skipif(True, reason=\"\")",
                    "@mark.xfail",
                    "pytestmark = pytest.mark.skip",
                    "pytest.skip(\"later\", allow_module_level=True)",
                    "@unittest.skip",
                    "@unittest.expectedFailure",
                    "self.skipTest(\"later\")",
                    "raise unittest.SkipTest(\"later\")",
                    "__test__ = False",
                    "if False:",
                    "pytest.importorskip(\"numpy\")",
                ],
            ),
            (Go, &["t.Skip()", "t.Skipf(\"%s\", x)", "//go:build ignore", "t.SkipNow()"]),
            (
                Script,
                &[
                    "it.skip(\"a\", () => {",
                    "describe.skip('a', () => {",
                    "xdescribe('a', () => {",
                    "test.todo('a')",
                    "test.fixme('a', async () => {",
                    "it.skipIf(true)('a', () => {",
                    "test('a', { skip: true }, () => {",
                    "this.skip()",
                    "test.failing('a', () => {",
                ],
            ),
        ] {
            for line in lines {
                assert!(meaning(language, line).skips, "{line}");
            }
        }
        for line in ["it.only('a', () => {", "fdescribe('a', () => {", "fit(\"a\", () => {"] {
            assert!(meaning(Script, line).focuses, "{line}");
        }
        for (language, line) in [
            (Rust, "#[cfg(test)]"),
            (Python, "items.skip(3)"),
            (Go, "s.Skip(3)"),
            (Script, "stream.skip(3)"),
            (Script, "profit('a')"),
            (Script, "const only = it"),
        ] {
            let found = meaning(language, line);
            assert!(!found.skips && !found.focuses, "{line}");
        }
    }

    #[test]
    fn each_language_has_words_for_assertions() {
        use Language::{Go, Python, Rust, Script};
        use Strength::{Exact, Loose, Trivial};
        for (language, line, strength) in [
            (Rust, "assert_eq!(a, b);", Some(Exact)),
            (Rust, "    assert_eq!(", Some(Exact)),
            (Rust, "insta::assert_snapshot!(text);", Some(Exact)),
            (Rust, "assert!(a == b, \"{a}\");", Some(Exact)),
            (Rust, "assert!(a.is_ok());", Some(Loose)),
            (Rust, "check_all(&a);", Some(Exact)),
            (Rust, "check(1, 1);", Some(Exact)),
            (Rust, "assert!(true);", Some(Trivial)),
            (Rust, "assert_eq!(1, 1);", Some(Trivial)),
            (Rust, "assert_eq!(f(a, a), 2);", Some(Exact)),
            (Rust, "let a = b == c;", None),
            (Python, "assert a == b", Some(Exact)),
            (Python, "assert a", Some(Loose)),
            (Python, "assert True", Some(Trivial)),
            (Python, "assert a == a", Some(Trivial)),
            (Python, "assert a == b or True", Some(Trivial)),
            (Python, "self.assertEqual(a, b)", Some(Exact)),
            (Python, "self.assertTrue(a)", Some(Loose)),
            (Python, "self.assertTrue(True)", Some(Trivial)),
            (Python, "with pytest.raises(ValueError):", Some(Exact)),
            (Python, "with pytest.raises(Exception):", Some(Loose)),
            (Go, "t.Errorf(\"got %d\", got)", Some(Exact)),
            (Go, "require.Equal(t, want, got)", Some(Exact)),
            (Go, "assert.NotNil(t, got)", Some(Loose)),
            (Go, "assert.True(t, true)", Some(Trivial)),
            (Script, "expect(a).toBe(b);", Some(Exact)),
            (Script, "expect(a).toBeDefined()", Some(Loose)),
            (Script, "expect(true).toBe(true);", Some(Trivial)),
            (Script, "assert.strictEqual(a, b);", Some(Exact)),
            (Script, "x(); // expect(a).toBe(b)", None),
        ] {
            assert_eq!(meaning(language, line).asserts, strength, "{line}");
        }
    }
}
