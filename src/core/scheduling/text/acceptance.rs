//! The points of an issue that say when it is done.

use regex::Regex;

use super::lines::{TextLineKind, TextPiece};
use super::templates::TemplateWords;

/// How many points are read, and how long each may be, in characters.
const MOST: usize = 50;
const LONGEST: usize = 300;

/// What stands below a heading that speaks of acceptance, or behind such words on their own line; of
/// a text without either its check boxes.
pub(super) fn points(
    acceptance: &Regex,
    words: &TemplateWords,
    pieces: &[TextPiece],
) -> Vec<String> {
    let (mut below, mut boxes) = (Vec::new(), Vec::new());
    // The level of the heading that speaks of it, while the lines are below it.
    let mut heading = None;
    for piece in pieces {
        let TextPiece::TextLine(line) = piece else { continue };
        if let TextLineKind::Heading(level) = line.kind {
            heading = heading.filter(|over| *over < level);
            if heading.is_none() && acceptance.is_match(&line.prose) {
                heading = Some(level);
            }
            continue;
        }
        let Some(own) = words.own(line) else { continue };
        let behind = acceptance.find(own).and_then(|found| own[found.end()..].split_once(':'));
        match behind.map(|(_, behind)| behind.trim()) {
            Some(behind) if !behind.is_empty() => below.push(behind.to_owned()),
            _ if heading.is_some() => below.push(own.to_owned()),
            _ if line.kind == TextLineKind::TaskItem => boxes.push(own.to_owned()),
            _ => {}
        }
    }
    let points = if below.is_empty() { boxes } else { below };
    points.into_iter().take(MOST).map(|point| point.chars().take(LONGEST).collect()).collect()
}
