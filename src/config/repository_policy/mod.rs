//! `.timmy.toml` in a repository: what its people want of timmy there.
//!
//! It stands on the base branch, where reviews guard it, and it may only tighten what the central
//! file says ([`tighten`]): whoever may merge there is not who runs timmy. So it has no key by which
//! anything could be loosened. Times are none of them: checks and tests that get less time are seen
//! less. Neither is who is trusted: a reporter that no longer counts can no longer say that
//! something is red.

mod read;
mod tighten;

pub use read::read_repository_policy;
pub use tighten::{CentralPolicy, EffectivePolicy, tighten};

use super::role::Role;
use crate::core::guards::{CheckoutCommand, ExpectedChecks};
use crate::core::model::glob::Glob;
use crate::core::reply::Autonomy;

/// What the file says; what it does not say stays as it is.
#[derive(Debug, Clone, Default)]
pub struct RepositoryPolicy {
    /// How far timmy goes by itself, at most.
    pub mode: Option<Autonomy>,
    /// The only agents that work there, in lower case.
    pub agents: Option<Vec<String>>,
    /// The only roles that are worked in there.
    pub roles: Option<Vec<Role>>,
    /// What each prompt says besides.
    pub instructions: Option<String>,
    pub checks: Option<ExpectedChecks>,
    /// Paths that are protected as well.
    pub protected: Vec<Glob>,
    pub max_lines: Option<u32>,
    /// What runs the tests of a checkout.
    pub test: Option<CheckoutCommand>,
    /// What runs before.
    pub prepare: Option<CheckoutCommand>,
}

impl RepositoryPolicy {
    /// Whether it says anything by which a diff may be judged otherwise than by the central file.
    pub fn judges_diffs(&self) -> bool {
        !self.protected.is_empty() || self.max_lines.is_some()
    }
}
