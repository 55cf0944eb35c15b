//! One reading of one file: what it may look at, and what it noted on the way.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::lines::LineStarts;
use super::problem::{Problem, Problems, TextPlace};
use super::world::Outside;

/// What kind of fault a problem is. Where the TOML itself is broken, some kinds say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProblemKind {
    /// The text is no TOML here.
    Syntax,
    /// The text is no TOML here either, but only because of an error before.
    Echo,
    /// A secret stands in the file.
    Exposed,
    /// A key or a value that cannot be.
    Wrong,
    /// Something is not there, or two things do not go together.
    /// Where a part of the file could not be read, this may be no fault of its own.
    Whole,
}

/// A reading under way. All parts of the file write what they find into it.
pub(super) struct ConfigReading<'a> {
    lines: LineStarts<'a>,
    origin: &'a Path,
    pub(super) world: Outside<'a>,
    /// What stands for a secret of timmy itself that is named nowhere, if it is read by a worker.
    pub(super) stand_in: Option<&'a str>,
    problems: RefCell<Vec<(ProblemKind, Problem)>>,
    warnings: RefCell<Vec<Problem>>,
}

impl<'a> ConfigReading<'a> {
    pub(super) fn new(text: &'a str, origin: &'a Path, world: Outside<'a>) -> Self {
        Self {
            lines: LineStarts::of(text),
            origin,
            world,
            stand_in: None,
            problems: RefCell::default(),
            warnings: RefCell::default(),
        }
    }

    /// The same by a worker, where this stands for what only timmy itself needs.
    pub(super) fn by_worker(self, stand_in: Option<&'a str>) -> Self {
        Self { stand_in, ..self }
    }

    /// Where the relative `path` of the file leads: it counts from the folder of the file.
    pub(super) fn resolve(&self, path: &str) -> PathBuf {
        self.origin.parent().unwrap_or(Path::new("")).join(path)
    }

    /// The file that is read.
    pub(super) fn file(&self) -> PathBuf {
        self.origin.to_owned()
    }

    pub(super) fn place(&self, span: &Range<usize>) -> TextPlace {
        self.lines.place(span.start)
    }

    /// Notes that something is wrong at `span` (none: with the file as a whole).
    pub(super) fn problem(
        &self,
        fault: ProblemKind,
        span: Option<Range<usize>>,
        message: String,
        remedy: impl Into<String>,
    ) {
        self.problems.borrow_mut().push((fault, self.located(span, message, remedy.into())));
    }

    /// Notes that something at `span` works but is unwise.
    pub(super) fn warning(
        &self,
        span: Option<Range<usize>>,
        message: String,
        remedy: impl Into<String>,
    ) {
        self.warnings.borrow_mut().push(self.located(span, message, remedy.into()));
    }

    fn located(&self, span: Option<Range<usize>>, message: String, remedy: String) -> Problem {
        Problem {
            origin: self.origin.display().to_string(),
            place: span.map(|span| self.place(&span)),
            message,
            remedy,
        }
    }

    /// What was read, with its warnings, if nothing was wrong.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<(T, Vec<Problem>), Problems> {
        let problems = in_order(telling(self.problems.into_inner(), &self.lines));
        match value {
            Some(value) if problems.is_empty() => Ok((value, in_order(self.warnings.into_inner()))),
            _ => Err(Problems(problems)),
        }
    }
}

/// The problems that are worth showing. A syntax error has followers that are no faults of their
/// own: values on its line, keys that seem to be missing, and, if it broke the header of a table,
/// keys that seem to stand in the wrong one. And nobody needs to know how to write the line of a
/// secret that must not be there.
fn telling(problems: Vec<(ProblemKind, Problem)>, lines: &LineStarts<'_>) -> Vec<Problem> {
    let line = |problem: &Problem| problem.place.map(|place| place.line);
    let lines_with = |faults: &[ProblemKind]| -> BTreeSet<usize> {
        let chosen = problems.iter().filter(|(fault, _)| faults.contains(fault));
        chosen.filter_map(|(_, problem)| line(problem)).collect()
    };
    let broken = lines_with(&[ProblemKind::Syntax, ProblemKind::Echo]);
    let exposed = lines_with(&[ProblemKind::Exposed]);
    let is_in = |lines: &BTreeSet<usize>, problem: &Problem| {
        line(problem).is_some_and(|line| lines.contains(&line))
    };
    let is_header =
        |line: &usize| lines.from(*line).trim_start_matches([' ', '\t']).starts_with('[');
    let broken_header = broken.iter().any(is_header);
    let is_informative = |(fault, problem): &(ProblemKind, Problem)| match fault {
        ProblemKind::Exposed => true,
        ProblemKind::Syntax => !is_in(&exposed, problem),
        ProblemKind::Echo => false,
        ProblemKind::Wrong => !broken_header && !is_in(&broken, problem),
        ProblemKind::Whole => broken.is_empty(),
    };
    problems.into_iter().filter(is_informative).map(|(_, problem)| problem).collect()
}

fn in_order(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by_key(|problem| (problem.place.is_none(), problem.place));
    problems
}
