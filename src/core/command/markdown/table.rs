//! Tables that begin below a line of prose.
//!
//! GitHub Flavored Markdown (section 4.10), as Gitea draws it, lets a table interrupt a
//! paragraph; [`pulldown_cmark`] reads such a table as more lines of that paragraph.

/// Whether `below` is the delimiter row of a table whose header is the line `above`: both hold
/// the same number of cells.
pub(super) fn begins_table(above: &str, below: &str) -> bool {
    is_delimiter_row(below) && above.contains('|') && cells(above) == cells(below)
}

/// Whether each cell of `row` is dashes, with or without a colon at its ends.
fn is_delimiter_row(row: &str) -> bool {
    let row = row.trim();
    let inner = row.strip_prefix('|').unwrap_or(row);
    inner.strip_suffix('|').unwrap_or(inner).split('|').all(|cell| {
        let cell = cell.trim();
        let cell = cell.strip_prefix(':').unwrap_or(cell);
        let dashes = cell.strip_suffix(':').unwrap_or(cell);
        !dashes.is_empty() && dashes.bytes().all(|b| b == b'-')
    })
}

/// How many cells `row` has. Pipes part them, except those behind a backslash; one at either end
/// of the row parts nothing.
fn cells(row: &str) -> usize {
    let row = row.trim();
    let row = row.strip_prefix('|').unwrap_or(row);
    let (mut pipes, mut ends_in_pipe, mut is_escaped) = (0, false, false);
    for b in row.bytes() {
        ends_in_pipe = b == b'|' && !is_escaped;
        pipes += usize::from(ends_in_pipe);
        is_escaped = b == b'\\' && !is_escaped;
    }
    pipes + usize::from(!ends_in_pipe)
}

#[cfg(test)]
mod tests {
    use crate::core::command::markdown::table::*;

    #[test]
    fn a_delimiter_row_below_as_many_cells_begins_a_table() {
        for (above, below) in [
            ("a | b", "--|--"),
            ("| a | b |", " :-: | --: "),
            (r"a \| b | c", "|-|-|"),
            ("| a |", "---"),
            ("| a", "|-|"),
        ] {
            assert!(begins_table(above, below), "{above} over {below}");
        }
        for (above, below) in [
            ("a | b | c", "--|--"),
            ("a", "|-|"),
            (r"a \| b", "-|-"),
            ("a | b", "--|"),
            ("a | b", "a | b"),
            ("a | b", "||"),
            ("a | b", ""),
        ] {
            assert!(!begins_table(above, below), "{above} over {below}");
        }
    }
}
