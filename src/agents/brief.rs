//! Words of others in one line.

/// The longest line, in characters.
const LONGEST: usize = 200;

/// `text` on one line: white space and control characters are blanks, and what is too long is cut.
pub(super) fn brief(text: &str) -> String {
    let plain = |c: char| if c.is_control() || c.is_whitespace() { ' ' } else { c };
    let plain: String = text.chars().take(LONGEST * 4).map(plain).collect();
    let line = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use crate::agents::brief::*;

    #[test]
    fn it_is_one_line_and_short() {
        assert_eq!(brief(" a\n\tb\u{7}\u{a0}c "), "a b c");
        assert_eq!(brief(&"ü".repeat(1000)).chars().count(), LONGEST + 3);
    }
}
