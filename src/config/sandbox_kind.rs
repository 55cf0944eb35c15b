//! What keeps in a program that an agent is, or wrote.

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
}
