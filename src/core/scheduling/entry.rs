//! What comes into the backlog.

use super::Readiness;
use super::text::{self, TextReader};
use crate::core::command::value::IssueRef;
use crate::core::model::issue::Issue;
use crate::core::policy::relay::is_relayed;

/// How many issues one pull request may say that it closes.
const MOST_CLOSED: usize = 100;

/// An issue or a pull request, with what its text was found to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BacklogEntry {
    /// Itself, open or closed; without an author if somebody elsewhere wrote it.
    pub item: Issue,
    /// Whether its text says what is to be done; of a closed one nobody asks.
    pub readiness: Readiness,
    /// The issues that it is to close, if it is an open pull request: the first hundred.
    pub closes: Vec<IssueRef>,
}

impl BacklogEntry {
    /// `item`, read.
    pub fn read(mut item: Issue, reader: &TextReader) -> Self {
        // What was put up for somebody else was not written by whose account it bears.
        item.author = item.author.filter(|_| !is_relayed(&item.body));
        let (readiness, mut closes) = match (item.open, item.is_pull) {
            (false, _) => (Readiness::default(), Vec::new()),
            (true, false) => (reader.readiness(&item.body), Vec::new()),
            (true, true) => (Readiness::default(), text::closes(&item.body)),
        };
        closes.truncate(MOST_CLOSED);
        Self { item, readiness, closes }
    }
}
