//! What comes into the backlog.

use super::Readiness;
use super::text::{self, Reader};
use crate::core::item::Item;
use crate::core::relay::is_relayed;
use crate::core::value::IssueRef;

/// How many issues one pull request may say that it closes.
const MOST_CLOSED: usize = 100;

/// An issue or a pull request, with what its text was found to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Itself, open or closed; without an author if somebody elsewhere wrote it.
    pub item: Item,
    /// Whether its text says what is to be done; of a closed one nobody asks.
    pub readiness: Readiness,
    /// The issues that it is to close, if it is an open pull request: the first hundred.
    pub closes: Vec<IssueRef>,
}

impl Entry {
    /// `item`, read.
    pub fn read(mut item: Item, reader: &Reader) -> Self {
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
