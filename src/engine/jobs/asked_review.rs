//! A review that an agent was asked for.

use super::drivers::JobResult;
use crate::core::jobs::Commit;
use crate::core::model::account::Account;
use crate::core::model::ids::ThreadId;
use crate::engine::context::AgentTerms;
use crate::store::jobs::StoredAttempt;

/// The attempt whose review is looked for, and whose it is.
pub(super) struct AskedReview<'a> {
    pub(super) result: &'a JobResult,
    pub(super) attempt: &'a StoredAttempt,
    /// The pull request.
    pub(super) pull: ThreadId,
    /// The head that it was given.
    pub(super) given: &'a Commit,
    pub(super) terms: &'a AgentTerms,
    pub(super) agent: &'a Account,
}
