//! What the tests of one side of a hunk hold: names, skips, assertions.

use super::language::{Language, LineMeaning, Strength};
use crate::core::guards::diff::{DiffLine, Hunk, LineKind};

/// A test on one side of a hunk, as far as the hunk shows it.
#[derive(Debug, Clone, Default)]
pub(super) struct TestScope<'a> {
    /// What it is called; none for the one that began before the hunk.
    pub(super) name: Option<String>,
    /// Whether it is a test, or a function beside tests.
    pub(super) is_test: bool,
    /// The number of the line that it begins at, or of the first one that is seen of it.
    pub(super) line: u32,
    pub(super) skips: Vec<DiffLine<'a>>,
    /// Lines that assert, with how much they say, as they stand in the code.
    pub(super) asserts: Vec<(Strength, DiffLine<'a>)>,
    pub(super) swallows: Vec<DiffLine<'a>>,
}

impl TestScope<'_> {
    /// How many assertions it has that can fail.
    pub(super) fn asserts_something(&self) -> usize {
        self.asserts.iter().filter(|(strength, _)| *strength > Strength::Trivial).count()
    }

    pub(super) fn count(&self, strength: Strength) -> usize {
        self.asserts.iter().filter(|(found, _)| *found == strength).count()
    }
}

/// A side of a diff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DiffSide {
    Before,
    After,
}

impl DiffSide {
    fn has(self, kind: LineKind) -> bool {
        match kind {
            LineKind::Context => true,
            LineKind::Removed => self == Self::Before,
            LineKind::Added => self == Self::After,
        }
    }
}

/// A hunk whose lines were read.
pub(super) struct ReadHunk<'h, 'a> {
    language: Language,
    hunk: &'h Hunk<'a>,
    meanings: Vec<LineMeaning>,
}

impl<'h, 'a> ReadHunk<'h, 'a> {
    /// Reads `hunk`, of a file that may be one of tests by its name.
    pub(super) fn new(language: Language, hunk: &'h Hunk<'a>, is_test_file: bool) -> Self {
        let grammar = language.grammar();
        let meaning = |line: &DiffLine<'_>| {
            let meaning = grammar.meaning(language.code(line.text));
            // Elsewhere a module of Rust is no test.
            let test = meaning.test && (is_test_file || language != Language::Rust);
            LineMeaning { test, ..meaning }
        };
        let meanings = hunk.lines.iter().map(meaning).collect();
        Self { language, hunk, meanings }
    }

    /// Whether anything in it is about tests.
    pub(super) fn is_about_tests(&self) -> bool {
        self.hunk.heading.starts_with(b"mod test") || self.meanings.iter().any(|line| line.marker)
    }

    /// The lines of one side that keep all other tests from running.
    pub(super) fn focuses(&self, side: DiffSide) -> Vec<DiffLine<'a>> {
        let lines = self.lines(side).filter(|(_, meaning)| meaning.focuses);
        lines.map(|(line, _)| *line).collect()
    }

    fn lines(&self, side: DiffSide) -> impl Iterator<Item = (&'h DiffLine<'a>, LineMeaning)> {
        let all = self.hunk.lines.iter().zip(self.meanings.iter().copied());
        all.filter(move |(line, _)| side.has(line.kind))
    }

    /// The tests of one side, the one that began before the hunk first.
    pub(super) fn scopes(&self, side: DiffSide) -> Vec<TestScope<'a>> {
        let lines: Vec<_> = self.lines(side).collect();
        let mut walk = ScopeWalk::new(self.language, lines.first().map_or(0, |(l, _)| l.number));
        let mut comment = BlockComment::default();
        for (at, (line, meaning)) in lines.iter().enumerate() {
            let next = lines.get(at + 1).map(|(line, _)| *line);
            if !comment.holds(self.language, line, next) {
                walk.step(line, *meaning);
            }
        }
        walk.scopes
    }
}

struct ScopeWalk<'a> {
    language: Language,
    scopes: Vec<TestScope<'a>>,
    /// What was read that belongs to the next test.
    marker: Option<u32>,
    skips: Vec<DiffLine<'a>>,
    cases: Vec<(Strength, DiffLine<'a>)>,
}

impl<'a> ScopeWalk<'a> {
    fn new(language: Language, line: u32) -> Self {
        let first = TestScope { line, ..TestScope::default() };
        let scopes = vec![first];
        Self { language, scopes, marker: None, skips: Vec::new(), cases: Vec::new() }
    }

    fn step(&mut self, line: &DiffLine<'a>, meaning: LineMeaning) {
        let code = self.language.code(line.text);
        if meaning.marker {
            self.marker = Some(line.number);
        }
        if meaning.test || meaning.other {
            self.begin(line, meaning, code);
        }
        let stands_before = code.starts_with(b"@") || code.starts_with(b"#[");
        if meaning.skips && stands_before {
            self.skips.push(*line);
        } else if let Some(scope) = self.scopes.last_mut().filter(|_| meaning.skips) {
            scope.skips.push(*line);
        }
        match meaning.asserts {
            Some(strength) if stands_before => self.cases.push((strength, *line)),
            Some(strength) => self.with_last(|scope| scope.asserts.push((strength, *line))),
            None => {}
        }
        if meaning.swallows {
            self.with_last(|scope| scope.swallows.push(*line));
        }
    }

    fn with_last(&mut self, change: impl FnOnce(&mut TestScope<'a>)) {
        if let Some(scope) = self.scopes.last_mut() {
            change(scope);
        }
    }

    fn begin(&mut self, line: &DiffLine<'a>, meaning: LineMeaning, code: &[u8]) {
        let marker = self.marker.take();
        let name = match meaning.test {
            true => self.language.grammar().name(code),
            false => function_name(code),
        };
        self.scopes.push(TestScope {
            name: Some(name),
            is_test: meaning.test || marker.is_some(),
            line: marker.unwrap_or(line.number),
            skips: std::mem::take(&mut self.skips),
            asserts: std::mem::take(&mut self.cases),
            swallows: Vec::new(),
        });
    }
}

/// What is called by the last word before the first bracket, or between quotes.
fn function_name(code: &[u8]) -> String {
    let head = code.split(|byte| matches!(byte, b'(' | b'<' | b':' | b'{')).next();
    let head = String::from_utf8_lossy(head.unwrap_or_default());
    head.split_whitespace().last().unwrap_or_default().to_owned()
}

/// Whether a block of comment is open: what stands in it is no code, though it looks like it.
#[derive(Default)]
struct BlockComment {
    is_open: bool,
}

impl BlockComment {
    /// Whether `line` is part of one; `next`: the one behind it.
    fn holds(
        &mut self,
        language: Language,
        line: &DiffLine<'_>,
        next: Option<&DiffLine<'_>>,
    ) -> bool {
        let text = line.text.trim_ascii();
        let (opens, closes) = match language {
            // Three quotes alone on a new line, with old lines behind it, comment these out.
            Language::Python => {
                let is_alone = matches!(text, b"\"\"\"" | b"'''");
                let is_before_old = line.kind == LineKind::Added
                    && next.is_some_and(|next| next.kind == LineKind::Context);
                (is_alone && is_before_old, is_alone)
            }
            Language::Rust | Language::Go | Language::Script => {
                let ends = memchr::memmem::find(text, b"*/").is_some();
                (text.starts_with(b"/*") && !ends, ends)
            }
        };
        if self.is_open {
            self.is_open = !closes;
            return true;
        }
        self.is_open = opens;
        opens
    }
}
