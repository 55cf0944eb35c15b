//! Which issues a pull request closes by its text.
//!
//! Gitea's own rule (`modules/references`): one of its keywords, at most a colon, one blank, then
//! `#12`, `!12` or `owner/repository#12`, each with a word's end behind it. It counts in quotes
//! as well; not in code, links and HTML, nor where markup stands in between. Not read here:
//! addresses of issues, and keywords that an administrator chose.

use std::ops::Range;

use memchr::memchr2_iter;
use pulldown_cmark::{Event, Tag, TagEnd};

use crate::core::command::markdown::{events, with_plain_line_ends};
use crate::core::command::value::IssueRef;

const KEYWORDS: [&str; 9] =
    ["close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved"];

/// How many issues one text is believed to close.
const MOST: usize = 100;

/// The issues that `body` closes, each once, in its order; at most 100. None if the body is
/// nested too deeply to be read.
pub fn closes(body: &str) -> Vec<IssueRef> {
    let body = with_plain_line_ends(body);
    let mut found = Vec::new();
    for stretch in prose(&body) {
        for issue in references(&body[stretch]) {
            if found.len() < MOST && !found.contains(&issue) {
                found.push(issue);
            }
        }
    }
    found
}

/// The stretches of plain text, without any markup in between.
fn prose(body: &str) -> Vec<Range<usize>> {
    let mut stretches: Vec<Range<usize>> = Vec::new();
    let mut excluded = 0_usize;
    let Ok(events) = events(body) else { return stretches };
    for (event, range) in events {
        match event {
            Event::Start(Tag::CodeBlock(_) | Tag::HtmlBlock | Tag::Link { .. }) => excluded += 1,
            Event::End(TagEnd::CodeBlock | TagEnd::HtmlBlock | TagEnd::Link) => excluded -= 1,
            Event::Text(_) if excluded == 0 => match stretches.last_mut() {
                // A backslash that is no longer in the text parts them.
                Some(last) if last.end == range.start => last.end = range.end,
                _ => stretches.push(range),
            },
            _ => {}
        }
    }
    stretches
}

/// The issues that a stretch of plain text closes.
fn references(text: &str) -> impl Iterator<Item = IssueRef> {
    memchr2_iter(b'#', b'!', text.as_bytes())
        .filter_map(|at| reference(&text[..at], &text[at + 1..]))
}

/// The issue that is closed by what stands before a `#` and what stands behind it.
fn reference(before: &str, behind: &str) -> Option<IssueRef> {
    let rest = behind.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = behind[..behind.len() - rest.len()].parse().ok().filter(|number| *number > 0)?;
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let words = before.trim_end_matches(is_of_name);
    let repo = match &before[words.len()..] {
        "" => None,
        name => Some(name.parse().ok()?),
    };
    (ends_word(rest) && ends_with_keyword(words)).then_some(IssueRef { repo, number })
}

fn ends_word(rest: &str) -> bool {
    let mut chars = rest.chars();
    match chars.next() {
        None | Some(')' | ']' | '\'' | '"') => true,
        Some(':' | ';' | ',' | '.' | '?' | '!') => chars.next().is_none_or(char::is_whitespace),
        Some(c) => c.is_whitespace(),
    }
}

fn ends_with_keyword(text: &str) -> bool {
    let Some(text) = text.strip_suffix(' ') else { return false };
    let text = text.strip_suffix(':').unwrap_or(text);
    let before = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let word = &text[before.len()..];
    KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(word))
        && before.chars().next_back().is_none_or(|c| c.is_whitespace() || matches!(c, '(' | '['))
}

#[cfg(test)]
mod tests {
    use crate::core::scheduling::text::closes::*;

    fn found(body: &str) -> Vec<String> {
        closes(body).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn keywords_close_in_any_case() {
        for keyword in KEYWORDS {
            assert_eq!(found(&format!("a\n{keyword} #12")), ["#12"]);
            assert_eq!(found(&format!("({}: o/r!12)", keyword.to_uppercase())), ["o/r#12"]);
        }
    }

    #[test]
    fn each_needs_a_keyword_of_its_own() {
        assert_eq!(
            found("Fixes #1, #2 and closes #3. Fixes #1!\n\n- resolves: #4"),
            ["#1", "#3", "#4"]
        );
    }

    #[test]
    fn quotes_headings_and_tables_count() {
        assert_eq!(found("> fixes #1\n\n# closes #2\n\n| fixed #3 |\n|---|"), ["#1", "#2", "#3"]);
    }

    #[test]
    fn what_gitea_does_not_close_is_not_closed() {
        for body in [
            "`fixes #1`",
            "```\nfixes #1\n```",
            "    fixes #1",
            "<!-- fixes #1 -->",
            "[fixes #1](https://example.org)",
            "**fixes** #1",
            "fixes **#1**",
            "fixes \\#1",
            "fixes `x` #1",
            "fixes\n#1",
            "fixes  #1",
            "fixes : #1",
            "prefixes #1",
            "un-fixes #1",
            "fixes #1a",
            "fixes #1.2",
            "fixes #0",
            "fixes #99999999999999999999",
            "fixes a/b/c#1",
            "fixes x#1",
            "fixes ##1",
            "#1",
        ] {
            assert_eq!(found(body), Vec::<String>::new(), "{body}");
        }
    }

    #[test]
    fn hostile_texts_close_little() {
        let many: String = (1..=5_000).map(|number| format!("fixes #{number}\n")).collect();
        assert_eq!(found(&many).len(), MOST);
        for bad in ["fixes ", "#", "!1", "a/", "fixes #", "[", "\u{1F600}#1"] {
            assert_eq!(found(&bad.repeat(100_000)), Vec::<String>::new(), "{bad}");
        }
    }
}
