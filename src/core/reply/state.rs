//! What rests: paused, on hold, snoozed.

/// A pause, as people say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paused {
    /// What is paused, as commands write it: `all`, `ezra`, `o/r`.
    pub what: String,
    /// Since when.
    pub since: String,
    /// By whom.
    pub by: String,
}

impl Paused {
    /// Whether it is the pause of the whole fleet.
    pub fn is_of_all(&self) -> bool {
        self.what == "all"
    }

    /// Whether it is the pause of a repository.
    pub fn is_of_a_repo(&self) -> bool {
        self.what.contains('/')
    }
}

/// What lasts until a moment, and who is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedThread {
    /// Until when.
    pub until: String,
    /// Whose it is.
    pub login: String,
}

/// A hold, as people say it.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// By whom.
    pub by: String,
    /// Since when.
    pub since: String,
    /// Why.
    pub reason: Option<String>,
}
