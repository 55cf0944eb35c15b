//! Finds the line and column of a byte.

use super::problem::TextPlace;

/// A text with the beginnings of its lines, so that thousands of problems are placed quickly.
pub(super) struct LineStarts<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> LineStarts<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let after_breaks = text.match_indices('\n').map(|(offset, _)| offset + 1);
        Self { text, starts: std::iter::once(0).chain(after_breaks).collect() }
    }

    /// The place of byte `offset`; that of the end for anything behind it.
    pub(super) fn place(&self, offset: usize) -> TextPlace {
        let offset = offset.min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= offset);
        let before = &self.text.as_bytes()[self.starts[line - 1]..offset];
        let is_continuation = |byte: &u8| byte & 0b1100_0000 == 0b1000_0000;
        TextPlace { line, column: before.iter().filter(|byte| !is_continuation(byte)).count() + 1 }
    }

    /// The text from the beginning of `line`, which counts from 1.
    pub(super) fn from(&self, line: usize) -> &'a str {
        let start = line.checked_sub(1).and_then(|index| self.starts.get(index));
        start.map_or("", |start| &self.text[*start..])
    }
}

#[cfg(test)]
mod tests {
    use crate::config::lines::*;

    #[test]
    fn places_count_from_one_in_characters() {
        let lines = LineStarts::of("a\nüx = 1");
        assert_eq!(lines.place(0), TextPlace { line: 1, column: 1 });
        assert_eq!(lines.place(1), TextPlace { line: 1, column: 2 });
        assert_eq!(lines.place(4), TextPlace { line: 2, column: 2 });
        assert_eq!(lines.place(1000), TextPlace { line: 2, column: 7 });
        assert_eq!(lines.from(2), "üx = 1");
        assert_eq!(lines.from(3), "");
        assert_eq!(LineStarts::of("").place(0), TextPlace { line: 1, column: 1 });
    }
}
