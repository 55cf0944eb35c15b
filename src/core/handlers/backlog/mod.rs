//! queue, plan, agents, and what why says of the backlog.
//!
//! The whole backlog is at hand, but an issue can be named only by its title, and titles are given
//! only of issues that everybody who reads the answer may know ([`BacklogFacts::titles`]).

mod agents;
mod facts;
mod names;
mod outside;
mod plan;
mod query;
mod queue;
#[cfg(test)]
mod tests;
mod why;

use super::context::CommandContext;
use crate::core::model::ids::ThreadId;
use names::ThreadNames;

pub(super) use agents::{agents, why_agent};
pub use facts::{BacklogFacts, IssueCase};
pub(super) use plan::plan;
pub use query::BacklogQuery;
pub(super) use queue::queue;

impl CommandContext<'_> {
    /// How these issues are written in this thread.
    fn names<'a>(
        &self,
        backlog: &'a BacklogFacts,
        threads: impl IntoIterator<Item = ThreadId>,
    ) -> ThreadNames<'a> {
        ThreadNames::of(backlog, Some(self.asked.heard.repo.id), threads)
    }
}
