//! Foreign text, fit to be seen: askama escapes it, this bounds it and takes out what nobody can see.

use crate::core::command::invisible::replaced;

/// The most characters that are shown of one foreign text in a list.
const LONGEST: usize = 300;

/// A piece of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) text: String,
    /// Whether it stood in backticks.
    pub(super) is_code: bool,
}

/// A foreign text as one line.
pub(super) fn line(text: &str) -> String {
    let mut chars = text.chars();
    let start: String = chars.by_ref().take(LONGEST).collect();
    let cut = if chars.next().is_some() { "…" } else { "" };
    let one: Vec<&str> = start.split_whitespace().collect();
    replaced(&one.join(" ")) + cut
}

/// Words as they begin a line.
pub(super) fn opening(words: &str) -> String {
    let mut line = words.to_owned();
    if let Some(first) = line.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    line
}

/// A sentence of timmy's, in which backticks surround what is no word.
pub(super) fn pieces(sentence: &str) -> Vec<Piece> {
    let sentence = line(sentence);
    let is_paired = sentence.matches('`').count().is_multiple_of(2);
    if !is_paired {
        return vec![Piece { text: sentence, is_code: false }];
    }
    let pieces = sentence.split('`').enumerate();
    let pieces = pieces.map(|(nth, text)| Piece { text: text.to_owned(), is_code: nth % 2 == 1 });
    pieces.filter(|piece| !piece.text.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use crate::page::words::*;

    #[test]
    fn what_nobody_sees_is_shown() {
        assert_eq!(line(" a\n b\u{202e}c\u{0} "), "a b\u{fffd}c\u{fffd}");
        assert_eq!(line(&"é".repeat(301)), "é".repeat(300) + "…");
        assert_eq!(line(&"é".repeat(300)), "é".repeat(300));
    }

    #[test]
    fn a_line_begins_with_a_capital() {
        assert_eq!(["the forge", "École", "é", ""].map(opening), ["The forge", "École", "é", ""]);
    }

    #[test]
    fn backticks_come_in_pairs() {
        let shown = |text| -> Vec<(String, bool)> {
            pieces(text).into_iter().map(|piece| (piece.text, piece.is_code)).collect()
        };
        let expected = [("given to ", false), ("ezra", true), (".", false)];
        assert_eq!(shown("given to `ezra`."), expected.map(|(text, code)| (text.to_owned(), code)));
        assert_eq!(shown("a ` b"), [("a ` b".to_owned(), false)]);
        assert_eq!(shown(""), []);
    }
}
