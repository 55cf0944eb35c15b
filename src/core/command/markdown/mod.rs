//! Which lines of a body are prose that may command, as CommonMark reads them.
//!
//! What counts as code, quotation, HTML, heading, table, footnote, link or emphasis is for
//! [`pulldown_cmark`] to say. This file only walks its events and keeps the lines that begin,
//! outside all of these, with the trigger.

mod table;
mod window;

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr, memchr_iter};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::invisible::{Invisible, is_blank, is_unseen};
use super::trigger::{Trigger, is_margin};
use table::begins_table;
use window::window;

/// A line that begins with a trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandLine<'b> {
    /// Its number in the body, from 1.
    pub number: usize,
    /// The line as written, from the trigger on, or from the first character before it that
    /// nobody can see, without trailing white space.
    pub text: &'b str,
}

/// Why a body was not read: its blocks are nested so deeply that reading it would take seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooDeep;

/// `body` without a byte order mark and with `\n` as its only line ending, which is all that
/// CommonMark asks for. Browsers send `\r\n`.
pub fn with_plain_line_ends(body: &str) -> Cow<'_, str> {
    let body = body.strip_prefix('\u{FEFF}').unwrap_or(body);
    if memchr(b'\r', body.as_bytes()).is_none() {
        return Cow::Borrowed(body);
    }
    let mut plain = String::with_capacity(body.len());
    let mut pieces = body.split('\r');
    plain.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        plain.push('\n');
        plain.push_str(piece.strip_prefix('\n').unwrap_or(piece));
    }
    Cow::Owned(plain)
}

/// The command lines of `body`, whose lines end in `\n`, from top to bottom.
pub fn command_lines<'b>(
    trigger: Trigger<'_>,
    body: &'b str,
) -> Result<Vec<CommandLine<'b>>, TooDeep> {
    let Range { start, end } = window(trigger, body);
    let mut walk = CommandWalk::new(trigger, &body[start..end]);
    for (event, range) in events(walk.body)? {
        walk.step(&event, range);
    }
    Ok(walk.numbered(1 + memchr_iter(b'\n', &body.as_bytes()[..start]).count()))
}

