//! What a language says of its tests.

/// The patterns of a language, each over one line.
pub(super) struct Patterns {
    /// Begins a test; its first group that matches is its name.
    pub(super) test: &'static str,
    /// Begins something else that has a name: what stands behind it is no part of a test before.
    pub(super) other: &'static str,
    /// Stands before a function and makes it a test.
    pub(super) marker: &'static str,
    /// Keeps a test from running.
    pub(super) skips: &'static str,
    /// Keeps all others from running.
    pub(super) focuses: &'static str,
    /// Asserts one value.
    pub(super) exact: &'static str,
    /// Asserts something.
    pub(super) loose: &'static str,
    /// Asserts what is always so.
    pub(super) trivial: &'static str,
    /// Catches a failed assertion.
    pub(super) swallows: &'static str,
}

/// A pattern that nothing matches.
pub(super) const NEVER: &str = r"[^\s\S]";
