//! A text, line by line; the words of a line without their decoration.

use super::pattern::is_among;

/// What part of a text a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineKind {
    Prose,
    Title,
    Quote,
    /// Code, or the fence before or behind it.
    Code,
    Hidden,
    /// A thematic break.
    Rule,
}

/// A line that is not blank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PlainLine<'b> {
    pub(super) kind: LineKind,
    /// Whether no blank line stands before it.
    pub(super) goes_on: bool,
    /// As it is written, without blanks around it.
    pub(super) raw: &'b str,
}

/// The lines of a body that are not blank.
pub(super) fn lines(body: &str) -> Vec<PlainLine<'_>> {
    let (mut fence, mut goes_on, mut fenced_from) = (None, false, 1);
    let mut lines = Vec::new();
    for raw in body.split('\n') {
        let raw = raw.trim_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}');
        if raw.is_empty() {
            goes_on = false;
            continue;
        }
        let mark = ["```", "~~~"].into_iter().find(|mark| raw.starts_with(mark));
        let kind = if fence.is_some() || mark.is_some() { LineKind::Code } else { kind(raw) };
        fence = match (fence, mark) {
            (Some(open), Some(mark)) if open == mark => None,
            (open, mark) => open.or(mark),
        };
        lines.push(PlainLine { kind, goes_on, raw });
        if fence.is_none() {
            fenced_from = lines.len() + 1;
        }
        goes_on = true;
    }
    // A fence that a stranger left open does not hide what a tool wrote below their words.
    for line in lines.iter_mut().skip(fenced_from) {
        line.kind = kind(line.raw);
    }
    lines
}

fn kind(line: &str) -> LineKind {
    let shapes = |line: &str| {
        let mut rest = line.chars().filter(|c| !c.is_whitespace());
        rest.all(|c| matches!(c, '-' | '*' | '_' | '='))
    };
    if line.starts_with('>') {
        LineKind::Quote
    } else if line.starts_with("<!--") {
        LineKind::Hidden
    } else if shapes(line) {
        LineKind::Rule
    } else if line.starts_with('#') {
        LineKind::Title
    } else {
        LineKind::Prose
    }
}

/// Tags that say nothing. What else stands in such brackets may be an address or a name.
const TAGS: &str = "a|b|blockquote|br|code|details|div|em|h1|h2|h3|h4|hr|i|img|p|small|span|strong|\
    sub|summary|sup|table|tbody|td|th|tr";

/// `text` without tags, and of links and pictures the words alone; how many of them there were.
fn without_markup(text: &str) -> (String, usize) {
    let (mut plain, mut count, mut rest) = (String::with_capacity(text.len()), 0, text);
    while let Some(at) = rest.find(['<', '[', '!']) {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let (words, length) = tag(rest)
            .map(|length| ("", length))
            .or_else(|| link(rest))
            .unwrap_or_else(|| (&rest[..1], 0));
        count += usize::from(length > 0);
        plain.push_str(words);
        plain.push_str(if length > 0 { " " } else { "" });
        rest = &rest[length.max(1)..];
    }
    plain.push_str(rest);
    (plain, count)
}

/// The length of the tag with which `text` begins.
fn tag(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('<')?.split('>').next()?;
    let name = inner.trim_start_matches('/').split([' ', '/']).next()?.to_ascii_lowercase();
    (text.len() > inner.len() + 1 && is_among(&name, TAGS)).then_some(inner.len() + 2)
}

/// The words of the link or picture with which `text` begins, and its length.
fn link(text: &str) -> Option<(&str, usize)> {
    let (picture, inner) = match text.strip_prefix('!') {
        Some(rest) => (1, rest.strip_prefix('[')?),
        None => (0, text.strip_prefix('[')?),
    };
    let (words, rest) = inner.split_once("](")?;
    let (address, _) = rest.split_once(')')?;
    let length = picture + 1 + words.len() + 2 + address.len() + 1;
    (!words.contains(['[', ']'])).then_some((if picture > 0 { "" } else { words }, length))
}

/// A line that is longer says more than who wrote a text.
const LONGEST: usize = 500;

impl PlainLine<'_> {
    /// Whether it holds nothing but tags and pictures: `<details>`, `<img src="…">`.
    pub(super) fn is_shape(&self) -> bool {
        self.raw.len() <= LONGEST && {
            let (words, count) = without_markup(self.raw);
            count > 0 && words.trim().is_empty()
        }
    }

    /// Its words, without emphasis, links and what stands around them:
    /// `> **[@anna](…)** wrote:` says "@anna wrote:". None of a line that is too long for this.
    pub(super) fn words(&self) -> String {
        if self.raw.len() > LONGEST || self.kind == LineKind::Code {
            return String::new();
        }
        let hidden = self.raw.strip_prefix("<!--").map(|rest| rest.trim_end_matches("-->"));
        let (words, _) = without_markup(hidden.unwrap_or(self.raw));
        let words = words.replace(['*', '`'], "");
        // Pictures and signs go, but for what begins a name or an aside.
        let begins =
            |c: char| c.is_alphanumeric() || matches!(c, '@' | '<' | '[' | '(' | '-' | '–' | '—');
        let words = words.trim_start_matches(|c| !begins(c)).trim_end().trim_end_matches('_');
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}
