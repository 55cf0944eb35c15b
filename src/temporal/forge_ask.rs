//! What a worker asks of the forge for an attempt in a clone: timmy asks it, and pushes, as the account
//! of the agent, so that no token of the forge is on the worker's host.

use serde::{Deserialize, Serialize};

use crate::agents::{LARGEST_BUNDLE, NewCommits, OriginTrouble};
use crate::core::jobs::Commit;

/// The most of a bundle that is brought at once, in bytes. Tests have bundles of more than one piece.
pub(super) const PIECE: usize = if cfg!(test) { 64 << 10 } else { LARGEST_PIECE };

/// So much comes within the time that it is given over the slowest line that anybody works by.
const LARGEST_PIECE: usize = 256 << 10;

/// How many digits of a SHA-256 there are.
const DIGITS: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ForgeAsk {
    /// What its branch is now.
    Branch,
    Push(Box<PushAsk>),
    Pull {
        title: String,
        summary: String,
    },
}

/// What is to be pushed as its branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PushAsk {
    pub(super) bundle: BundleMark,
    pub(super) commits: NewCommits,
    pub(super) title: String,
    pub(super) summary: String,
}

/// By what a bundle is known, whole or in pieces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BundleMark {
    /// The SHA-256 of all of it.
    pub(super) digest: String,
    /// In bytes.
    pub(super) size: u64,
}

impl BundleMark {
    /// Whether any bundle can have it.
    pub(super) fn is_sound(&self) -> bool {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        self.digest.len() == DIGITS
            && self.digest.bytes().all(is_digit)
            && (1..=LARGEST_BUNDLE).contains(&self.size)
    }
}

/// Where in which bundle a piece belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PiecePlace {
    pub(super) bundle: BundleMark,
    pub(super) from: u64,
}

impl PiecePlace {
    /// In a header of a request.
    pub(super) fn written(&self) -> String {
        let BundleMark { digest, size } = &self.bundle;
        format!("{digest}:{size}:{}", self.from)
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        let mut parts = text.split(':');
        let (digest, size, from) = (parts.next()?, parts.next()?, parts.next()?);
        let bundle = BundleMark { digest: digest.to_owned(), size: size.parse().ok()? };
        let place = Self { bundle, from: from.parse().ok()? };
        (parts.next().is_none() && place.bundle.is_sound()).then_some(place)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ForgeAnswer {
    /// None: it is not there.
    Branch(Option<Commit>),
    /// Its bundle is here up to this byte.
    Has(u64),
    /// It is being done: to be asked again.
    UnderWay,
    Pushed,
    /// It is not taken, and will not be.
    PushRefused(String),
    /// Nobody knows whether it was taken.
    PushUnknown(String),
    /// The number of its pull request.
    Pull(i64),
    Trouble(OriginTrouble),
}

#[cfg(test)]
mod tests {
    use crate::temporal::forge_ask::*;
    use crate::temporal::listener::BODY;

    #[test]
    fn a_piece_comes_over_a_slow_line() {
        let bits_a_second = LARGEST_PIECE as u64 * 8 / BODY.as_secs();
        assert!(bits_a_second < 56_000, "{bits_a_second}");
    }

    #[test]
    fn where_a_piece_belongs_is_written_and_read() {
        let digest = "0f".repeat(32);
        let place = PiecePlace { bundle: BundleMark { digest, size: 7 }, from: 3 };
        assert_eq!(PiecePlace::read(&place.written()), Some(place.clone()));
        let text = place.written();
        for broken in [
            String::new(),
            text.replace("0f", "0F"),
            text[2..].to_owned(),
            text.replace(":7:", ":0:"),
            text.replace(":7:", &format!(":{}:", LARGEST_BUNDLE + 1)),
            text.replace(":3", ":-3"),
            format!("{text}:1"),
            text.replace("0f", "../"),
        ] {
            assert_eq!(PiecePlace::read(&broken), None, "{broken}");
        }
    }
}
