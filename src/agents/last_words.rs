//! The end of what an agent said: the result line stands there.

use crate::core::jobs::evidence::{CUT_RESULT_LINE, begins_as_result};

/// The most that is kept, in bytes.
pub(super) const LAST_WORDS: usize = 64 << 10;

/// The end of `text`. Where it begins within a result line, which is too long then, it says so: who
/// reads it has to know that there was one.
pub(super) fn last_words(text: &str) -> String {
    let from = text.len().saturating_sub(LAST_WORDS);
    let from = (from..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    let line = text[..from].rfind('\n').map_or(0, |end| end + 1);
    match line < from && begins_as_result(&text[line..]) {
        true => format!("{CUT_RESULT_LINE}{}", &text[from..]),
        false => text[from..].to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::agents::last_words::*;
    use crate::core::jobs::evidence::read_result;

    #[test]
    fn last_words_are_the_end() {
        let words = last_words(&format!("{}result: done", "é".repeat(100_000)));
        assert!(words.len() <= LAST_WORDS && words.ends_with("result: done"));
    }

    #[test]
    fn a_result_line_that_does_not_fit_leaves_a_trace() {
        let long =
            format!(r#"timmy-result: {{"outcome":"comment","summary":"{}"#, "x".repeat(200_000));
        let words = last_words(&format!("Done.\n{long}"));
        assert!(read_result(&words).is_too_long);
        // What comes a piece at a time is cut more than once.
        let words = last_words(&format!("{words}{}\"}}", "x".repeat(LAST_WORDS)));
        assert!(read_result(&words).is_too_long);
        let quoted = format!("{}timmy-result: {{", "x".repeat(100));
        assert!(
            !read_result(&last_words(&format!("{quoted}{}", "x".repeat(LAST_WORDS)))).is_too_long
        );
    }
}
