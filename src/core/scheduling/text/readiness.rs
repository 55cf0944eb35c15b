//! Whether a text says what is to be done, where, and when it is done.

use regex::Regex;

use super::lines::{TextLine, TextLineKind, TextPiece};
use super::place;
use super::templates::TemplateWords;
use crate::core::scheduling::Readiness;

/// How many characters of their own somebody has to write to say what is to be done.
const SCOPE: usize = 40;

/// The level of what is no heading.
const NO_HEADING: u8 = u8::MAX;

/// Judges what the author of an issue wrote: `title` and `pieces`, without the words of others.
pub(super) fn judge(
    acceptance: &Regex,
    words: &TemplateWords,
    title: &str,
    pieces: &[TextPiece],
) -> Readiness {
    let title = words.own_title(title);
    let place =
        place::is_in_prose(title) || title.split('`').skip(1).step_by(2).any(place::is_in_span);
    let said = title.chars().count();
    let mut judge = ReadinessJudge {
        acceptance,
        words,
        said,
        expects: None,
        headings: Vec::new(),
        found: Readiness { place, ..Readiness::default() },
    };
    for piece in pieces {
        match piece {
            TextPiece::TextLine(line) => judge.line(line),
            TextPiece::Code(code) if words.is_own_code(code) => judge.code(code),
            TextPiece::Code(_) => {}
        }
    }
    Readiness { scope: judge.said >= SCOPE, ..judge.found }
}

/// Whether a text may be a template that was filled in, or not: then the template has to be known
/// to tell whose words it says.
pub(super) fn may_be_a_form(body: &str, pieces: &[TextPiece]) -> bool {
    let headings = pieces.iter().filter(|piece| is_heading(piece)).count();
    let is_empty = |pair: &[TextPiece]| is_heading(&pair[0]) && is_heading(&pair[1]);
    let ends_empty = pieces.last().is_some_and(is_heading);
    headings > 1
        || ends_empty
        || pieces.windows(2).any(is_empty)
        || body.contains("<!--")
        || body.contains("_No response_")
}

fn is_heading(piece: &TextPiece) -> bool {
    matches!(piece, TextPiece::TextLine(TextLine { kind: TextLineKind::Heading(_), .. }))
}

struct ReadinessJudge<'a> {
    acceptance: &'a Regex,
    words: &'a TemplateWords,
    /// How many characters the author wrote.
    said: usize,
    /// Something was named behind which is to stand when it is done, under a heading of this level.
    expects: Option<u8>,
    /// The headings over the present line behind which nothing was said yet: level and length.
    headings: Vec<(u8, usize)>,
    found: Readiness,
}

impl ReadinessJudge<'_> {
    fn line(&mut self, line: &TextLine) {
        let own = self.words.own(line);
        if let TextLineKind::Heading(level) = line.kind {
            return self.heading(level, line, own.map_or(0, |own| own.chars().count()));
        }
        if let Some(own) = own {
            self.said += own.chars().count();
            self.found.place |=
                place::is_in_prose(own) || line.code.iter().any(|code| place::is_in_span(code));
            self.found.acceptance |= line.kind == TextLineKind::TaskItem;
            self.goes_on();
        }
        if let Some(found) = self.acceptance.find(&line.prose) {
            let is_said = own.is_some() && says_more(&line.prose[found.end()..]);
            self.found.acceptance |= is_said;
            self.expects.get_or_insert(NO_HEADING);
        }
    }

    /// It counts as soon as something stands behind it.
    fn heading(&mut self, level: u8, line: &TextLine, own: usize) {
        self.headings.retain(|(other, _)| *other < level);
        self.headings.push((level, own));
        self.expects = self.expects.filter(|other| *other < level);
        if self.acceptance.is_match(&line.prose) {
            self.expects.get_or_insert(level);
        }
    }

    fn code(&mut self, code: &str) {
        self.found.place |= place::is_in_block(code);
        self.goes_on();
    }

    /// Something of the author's own stands behind all that came before.
    fn goes_on(&mut self) {
        self.said += self.headings.drain(..).map(|(_, length)| length).sum::<usize>();
        self.found.acceptance |= self.expects.take().is_some();
    }
}

/// Whether what is expected stands on the same line: behind a colon, or in more than the rest of
/// a name such as "acceptance criteria".
fn says_more(rest: &str) -> bool {
    let has_words = |text: &str| text.contains(char::is_alphanumeric);
    match rest.split_once(':') {
        Some((_, behind)) => has_words(behind),
        None => rest.split_whitespace().filter(|word| has_words(word)).count() > 1,
    }
}
