//! What tells one lease from another.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The fencing token of a lease, and so the name of the attempt that was made under it. It grows
/// with every lease of a ledger: what comes with a smaller one comes too late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fence(pub i64);

impl fmt::Display for Fence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
