//! The values that commands take, each with one canonical spelling.
//!
//! [`ArgumentValue::read`] accepts what people write, `Display` gives the canonical spelling back, and
//! reading that gives the same value again.

mod amount;
mod cause;
mod label;
mod name;
mod reference;
mod when;

use std::fmt;
use std::num::NonZeroU32;

use nom::character::complete::digit1;
use nom::combinator::{all_consuming, map_opt};
use nom::{IResult, Parser};

pub use crate::core::model::ids::JobId;
pub use amount::Amount;
pub use cause::Cause;
pub use label::{Level, Priority, Size};
pub use name::{AgentName, Login, PauseTarget, Scope, Who};
pub use reference::{DecisionId, IssueRef, StatusTarget};
pub use when::{Date, Span, When};

/// Something that one word of a command can say.
pub trait ArgumentValue: Sized + fmt::Display {
    /// What is expected, as a message puts it: "a job such as `j42`".
    const EXPECTED: &'static str;

    /// What `word` means, if it means something.
    fn read(word: &str) -> Option<Self>;

    /// The words among which to look for what a misspelt one meant.
    fn known() -> Vec<&'static str> {
        Vec::new()
    }
}

/// `word` without the punctuation that people put behind a word; all of it if it is nothing else.
pub(super) fn bare(word: &str) -> &str {
    match word.trim_end_matches(['.', ',', '!', '?', ';', ':']) {
        "" => word,
        bare => bare,
    }
}

/// Runs `parser` over all of `word`.
fn whole<'w, T>(
    word: &'w str,
    parser: impl Parser<&'w str, Output = T, Error = nom::error::Error<&'w str>>,
) -> Option<T> {
    all_consuming(parser).parse(word).ok().map(|(_, value)| value)
}

/// Digits as a number that fits.
fn number<T: std::str::FromStr>(input: &str) -> IResult<&str, T> {
    map_opt(digit1, |digits: &str| digits.parse().ok()).parse(input)
}

/// Any word, as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Word(String);

impl Word {
    /// The word itself, which is never empty.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ArgumentValue for Word {
    const EXPECTED: &'static str = "a word";

    fn read(word: &str) -> Option<Self> {
        (!word.is_empty()).then(|| Self(word.to_owned()))
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How many entries of a list to show, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Count(pub NonZeroU32);

impl ArgumentValue for Count {
    const EXPECTED: &'static str = "a whole number from 1 on";

    fn read(word: &str) -> Option<Self> {
        whole(word, map_opt(number, NonZeroU32::new)).map(Self)
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use crate::core::command::value::*;

    /// Reads each word, and compares its canonical spelling; `None` for what is refused.
    fn check<T: ArgumentValue>(words: &[(&str, Option<&str>)]) {
        for (word, canonical) in words {
            let read = T::read(word).map(|value| value.to_string());
            assert_eq!(read.as_deref(), *canonical, "{word:?} as {}", T::EXPECTED);
            if let Some(canonical) = read {
                assert_eq!(T::read(&canonical).map(|value| value.to_string()), Some(canonical));
            }
        }
    }

    #[test]
    fn names() {
        check::<AgentName>(&[
            ("Ezra", Some("ezra")),
            ("gpt-4.1_b", Some("gpt-4.1_b")),
            ("", None),
            ("@ezra", None),
            (".ezra", None),
            ("ezra/x", None),
            ("ézra", None),
        ]);
        check::<Login>(&[("@Anna", Some("@Anna")), ("anna", None), ("@", None), ("@a/b", None)]);
        check::<Who>(&[
            ("Auto", Some("auto")),
            ("ME", Some("me")),
            ("@Anna", Some("@Anna")),
            ("@", None),
        ]);
        check::<PauseTarget>(&[("ALL", Some("all")), ("a/B", Some("a/B")), ("a/../b", None)]);
        check::<Scope>(&[
            ("Issue", Some("issue")),
            ("J42", Some("j42")),
            ("REPO:a/B", Some("repo:a/B")),
            ("agent:Ezra", Some("agent:ezra")),
            ("repo:", None),
            ("agent:a b", None),
            ("ezra", None),
        ]);
    }

    #[test]
    fn things() {
        check::<IssueRef>(&[
            ("#12", Some("#12")),
            ("o/r#012", Some("o/r#12")),
            ("12", None),
            ("#", None),
            ("#0", None),
            ("#-1", None),
            ("o#12", None),
            ("o/r#12#13", None),
            ("#9223372036854775808", None),
        ]);
        check::<JobId>(&[("J42", Some("j42")), ("j", None), ("42", None), ("j4x", None)]);
        check::<DecisionId>(&[("d7", Some("d7")), ("D007", Some("d7")), ("d7.", None)]);
        check::<StatusTarget>(&[("j42", Some("j42")), ("j42x", Some("j42x")), ("#1", Some("#1"))]);
    }

    #[test]
    fn times() {
        check::<Date>(&[
            ("2028-02-29", Some("2028-02-29")),
            ("2026-02-29", None),
            ("2026-12-1", None),
            ("26-12-01", None),
            ("2026-13-01", None),
            ("-2026-12-01", None),
            ("2026-12-01T00:00", None),
        ]);
        check::<When>(&[
            ("365d", Some("365d")),
            ("8760h", Some("8760h")),
            ("03D", Some("3d")),
            ("8761h", None),
            ("53w", None),
            ("0m", None),
            ("1.5h", None),
            ("3", None),
            ("3y", None),
            ("99999999999999999999w", None),
        ]);
    }

    #[test]
    fn numbers_and_labels() {
        check::<Count>(&[("007", Some("7")), ("0", None), ("+5", None), ("4294967296", None)]);
        check::<Priority>(&[("P3", Some("p3")), ("None", Some("none")), ("p4", None), ("", None)]);
        check::<Size>(&[("XL", Some("xl")), ("xxl", None)]);
        check::<Cause>(&[("Unwanted", Some("unwanted")), ("wrongly", None)]);
    }
}
