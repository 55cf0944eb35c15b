//! Why a person says no.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ArgumentValue;

/// What speaks against a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The work is not right.
    Wrong,
    /// The work is right, and nobody wants it.
    Unwanted,
    /// Something else took its place.
    Superseded,
}

impl Cause {
    const ALL: [Self; 3] = [Self::Wrong, Self::Unwanted, Self::Superseded];

    fn name(self) -> &'static str {
        match self {
            Self::Wrong => "wrong",
            Self::Unwanted => "unwanted",
            Self::Superseded => "superseded",
        }
    }
}

impl ArgumentValue for Cause {
    const EXPECTED: &'static str = "`wrong`, `unwanted` or `superseded`";

    fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| word.eq_ignore_ascii_case(cause.name()))
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
