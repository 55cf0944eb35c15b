//! Text on a terminal that nobody can break: tables that stay in line, foreign words as one line.
//!
//! Foreign words stand at the end of a line. Whatever a terminal makes of wide characters or of
//! scripts that run from right to left, nothing stands behind them that could be moved.

use std::io::{self, Write};

use console::{Style, Term, measure_text_width, truncate_str};

use crate::core::command::invisible;

/// How wide a table is where there is no terminal.
const DEFAULT_WIDTH: usize = 120;

/// The narrowest that the last column of a table becomes, however narrow the terminal is.
const NARROWEST: usize = 20;

/// The most characters of a foreign text that are looked at: marks that stand above others have
/// no width, so that width alone would not bound it.
const MOST: usize = 500;

/// Foreign words as one line. Characters that one cannot see, and that could steer the terminal
/// or turn the direction of the text, are shown as `�`.
pub(super) fn line(text: &str) -> String {
    let text: String =
        text.chars().take(MOST).map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.trim();
    while let Some((at, _)) = invisible::first(rest, 0) {
        clean.push_str(&rest[..at]);
        clean.push(char::REPLACEMENT_CHARACTER);
        rest = rest[at..].trim_start_matches(|c| invisible::Invisible::new(c).is_some());
    }
    clean + rest
}

/// A table of `N` columns. The last one is cut to what the terminal leaves for it.
pub(super) struct Sheet<const N: usize> {
    head: [String; N],
    rows: Vec<([String; N], Style)>,
    right: &'static [usize],
}

impl<const N: usize> Sheet<N> {
    /// An empty table with this head.
    pub(super) fn new(head: [&str; N]) -> Self {
        Self { head: head.map(str::to_owned), rows: Vec::new(), right: &[] }
    }

    /// Columns of numbers, which stand to the right.
    pub(super) fn right(self, columns: &'static [usize]) -> Self {
        Self { right: columns, ..self }
    }

    /// Adds a row; `tone` is used on terminals only.
    pub(super) fn row(&mut self, cells: [String; N], tone: Style) {
        self.rows.push((cells, tone));
    }

    /// Writes it: the head faint, colour only on a terminal.
    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        self.write_in(out, width())
    }

    fn write_in(&self, out: &mut impl Write, width: usize) -> io::Result<()> {
        let rows = || self.rows.iter().map(|(cells, _)| cells).chain([&self.head]);
        let widest = |column: usize| rows().map(|cells| measure_text_width(&cells[column])).max();
        let mut widths: [usize; N] = std::array::from_fn(|column| widest(column).unwrap_or(0));
        let before: usize = widths[..N - 1].iter().map(|width| width + 2).sum();
        widths[N - 1] = widths[N - 1].min(width.saturating_sub(before).max(NARROWEST));
        writeln!(out, "{}", Style::new().dim().apply_to(self.laid_out(&self.head, &widths)))?;
        for (cells, tone) in &self.rows {
            writeln!(out, "{}", tone.apply_to(self.laid_out(cells, &widths)))?;
        }
        Ok(())
    }

    fn laid_out(&self, cells: &[String; N], widths: &[usize; N]) -> String {
        let laid = cells.iter().zip(widths).enumerate().map(|(column, (cell, width))| {
            let cell = truncate_str(cell, *width, "…");
            let gap = " ".repeat(width.saturating_sub(measure_text_width(&cell)));
            if self.right.contains(&column) {
                format!("{gap}{cell}")
            } else {
                format!("{cell}{gap}")
            }
        });
        laid.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    }
}

fn width() -> usize {
    Term::stdout().size_checked().map_or(DEFAULT_WIDTH, |(_, columns)| usize::from(columns))
}

#[cfg(test)]
mod tests {
    use crate::cli::terminal::*;

    #[test]
    fn what_could_steer_a_terminal_is_shown_instead_of_obeyed() {
        assert_eq!(line("\u{1b}[2J\u{1b}]0;owned\u{7}red"), "�[2J�]0;owned�red");
        assert_eq!(line(" one\r\n\ttwo\u{2028}three\u{a0}"), "one   two three");
        assert_eq!(line("cod\u{202e}gnp.exe\u{202c}\u{200b}\u{200b}"), "cod�gnp.exe�");
        assert_eq!(line("a family 👨‍👩‍👧"), "a family 👨‍👩‍👧");
    }

    #[test]
    fn marks_without_width_are_bounded() {
        let zalgo = format!("a{}", "\u{301}".repeat(100_000));
        assert_eq!(line(&zalgo).chars().count(), MOST);
    }

    #[test]
    fn columns_stay_in_line_and_the_last_one_is_cut() {
        let mut sheet = Sheet::new(["", "score", "title"]).right(&[0, 1]);
        for (place, score, title) in
            [("9", "71.3", "門が開かない。とても長い題名です。"), ("10", "4.0", "Short")]
        {
            sheet.row([place, score, title].map(str::to_owned), Style::new());
        }
        let mut out = Vec::new();
        sheet.write_in(&mut out, 20).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text.lines().collect::<Vec<_>>(),
            ["    score  title", " 9   71.3  門が開かない。とて…", "10    4.0  Short"]
        );
    }
}
