//! Words that make Gitea close or reopen a thread: in a pull request, or in a commit, before a
//! reference to that thread, and since 1.26 before a link to it.

/// All that Gitea knows unless its `app.ini` says otherwise.
const WORDS: [&str; 12] = [
    "close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved",
    "reopen", "reopens", "reopened",
];

/// The first place where one of them stands right before what may be a link or a reference.
pub fn closing_place(text: &str) -> Option<&str> {
    let lower = text.to_ascii_lowercase();
    let ends = lower.match_indices(' ').map(|(at, _)| at);
    let place = ends.filter(|at| may_be_reference(&lower[at + 1..])).find_map(|at| {
        let before = lower[..at].trim_end_matches(':');
        let word = |c: char| c.is_ascii_alphabetic();
        let start = before.trim_end_matches(word).len();
        WORDS.contains(&&before[start..]).then_some(start)
    })?;
    // Lower case is as long.
    Some(text[place..].lines().next().unwrap_or_default())
}

/// Whether `text` may begin with a link or a reference, which may be escaped or filled in.
fn may_be_reference(text: &str) -> bool {
    let text = text.trim_start_matches(['*', '_', '(', '\\']);
    let word = text.split(char::is_whitespace).next().unwrap_or_default();
    let refers = |sign| {
        word.split_once(sign)
            .is_some_and(|(_, n)| n.starts_with(|c: char| c.is_ascii_digit() || c == '{'))
    };
    text.starts_with(['[', '<'])
        || text.starts_with("{{")
        || text.starts_with("http")
        || text.starts_with("www.")
        || refers('#')
        || refers('!')
}

/// `text` without its spans of code, in which Gitea sees no references.
pub fn outside_code(text: &str) -> String {
    let mut outside = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('`') {
        let (before, span) = rest.split_at(start);
        let fence = &span[..span.len() - span.trim_start_matches('`').len()];
        let inside = &span[fence.len()..];
        outside.push_str(before);
        rest = inside.split_once(fence).map_or(inside, |(_, after)| after);
    }
    outside + rest
}

#[test]
fn code_is_left_out() {
    assert_eq!(outside_code("a `b` c ``d ` e`` f"), "a  c  f");
    assert_eq!(outside_code("a ` b"), "a  b");
}

#[test]
fn a_closing_word_before_a_reference_is_found() {
    for text in [
        "This closes #12.",
        "Fixed: https://forge.example/o/r/issues/1",
        "fixes [it](/o/r/issues/1)",
        "(resolves o/r#12)",
        r"Close \#12",
        "**Closes** it, resolves {{ target|thread }}",
        "reopen !3",
        "fixes #{{ number }}",
    ] {
        assert!(closing_place(text).is_some(), "{text}");
    }
    for text in [
        "closed by #12",
        "until #12 is closed",
        "prefix #12",
        "closes  #12",
        "fix it: #12",
        "closes #\u{200b}12",
    ] {
        assert_eq!(closing_place(text), None, "{text}");
    }
}
