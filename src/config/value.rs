//! Reads single values: what TOML gives, into types of its own or a sentence about what is wrong.

use std::net::SocketAddr;
use std::ops::RangeInclusive;

use regex::Regex;
use toml::de::DeValue;
use url::Url;

use crate::core::command::grammar::nearest;
use crate::core::command::invisible::Invisible;
use crate::core::model::ids::RepoName;

/// Longest excerpt of a value that a message quotes, in characters.
const LONGEST_QUOTE: usize = 40;

/// Longest name of an agent or a routine.
const LONGEST_NAME: usize = 40;

/// Why a value cannot be. `message` continues the name of the key: "is empty".
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) message: String,
    pub(super) remedy: String,
}

impl Wrong {
    pub(super) fn new(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { message: message.into(), remedy: remedy.into() }
    }

    /// `value` is of another type than `wanted`, which is described with an example.
    pub(super) fn type_of(value: &DeValue<'_>, wanted: &str) -> Self {
        Self::new(format!("is {}", type_name(value)), format!("Write {wanted}."))
    }

    /// `text` is not what it should be.
    pub(super) fn not(text: &str, what: &str, remedy: impl Into<String>) -> Self {
        Self::new(format!("is {}, which is no {what}", quoted(text)), remedy)
    }
}

/// What people call the type of a value.
fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// The beginning of `text` in quotes, on one line whatever it holds.
pub(super) fn quoted(text: &str) -> String {
    match text.char_indices().nth(LONGEST_QUOTE) {
        Some((end, _)) => format!("{:?}...", &text[..end]),
        None => format!("{text:?}"),
    }
}

pub(super) fn text(value: &DeValue<'_>) -> Result<String, Wrong> {
    match value.as_str() {
        Some("") => Err(Wrong::new("is empty", "Write something, or delete the line.")),
        Some(text) => Ok(text.to_owned()),
        None => Err(Wrong::type_of(value, "a text in quotes")),
    }
}

/// Any text on one line.
pub(super) fn line(value: &DeValue<'_>) -> Result<String, Wrong> {
    let text = text(value)?;
    match text.contains(char::is_control) {
        true => Err(Wrong::new("has more than one line", "Write it on one line.")),
        false => Ok(text),
    }
}

/// One word, without regard to case.
pub(super) fn word(value: &DeValue<'_>) -> Result<String, Wrong> {
    let text = line(value)?;
    match text.contains(char::is_whitespace) {
        true => Err(Wrong::not(&text, "single word", "Write it without blanks.")),
        false => Ok(text.to_lowercase()),
    }
}

/// One lower-case word that can stand in a command: `what` is called so, as in `example`.
pub(super) fn name_of(what: &str, example: &str, value: &DeValue<'_>) -> Result<String, Wrong> {
    let name = text(value)?;
    let is_first = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_word = name.len() <= LONGEST_NAME
        && name.starts_with(is_first)
        && name.chars().all(|c| is_first(c) || matches!(c, '-' | '_'));
    let remedy =
        format!("Write one word of lower-case letters, digits, - and _, such as \"{example}\".");
    if is_word { Ok(name) } else { Err(Wrong::not(&name, &format!("name of {what}"), remedy)) }
}

/// A text for agents, of as many lines as it likes and at most so many characters.
pub(super) fn agent_text(longest: usize) -> impl Fn(&DeValue<'_>) -> Result<String, Wrong> {
    move |value| {
        let text = text(value)?;
        if text.chars().count() > longest {
            return Err(Wrong::new("is too long", format!("Write at most {longest} characters.")));
        }
        let is_hidden = |c: char| !matches!(c, '\n' | '\r' | '\t') && Invisible::new(c).is_some();
        match text.contains(is_hidden) {
            true => Err(Wrong::new(
                "holds characters that nobody sees",
                "Delete them: what agents read, people have to see.",
            )),
            false => Ok(text),
        }
    }
}

/// `true` or `false`.
pub(super) fn flag(value: &DeValue<'_>) -> Result<bool, Wrong> {
    match value {
        DeValue::Boolean(flag) => Ok(*flag),
        _ => Err(Wrong::type_of(value, "true or false, without quotes")),
    }
}

/// A whole number within `range`.
pub(super) fn whole(range: RangeInclusive<u64>) -> impl Fn(&DeValue<'_>) -> Result<u64, Wrong> {
    move |value| {
        let remedy = format!("a whole number from {} to {}", range.start(), range.end());
        let DeValue::Integer(number) = value else { return Err(Wrong::type_of(value, &remedy)) };
        match u64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) if range.contains(&number) => Ok(number),
            _ => Err(Wrong::new("is out of range", format!("Write {remedy}."))),
        }
    }
}

