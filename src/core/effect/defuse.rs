//! Makes text from people, agents and the forge harmless inside a reply.
//!
//! A reply is Markdown that Gitea renders. Text that somebody else wrote must be shown as it is:
//! it must not call people, refer to threads, start HTML, open a code fence or break the line.
//! askama puts everything that a template prints through [`Defuse`] (see `askama.toml`), so a
//! template has to ask for danger (`|safe`), never for safety.
//!
//! Which characters Gitea acts upon was measured on a real server: `\@name` and `\#12` still
//! become links, entities too; U+200B behind the sign makes neither link nor noise.

use std::fmt::{self, Write};

use askama::filters::Escaper;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// The zero width space that keeps a sign from its word.
const APART: char = '\u{200B}';

/// askama's escaper for `.md` templates.
#[derive(Debug, Clone, Copy)]
pub struct Defuse;

impl Escaper for Defuse {
    fn write_escaped_str<W: Write>(&self, mut dest: W, text: &str) -> fmt::Result {
        if opens_a_list(text) {
            dest.write_char('\\')?;
            return write_defused(&mut dest, text, true);
        }
        write_defused(&mut dest, text, false)
    }
}

/// Whether `text`, were it to begin a line, would open a list or underline a heading.
fn opens_a_list(text: &str) -> bool {
    text.starts_with(['-', '+', '='])
}

fn write_defused(dest: &mut impl Write, text: &str, mut first_is_escaped: bool) -> fmt::Result {
    let mut rest = text.chars().peekable();
    let mut digits = Some(0);
    // How many `w` stand right before: `www.` would become a link.
    let mut wide = 0;
    while let Some(c) = rest.next() {
        let next = rest.peek().copied();
        match c {
            _ if std::mem::take(&mut first_is_escaped) => dest.write_char(c)?,
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => dest.write_char(' ')?,
            '@' | '#' => apart(dest, c)?,
            '!' if next.is_some_and(|n| n.is_ascii_digit()) => apart(dest, c)?,
            ':' if next == Some('/') => apart(dest, c)?,
            'w' | 'W' if wide == 2 && next == Some('.') => apart(dest, c)?,
            '\\' | '`' | '*' | '_' | '~' | '[' | ']' | '<' | '>' | '&' | '|' | '$' | '^' | '!' => {
                dest.write_char('\\')?;
                dest.write_char(c)?;
            }
            '.' | ')' if digits.is_some_and(|n| n > 0) && next.is_none_or(char::is_whitespace) => {
                dest.write_char('\\')?;
                dest.write_char(c)?;
            }
            _ if is_invisible(c) => {}
            _ => dest.write_char(c)?,
        }
        wide = if matches!(c, 'w' | 'W') { wide + 1 } else { 0 };
        digits = digits.filter(|_| c.is_ascii_digit()).map(|n| n + 1);
    }
    Ok(())
}

fn apart(dest: &mut impl Write, sign: char) -> fmt::Result {
    dest.write_char(sign)?;
    dest.write_char(APART)
}

/// Characters that nobody sees and that can turn the direction of what they see.
fn is_invisible(c: char) -> bool {
    let joins_emoji = c == '\u{200D}';
    !joins_emoji
        && matches!(c.general_category(), GeneralCategory::Control | GeneralCategory::Format)
}

/// `text` as Markdown that shows it as it is, on one line.
pub fn defused(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    Defuse.write_escaped_str(&mut out, text).expect("a String takes everything");
    out
}

/// A sentence of timmy's own, as Markdown, that holds foreign words in backticks.
pub fn prose(text: &str) -> String {
    let pieces: Vec<&str> = text.split('`').collect();
    if pieces.len().is_multiple_of(2) {
        return defused(text);
    }
    let shown = pieces.iter().enumerate().map(|(nth, piece)| match nth % 2 {
        0 => defused(piece),
        _ => code(piece),
    });
    shown.collect()
}

/// `text` as it is, for places that know no Markdown and act upon words all the same: titles, and
/// messages of commits. It refers to nothing, closes nothing and calls nobody.
pub fn quiet(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let next = rest.peek().copied();
        match c {
            '\n' | '\t' => out.push(c),
            _ if is_invisible(c) => {}
            '@' | '#' => out.extend([c, APART]),
            '!' if next.is_some_and(|n| n.is_ascii_digit()) => out.extend([c, APART]),
            ':' if next == Some('/') => out.extend([c, APART]),
            _ => out.push(c),
        }
    }
    out
}

/// The same inside a table, where `|` would end the cell.
pub fn prose_in_a_cell(text: &str) -> String {
    // What is not in backticks has none that is not escaped.
    prose(&text.replace('|', "¦"))
}

/// `text` as an inline code span, whatever backticks and line breaks it holds; cut at 200 characters.
///
/// Gitea scans code spans for neither mentions nor references.
pub fn code(text: &str) -> String {
    let shown = one_line(text);
    if shown.trim().is_empty() {
        return "(nothing)".to_owned();
    }
    let fence = "`".repeat(longest_run_of_backticks(&shown) + 1);
    let pad = if shown.starts_with('`') || shown.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{shown}{pad}{fence}")
}

