//! Runs `grammar.md`: each example in it, and its table of verbs.
//!
//! A block `commands` holds one comment a line, a block `comment` one comment of several lines;
//! behind `⇒` stands what it holds. `⟨U+200B⟩` stands for the character of that number.

use std::fmt::Write;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};
use timmy::core::command::grammar::{CommandText, LineError, Reading, read};
use timmy::core::command::verb::Verb;

const GRAMMAR: &str = include_str!("../../grammar.md");

#[test]
fn every_example_is_true() {
    let examples = examples();
    assert!(examples.len() >= 80, "only {} examples", examples.len());
    let mut wrong = String::new();
    for Example { body, expected } in examples {
        let found = outcomes(&read("timmy", &body));
        if found != expected {
            let _ = writeln!(wrong, "{body:?}\n  expected {expected:#?}\n  found {found:#?}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn the_table_is_the_table_of_the_code() {
    let below = GRAMMAR.lines().skip_while(|line| *line != "|---|---|---|---|").skip(1);
    let rows: Vec<_> = below.take_while(|line| line.starts_with('|')).collect();
    let expected: Vec<_> = Verb::all().map(row).collect();
    assert_eq!(rows, expected);
}

#[test]
fn every_verb_and_every_kind_of_error_has_an_example() {
    let examples = examples();
    let outcomes: Vec<_> = examples.iter().flat_map(|example| &example.expected).collect();
    let errors = [
        "unknown_verb",
        "missing_verb",
        "missing_argument",
        "unexpected_argument",
        "bad_value",
        "duplicate_argument",
        "unclosed_quote",
        "invisible_character",
        "too_many_commands",
        "talk",
    ];
    let verbs = Verb::all().map(|verb| format!("{verb} {{"));
    for beginning in verbs.chain(errors.map(|kind| format!("error {kind}"))) {
        let is_shown = outcomes.iter().any(|(_, outcome)| outcome.starts_with(&beginning));
        assert!(is_shown, "no example of {beginning}");
    }
}

fn row(verb: Verb) -> String {
    let synonyms = match verb.synonyms() {
        [] => String::new(),
        some => format!(" ({})", some.join(", ")),
    };
    let form = match verb.form() {
        "" => String::new(),
        form => format!("`{form}` "),
    };
    format!("| {verb}{synonyms} | {form}| {} | {} |", verb.right(), verb.help())
}

struct Example {
    body: String,
    /// Numbers of lines, and what these hold.
    expected: Vec<(usize, String)>,
}

fn examples() -> Vec<Example> {
    let mut examples = Vec::new();
    let mut kind = String::new();
    for event in Parser::new(GRAMMAR) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => kind = info.to_string(),
            Event::End(TagEnd::CodeBlock) => kind.clear(),
            Event::Text(text) if kind == "commands" => examples.extend(text.lines().map(one_line)),
            Event::Text(text) if kind == "comment" => examples.push(several_lines(&text)),
            _ => {}
        }
    }
    examples
}

fn one_line(line: &str) -> Example {
    let (body, outcome) = line.split_once(" ⇒ ").unwrap_or_else(|| panic!("no ⇒ in {line:?}"));
    let expected = if outcome == "nothing" { vec![] } else { vec![(1, outcome.to_owned())] };
    Example { body: with_characters(body), expected }
}

fn several_lines(text: &str) -> Example {
    let (body, outcomes) = text.split_once("⇒\n").unwrap_or_else(|| panic!("no ⇒ in {text:?}"));
    let outcomes = outcomes.lines().filter(|line| *line != "nothing");
    let expected = outcomes.map(|line| {
        let (number, outcome) = line.split_once(": ").expect("a number and an outcome");
        (number.parse().expect("a number"), outcome.to_owned())
    });
    Example { body: with_characters(body), expected: expected.collect() }
}

/// Puts characters in the place of their numbers.
fn with_characters(text: &str) -> String {
    let mut pieces = text.split("⟨U+");
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (number, rest) = piece.split_once('⟩').expect("a closing ⟩");
        let number = u32::from_str_radix(number, 16).expect("a number of Unicode");
        plain.push(char::from_u32(number).expect("a character"));
        plain.push_str(rest);
    }
    plain
}

fn outcomes(reading: &Reading) -> Vec<(usize, String)> {
    reading.in_order().map(|outcome| outcome.map_or_else(describe_error, describe)).collect()
}

fn describe(line: &CommandText) -> (usize, String) {
    let args = serde_json::to_string(&line.command.args()).expect("JSON");
    (line.line, format!("{} {args}", line.command.verb()))
}

fn describe_error(error: &LineError) -> (usize, String) {
    let kind = serde_json::to_value(error.kind).expect("JSON");
    let mut text = format!("error {}", kind.as_str().expect("a word"));
    if let Some(token) = &error.token {
        let _ = write!(text, ": {token}");
    }
    if let Some(suggestion) = error.suggestion {
        let _ = write!(text, " ({suggestion}?)");
    }
    (error.line, text)
}
