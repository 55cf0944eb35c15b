//! What is wrong with a configuration, where, and what to do about it.

use std::fmt;

/// One thing that is wrong, or (as a warning) unwise.
///
/// Its `Display` is one line, as compilers write it:
/// ``timmy.toml:12:1: people.ownr is not a key I know. Did you mean people.owner?``
/// It never quotes a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, as it was named to timmy.
    pub origin: String,
    /// Where in the file; none if something is missing as a whole.
    pub place: Option<TextPlace>,
    pub message: String,
    /// What to do about it, as a sentence or more.
    pub remedy: String,
}

/// A place in a text; both numbers count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TextPlace {
    pub line: usize,
    pub column: usize,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.origin)?;
        if let Some(TextPlace { line, column }) = self.place {
            write!(f, "{line}:{column}:")?;
        }
        write!(f, " {} {}", self.message, self.remedy)
    }
}

/// All that is wrong with a configuration, in the order of the file; what is missing comes last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for problem in &self.0 {
            writeln!(f, "{problem}")?;
        }
        match self.0.len() {
            1 => write!(f, "1 problem: nothing was started."),
            n => write!(f, "{n} problems: nothing was started."),
        }
    }
}

impl std::error::Error for Problems {}