/// `text` as a line of a code block fenced by backticks, which it cannot end.
pub fn code_line(text: &str) -> String {
    one_line(text).trim_start_matches(['`', ' ']).to_owned()
}

/// `text` as a line of a text block fenced by backticks, which it cannot end: those that do have no
/// more than three blanks before them.
pub fn text_line(text: &str) -> String {
    let line = one_line(text);
    if line.trim_start().starts_with('`') { format!("    {line}") } else { line }
}

/// `text` without what nobody can see and without ends of lines, cut to a length that one reads.
fn one_line(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !is_invisible(*c))
        .take(201)
        .collect();
    if shown.chars().count() > 200 {
        shown.pop();
        shown.push('…');
    }
    shown
}

/// `name`, a thread as `#12` or `o/r#12`, as a link that leaves no trace in that thread.
pub fn thread(name: &str) -> String {
    match name.rsplit_once('#') {
        Some((repo, number))
            if number.bytes().all(|b| b.is_ascii_digit())
                && repo.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b)) =>
        {
            format!("{repo}\\#{number}")
        }
        _ => defused(name),
    }
}

/// `text` inside an HTML element, where Markdown is not read but mentions are.
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in short(text, 120).chars().filter(|c| !is_invisible(*c)) {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '@' | '#' | '!' => out.extend([c, APART]),
            ':' => out.extend([c, APART]),
            '`' | '*' | '_' | '[' | ']' | '~' | '\\' => out.push_str(&format!("&#{};", c as u32)),
            c if c.is_whitespace() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

fn longest_run_of_backticks(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// `text` cut to `most` characters, with an ellipsis where something was cut.
pub fn short(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser, Tag};

    use crate::core::effect::defuse::*;

    /// What a reader of the rendered text sees.
    fn seen(markdown: &str) -> String {
        Parser::new_ext(markdown, Options::all())
            .filter_map(|event| match event {
                Event::Text(text) | Event::Code(text) => Some(text.into_string()),
                _ => None,
            })
            .collect()
    }

    #[test]
    fn nobody_is_called_and_nothing_is_referred_to() {
        assert_eq!(
            defused("@ezra see #12, o/r#3 and !4"),
            "@\u{200B}ezra see #\u{200B}12, o/r#\u{200B}3 and !\u{200B}4"
        );
        assert_eq!(
            defused("https://git.example/o/r/issues/1"),
            "https:\u{200B}//git.example/o/r/issues/1"
        );
        assert_eq!(defused("anew. www.example.org"), "anew. www\u{200B}.example.org");
    }

    #[test]
    fn markup_is_shown_and_not_obeyed() {
        assert_eq!(defused("<!-- x --> **b**"), "\\<\\!-- x --\\> \\*\\*b\\*\\*");
        assert_eq!(defused("a^b^"), "a\\^b\\^");
        assert_eq!(defused("a\r\nb"), "a  b");
        assert_eq!(defused("1. one"), "1\\. one");
        assert_eq!(defused("- one"), "\\- one");
    }

    #[test]
    fn what_knows_no_markdown_is_quiet_too() {
        assert_eq!(
            quiet("Fix #7, o/r!8 for @anna:\r\n\nsee https://git.example/o/r/issues/1 *now*!"),
            "Fix #\u{200B}7, o/r!\u{200B}8 for @\u{200B}anna:\n\nsee https:\u{200B}//git.example/o/r/issues/1 *now*!"
        );
    }

    #[test]
    fn directions_cannot_be_turned() {
        assert_eq!(defused("a\u{202E}b\u{0}c"), "abc");
    }

    #[test]
    fn code_spans_hold_backticks() {
        assert_eq!(code("plain"), "`plain`");
        assert_eq!(code("a `b` c"), "``a `b` c``");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code("a\nb"), "`a b`");
        assert_eq!(code(""), "(nothing)");
    }

    #[test]
    fn a_line_of_a_code_block_does_not_end_it() {
        assert_eq!(code_line("/timmy reject d7 `x` ```"), "/timmy reject d7 `x` ```");
        assert_eq!(code_line("``` a\n```\r\nb\u{202E}"), "a ```  b");
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(short("abc", 3), "abc");
        assert_eq!(short("ab c", 3), "ab…");
    }

    proptest! {
        #[test]
        fn defused_text_renders_as_one_plain_paragraph(text in "\\PC{0,80}") {
            let events = Parser::new_ext(&defused(&text), Options::all())
                .filter(|event| match event {
                    Event::Start(Tag::Paragraph) | Event::Text(_) => false,
                    Event::End(end) => *end != pulldown_cmark::TagEnd::Paragraph,
                    _ => true,
                })
                .map(Event::into_static)
                .collect::<Vec<_>>();
            prop_assert!(events.is_empty(), "{text:?} gives {events:?}");
        }

        #[test]
        fn a_code_span_shows_its_text(text in "[a-z`\\\\<@#| ]{1,40}") {
            prop_assume!(!text.trim().is_empty());
            let markdown = format!("x {} y", code(&text));
            prop_assert_eq!(seen(&markdown).replace(' ', ""), format!("x{text}y").replace(' ', ""));
        }
    }
}