/// What CommonMark, with Gitea's extensions, sees in `body`, whose lines end in `\n`; each event
/// with the bytes that it comes from.
pub fn events(
    body: &str,
) -> Result<impl Iterator<Item = (Event<'_>, Range<usize>)> + use<'_>, TooDeep> {
    if is_too_deep(body) {
        return Err(TooDeep);
    }
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES;
    Ok(Parser::new_ext(body, options).into_offset_iter())
}

/// Whether CommonMark would take too long over `body`.
///
/// A parser looks at every open block on every line, so a paragraph that is lazily continued
/// under thousands of nested quotes costs lines times depth. Each open quote takes a `>` in the
/// margin of some line and each open list item a blank, so the widest margin bounds the depth.
/// 100 million steps are a tenth of a second; no comment that a person wrote comes near.
fn is_too_deep(body: &str) -> bool {
    const STEPS: usize = 100_000_000;
    // Lines and depth both take bytes, so a short body cannot have enough of both.
    if body.len().saturating_mul(body.len()) <= STEPS {
        return false;
    }
    let (mut lines, mut depth) = (0_usize, 0_usize);
    let mut start = 0;
    for end in memchr_iter(b'\n', body.as_bytes()).chain([body.len()]) {
        depth = depth.max(1 + most_blocks(&body[start..end]));
        lines += 1;
        start = end + 1;
    }
    lines.saturating_mul(depth) > STEPS
}

/// How many blocks `line` can open or continue, at most.
fn most_blocks(line: &str) -> usize {
    let mut blocks = 0;
    let mut rest = line;
    loop {
        let text =
            rest.trim_start_matches(|c: char| c == '>' || u8::try_from(c).is_ok_and(is_margin));
        let margin = &rest.as_bytes()[..rest.len() - text.len()];
        blocks += margin
            .iter()
            .map(|b| match b {
                b'>' | b' ' => 1,
                b'\t' => 4,
                _ => 0,
            })
            .sum::<usize>();
        // A footnote may hold what a margin holds.
        match text.strip_prefix("[^").and_then(|label| label.split_once("]:")) {
            Some((_, after)) => rest = after,
            None => return blocks,
        }
    }
}

/// A list item that is open, within others.
struct Item {
    /// The byte at which its marker begins, or the white space before that.
    start: usize,
    /// The column at which its content begins, once somebody asked.
    content: Option<usize>,
    /// Whether it has a check box.
    is_task: bool,
}

/// Where the walk through the events stands.
struct CommandWalk<'b, 'n> {
    trigger: Trigger<'n>,
    body: &'b str,
    items: Vec<Item>,
    /// How many blocks and spans are open that hold no commands.
    excluded: usize,
    /// The byte at which the prose of this line begins, once its first piece was seen.
    line: Option<usize>,
    /// The same of the line above, if it belongs to the same block.
    above: Option<usize>,
    /// Whether a table began in this block.
    in_table: bool,
    found: Vec<Range<usize>>,
}

impl<'b, 'n> CommandWalk<'b, 'n> {
    fn new(trigger: Trigger<'n>, body: &'b str) -> Self {
        Self {
            trigger,
            body,
            items: Vec::new(),
            excluded: 0,
            line: None,
            above: None,
            in_table: false,
            found: Vec::new(),
        }
    }

    fn step(&mut self, event: &Event<'_>, range: Range<usize>) {
        match event {
            Event::Text(_) => {
                if self.line.is_none() && self.excluded == 0 {
                    self.look_at(range.start);
                }
                self.line.get_or_insert(range.start);
            }
            Event::SoftBreak => self.above = self.line.take(),
            Event::HardBreak => {
                self.drop_backslash(range.start);
                self.above = self.line.take();
            }
            Event::Rule => self.begin_block(),
            Event::TaskListMarker(_) => self.mark_task(),
            Event::Start(tag) => self.open(tag, range.start),
            Event::End(tag) => self.close(*tag, range.end),
            _ => {
                self.line.get_or_insert(range.start);
            }
        }
    }

    /// Forgets the lines of the block that ended.
    fn begin_block(&mut self) {
        (self.line, self.above, self.in_table) = (None, None, false);
    }

    fn open(&mut self, tag: &Tag<'_>, at: usize) {
        match tag {
            Tag::Item => self.items.push(Item { start: at, content: None, is_task: false }),
            // An ATX heading begins with `#`, so only a setext heading can begin with a trigger.
            Tag::List(_) | Tag::Paragraph | Tag::Heading { .. } => {}
            _ => self.excluded += 1,
        }
        if is_block(tag.to_end()) {
            self.begin_block();
        } else {
            self.line.get_or_insert(at);
        }
    }

    fn close(&mut self, tag: TagEnd, at: usize) {
        match tag {
            TagEnd::Item => {
                if self.items.pop().is_some_and(|item| item.is_task) {
                    self.excluded -= 1;
                }
            }
            TagEnd::List(_) | TagEnd::Paragraph | TagEnd::Heading(_) => {}
            _ => self.excluded -= 1,
        }
        // The text of a tight list item follows its blocks without a paragraph of its own.
        if is_block(tag) {
            self.begin_block();
        } else {
            self.line.get_or_insert(at);
        }
    }

    /// A check box makes everything in its list item a matter of the list's owner.
    fn mark_task(&mut self) {
        if let Some(item) = self.items.last_mut()
            && !item.is_task
        {
            item.is_task = true;
            self.excluded += 1;
        }
    }

    /// Keeps the line on which `at` is the first prose, if it begins with the trigger there, or
    /// seems to.
    fn look_at(&mut self, at: usize) {
        self.look_for_table(at);
        let called = self.body[at..].trim_start_matches(is_unseen);
        if self.in_table || self.trigger.split(called).is_none() {
            return;
        }
        let trigger = self.body.len() - called.len();
        let (column, content) = self.columns(trigger);
        let margin = margin_before(self.body, trigger);
        let seen = margin.trim_end_matches(is_unseen);
        if seen.bytes().all(is_margin) && column <= content + 3 {
            let hidden = margin[seen.len()..].trim_start_matches(is_blank);
            let line = first_line(called);
            self.found.push(trigger - hidden.len()..trigger + line.len());
        }
    }

    /// The columns of byte `at` and of the content of the list item around it.
    fn columns(&mut self, at: usize) -> (usize, usize) {
        let content = self.items.last_mut().map_or(0, |item| {
            *item.content.get_or_insert_with(|| content_column(self.body, item.start))
        });
        (column_after(margin_before(self.body, at), 0), content)
    }

    /// Drops the line above if the one that begins at `at` makes it the header of a table. An
    /// indented line, or one that continues a list item lazily, does not.
    fn look_for_table(&mut self, at: usize) {
        if let Some(above) = self.above
            && begins_table(first_line(&self.body[above..]), first_line(&self.body[at..]))
        {
            let (column, content) = self.columns(at);
            if (content..=content + 3).contains(&column) {
                self.in_table = true;
                self.found.pop_if(|line| line.end > above);
            }
        }
    }

    /// A backslash at the end of a line is a line break, not part of what is said.
    fn drop_backslash(&mut self, at: usize) {
        if let Some(line) = self.found.last_mut()
            && line.contains(&at)
            && self.body[at..].starts_with('\\')
        {
            line.end = at;
        }
    }

    /// What was found, if the number of the first line is `number`.
    fn numbered(self, mut number: usize) -> Vec<CommandLine<'b>> {
        let mut counted = 0;
        let mut lines = Vec::with_capacity(self.found.len());
        for range in self.found {
            number += memchr_iter(b'\n', &self.body.as_bytes()[counted..range.start]).count();
            counted = range.start;
            lines.push(CommandLine { number, text: self.body[range].trim_end_matches(is_blank) });
        }
        lines
    }
}

