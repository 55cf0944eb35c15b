//! What the text of an issue says about the work.

mod closes;

use pulldown_cmark::{Event, TagEnd};
use regex::Regex;

use super::Readiness;
use crate::core::command::markdown::{events, with_plain_line_ends};

pub use closes::closes;

/// How many characters say enough of what is to be done.
const SCOPE: usize = 80;

/// Reads texts.
#[derive(Debug, Clone)]
pub struct TextReader {
    acceptance: Regex,
}

impl TextReader {
    /// One for which a heading or line tells what makes an issue done if `acceptance` matches it.
    pub fn new(acceptance: Regex) -> Self {
        Self { acceptance }
    }

    /// Whether `body` says what is to be done, and when it is done. Code, quotes and HTML say
    /// nothing, nor does a body that is nested too deeply to be read.
    pub fn readiness(&self, body: &str) -> Readiness {
        let body = with_plain_line_ends(body);
        let Ok(events) = events(&body) else { return Readiness::default() };
        let mut walk = TextWalk::new(&self.acceptance);
        for (event, _) in events {
            walk.step(&event);
        }
        walk.end_line();
        walk.readiness
    }

    /// The pattern by which it reads: what was read by another is to be read again.
    pub fn pattern(&self) -> &str {
        self.acceptance.as_str()
    }
}

/// Where the walk through a text stands.
struct TextWalk<'r> {
    acceptance: &'r Regex,
    /// How many blocks are open in which nothing counts.
    excluded: usize,
    /// What this line says so far.
    line: String,
    /// How many characters the lines before have.
    length: usize,
    readiness: Readiness,
}

impl<'r> TextWalk<'r> {
    fn new(acceptance: &'r Regex) -> Self {
        let readiness = Readiness::default();
        Self { acceptance, excluded: 0, line: String::new(), length: 0, readiness }
    }

    fn step(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(tag) => {
                self.excluded += usize::from(is_foreign(tag.to_end()));
                self.end_block(tag.to_end());
            }
            Event::End(tag) => {
                self.excluded -= usize::from(is_foreign(*tag));
                self.end_block(*tag);
            }
            Event::SoftBreak | Event::HardBreak => self.end_line(),
            Event::Text(text) if self.excluded == 0 => self.line.push_str(text),
            Event::TaskListMarker(_) if self.excluded == 0 => self.readiness.checklist = true,
            _ => {}
        }
    }

    /// Ends the line where anything but a part of it begins or ends.
    fn end_block(&mut self, tag: TagEnd) {
        if !is_span(tag) {
            self.end_line();
        }
    }

    fn end_line(&mut self) {
        if self.line.is_empty() {
            return;
        }
        self.length += length(&self.line);
        self.readiness.scope |= self.length >= SCOPE;
        self.readiness.acceptance |= self.acceptance.is_match(&self.line);
        self.line.clear();
    }
}

/// How many characters a reader of `line` sees, with one blank between words.
fn length(line: &str) -> usize {
    let words = line.split_whitespace().map(|word| word.chars().count());
    words.reduce(|length, word| length + 1 + word).unwrap_or(0)
}

/// Whether what stands there was not said by whoever wrote the text.
fn is_foreign(tag: TagEnd) -> bool {
    matches!(tag, TagEnd::CodeBlock | TagEnd::BlockQuote(_) | TagEnd::HtmlBlock)
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
    use crate::core::scheduling::text::*;

    fn read(body: &str) -> Readiness {
        TextReader::new(Regex::new("(?i)accept|done when|expected").unwrap()).readiness(body)
    }

    #[test]
    fn eighty_characters_outside_code_and_quotes_are_a_scope() {
        let words = "word ".repeat(16);
        assert!(!read(&words).scope, "79 characters");
        assert!(read(&format!("{words}s")).scope);
        assert!(read(&format!("# {}\n\n- {}", &words[..40], &words[..45])).scope);
        assert!(read(&"ß".repeat(80)).scope && !read(&"ß".repeat(79)).scope);
        for nothing in [
            format!("```\n{words}{words}\n```"),
            format!("> {words}{words}"),
            format!("    {words}{words}"),
            format!("`{words}{words}`"),
            format!("<!-- {words}{words} -->"),
            " ".repeat(100),
            "\u{A0}".repeat(100),
        ] {
            assert_eq!(read(&nothing), Readiness::default(), "{nothing}");
        }
    }

    #[test]
    fn a_heading_or_line_names_what_is_accepted() {
        for body in [
            "## Acceptance criteria",
            "a\n**Done** when it runs",
            "- Expected: 3",
            "a\r\n\r\nExpected\r\n---\r\n",
            "| expected | found |\n|---|---|",
        ] {
            assert!(read(body).acceptance, "{body}");
        }
        for body in ["> Done when", "```\nexpected `;`\n```", "a `done when` b", "done\nwhen"] {
            assert!(!read(body).acceptance, "{body}");
        }
    }

    #[test]
    fn a_task_item_makes_a_checklist() {
        assert!(read("- [ ] a").checklist && read("1. a\n   - [x] b").checklist);
        assert!(!read("[ ] a").checklist && !read("> - [ ] a").checklist);
        assert!(!read("```\n- [ ] a\n```").checklist);
    }

    #[test]
    fn hostile_texts_are_read_quickly_or_not_at_all() {
        let deep = format!("{}a\n{}", ">".repeat(500_000), "b\n".repeat(250_000));
        assert_eq!(read(&deep), Readiness::default());
        for bad in ["[", "*a_", "- ", "`", "<", "\u{202E}", "|\n", "a\n"] {
            let _ = read(&bad.repeat(1_000_000 / bad.len()));
        }
    }
}
