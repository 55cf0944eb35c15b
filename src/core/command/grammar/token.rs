//! The words of a command line.

use std::borrow::Cow;

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_till1, take_while};
use nom::character::complete::{alpha1, char, one_of, satisfy};
use nom::combinator::{opt, recognize};
use nom::multi::fold_many0;
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

use crate::core::command::invisible::is_blank;
use crate::core::command::quotes;

/// A word of a command line: `word`, `"quoted words"`, `key=word` or `key="quoted words"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CommandWord<'t> {
    pub(super) written: &'t str,
    /// The text before its `=`.
    pub(super) key: Option<&'t str>,
    /// What it says, without key and quotes.
    pub(super) value: Cow<'t, str>,
    /// Whether a quote is opened and not closed.
    pub(super) is_unclosed: bool,
}

impl<'t> CommandWord<'t> {
    /// What it says where keys mean nothing: `key=value` and all.
    pub(super) fn whole(&self) -> Cow<'t, str> {
        match self.key {
            Some(key) => Cow::Owned(format!("{key}={}", self.value)),
            None => self.value.clone(),
        }
    }
}

/// What follows the white space at the beginning of `input`.
pub(super) fn skip_blanks(input: &str) -> &str {
    input.trim_start_matches(is_blank)
}

/// What stands in `input` up to the next white space, quotes or not.
pub(super) fn plain(input: &str) -> IResult<&str, &str> {
    take_till(is_blank).parse(input)
}

/// One word. Succeeds always; at the end of the line with an empty one.
pub(super) fn token(input: &str) -> IResult<&str, CommandWord<'_>> {
    let (after, (key, (value, is_unclosed))) = (opt(key), alt((quoted, bare))).parse(input)?;
    let written = if is_unclosed { plain(input)?.1 } else { &input[..input.len() - after.len()] };
    Ok((after, CommandWord { written, key, value, is_unclosed }))
}

fn key(input: &str) -> IResult<&str, &str> {
    let rest = take_while(|c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    terminated(recognize((alpha1, rest)), char('=')).parse(input)
}

fn bare(input: &str) -> IResult<&str, (Cow<'_, str>, bool)> {
    plain.map(|word| (Cow::Borrowed(word), false)).parse(input)
}

/// Text in quotes, in which `\"` and `\\` stand for `"` and `\`. What touches the closing quote
/// belongs to the word, as in a shell.
fn quoted(input: &str) -> IResult<&str, (Cow<'_, str>, bool)> {
    let (after, open) = satisfy(quotes::opens).parse(input)?;
    let closing = quotes::closing(open);
    let escaped = alt((recognize(one_of(closing)), tag("\\")));
    let piece = alt((
        take_till1(|c| c == '\\' || closing.contains(c)),
        preceded(char('\\'), escaped),
        tag("\\"),
    ));
    let text = fold_many0(piece, String::new, |text, piece| text + piece);
    let (after, (mut text, end)) = (text, opt(one_of(closing))).parse(after)?;
    let (after, tail) = plain(after)?;
    text.push_str(tail);
    Ok((after, (Cow::Owned(text), end.is_none())))
}

#[cfg(test)]
mod tests {
    use crate::core::command::grammar::token::*;

    fn read(text: &str) -> (Option<&str>, String, bool) {
        let (_, token) = token(text).expect("never fails");
        (token.key, token.value.into_owned(), token.is_unclosed)
    }

    #[test]
    fn quotes_hold_a_word_together() {
        assert_eq!(read("one two"), (None, "one".into(), false));
        assert_eq!(read(r#""one two" three"#), (None, "one two".into(), false));
        assert_eq!(read(r#""say \"hi\" \\ \n" x"#), (None, r#"say "hi" \ \n"#.into(), false));
        assert_eq!(read(r#"it"s fine"#), (None, "it\"s".into(), false));
        assert_eq!(read(r#""one"two three"#), (None, "onetwo".into(), false));
    }

    #[test]
    fn curly_quotes_hold_a_word_together() {
        assert_eq!(read("role=“code owner” x"), (Some("role"), "code owner".into(), false));
        for text in ["„code owner“ x", "“code owner\" x", "”code owner” x", "‟code owner” x"]
        {
            assert_eq!(read(text), (None, "code owner".into(), false), "{text}");
        }
        assert_eq!(read("“the \\“best\\” \\n” x"), (None, "the “best” \\n".into(), false));
        assert_eq!(read("\"the “best” one\""), (None, "the “best” one".into(), false));
        assert_eq!(read("it”s fine"), (None, "it”s".into(), false));
        assert_eq!(read("“code owner"), (None, "code owner".into(), true));
    }

    #[test]
    fn a_key_is_a_name_before_an_equals_sign() {
        assert_eq!(read("role=coder x"), (Some("role"), "coder".into(), false));
        assert_eq!(read(r#"role="a b" x"#), (Some("role"), "a b".into(), false));
        assert_eq!(read("role="), (Some("role"), String::new(), false));
        assert_eq!(read("=x"), (None, "=x".into(), false));
        assert_eq!(read(r#""a=b""#), (None, "a=b".into(), false));
    }

    #[test]
    fn an_open_quote_is_told() {
        assert_eq!(read(r#"role="a b"#), (Some("role"), "a b".into(), true));
        assert_eq!(read(r#""a\""#), (None, "a\"".into(), true));
        assert_eq!(token(r#"role="a b"#).expect("never fails").1.written, r#"role="a"#);
    }
}
