//! What became of tests from one side of a diff to the other.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::language::{Language, Strength};
use super::scope::{DiffSide, ReadHunk, TestScope};
use crate::core::guards::code::FindingCode;
use crate::core::guards::diff::{DiffFile, DiffLine, LineKind};
use crate::core::guards::finding::GuardFinding;
use crate::core::guards::name::GuardName;
use crate::core::guards::sentence::Sentence;

/// Among how many new tests of a hunk the one is looked for that stands in the place of another.
const MOST_BESIDE: usize = 50;

/// A test that is seen on one side only, until its counterpart is found.
struct Single<'a> {
    path: String,
    /// Which hunk of all it stands in.
    hunk: usize,
    scope: TestScope<'a>,
}

/// What became of all tests of one language.
pub(super) struct TestComparison<'a> {
    language: Language,
    hunks: usize,
    gone: Vec<Single<'a>>,
    new: Vec<Single<'a>>,
    pub(super) findings: Vec<GuardFinding>,
    /// How many tests were added.
    pub(super) added: usize,
}

impl<'a> TestComparison<'a> {
    pub(super) fn new(language: Language) -> Self {
        Self {
            language,
            hunks: 0,
            gone: Vec::new(),
            new: Vec::new(),
            findings: Vec::new(),
            added: 0,
        }
    }

    pub(super) fn take(&mut self, file: &DiffFile<'a>) {
        let is_test_file = file.changed_paths().any(|path| self.language.is_test_file(path));
        let mut is_in_tests = is_test_file;
        if !is_test_file && self.language != Language::Rust {
            return;
        }
        for hunk in file.hunks() {
            let read = ReadHunk::new(self.language, hunk, is_test_file);
            is_in_tests |= read.is_about_tests();
            self.focused(file, &read);
            let before = read.scopes(DiffSide::Before);
            let after = read.scopes(DiffSide::After);
            self.pair(file, before, after, is_in_tests);
            self.hunks += 1;
        }
    }

    fn focused(&mut self, file: &DiffFile<'a>, read: &ReadHunk<'_, 'a>) {
        let before = read.focuses(DiffSide::Before);
        for line in read.focuses(DiffSide::After) {
            if !before.iter().any(|old| old.text.trim_ascii() == line.text.trim_ascii()) {
                let form = "{}: only this runs, and no other test: {}.";
                self.say(FindingCode::TestFocused, form, file.path(), &line);
            }
        }
    }

    /// Pairs the tests of one hunk by their names; the others wait for other hunks and files.
    fn pair(
        &mut self,
        file: &DiffFile<'a>,
        before: Vec<TestScope<'a>>,
        after: Vec<TestScope<'a>>,
        is_in_tests: bool,
    ) {
        let mut named: BTreeMap<Option<String>, VecDeque<TestScope<'a>>> = BTreeMap::new();
        for scope in after {
            named.entry(scope.name.clone()).or_default().push_back(scope);
        }
        for old in before {
            match named.get_mut(&old.name).and_then(VecDeque::pop_front) {
                Some(new) if old.is_test && !new.is_test => self.gone.push(self.single(file, old)),
                Some(new) if is_in_tests || old.is_test => self.changed(file.path(), &old, &new),
                Some(_) => {}
                None if old.is_test => self.gone.push(self.single(file, old)),
                None => {}
            }
        }
        for scope in named.into_values().flatten().filter(|scope| scope.is_test) {
            self.new.push(self.single(file, scope));
        }
    }

