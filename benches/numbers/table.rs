//! The table: one row a number.

use std::io::{self, Write};

/// One goal and what came of it.
pub struct Row {
    /// What is measured.
    pub what: &'static str,
    /// What is to be reached: a ratio to a yardstick of the same run, but for memory and requests.
    pub goal: &'static str,
    /// What was measured of that, with its spread.
    pub measured: String,
    /// Whether the goal is reached.
    pub holds: bool,
    /// What the measured ratio is made of, in units of this machine.
    pub figures: String,
    /// What one must know to read the number.
    pub method: &'static str,
}

const HEAD: [&str; 5] = ["what", "goal", "measured", "holds?", "in figures of this machine"];

/// Writes the rows as a table, then on what and how each was measured.
pub fn print(rows: &[Row], machine: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let cells: Vec<[&str; 5]> = rows
        .iter()
        .map(|row| {
            let holds = if row.holds { "yes" } else { "NO" };
            [row.what, row.goal, row.measured.as_str(), holds, row.figures.as_str()]
        })
        .collect();
    let width = |column: usize| {
        let lengths = cells.iter().map(|row| row[column].chars().count());
        lengths.max().unwrap_or(0).max(HEAD[column].len())
    };
    let widths: [usize; 5] = std::array::from_fn(width);
    line(&mut out, &HEAD, &widths)?;
    line(&mut out, &["---"; 5], &widths)?;
    for row in &cells {
        line(&mut out, row, &widths)?;
    }
    writeln!(out, "\nMedian (least..most) of several rounds. {machine}.\n")?;
    for row in rows {
        writeln!(out, "- {}: {}", row.what, row.method)?;
    }
    out.flush()
}

fn line(out: &mut impl Write, cells: &[&str; 5], widths: &[usize; 5]) -> io::Result<()> {
    for (cell, width) in cells.iter().zip(widths) {
        write!(out, "| {cell:<width$} ")?;
    }
    writeln!(out, "|")
}
