//! Which part of a body is worth reading: the blocks around what looks like a command.
//!
//! Blocks end at blank lines, so most of what stands before and behind cannot change what a line
//! is. What can is looked for, and where it is found nothing is left out: definitions of links and
//! footnotes reach everywhere, an open fence or HTML block reaches over blank lines.

use std::ops::Range;

use memchr::{memchr_iter, memchr3_iter, memrchr_iter};

use crate::core::command::trigger::Trigger;

/// Longer bodies are read as a whole: the parser's limits count over all of it.
const LONGEST: usize = 10_000;

/// Where in `body`, whose lines end in `\n`, stands all that is needed to tell which lines command.
pub(super) fn window(trigger: Trigger<'_>, body: &str) -> Range<usize> {
    if body.len() > LONGEST || has_definition(body.as_bytes()) {
        return 0..body.len();
    }
    let mut places = trigger.places(body);
    let Some(first) = places.next() else { return 0..0 };
    let last = places.next_back().unwrap_or(first);
    let behind = &body.as_bytes()[last..];
    let end = memchr_iter(b'\n', behind).find(|&at| behind.get(at + 1) == Some(&b'\n'));
    start(&body[..first])..end.map_or(body.len(), |end| last + end + 1)
}

/// Where the last block begins that reaches to the end of `before`, or an earlier one.
fn start(before: &str) -> usize {
    let bytes = before.as_bytes();
    let blank = memrchr_iter(b'\n', bytes).find(|&at| bytes[..at].ends_with(b"\n"));
    let Some(start) = blank.map(|at| at + 1) else { return 0 };
    // Prose at the left edge, or the trigger itself, ends all lists and quotes.
    let ends_all = bytes.get(start).is_none_or(u8::is_ascii_alphabetic);
    if ends_all && !may_reach_on(&bytes[..start]) { start } else { 0 }
}

/// Whether a link or a footnote may be defined in `text`.
fn has_definition(text: &[u8]) -> bool {
    memchr_iter(b']', text).any(|at| text.get(at + 1) == Some(&b':'))
}

/// Whether a fence or an HTML block may begin in `text`: the only blocks that hold blank lines and
/// prose at the left edge.
fn may_reach_on(text: &[u8]) -> bool {
    memchr3_iter(b'<', b'`', b'~', text).any(|at| {
        let sign = text[at];
        sign == b'<' || text[at..].starts_with(&[sign; 3])
    })
}

#[cfg(test)]
mod tests {
    use crate::core::command::markdown::window::*;

    fn seen(body: &str) -> &str {
        &body[window(Trigger::new("timmy").expect("a name"), body)]
    }

    #[test]
    fn only_the_blocks_around_commands_are_read() {
        assert_eq!(seen("Thanks!\n\n/timmy ping\n\nBye."), "/timmy ping\n");
        assert_eq!(
            seen("a\n\nb\n/timmy x\n\nc\n\n- @timmy y\nd\n\ne"),
            "b\n/timmy x\n\nc\n\n- @timmy y\nd\n"
        );
        assert_eq!(seen("- a\n\n  /timmy ping"), "- a\n\n  /timmy ping");
        assert_eq!(seen("a\n\n- /timmy ping"), "a\n\n- /timmy ping");
        assert_eq!(seen("nobody calls"), "");
    }

    #[test]
    fn what_reaches_over_blank_lines_is_read() {
        for body in [
            "```\n\n/timmy ping",
            "~~~ a\n\n/timmy ping",
            "<!--\n\n/timmy ping",
            "[a\n/timmy ping]\n\n[a\n/timmy ping]: b",
        ] {
            assert_eq!(seen(body), body);
        }
    }
}
