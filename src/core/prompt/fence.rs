//! Text of others as data: in a fence that it cannot leave.

/// The most of one text that is quoted, in bytes.
const LONGEST_TEXT: usize = 32 << 10;

/// `text` in a fence of more backticks than it holds in a row, cut where it is longer than anybody
/// reads.
pub fn fenced(text: &str) -> String {
    let (text, left_out) = cut(text);
    let fence = "`".repeat(longest_run_of_backticks(text).max(2) + 1);
    let cut = match left_out {
        0 => String::new(),
        more => format!("\n({more} bytes more were left out.)"),
    };
    format!("{fence}text\n{}\n{fence}{cut}", text.trim_end_matches('\n'))
}

/// The most of a diff that is quoted, in bytes.
const LONGEST_DIFF: usize = 64 << 10;

/// A diff in such a fence, cut at the end of a line.
pub(super) fn cut_diff(text: &str) -> String {
    let most = text.len().min(LONGEST_DIFF);
    let mut end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    if end < text.len() {
        end = text[..end].rfind('\n').map_or(end, |line| line + 1);
    }
    let (shown, left_out) = (&text[..end], text.len() - end);
    let fence = "`".repeat(longest_run_of_backticks(shown).max(2) + 1);
    let cut = match left_out {
        0 => String::new(),
        more => format!("\n({more} bytes more were left out: read the files.)"),
    };
    format!("{fence}diff\n{}\n{fence}{cut}", shown.trim_end_matches('\n'))
}

/// The beginning of `text` that is quoted, and how many bytes of it are not.
pub(super) fn cut(text: &str) -> (&str, usize) {
    let most = text.len().min(LONGEST_TEXT);
    let end = (0..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
    (&text[..end], text.len() - end)
}

pub(super) fn longest_run_of_backticks(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag};

    use crate::core::prompt::fence::*;

    proptest! {
        /// The whole text is one block of code, whatever stands in it.
        #[test]
        fn no_text_leaves_its_fence(text in "([`~]{1,9}|[a-z #>-]{1,4}|\n| {4}|<!--|\\PC){0,40}") {
            let quoted = fenced(&text);
            let mut events = Parser::new_ext(&quoted, Options::all());
            let first = events.next();
            let is_fence =
                matches!(first, Some(Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_)))));
            prop_assert!(is_fence);
            let inside = events.by_ref().take_while(|event| !matches!(event, Event::End(_)));
            let inside: String = inside.map(|event| match event {
                Event::Text(text) => text.into_string(),
                other => panic!("{other:?}"),
            }).collect();
            prop_assert_eq!(inside.trim_end_matches('\n'), text.trim_end_matches('\n'));
            prop_assert_eq!(events.next(), None);
        }
    }

    #[test]
    fn a_long_diff_is_cut_at_a_line() {
        let line = "+```é\n";
        let quoted = cut_diff(&line.repeat(10_000));
        let whole = LONGEST_DIFF / line.len();
        assert!(quoted.starts_with("````diff\n+```é\n"));
        assert_eq!(quoted.matches(line).count(), whole, "the last one too");
        assert!(quoted.ends_with("bytes more were left out: read the files.)"));
        assert_eq!(cut_diff("+a\n"), "```diff\n+a\n```");
    }

    #[test]
    fn a_long_text_is_cut_and_says_so() {
        let quoted = fenced(&"é".repeat(20_000));
        assert!(quoted.ends_with("```\n(7232 bytes more were left out.)"), "{}", &quoted[32_700..]);
    }
}
