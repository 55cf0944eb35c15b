//! Words for rights: how much, and of what.

use std::fmt;

/// How much an account may do, each mode with all before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    None,
    Read,
    Write,
    Admin,
    Owner,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
            Self::Owner => "owner",
        })
    }
}

/// A part of a repository that rights are given on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    Code,
    Issues,
    Pulls,
}

impl Unit {
    /// Gitea's name of the unit.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Code => "repo.code",
            Self::Issues => "repo.issues",
            Self::Pulls => "repo.pulls",
        }
    }
}
