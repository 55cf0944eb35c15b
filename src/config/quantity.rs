//! Amounts with a unit: `"90s"`, `"4MiB"`, `"2usd"`, and decimals, which stay exact.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use toml::de::DeValue;

use super::value::{Wrong, text};

/// Money in millionths of a US dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct MicroUsd(pub u64);

/// As people write it: `2usd`, `0.5usd`.
impl fmt::Display for MicroUsd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}usd", in_decimals(self.0))
    }
}

const MILLION: u64 = 1_000_000;

/// In milliseconds.
const DURATIONS: [(&str, u64); 6] = [
    ("ms", 1),
    ("s", 1000),
    ("m", 60 * 1000),
    ("h", 3600 * 1000),
    ("d", 24 * 3600 * 1000),
    ("w", 7 * 24 * 3600 * 1000),
];

const SIZES: [(&str, u64); 6] = [
    ("kB", 1000),
    ("MB", 1000 * 1000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("B", 1),
];

/// A duration within `range`, as one whole number with a unit.
pub(super) fn duration(
    range: RangeInclusive<Duration>,
) -> impl Fn(&DeValue<'_>) -> Result<Duration, Wrong> {
    move |value| {
        const FORM: &str = "a duration, such as \"90s\", \"10m\", \"2h\" or \"1d\"";
        let (text, millis) = amount(value, &DURATIONS, "duration", FORM)?;
        let duration = Duration::from_millis(millis);
        if range.contains(&duration) {
            return Ok(duration);
        }
        let (least, most) = (in_words(*range.start()), in_words(*range.end()));
        Err(Wrong::new(
            format!("is {text}, which is out of range"),
            format!("Write a duration from {least} to {most}."),
        ))
    }
}

/// A number of bytes within `range`, as one whole number with a unit.
pub(super) fn size(range: RangeInclusive<u64>) -> impl Fn(&DeValue<'_>) -> Result<u64, Wrong> {
    move |value| {
        const FORM: &str = "a size, such as \"512KiB\" or \"4MiB\"";
        let (text, bytes) = amount(value, &SIZES, "size", FORM)?;
        if range.contains(&bytes) {
            return Ok(bytes);
        }
        Err(Wrong::new(
            format!("is {text}, which is out of range"),
            format!("Write a size from {}KiB to {}MiB.", range.start() >> 10, range.end() >> 20),
        ))
    }
}

/// An amount of money: `"2usd"`, `"0.5usd"`.
pub(super) fn usd(value: &DeValue<'_>) -> Result<MicroUsd, Wrong> {
    const FORM: &str =
        "Write US dollars with at most six decimals, such as \"2usd\" or \"0.5usd\".";
    let text = text(value).map_err(|wrong| Wrong { remedy: FORM.to_owned(), ..wrong })?;
    parse_usd(&text).ok_or_else(|| Wrong::not(&text, "amount of money", FORM))
}

/// Reads `2usd` or `0.5 USD`.
pub(super) fn parse_usd(text: &str) -> Option<MicroUsd> {
    let number = text.len().checked_sub(3).and_then(|end| text.split_at_checked(end));
    let (number, unit) = number?;
    if !unit.eq_ignore_ascii_case("usd") {
        return None;
    }
    parse_millionths(number.trim_end()).map(MicroUsd)
}

/// A decimal from 0 to `most`, in millionths. It never passes through a float.
pub(super) fn millionths(most: u64) -> impl Fn(&DeValue<'_>) -> Result<u64, Wrong> {
    move |value| {
        let form = format!("a number from 0 to {most} with at most six decimals, such as 0.35");
        let number = match value {
            DeValue::Float(number) => parse_millionths(number.as_str()),
            DeValue::Integer(number) if number.radix() == 10 => parse_millionths(number.as_str()),
            _ => return Err(Wrong::type_of(value, &form)),
        };
        match number {
            Some(number) if number <= most.saturating_mul(MILLION) => Ok(number),
            Some(_) => Err(Wrong::new("is out of range", format!("Write {form}."))),
            None => Err(Wrong::new("is no such decimal", format!("Write {form}."))),
        }
    }
}

/// `0.35` as 350000; none for signs below zero, exponents, more than six decimals, overflow.
pub(super) fn parse_millionths(text: &str) -> Option<u64> {
    let text = text.strip_prefix('+').unwrap_or(text);
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    if !is_digits(whole) || !is_digits(decimals) {
        return None;
    }
    let decimals = decimals.trim_end_matches('0');
    if decimals.len() > 6 {
        return None;
    }
    let part: u64 = format!("{decimals:0<6}").parse().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(MILLION)?.checked_add(part)
}

/// Millionths as a decimal: 350000 as `0.35`.
pub(super) fn in_decimals(millionths: u64) -> String {
    let decimals = format!("{}.{:06}", millionths / MILLION, millionths % MILLION);
    decimals.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// A whole number with one of `units`, multiplied; with the text as written.
fn amount(
    value: &DeValue<'_>,
    units: &[(&str, u64)],
    what: &str,
    form: &str,
) -> Result<(String, u64), Wrong> {
    let text = value.as_str().ok_or_else(|| Wrong::type_of(value, form))?.to_owned();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let factor =
        units.iter().find(|(name, _)| *name == unit.trim_start()).map(|(_, factor)| factor);
    match number.parse::<u64>().ok().zip(factor).and_then(|(number, f)| number.checked_mul(*f)) {
        Some(amount) => Ok((text, amount)),
        None => Err(Wrong::not(&text, what, format!("Write {form}."))),
    }
}

/// A duration with the largest unit that fits it.
pub(super) fn in_words(duration: Duration) -> String {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    if millis == 0 {
        return "0s".to_owned();
    }
    let unit = DURATIONS[..5].iter().rev().find(|(_, size)| millis.is_multiple_of(*size));
    unit.map_or_else(|| format!("{millis}ms"), |(name, size)| format!("{}{name}", millis / size))
}

#[cfg(test)]
mod tests {
    use crate::config::quantity::*;

    #[test]
    fn decimals_are_exact() {
        for (text, millionths) in [
            ("0.35", Some(350_000)),
            ("1", Some(1_000_000)),
            ("+5.0", Some(5_000_000)),
            ("0.1000000000", Some(100_000)),
            ("0.0000001", None),
            ("-1", None),
            ("1e3", None),
            ("inf", None),
            (".5", None),
            ("99999999999999", None),
        ] {
            assert_eq!(parse_millionths(text), millionths, "{text}");
        }
    }

    #[test]
    fn money_reads_and_prints() {
        for text in ["2usd", "0.5usd", "0.000001usd", "0usd"] {
            assert_eq!(parse_usd(text).unwrap().to_string(), text);
        }
        assert_eq!(parse_usd("2 USD"), Some(MicroUsd(2_000_000)));
        for bad in ["", "usd", "2", "2eur", "ü", "-2usd"] {
            assert_eq!(parse_usd(bad), None, "{bad}");
        }
    }

    #[test]
    fn amounts_have_one_number_and_one_unit() {
        let read = |text: &'static str| {
            amount(&DeValue::String(text.into()), &DURATIONS, "duration", "").map(|(_, s)| s).ok()
        };
        assert_eq!(read("20ms"), Some(20));
        assert_eq!(read("90s"), Some(90_000));
        assert_eq!(read("2 h"), Some(7_200_000));
        assert_eq!(read("1w"), Some(604_800_000));
        for bad in
            ["", "s", "90", "1h30m", "-1s", "1.5h", "99999999999999999999d", "9999999999999999w"]
        {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn durations_print_in_their_largest_unit() {
        assert_eq!(in_words(Duration::ZERO), "0s");
        assert_eq!(in_words(Duration::from_millis(1500)), "1500ms");
        assert_eq!(in_words(Duration::from_secs(90)), "90s");
        assert_eq!(in_words(Duration::from_secs(7200)), "2h");
        assert_eq!(in_words(Duration::from_secs(86_400)), "1d");
    }
}