fn is_block(tag: TagEnd) -> bool {
    !matches!(
        tag,
        TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link | TagEnd::Image
    )
}

fn first_line(text: &str) -> &str {
    memchr(b'\n', text.as_bytes()).map_or(text, |end| &text[..end])
}

/// What stands before byte `at` on its line.
fn margin_before(body: &str, at: usize) -> &str {
    let start = body[..at].rfind('\n').map_or(0, |newline| newline + 1);
    &body[start..at]
}

/// The column behind `margin`, which begins at `column`. Tabs stop at every fourth; what nobody can
/// see takes no room.
fn column_after(margin: &str, column: usize) -> usize {
    margin.chars().fold(column, |column, c| match c {
        '\t' => column + 4 - column % 4,
        c if Invisible::new(c).is_some() => column,
        _ => column + 1,
    })
}

/// The column at which the content of a list item begins whose marker begins at byte `at`
/// or, behind white space, soon after (CommonMark 0.31, section 5.2).
fn content_column(body: &str, at: usize) -> usize {
    let is_space = |c| matches!(c, ' ' | '\t');
    let line = first_line(&body[at..]);
    let marker = line.trim_start_matches(is_space);
    let indent =
        column_after(&line[..line.len() - marker.len()], column_after(margin_before(body, at), 0));
    let digits = marker.bytes().take_while(u8::is_ascii_digit).count();
    let rest = marker.get(digits + 1..).unwrap_or_default();
    let after = indent + digits + 1;
    let text = rest.trim_start_matches(is_space);
    let content = column_after(&rest[..rest.len() - text.len()], after);
    // A blank line, or indented code: one blank belongs to the marker.
    if text.is_empty() || content - after > 4 { after + 1 } else { content }
}

#[cfg(test)]
mod tests {
    use crate::core::command::markdown::*;

    fn lines_of(body: &str) -> Vec<(usize, &str)> {
        let trigger = Trigger::new("timmy").expect("a name");
        let lines = command_lines(trigger, body).expect("not too deep");
        lines.into_iter().map(|line| (line.number, line.text)).collect()
    }

    #[test]
    fn lines_are_counted_and_trimmed() {
        let body = "a\n\n  /timmy x \u{A0}\n- b\n\n  @timmy *y* `z`  \n";
        assert_eq!(lines_of(body), [(3, "/timmy x"), (6, "@timmy *y* `z`")]);
    }

