//! An issue or a pull request of a made backlog.

use std::time::Duration;

use crate::core::model::time::Timestamp;

/// The people of every backlog; the first owns the organisation.
pub(super) const PEOPLE: [&str; 10] =
    ["alexander", "anna", "walt", "mei", "ravi", "olga", "tunde", "lucia", "piotr", "sam"];

pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// Its title, in any script and of any length.
    pub title: String,
    pub body: String,
    /// One of the ten people of every backlog.
    pub author: &'static str,
    /// Labels, in use or not as the repository's habits are.
    pub labels: Vec<&'static str>,
    pub assignees: Vec<&'static str>,
    /// The place of its milestone in its repository's list.
    pub milestone: Option<usize>,
    /// When it is due.
    pub due: Option<Timestamp>,
    pub pinned: bool,
    pub created: Timestamp,
    pub is_pull: bool,
    /// What it waits for.
    pub waits_for: Vec<Place>,
}

/// An issue of a backlog: the place of its repository, and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// The place of its repository, from 0 on.
    pub repo: usize,
    /// Its number, from 1 on.
    pub number: usize,
}
