//! A routine, as people are shown it.

/// When a routine is due, and what it waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoutineView {
    pub name: String,
    /// Where it works.
    pub repository: String,
    /// Its calendar, as it is written.
    pub when: String,
    /// Its next date, as people say it.
    pub next: String,
    /// The pull request in full, or the job, because of which its last date made no job.
    pub waits_for: Option<String>,
}
