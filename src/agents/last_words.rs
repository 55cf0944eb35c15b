//! The end of what an agent said: the result line stands there.

/// The most that is kept, in bytes.
pub(super) const LAST_WORDS: usize = 64 << 10;

/// The end of `text`.
pub(super) fn last_words(text: &str) -> String {
    let from = text.len().saturating_sub(LAST_WORDS);
    let from = (from..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    text[from..].to_owned()
}

#[cfg(test)]
mod tests {
    use crate::agents::last_words::*;

    #[test]
    fn last_words_are_the_end() {
        let words = last_words(&format!("{}result: done", "é".repeat(100_000)));
        assert!(words.len() <= LAST_WORDS && words.ends_with("result: done"));
    }
}
