//! A text, line by line, as its reader sees it: without quotes and HTML.

use pulldown_cmark::{Event, Tag, TagEnd};

use crate::core::command::markdown::{TooDeep, events, with_plain_line_ends};

/// The level of a heading that is only a line of bold text: below all others.
const BOLD: u8 = 7;

/// A part of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum TextPiece {
    TextLine(TextLine),
    /// What a block of code holds.
    Code(String),
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct TextLine {
    /// All of it, with one blank between words.
    pub(super) text: String,
    /// The same without what is set as code.
    pub(super) prose: String,
    /// What is set as code.
    pub(super) code: Vec<String>,
    pub(super) kind: TextLineKind,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextLineKind {
    #[default]
    Plain,
    /// The line behind a check box.
    TaskItem,
    /// With its level; a line of bold text that is no sentence is one as well.
    Heading(u8),
}

/// What `body` consists of, in its order.
pub(super) fn pieces(body: &str) -> Result<Vec<TextPiece>, TooDeep> {
    let body = with_plain_line_ends(body);
    let mut walk = TextWalk::default();
    for (event, _) in events(&body)? {
        walk.step(event);
    }
    walk.end_line();
    Ok(walk.pieces)
}

/// Where the walk through a text stands.
#[derive(Default)]
struct TextWalk {
    /// How many blocks are open that were not said by whoever wrote the text.
    foreign: usize,
    /// What the block of code holds that is open.
    block: Option<String>,
    heading: Option<u8>,
    is_task: bool,
    /// How many bold spans are open.
    bold: usize,
    /// Whether this line says anything that is not bold.
    is_mixed: bool,
    line: TextLine,
    pieces: Vec<TextPiece>,
}

impl TextWalk {
    fn step(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.begin(&tag),
            Event::End(tag) => self.end(tag),
            Event::SoftBreak | Event::HardBreak => self.end_line(),
            _ if self.foreign > 0 => {}
            Event::Text(text) => self.say(&text),
            Event::Code(code) => {
                self.line.text.push_str(&code);
                self.line.prose.push(' ');
                self.line.code.push(code.into_string());
                self.is_mixed = true;
            }
            Event::TaskListMarker(_) => self.is_task = true,
            _ => {}
        }
    }

    fn begin(&mut self, tag: &Tag<'_>) {
        if !is_span(tag.to_end()) {
            self.end_line();
        }
        match tag {
            Tag::BlockQuote(_) | Tag::HtmlBlock => self.foreign += 1,
            Tag::CodeBlock(_) if self.foreign == 0 => self.block = Some(String::new()),
            Tag::Heading { level, .. } => self.heading = Some(*level as u8),
            Tag::Strong => self.bold += 1,
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        if !is_span(tag) {
            self.end_line();
        }
        match tag {
            TagEnd::BlockQuote(_) | TagEnd::HtmlBlock => self.foreign -= 1,
            TagEnd::CodeBlock => self.pieces.extend(self.block.take().map(TextPiece::Code)),
            TagEnd::Heading(_) => self.heading = None,
            TagEnd::Strong => self.bold -= 1,
            TagEnd::Item => self.is_task = false,
            _ => {}
        }
    }

    fn say(&mut self, text: &str) {
        if let Some(block) = &mut self.block {
            return block.push_str(text);
        }
        let is_more = |c: char| !c.is_whitespace() && c != ':';
        self.is_mixed |= self.bold == 0 && text.contains(is_more);
        self.line.text.push_str(text);
        self.line.prose.push_str(text);
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let is_bold = !std::mem::take(&mut self.is_mixed);
        let text = spaced(&line.text);
        if text.is_empty() {
            return;
        }
        let kind = match self.heading {
            _ if self.is_task => TextLineKind::TaskItem,
            Some(level) => TextLineKind::Heading(level),
            None if is_bold && !text.ends_with(['.', '!']) => TextLineKind::Heading(BOLD),
            None => TextLineKind::Plain,
        };
        let prose = spaced(&line.prose);
        self.pieces.push(TextPiece::TextLine(TextLine { text, prose, code: line.code, kind }));
    }
}

/// `text` with one blank between words.
pub(super) fn spaced(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !spaced.is_empty() {
            spaced.push(' ');
        }
        spaced.push_str(word);
    }
    spaced
}

/// Whether it is a part of a line.
fn is_span(tag: TagEnd) -> bool {
    matches!(
        tag,
        TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link | TagEnd::Image
    )
}

#[cfg(test)]
mod tests {
    use crate::core::scheduling::text::lines::*;

    fn read(body: &str) -> Vec<(String, TextLineKind)> {
        let line = |piece| match piece {
            TextPiece::TextLine(line) => (line.text, line.kind),
            TextPiece::Code(code) => (format!("code: {}", code.trim()), TextLineKind::Plain),
        };
        pieces(body).expect("it is not deep").into_iter().map(line).collect()
    }

    #[test]
    fn lines_are_told_by_what_they_are() {
        use TextLineKind::{Heading, Plain, TaskItem};
        let body = "# One\n\n**Two**:\nthree  `four`\n- [x] five\n- six\n\n```\nseven\n```\n\
                    **Eight is said.**\n";
        let told = [
            ("One", Heading(1)),
            ("Two:", Heading(7)),
            ("three four", Plain),
            ("five", TaskItem),
            ("six", Plain),
            ("code: seven", Plain),
            ("Eight is said.", Plain),
        ];
        assert_eq!(read(body), told.map(|(text, kind)| (text.to_owned(), kind)));
    }

    #[test]
    fn quotes_and_html_say_nothing() {
        let body =
            "> one\n> ```\n> two\n> ```\n\n<!-- three -->\n\n<div>\nfour\n</div>\n\na <!-- b --> c";
        assert_eq!(read(body), [("a c".to_owned(), TextLineKind::Plain)]);
    }
}
