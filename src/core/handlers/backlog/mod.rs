//! queue, plan, and what why and agents say of the backlog.
//!
//! The whole backlog is at hand, but an issue can be named only by its title, and titles are given
//! only of issues that everybody who reads the answer may know ([`BacklogFacts::titles`]).

mod agent;
mod facts;
mod names;
mod outside;
mod plan;
mod query;
mod queue;
#[cfg(test)]
mod tests;
mod why;

use super::CommandContext;
use crate::core::model::ids::ThreadId;
use names::ThreadNames;

pub use facts::{BacklogFacts, IssueCase};
pub use query::BacklogQuery;

impl CommandContext<'_> {
    /// How these issues are written in this thread.
    fn names<'a>(
        &self,
        backlog: &'a BacklogFacts,
        threads: impl IntoIterator<Item = ThreadId>,
    ) -> ThreadNames<'a> {
        ThreadNames::of(backlog, Some(self.heard.repo.id), threads)
    }
}
