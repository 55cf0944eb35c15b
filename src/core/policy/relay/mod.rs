//! Words that were put up here for somebody else: by a mirror, an importer, a bridge.
//!
//! Such a tool writes what strangers said elsewhere under the account whose token it holds, often
//! an operator's or the owner's, at a time that is now. Nothing in the API shows it; only the
//! text says so, in forms that tools write: a marker in an HTML comment, a first line that says who
//! wrote what follows, or the line with which "Reference in new issue" ends what it copies.
//!
//! Only the edges of a text count, for a person may speak of others; and who quotes somebody speaks
//! for themselves.

mod heading;
mod pattern;
mod plain;
#[cfg(test)]
mod tests;

use heading::{Heading, heading, is_detail, is_footer};
use plain::{LineKind, PlainLine, lines};

use crate::core::command::markdown::with_plain_line_ends;

/// How many lines may stand above and in what says who wrote a text.
const MOST_ABOVE: usize = 10;

/// How many lines a person may write below what they copied; what they copied ends above these.
const MOST_BELOW: usize = 50;

/// Whether `body` says of itself that somebody else wrote it, elsewhere.
pub fn is_relayed(body: &str) -> bool {
    let body = with_plain_line_ends(body);
    let lines = lines(&body);
    let edges = [lines.first(), lines.last()];
    edges.into_iter().flatten().any(is_marker)
        || begins_so(&lines)
        || lines.iter().rev().take(MOST_BELOW).any(ends_so)
}

/// Whether a hidden line names what the text was copied from: `<!-- gh-comment-id:4242 -->`.
fn is_marker(line: &PlainLine<'_>) -> bool {
    line.kind == LineKind::Hidden && {
        let words = line.words();
        names_an_original(&words) || heading(&words) == Some(Heading::Certain)
    }
}

fn names_an_original(hidden: &str) -> bool {
    const ORIGINALS: [&str; 9] =
        ["comment", "issue", "note", "review", "message", "ticket", "pull", "pr", "mr"];
    let is_key = |key: &str| {
        let key = key.trim_end().to_lowercase();
        let name = ["iid", "id", "number", "url"].iter().find_map(|end| key.strip_suffix(end));
        let name = name.unwrap_or(&key).trim_end_matches(['-', '_']);
        !key.contains(char::is_whitespace) && ORIGINALS.iter().any(|what| name.ends_with(what))
    };
    let is_value = |value: &str| {
        let value = value.trim_start();
        !value.contains(char::is_whitespace) && value.contains(|c: char| c.is_ascii_digit())
    };
    hidden
        .match_indices([':', '='])
        .any(|(at, sign)| is_key(&hidden[..at]) && is_value(&hidden[at + sign.len()..]))
}

/// Whether a line ends a copy. Of a text that goes on below it nobody can tell which lines are whose.
fn ends_so(line: &PlainLine<'_>) -> bool {
    let may_be = line.raw.contains("riginal")
        || (line.raw.contains('@') && line.raw.contains(['-', '–', '—']));
    line.kind == LineKind::Prose && may_be && is_footer(&line.words())
}

/// Whether the first thing that a text says is who wrote it.
fn begins_so(lines: &[PlainLine<'_>]) -> bool {
    for (nth, line) in lines.iter().enumerate().take(MOST_ABOVE) {
        match line.kind {
            LineKind::Hidden | LineKind::Rule => continue,
            LineKind::Code => return false,
            LineKind::Quote => return is_heading_in_quotes(&lines[nth..]),
            LineKind::Prose if line.is_shape() => continue,
            LineKind::Title | LineKind::Prose => {}
        }
        match (heading(&line.words()), lines.get(nth + 1).map(|next| next.kind)) {
            (Some(Heading::Certain), _) => return true,
            // "Anna wrote:", and what she wrote as a quotation: a person quotes her.
            (Some(Heading::Likely), next) => {
                return !matches!(next, Some(LineKind::Quote | LineKind::Code));
            }
            (None, _) if line.kind == LineKind::Title => {}
            (None, _) => return false,
        }
    }
    false
}

/// Whether the quotation with which `lines` begin holds nothing but headings. Else a person quotes
/// what was relayed, and goes on in words of their own.
fn is_heading_in_quotes(lines: &[PlainLine<'_>]) -> bool {
    let goes_on = |line: &&PlainLine<'_>| line.kind == LineKind::Quote && line.goes_on;
    let Some((first, rest)) = lines.split_first() else { return false };
    let rest = rest.iter().take(MOST_ABOVE).take_while(goes_on).map(PlainLine::words);
    heading(&first.words()).is_some()
        && rest.into_iter().all(|words| heading(&words).is_some() || is_detail(&words))
}
