//! The findings, for people and for scripts.

use std::io::{self, IsTerminal, Write};

use super::check_result::{CheckGrade, CheckResult};

/// How long a line is at most, in characters, and where its sentences begin.
const WIDTH: usize = 100;
const MARGIN: usize = 24;

/// Writes the findings as one JSON array on a line.
pub(super) fn json(findings: &[CheckResult]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, findings)?;
    writeln!(out)?;
    out.flush()
}

/// Writes the findings as a list, in colour on a terminal.
pub(super) fn text(findings: &[CheckResult]) -> io::Result<()> {
    let out = io::stdout();
    let colour = out.is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let mut out = out.lock();
    for finding in findings {
        let (word, ansi) = word(finding.state);
        let word = match colour {
            true => format!("\x1b[{ansi}m{word:<7}\x1b[0m"),
            false => format!("{word:<7}"),
        };
        writeln!(out, "{word}  {:<13}  {}", finding.check, wrapped(&finding.found, MARGIN))?;
        if let Some(remedy) = &finding.remedy {
            writeln!(out, "{:MARGIN$}> {}", "", wrapped(remedy, MARGIN + 2))?;
        }
    }
    writeln!(out, "\n{}", summary(findings))?;
    out.flush()
}

fn word(state: CheckGrade) -> (&'static str, &'static str) {
    match state {
        CheckGrade::Good => ("good", "32"),
        CheckGrade::Warning => ("warning", "33"),
        CheckGrade::Broken => ("broken", "31"),
    }
}

/// `text` on as many lines as it needs, all but the first behind a margin. Words that are
/// longer than a line stay whole: they are addresses and lines to copy.
fn wrapped(text: &str, margin: usize) -> String {
    let (mut wrapped, mut column) = (String::new(), margin);
    // The forge's words are in it, and a terminal would obey them.
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        if word.is_empty() {
            continue;
        }
        let length = word.chars().count();
        if column > margin && column + 1 + length > WIDTH {
            wrapped.push('\n');
            wrapped.push_str(&" ".repeat(margin));
            column = margin;
        } else if column > margin {
            wrapped.push(' ');
            column += 1;
        }
        wrapped.push_str(word);
        column += length;
    }
    wrapped
}

fn summary(findings: &[CheckResult]) -> String {
    let count = |state| findings.iter().filter(|finding| finding.state == state).count();
    match (count(CheckGrade::Broken), count(CheckGrade::Warning)) {
        (0, 0) => "All is good.".to_owned(),
        (0, 1) => "Nothing is broken, 1 warning.".to_owned(),
        (0, warnings) => format!("Nothing is broken, {warnings} warnings."),
        (broken, 0) => format!("{broken} broken."),
        (broken, 1) => format!("{broken} broken, 1 warning."),
        (broken, warnings) => format!("{broken} broken, {warnings} warnings."),
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::doctor::print::*;

    #[test]
    fn lines_end_before_the_margin_of_the_page() {
        let text = wrapped(&"word ".repeat(40), 24);
        assert!(text.lines().all(|line| line.len() <= WIDTH), "{text}");
        assert_eq!(text.split_whitespace().count(), 40);
        assert!(text.lines().skip(1).all(|line| line.starts_with(&" ".repeat(24))), "{text}");
        assert_eq!(wrapped(&"x".repeat(200), 24), "x".repeat(200));
    }

    #[test]
    fn nothing_that_a_terminal_obeys_is_printed() {
        assert_eq!(wrapped("a \x1b[31mb\u{9b}c\r\nd", 24), "a [31mb c d");
    }
}
