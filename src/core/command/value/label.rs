//! What labels say: `priority/p1`, `size/s`.

use std::fmt;

use super::ArgumentValue;

/// How urgent an issue is, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Before everything else.
    P0,
    /// Soon.
    P1,
    /// In its turn.
    P2,
    /// Some day.
    P3,
}

impl Level {
    /// All levels, the most urgent first.
    pub const ALL: [Self; 4] = [Self::P0, Self::P1, Self::P2, Self::P3];

    /// As a label says it, `p0`.
    pub fn name(self) -> &'static str {
        match self {
            Self::P0 => "p0",
            Self::P1 => "p1",
            Self::P2 => "p2",
            Self::P3 => "p3",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The level that an issue is to have, or `none`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Priority(pub Option<Level>);

impl ArgumentValue for Priority {
    const EXPECTED: &'static str = "`p0`, `p1`, `p2`, `p3` or `none`";

    fn read(word: &str) -> Option<Self> {
        if word.eq_ignore_ascii_case("none") {
            return Some(Self(None));
        }
        let level = Level::ALL.into_iter().find(|level| word.eq_ignore_ascii_case(level.name()));
        level.map(|level| Self(Some(level)))
    }

    /// Levels are not guessed at: that the nearest to `p4` is `p0` helps nobody.
    fn known() -> Vec<&'static str> {
        vec!["none"]
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(level) => level.fmt(f),
            None => f.write_str("none"),
        }
    }
}

/// How much work an issue is, the smallest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Size {
    /// Weighs 1 when issues are compared.
    Xs,
    /// Weighs 2.
    S,
    /// Weighs 3.
    M,
    /// Weighs 5.
    L,
    /// Weighs 8.
    Xl,
}

impl Size {
    /// All sizes, the smallest first.
    pub const ALL: [Self; 5] = [Self::Xs, Self::S, Self::M, Self::L, Self::Xl];

    /// As a label says it, `xs`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Xs => "xs",
            Self::S => "s",
            Self::M => "m",
            Self::L => "l",
            Self::Xl => "xl",
        }
    }
}

impl ArgumentValue for Size {
    const EXPECTED: &'static str = "`xs`, `s`, `m`, `l` or `xl`";

    fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|size| word.eq_ignore_ascii_case(size.name()))
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
