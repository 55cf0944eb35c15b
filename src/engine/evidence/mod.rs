//! What the forge shows of an attempt's result: read with few requests ([`gather_evidence`]), then
//! judged by [`crate::core::jobs::evidence`].
//!
//! A delivered pull request takes three or four requests: the branch, the pull request, who pushed
//! lately, and, where that does not tell, the pull request's timeline. What the agent named otherwise
//! takes one or two more each.

mod citations;
mod commits;
mod gather;
mod pulls;
mod pushers;
mod query;

pub use gather::{Evidence, gather_evidence};
pub use query::EvidenceQuery;
