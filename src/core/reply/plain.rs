//! timmy's own Markdown as the bare words, where no Markdown is read.

use pulldown_cmark::{Event, Parser};

/// What keeps a sign from its word where the forge would make a link of both.
pub const APART: char = '\u{200B}';

/// The words of one paragraph of timmy's, or of a cell of a table, without any markup. What people
/// wrote comes out as they wrote it.
pub fn plain(markdown: &str) -> String {
    let words = Parser::new(markdown).filter_map(|event| match event {
        Event::Text(text) | Event::Code(text) => Some(text.replace(APART, "")),
        Event::SoftBreak | Event::HardBreak => Some(" ".to_owned()),
        _ => None,
    });
    words.collect()
}

#[cfg(test)]
mod tests {
    use crate::core::effect::defuse;
    use crate::core::reply::plain::*;

    #[test]
    fn what_people_wrote_comes_out_as_they_wrote_it() {
        for text in ["a_b_c *d* \\ <!-- x --> &amp; 1. ~~e~~", "see @anna and #4", "["] {
            assert_eq!(plain(&defuse::defused(text)), text);
            assert_eq!(plain(&defuse::code(text)), text);
        }
        assert_eq!(plain("**Merged:** foundation/door\\#3"), "Merged: foundation/door#3");
    }
}
