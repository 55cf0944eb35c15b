//! Secrets taken out of what agents say, before anything keeps it.

use std::sync::OnceLock;

use regex::Regex;

/// What stands in the place of a secret.
const HIDDEN: &str = "[secret]";

/// Secrets shorter than this would take ordinary words away.
const SHORTEST: usize = 8;

/// What looks like a key, whoever it belongs to: the prefixes that their makers gave them, keys in
/// PEM, and what stands behind `Authorization:` or between `://` and `@`.
const LOOKS_LIKE_ONE: &str = concat!(
    r"(?x) -----BEGIN\ [A-Z\ ]*PRIVATE\ KEY-----[\s\S]*?(?:-----END\ [A-Z\ ]*PRIVATE\ KEY-----|\z)",
    r"| \b(?:sk|gsk|rk|pk)[-_][A-Za-z0-9_-]{16,}",
    r"| \bgh[pousr]_[A-Za-z0-9]{20,} | \bgithub_pat_[A-Za-z0-9_]{20,} | \bglpat-[A-Za-z0-9_-]{16,}",
    r"| \bAKIA[A-Z0-9]{16}\b | \bxox[abprs]-[A-Za-z0-9-]{10,}",
    r"| \beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}",
    r"| (?i:\b(?:bearer|token|basic))\ +[A-Za-z0-9+/_.=-]{16,}",
    r"| (?:://)[^\s/@:]*:[^\s/@]+@",
);

/// Knows the secrets that must not be kept.
#[derive(Clone, Default)]
pub struct Redactor {
    /// The longest first, so that one that holds another is hidden whole.
    known: Vec<String>,
}

impl Redactor {
    /// Hides these secrets, beside all that looks like one.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let long = |secret: &&str| secret.len() >= SHORTEST;
        let mut known: Vec<String> = secrets.into_iter().filter(long).map(str::to_owned).collect();
        known.sort_unstable_by_key(|secret| std::cmp::Reverse(secret.len()));
        known.dedup();
        Self { known }
    }

    /// `text` without secrets.
    pub fn redact(&self, text: &str) -> String {
        static PATTERN: OnceLock<Option<Regex>> = OnceLock::new();
        let mut text = text.to_owned();
        for secret in &self.known {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), HIDDEN);
            }
        }
        match PATTERN.get_or_init(|| Regex::new(LOOKS_LIKE_ONE).ok()) {
            Some(pattern) => pattern.replace_all(&text, HIDDEN).into_owned(),
            None => text,
        }
    }
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Redactor({} secrets)", self.known.len())
    }
}

#[cfg(test)]
mod tests {
    use crate::agents::redact::*;

    #[test]
    fn what_is_known_and_what_looks_like_a_secret_is_hidden() {
        let redactor = Redactor::new(["correct horse battery", "correct horse", "short"]);
        for (text, hidden) in [
            ("my correct horse battery staple", "my [secret] staple"),
            ("short words stay short", "short words stay short"),
            ("gsk_0123456789abcdef0123 is it", "[secret] is it"),
            ("Authorization: Bearer abcdefghijklmnop1234", "Authorization: [secret]"),
            (
                "git clone https://ezra:hunter2@git.example.org/a/b",
                "git clone https[secret]git.example.org/a/b",
            ),
            ("-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n", "[secret]"),
            ("the token is in a file", "the token is in a file"),
            (
                "commit 8b195ee08b195ee08b195ee08b195ee08b195ee0",
                "commit 8b195ee08b195ee08b195ee08b195ee08b195ee0",
            ),
        ] {
            assert_eq!(redactor.redact(text), hidden, "{text}");
        }
    }
}
