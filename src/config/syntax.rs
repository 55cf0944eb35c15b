//! What is wrong with the TOML itself, in words for people who never read its specification.

use toml::de::Error;

use super::reading::{ConfigReading, ProblemKind};

/// Notes the errors of the parser. Of an error and those that only follow from it the first is
/// told: others on its line, and, where a list does not end, a missing comma in each line below.
///
/// Only their messages are used, which hold nothing of the text: an error's own `Display` quotes
/// the line, and that may hold a secret.
pub(super) fn note(reading: &ConfigReading<'_>, mut errors: Vec<Error>) {
    errors.sort_by_key(|error| error.span().map(|span| span.start));
    let mut last_line = None;
    let mut last_reason = "";
    for error in &errors {
        let line = error.span().map(|span| reading.place(&span).line);
        // What the parser expected is said in its own terms; the remedy says it in ours.
        let reason = error.message().split(", expected").next().unwrap_or_default();
        let is_endless = reason == last_reason && reason.starts_with("missing comma");
        let is_next = line.map(|line| line - 1) == last_line;
        let is_echo = last_line.is_some() && (line == last_line || is_next && is_endless);
        if !is_echo {
            last_reason = reason;
        }
        last_line = line;
        let fault = if is_echo { ProblemKind::Echo } else { ProblemKind::Syntax };
        let message = format!("this is no TOML: {reason}.");
        reading.problem(fault, error.span(), message, remedy(reason));
    }
}

fn remedy(reason: &str) -> &'static str {
    match reason {
        "duplicate key" => "Keep one of the places that set it.",
        "string values must be quoted"
        | "invalid boolean"
        | "invalid date-time"
        | "invalid float"
        | "invalid integer number" => "If it is meant as a text, write it in quotes: \"text\".",
        "missing comma between array elements" | "unclosed array" => {
            "Put a comma between the items of a list, and a ] behind the last."
        }
        "missing comma between key-value pairs" | "unclosed inline table" => {
            "Put a comma between the entries, and a } behind the last."
        }
        "unclosed table" | "unclosed array table" => {
            "Close the name of the table: [table], or [[table]] if there can be several."
        }
        "key with no value" | "missing value for key" | "missing value" => "Write key = value.",
        _ if reason.ends_with("string") => "Begin and end the text with \", on one line.",
        _ => "Write key = \"text\", key = 5 or key = [\"a\", \"b\"], below a [table].",
    }
}
