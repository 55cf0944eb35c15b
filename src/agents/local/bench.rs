//! What an attempt works on.

use super::record::LocalRecord;
use crate::confinement::{FetchedRepository, Workspace};
use crate::core::jobs::Commit;

/// A clone and a home in a workspace, and beside it what was fetched.
pub(super) struct LocalBench {
    pub(super) workspace: Workspace,
    pub(super) fetched: FetchedRepository,
    pub(super) record: LocalRecord,
    /// What its branch was on the forge when it began; none if it was not there.
    pub(super) was: Option<Commit>,
    /// Whether it begins with what an attempt before it had done.
    pub(super) goes_on: bool,
}