    #[test]
    fn three_spaces_from_the_content_are_the_most() {
        let near = ["a\n   /timmy", "- a\n\t/timmy", "- a\n     /timmy", "-    a\n        /timmy"];
        let nested = ["-\n  /timmy", "10. a\n\t   /timmy", " 1) - a\n        /timmy"];
        for body in near.iter().chain(&nested) {
            assert_eq!(lines_of(body), [(2, "/timmy")], "{body:?}");
        }
        for body in
            ["a\n    /timmy", "a\n\t/timmy", "- a\n      /timmy", " 1) - a\n          /timmy"]
        {
            assert_eq!(lines_of(body), [], "{body:?}");
        }
    }

    #[test]
    fn blanks_of_any_width_are_indentation() {
        assert_eq!(lines_of("\u{A0}/timmy x"), [(1, "/timmy x")]);
        assert_eq!(lines_of("a\n \u{2003}\u{A0}/timmy x\nb"), [(2, "/timmy x")]);
        assert_eq!(lines_of("- \u{A0} /timmy x"), [(1, "/timmy x")]);
        for body in ["a\n\u{A0}\u{A0}\u{A0}\u{A0}/timmy x", "\u{A0}> /timmy x", "é\u{A0}/timmy x"]
        {
            assert_eq!(lines_of(body), [], "{body:?}");
        }
    }

    #[test]
    fn what_nobody_can_see_before_the_trigger_belongs_to_the_line() {
        for hidden in ["\u{200B}", "\u{2060} ", "\u{202E}\u{200F}", "\u{C}", "\0", "\u{FEFF}"] {
            let line = format!("{hidden}/timmy x");
            for before in ["a\n", "- ", " \u{A0}", "\n\n  "] {
                let body = format!("{before}{line}");
                assert_eq!(
                    lines_of(&body).into_iter().map(|(_, text)| text).collect::<Vec<_>>(),
                    [&line],
                    "{body:?}"
                );
            }
        }
        assert_eq!(lines_of("a\n\u{200B}/timmy x | y\n--|--"), []);
        assert_eq!(lines_of("a\n\u{C}/timmy x | y\n--|--"), []);
        assert_eq!(lines_of("`\u{200B}/timmy x`"), []);
    }

    #[test]
    fn a_backslash_that_breaks_the_line_is_not_said() {
        assert_eq!(lines_of("/timmy x\\\ny"), [(1, "/timmy x")]);
        assert_eq!(lines_of("/timmy x *y\\\nz*"), [(1, "/timmy x *y")]);
        assert_eq!(lines_of("/timmy x\\"), [(1, "/timmy x\\")]);
    }

    #[test]
    fn text_after_another_block_of_a_tight_item_counts() {
        assert_eq!(lines_of("- ```\n  /timmy x\n  ```\n  /timmy y"), [(4, "/timmy y")]);
        assert_eq!(lines_of("- a\n  - b\n  ***\n  /timmy y"), [(4, "/timmy y")]);
    }

    #[test]
    fn a_table_may_interrupt_a_paragraph() {
        assert_eq!(lines_of("/timmy x\na | b\n--|--\n/timmy y"), [(1, "/timmy x")]);
        assert_eq!(lines_of("a\n/timmy x | y\n--|--"), []);
        assert_eq!(lines_of("- a\n  *b* | c\n  --|--\n  /timmy x\n- /timmy y"), [(5, "/timmy y")]);
        for body in ["a\n/timmy x | y\n    --|--", "- a\n/timmy x | y\n--|--"] {
            assert_eq!(lines_of(body), [(2, "/timmy x | y")], "{body:?}");
        }
    }

    #[test]
    fn line_ends_become_plain() {
        assert_eq!(with_plain_line_ends("a\r\nb\rc\n\r\n\r"), "a\nb\nc\n\n\n");
        assert_eq!(with_plain_line_ends("\u{FEFF}a\n"), "a\n");
        assert!(matches!(with_plain_line_ends("a\nb"), Cow::Borrowed(_)));
    }
}
