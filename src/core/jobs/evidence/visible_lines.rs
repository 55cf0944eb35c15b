//! What an agent says over several lines, as far as anybody sees it.

use crate::core::command::invisible::Invisible;

/// `text` with its line breaks and without what cannot be seen, cut to `most` characters.
pub(super) fn visible_lines(text: &str, most: usize) -> String {
    let seen = |c: char| match c {
        '\n' => Some(c),
        _ if c.is_whitespace() => Some(' '),
        _ => Invisible::new(c).is_none().then_some(c),
    };
    text.chars().filter_map(seen).take(most).collect::<String>().trim().to_owned()
}