/// As [`whole`], for numbers that are counted in 32 bits.
pub(super) fn count(range: RangeInclusive<u32>) -> impl Fn(&DeValue<'_>) -> Result<u32, Wrong> {
    let wide = whole(u64::from(*range.start())..=u64::from(*range.end()));
    move |value| {
        wide(value).and_then(|number| {
            u32::try_from(number).map_err(|_| Wrong::new("is out of range", "Write less."))
        })
    }
}

pub(super) fn one_of<T: Clone>(
    choices: &[(&'static str, T)],
) -> impl Fn(&DeValue<'_>) -> Result<T, Wrong> {
    move |value| {
        let words = || choices.iter().map(|(word, _)| *word);
        let list = words().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
        let text =
            value.as_str().ok_or_else(|| Wrong::type_of(value, &format!("one of {list}")))?;
        match choices.iter().find(|(word, _)| *word == text) {
            Some((_, choice)) => Ok(choice.clone()),
            None => Err(Wrong::new(
                format!("is {}, which I do not know", quoted(text)),
                match nearest(text, words()) {
                    Some(meant) => format!("Did you mean \"{meant}\"? I know {list}."),
                    None => format!("I know {list}."),
                },
            )),
        }
    }
}

/// An address over HTTP. It may have a path, and nothing behind it. It is never quoted: people
/// put passwords there.
pub(super) fn http_url(value: &DeValue<'_>) -> Result<Url, Wrong> {
    const EXAMPLE: &str = "\"https://git.example.org\"";
    let Some(text) = value.as_str() else {
        return Err(Wrong::type_of(value, &format!("an address, such as {EXAMPLE}")));
    };
    let remedy = || format!("Write it like {EXAMPLE}.");
    let url = Url::parse(text).map_err(|error| {
        Wrong::new(format!("is no address that I can call ({error})"), remedy())
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        Err(Wrong::new("is not an address of HTTP", "Let it begin with https:// or http://."))
    } else if !url.username().is_empty() || url.password().is_some() {
        Err(Wrong::new(
            "has a user or a password in it",
            "Delete all up to the @. Secrets stand in files or in the environment; replace this one.",
        ))
    } else if url.query().is_some() || url.fragment().is_some() {
        Err(Wrong::new("has something behind its path", "Delete it from the ? or # on."))
    } else {
        Ok(url)
    }
}

/// An IP address and a port to listen on.
pub(super) fn listen(value: &DeValue<'_>) -> Result<SocketAddr, Wrong> {
    let text = text(value)?;
    text.parse().map_err(|_| {
        Wrong::not(
            &text,
            "address to listen on",
            "Write an IP address and a port, such as \"127.0.0.1:8787\"; names are not looked up.",
        )
    })
}

/// `host:port` of a server, by name or number.
pub(super) fn host_and_port(value: &DeValue<'_>) -> Result<String, Wrong> {
    let text = text(value)?;
    let is_good = text.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty()
            && port.parse::<u16>().is_ok_and(|port| port > 0)
            && !text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '/')
    });
    match is_good {
        true => Ok(text),
        false => {
            Err(Wrong::not(&text, "host and port", "Write it like \"temporal.internal:7233\"."))
        }
    }
}

/// `owner/repository`.
pub(super) fn repository(value: &DeValue<'_>) -> Result<RepoName, Wrong> {
    let text = text(value)?;
    text.parse()
        .map_err(|_| Wrong::not(&text, "repository", "Write it like \"foundation/config\"."))
}

/// The name of a user, an organisation or a team, as Gitea allows it.
pub(super) fn account(value: &DeValue<'_>) -> Result<String, Wrong> {
    let text = text(value)?;
    if is_account(&text) {
        return Ok(text);
    }
    let remedy = match text.strip_prefix('@') {
        Some(name) if is_account(name) => format!("Write \"{name}\", without the @."),
        _ => "Write the name of its Gitea account: letters, digits, -, _ and dots.".to_owned(),
    };
    Err(Wrong::not(&text, "account", remedy))
}

/// Whether Gitea could have an account of this name.
pub(super) fn is_account(name: &str) -> bool {
    name.len() <= 255
        && name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// A regular expression.
pub(super) fn regex(value: &DeValue<'_>) -> Result<Regex, Wrong> {
    let text = text(value)?;
    Regex::new(&text).map_err(|error| {
        // The last line of its message says what is wrong; those before draw the pattern.
        let message = error.to_string();
        let reason = message.lines().last().unwrap_or_default().trim_start_matches("error: ");
        let remedy = "See https://docs.rs/regex for what may stand there.";
        Wrong::new(format!("is no regular expression ({reason})"), remedy)
    })
}
