//! Words of others in one line.

/// The longest line, in characters.
const LONGEST: usize = 200;

/// `text` on one line, cut to a length that one reads.
pub(super) fn brief(text: &str) -> String {
    shortened(&one_line(text), LONGEST)
}

/// `text` on one line: white space and control characters are blanks.
pub(super) fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_control() || c.is_whitespace());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// `text` cut to `most` characters.
pub(super) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

#[cfg(test)]
mod tests {
    use crate::agents::brief::*;

    #[test]
    fn it_is_one_line_and_short() {
        assert_eq!(brief(" a\n\tb\u{7}\u{a0}c "), "a b c");
        assert_eq!(brief(&"ü".repeat(1000)), format!("{}…", "ü".repeat(LONGEST)));
        assert_eq!(shortened("abc", 3), "abc");
    }
}
