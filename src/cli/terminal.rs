//! Text on a terminal that nobody can break: foreign words without what steers it, tables that stay
//! in line.

use console::{Style, Term, measure_text_width, truncate_str};

use crate::core::command::invisible;

/// How wide a table is where there is no terminal.
const DEFAULT_WIDTH: usize = 120;

/// The narrowest that the widest column of a table becomes, however narrow the terminal is.
const NARROWEST: usize = 20;

/// The most characters of a foreign text that are looked at: marks that stand above others have
/// no width, so that width alone would not bound it.
const MOST: usize = 500;

/// Ends what runs from right to left, so that what stands behind it stays behind it.
const FROM_LEFT: char = '\u{200E}';

/// Foreign words as one line. Characters that one cannot see, and that could steer the terminal
/// or turn the direction of the text, are shown as `�`.
pub(super) fn visible(text: &str) -> String {
    let text: String =
        text.chars().take(MOST).map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    invisible::replaced(&text)
}

/// A table; its widest column is cut if the terminal is narrower than it.
pub(super) struct Sheet {
    /// Of each column whether it stands to the right, as numbers do.
    pub(super) right: Vec<bool>,
    pub(super) head: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Sheet {
    /// The table, the head faint on a terminal.
    pub(super) fn text(&self) -> String {
        self.text_in(
            Term::stdout().size_checked().map_or(DEFAULT_WIDTH, |(_, width)| usize::from(width)),
        )
    }

    fn text_in(&self, width: usize) -> String {
        let widths = self.widths(width);
        let mut text = String::new();
        if self.head.iter().any(|cell| !cell.is_empty()) {
            let head = self.laid_out(&self.head, &widths);
            text.push_str(&format!("{}\n", Style::new().dim().apply_to(head)));
        }
        for row in &self.rows {
            text.push_str(&self.laid_out(row, &widths));
            text.push('\n');
        }
        text
    }

    fn widths(&self, width: usize) -> Vec<usize> {
        let rows = || self.rows.iter().chain([&self.head]);
        let widest = |column: usize| {
            rows().filter_map(|row| row.get(column)).map(|cell| measure_text_width(cell)).max()
        };
        let mut widths: Vec<usize> =
            (0..self.head.len()).map(|column| widest(column).unwrap_or(0)).collect();
        let all = widths.iter().map(|width| width + 2).sum::<usize>().saturating_sub(2);
        if let Some(widest) = widths.iter_mut().max() {
            *widest =
                (*widest).min(widest.saturating_sub(all.saturating_sub(width)).max(NARROWEST));
        }
        widths
    }

    fn laid_out(&self, cells: &[String], widths: &[usize]) -> String {
        let laid = cells.iter().zip(widths).enumerate().map(|(column, (cell, width))| {
            let mut cell = truncate_str(cell, *width, "…").into_owned();
            let gap = " ".repeat(width.saturating_sub(measure_text_width(&cell)));
            if cell.chars().any(runs_from_right) {
                cell.push(FROM_LEFT);
            }
            if self.right.get(column) == Some(&true) {
                format!("{gap}{cell}")
            } else {
                format!("{cell}{gap}")
            }
        });
        laid.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    }
}

/// Whether it is of a script that runs from right to left.
fn runs_from_right(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFF}'
        | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
}

#[cfg(test)]
mod tests {
    use crate::cli::terminal::*;

    #[test]
    fn what_could_steer_a_terminal_is_shown_instead_of_obeyed() {
        assert_eq!(visible("\u{1b}[2J\u{1b}]0;owned\u{7}red"), "�[2J�]0;owned�red");
        assert_eq!(visible("one\r\n\ttwo\u{2028}three\u{a0}"), "one   two three ");
        assert_eq!(visible("cod\u{202e}gnp.exe\u{202c}\u{200b}\u{200b}"), "cod�gnp.exe�");
        assert_eq!(visible("a family 👨‍👩‍👧"), "a family 👨‍👩‍👧");
    }

    #[test]
    fn marks_without_width_are_bounded() {
        let zalgo = format!("a{}", "\u{301}".repeat(100_000));
        assert_eq!(visible(&zalgo).chars().count(), MOST);
    }

    #[test]
    fn columns_stay_in_line_and_the_widest_one_is_cut() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let sheet = Sheet {
            right: vec![true, false, true],
            head: row(["", "title", "score"]),
            rows: vec![
                row(["9", "門が開かない。とても長い題名です。", "71.3"]),
                row(["10", "Short", "4.0"]),
                row(["11", "הדלת", "3.0"]),
            ],
        };
        let text = sheet.text_in(30);
        assert_eq!(
            text.lines().collect::<Vec<_>>(),
            [
                "    title                 score",
                " 9  門が開かない。とて…    71.3",
                "10  Short                   4.0",
                "11  הדלת\u{200e}                    3.0",
            ]
        );
    }
}
