//! What a budget allows: money, tokens or runs, in whole numbers.

use std::fmt;

use nom::branch::alt;
use nom::bytes::complete::tag_no_case;
use nom::character::complete::{char, digit1};
use nom::combinator::{map_opt, opt};
use nom::error::Error;
use nom::sequence::preceded;

use super::{ArgumentValue, whole};

/// An amount of one kind of thing that costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Amount {
    /// Money, in millionths of a US dollar: `5usd`, `1.5usd`.
    MicroUsd(u64),
    /// Tokens of a language model: `200ktok` are 200,000.
    Tokens(u64),
    /// Attempts of agents: `10runs`.
    Runs(u64),
}

impl Amount {
    /// In what it is counted.
    pub fn unit(self) -> &'static str {
        match self {
            Self::MicroUsd(_) => "usd",
            Self::Tokens(_) => "tokens",
            Self::Runs(_) => "runs",
        }
    }
}

impl ArgumentValue for Amount {
    const EXPECTED: &'static str = "an amount such as `5usd`, `200ktok` or `10runs`";

    fn read(word: &str) -> Option<Self> {
        let count = (digit1::<_, Error<&str>>, opt(preceded(char('.'), digit1)));
        let unit = alt((tag_no_case("usd"), tag_no_case("ktok"), tag_no_case("runs")));
        let amount = map_opt((count, unit), |((whole, fraction), unit): (_, &str)| {
            let count = |digits| decimal(whole, fraction.unwrap_or_default(), digits);
            match unit.as_bytes().first()? {
                b'u' | b'U' => count(6).map(Self::MicroUsd),
                b'k' | b'K' => count(3).map(Self::Tokens),
                _ if fraction.is_none() => count(0).map(Self::Runs),
                _ => None,
            }
        });
        whole(word, amount)
    }
}

/// `whole.fraction` times ten to the `digits`, if that is a whole number that fits.
fn decimal(whole: &str, fraction: &str, digits: u32) -> Option<u64> {
    let fraction = fraction.trim_end_matches('0');
    let missing = digits.checked_sub(u32::try_from(fraction.len()).ok()?)?;
    let part = if fraction.is_empty() { 0 } else { fraction.parse::<u64>().ok()? };
    let whole = whole.parse::<u64>().ok()?.checked_mul(10_u64.pow(digits))?;
    whole.checked_add(part * 10_u64.pow(missing))
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, digits, unit) = match *self {
            Self::MicroUsd(count) => (count, 6, "usd"),
            Self::Tokens(count) => (count, 3, "ktok"),
            Self::Runs(count) => (count, 0, "runs"),
        };
        let one = 10_u64.pow(digits);
        write!(f, "{}", count / one)?;
        if count % one != 0 {
            let fraction = format!("{:0>1$}", count % one, digits as usize);
            write!(f, ".{}", fraction.trim_end_matches('0'))?;
        }
        f.write_str(unit)
    }
}

#[cfg(test)]
mod tests {
    use crate::core::command::value::amount::*;

    #[test]
    fn amounts_are_exact() {
        assert_eq!(Amount::read("1.5usd"), Some(Amount::MicroUsd(1_500_000)));
        assert_eq!(Amount::read("200KTOK"), Some(Amount::Tokens(200_000)));
        assert_eq!(Amount::read("10runs"), Some(Amount::Runs(10)));
        assert_eq!(Amount::read("0.000001usd"), Some(Amount::MicroUsd(1)));
    }

    #[test]
    fn what_cannot_be_counted_is_refused() {
        for word in
            ["", "usd", "5", "5 usd", "-5usd", "+5usd", ".5usd", "5.usd", "1.5runs", "0.0000001usd"]
        {
            assert_eq!(Amount::read(word), None, "{word}");
        }
        assert_eq!(Amount::read(&format!("{}usd", u64::MAX)), None);
    }

    #[test]
    fn the_canonical_spelling_is_the_shortest() {
        for (written, canonical) in [
            ("05.50usd", "5.5usd"),
            ("0usd", "0usd"),
            ("1.0ktok", "1ktok"),
            ("0.001KTOK", "0.001ktok"),
        ] {
            assert_eq!(Amount::read(written).expect(written).to_string(), canonical);
        }
    }
}
