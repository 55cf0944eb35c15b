//! What comes into the backlog.

use super::Readiness;
use super::text::{self, TextFindings, TextReader};
use crate::core::command::value::IssueRef;
use crate::core::model::ids::RepoId;
use crate::core::model::issue::{Issue, NamedPaths};
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
    /// Whether its text may be a template: then those of its repository have to be known.
    pub may_be_a_form: bool,
    /// The issues that it is to close, if it is an open pull request: the first hundred.
    pub closes: Vec<IssueRef>,
    /// The paths that its text names.
    pub paths: NamedPaths,
}

impl BacklogEntry {
    /// `item` of the repository `repo`, read.
    pub fn read(repo: RepoId, mut item: Issue, reader: &TextReader) -> Self {
        // What was put up for somebody else was not written by whose account it bears.
        item.author = item.author.filter(|_| !is_relayed(&item.body));
        let (found, mut closes) = match (item.open, item.is_pull) {
            (false, _) => (TextFindings::default(), Vec::new()),
            (true, false) => (reader.read(repo, &item.title, &item.body), Vec::new()),
            (true, true) => {
                let paths = text::named_paths(&item.title, &item.body);
                (TextFindings { paths, ..TextFindings::default() }, text::closes(&item.body))
            }
        };
        closes.truncate(MOST_CLOSED);
        let TextFindings { readiness, may_be_a_form, paths } = found;
        Self { item, readiness, may_be_a_form, closes, paths }
    }
}
