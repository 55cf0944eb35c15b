//! An issue that may be dispatched.

use std::cmp::Reverse;

use super::capacity::Demand;
use super::{Beginning, TriedAgent};
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::time::Timestamp;

/// An issue that may be handed out, as far as it matters to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Which.
    pub thread: ThreadId,
    /// Whether it goes before all that are not.
    pub is_p0: bool,
    /// What it is worth, in millionths of a point.
    pub points: u64,
    /// When it was written: the older of equals goes first.
    pub created_at: Timestamp,
    /// The role that it needs, in lower case.
    pub role: String,
    /// The skills that it needs, in lower case.
    pub skills: Vec<String>,
    /// Whether something dangerous may come up in it, about which its agent should ask.
    pub is_dangerous: bool,
    /// Whether it is of size `s` or less.
    pub is_small: bool,
    /// Whether it is larger than `m`.
    pub is_large: bool,
    /// Whether it may start by itself, whichever agent gets it.
    pub beginning: Beginning,
    /// Who failed at it since a person last touched it.
    pub tried: Box<[TriedAgent]>,
    /// What was spent on it so far, in millionths of a US dollar.
    pub spent: u64,
}

impl Candidate {
    /// Where it is.
    pub(super) fn repo(&self) -> RepoId {
        self.thread.repo
    }

    /// What it needs room for.
    pub(super) fn demand(&self) -> Demand {
        Demand { repo: self.repo(), spent: self.spent }
    }

    /// What comes first is greatest.
    pub(super) fn rank(&self) -> impl Ord + use<> {
        (self.is_p0, self.points, Reverse((self.created_at, self.thread)))
    }
}
