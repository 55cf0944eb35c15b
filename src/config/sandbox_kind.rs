//! What keeps in a program that an agent is, or wrote.

use super::section::Section;
use super::value::one_of;

/// What keeps in a program that an agent is, or wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SandboxKind {
    Bwrap,
    /// It runs with the rights of timmy itself.
    None,
}

impl SandboxKind {
    pub(super) const ALL: [(&'static str, Self); 2] =
        [("bwrap", Self::Bwrap), ("none", Self::None)];

    /// That of an agent: it has to be written that there is none.
    pub(super) fn read(section: &Section<'_>) -> Self {
        section.or("sandbox", Self::Bwrap, one_of(&Self::ALL))
    }
}
