//! By whose word guards are lifted of a commit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::name::GuardName;

/// By whose word a guard says nothing of a commit, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifting {
    /// The login.
    pub by: String,
    pub reason: String,
}

/// The guards that are lifted of a commit.
pub type LiftedGuards = BTreeMap<GuardName, Lifting>;
