//! Numbers as they are told, in a thread and on a terminal alike.

use std::fmt::Display;

/// How many entries of a list are told before the rest is counted.
pub const SHOWN: usize = 10;

/// Millionths of a point with one decimal, as scores are told: `31.3`.
pub fn points(millionths: u64) -> String {
    let tenths = (millionths + 50_000) / 100_000;
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// Millionths of a whole with two decimals: `0.81`.
pub fn share(millionths: u64) -> String {
    let hundredths = (millionths + 5_000) / 10_000;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// In how many days something is due, or since when it is overdue.
pub fn due(days: i64) -> String {
    match days {
        0 => "due today".to_owned(),
        1 => "due tomorrow".to_owned(),
        2.. => format!("due in {days} days"),
        -1 => "overdue since yesterday".to_owned(),
        _ => format!("overdue for {} days", days.unsigned_abs()),
    }
}

/// How many there are of a thing whose plural ends in s: `1 issue`, `3 issues`.
pub fn counted<N: Display + PartialEq + From<u8>>(count: N, what: &str) -> String {
    let ending = if count == N::from(1) { "" } else { "s" };
    format!("{count} {what}{ending}")
}

/// A small number as a word: `four`, and `13`.
pub fn in_words(number: usize) -> String {
    const WORDS: [&str; 13] = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ];
    WORDS.get(number).map_or_else(|| number.to_string(), |word| (*word).to_owned())
}

/// A place in a row: `1st`, `22nd`, `113th`.
pub fn place(number: usize) -> String {
    let ending = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

#[cfg(test)]
mod tests {
    use crate::core::reply::words::*;

    #[test]
    fn shares_and_points_are_rounded() {
        assert_eq!(
            [0, 49_999, 31_250_000, 100_000_000].map(points),
            ["0.0", "0.0", "31.3", "100.0"]
        );
        assert_eq!([0, 785_714, 1_000_000].map(share), ["0.00", "0.79", "1.00"]);
    }

    #[test]
    fn one_is_told_from_many() {
        assert_eq!([0, 1, 2].map(|n| counted(n, "issue")), ["0 issues", "1 issue", "2 issues"]);
    }

    #[test]
    fn places_have_the_endings_that_one_says() {
        assert_eq!(
            [1, 2, 3, 11, 22, 113].map(place),
            ["1st", "2nd", "3rd", "11th", "22nd", "113th"]
        );
    }
}