    fn single(&self, file: &DiffFile<'a>, scope: TestScope<'a>) -> Single<'a> {
        Single { path: file.path().to_owned(), hunk: self.hunks, scope }
    }

    /// What is left when all files were taken: tests that moved, were replaced, are gone or new.
    pub(super) fn finish(&mut self) {
        let mut new: BTreeMap<String, VecDeque<Single<'a>>> = BTreeMap::new();
        for single in std::mem::take(&mut self.new) {
            let name = single.scope.name.clone().unwrap_or_default();
            new.entry(name).or_default().push_back(single);
        }
        let mut gone = Vec::new();
        for old in std::mem::take(&mut self.gone) {
            let name = old.scope.name.clone().unwrap_or_default();
            match new.get_mut(&name).and_then(VecDeque::pop_front) {
                Some(moved) => self.changed(&moved.path, &old.scope, &moved.scope),
                None => gone.push(old),
            }
        }
        let mut left: BTreeMap<usize, Vec<Single<'a>>> = BTreeMap::new();
        for single in new.into_values().flatten() {
            left.entry(single.hunk).or_default().push(single);
        }
        for beside in left.values_mut() {
            beside.sort_by_key(|single| single.scope.line);
        }
        for old in gone {
            self.gone_or_replaced(&old, left.get_mut(&old.hunk).unwrap_or(&mut Vec::new()));
        }
        for single in left.into_values().flatten() {
            self.added += 1;
            for line in single.scope.skips.iter().take(1) {
                let form = "{}: a new test does not run: {}.";
                self.say(FindingCode::NewTestSkipped, form, &single.path, line);
            }
            self.trivial(&single.path, &TestScope::default(), &single.scope);
            self.swallowed(&single.path, &TestScope::default(), &single.scope);
        }
    }

    /// Another test in the place of one that is gone counts for it if it asserts as much.
    fn gone_or_replaced(&mut self, old: &Single<'a>, beside: &mut Vec<Single<'a>>) {
        let is_as_good = |new: &Single<'a>| {
            new.scope.skips.len() <= old.scope.skips.len()
                && new.scope.asserts_something() >= old.scope.asserts_something()
                && new.scope.count(Strength::Exact) >= old.scope.count(Strength::Exact)
        };
        let name = |single: &Single<'a>| single.scope.name.clone().unwrap_or_default();
        match beside.iter().take(MOST_BESIDE).position(is_as_good) {
            Some(at) => {
                let new = beside.remove(at);
                let (old, name) = (name(old), name(&new));
                let said = Sentence::of("{}: {} is now {}.", &[&new.path, &old, &name]);
                self.add(FindingCode::TestReplaced, said, &new.path, new.scope.line);
            }
            None => {
                let said = Sentence::of("{}: the test {} is gone.", &[&old.path, &name(old)]);
                self.add(FindingCode::TestDeleted, said, &old.path, old.scope.line);
            }
        }
    }

    /// Compares a test with what became of it.
    fn changed(&mut self, path: &str, old: &TestScope<'a>, new: &TestScope<'a>) {
        for line in fresh(&old.skips, &new.skips) {
            let form = "{} is now skipped: {}.";
            self.say(FindingCode::TestSkipped, form, path, &line);
        }
        self.trivial(path, old, new);
        self.swallowed(path, old, new);
        let name = new.name.clone().or_else(|| old.name.clone());
        let name = name.unwrap_or_else(|| "a test".to_owned());
        let (had, has) = (old.asserts_something(), new.asserts_something());
        if has < had {
            let form = format!("{{}}: {{}} asserts less: {had} before, {has} now.");
            let said = Sentence::of(&form, &[path, &name]);
            self.add(FindingCode::TestWeakened, said, path, new.line);
        } else if new.count(Strength::Exact) < old.count(Strength::Exact) {
            let exact = |scope: &TestScope<'a>| lines(scope, Strength::Exact);
            let lost = fresh(&exact(new), &exact(old)).first().map(DiffLine::said);
            let lost = lost.unwrap_or_default();
            let form = "{}: {} asserts equality no more: {}.";
            let said = Sentence::of(form, &[path, &name, &lost]);
            self.add(FindingCode::TestLoosened, said, path, new.line);
        } else {
            self.expects_other(path, old, new);
        }
    }

    /// Assertions whose lines changed, one for one.
    fn expects_other(&mut self, path: &str, old: &TestScope<'a>, new: &TestScope<'a>) {
        let (old, new) = (lines(old, Strength::Exact), lines(new, Strength::Exact));
        if fresh(&new, &old).is_empty() {
            return;
        }
        if let Some(line) = fresh(&old, &new).first() {
            self.say(FindingCode::TestExpectsOther, "{} expects something else: {}.", path, line);
        }
    }

    fn trivial(&mut self, path: &str, old: &TestScope<'a>, new: &TestScope<'a>) {
        let (old, new) = (lines(old, Strength::Trivial), lines(new, Strength::Trivial));
        for line in fresh(&old, &new) {
            self.say(FindingCode::TestTrivial, "{} can never fail: {}.", path, &line);
        }
    }

    fn swallowed(&mut self, path: &str, old: &TestScope<'a>, new: &TestScope<'a>) {
        for line in fresh(&old.swallows, &new.swallows) {
            let form = "{}: a failed assertion is caught: {}.";
            self.say(FindingCode::TestSwallows, form, path, &line);
        }
    }

    fn say(&mut self, code: FindingCode, form: &str, path: &str, line: &DiffLine<'_>) {
        let place = format!("{path}:{}", line.number);
        self.add(code, Sentence::of(form, &[&place, &line.said()]), path, line.number);
    }

    fn add(&mut self, code: FindingCode, said: Sentence, path: &str, line: u32) {
        let finding = GuardFinding::new(GuardName::Tests, code, said);
        self.findings.push(finding.in_file(path, Some(line).filter(|line| *line > 0)));
    }
}

/// The lines of `new` that `old` does not hold; what was only moved or indented is none.
fn fresh<'a>(old: &[DiffLine<'a>], new: &[DiffLine<'a>]) -> Vec<DiffLine<'a>> {
    let mut known: HashMap<&[u8], usize> = HashMap::new();
    for line in old {
        *known.entry(line.text.trim_ascii()).or_default() += 1;
    }
    let is_fresh = |line: &&DiffLine<'a>| match known.get_mut(line.text.trim_ascii()) {
        Some(left) if *left > 0 => {
            *left -= 1;
            false
        }
        Some(_) | None => line.kind != LineKind::Context,
    };
    new.iter().filter(is_fresh).copied().collect()
}

fn lines<'a>(scope: &TestScope<'a>, strength: Strength) -> Vec<DiffLine<'a>> {
    let found = scope.asserts.iter().filter(|(found, _)| *found == strength);
    found.map(|(_, line)| *line).collect()
}
