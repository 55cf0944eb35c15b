//! What a run reaches.

use super::reach::Reach;

/// What a run reaches.
#[derive(Debug, Clone, Copy)]
pub enum Network<'a> {
    /// Itself alone.
    Own,
    /// Itself, and the servers that are named.
    Through(&'a Reach),
    /// All that this machine reaches.
    Shared,
}
