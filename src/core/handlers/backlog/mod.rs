//! queue, plan, agents, and what why says of the backlog.
//!
//! The whole backlog is at hand, but an issue can be named only by its title, and titles are given
//! only of issues that everybody who reads the answer may know ([`BacklogFacts::titles`]).

mod agents;
pub(super) mod facts;
mod names;
mod outside;
mod plan;
pub(super) mod query;
mod queue;
#[cfg(test)]
mod tests;
mod why;

pub(super) use agents::{agents, why_agent};
pub use facts::{BacklogFacts, IssueCase};
pub(super) use plan::plan;
pub use query::BacklogQuery;
pub(super) use queue::queue;
