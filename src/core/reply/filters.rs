//! What templates can do with a value, beside printing it defused.

#![allow(unreachable_pub, reason = "askama's macro makes its own items from these")]

use std::any::Any;
use std::fmt::Display;

use askama::filters::Safe;
use askama::{Result, Values, get_value};
use url::Url;

use super::words;
use crate::core::effect::defuse;

/// timmy's account, which every rendering is told.
pub(in crate::core) struct Name(pub(in crate::core) String);

impl Values for Name {
    fn get_value<'a>(&'a self, key: &str) -> Option<&'a dyn Any> {
        (key == "name").then_some(&self.0)
    }
}

/// A command as a line to copy: `"unhold"|command` is `` `/timmy unhold` ``.
#[askama::filter_fn]
pub(in crate::core) fn command(words: impl Display, values: &dyn Values) -> Result<Safe<String>> {
    let name = get_value::<String>(values, "name")?;
    Ok(Safe(defuse::code(&format!("/{name} {words}"))))
}

/// The longest name that Gitea gives an account.
const LONGEST_LOGIN: usize = 40;

/// An inline code span.
#[askama::filter_fn]
pub(in crate::core) fn code(text: impl Display, _: &dyn Values) -> Result<Safe<String>> {
    Ok(Safe(defuse::code(&text.to_string())))
}

/// The first characters of a commit, as an inline code span.
#[askama::filter_fn]
pub(in crate::core) fn short_commit(commit: impl Display, _: &dyn Values) -> Result<Safe<String>> {
    Ok(Safe(defuse::code(&commit.to_string().chars().take(7).collect::<String>())))
}

/// An address as the place that a link leads to. What would end that, an address of the web writes
/// otherwise.
#[askama::filter_fn]
pub(in crate::core) fn address(url: &Url, _: &dyn Values) -> Result<Safe<String>> {
    Ok(Safe(format!("<{}>", url.as_str().replace('<', "%3C").replace('>', "%3E"))))
}

/// A line of a text block that shows what others wrote.
#[askama::filter_fn]
pub(in crate::core) fn text_line(text: impl Display, _: &dyn Values) -> Result<Safe<String>> {
    Ok(Safe(defuse::text_line(&text.to_string())))
}

/// A line of a code block, to be copied from there.
#[askama::filter_fn]
pub(in crate::core) fn copyable(text: impl Display, _: &dyn Values) -> Result<Safe<String>> {
    Ok(Safe(defuse::code_line(&text.to_string())))
}

/// An inline code span inside a table, where `|` would end the cell.
#[askama::filter_fn]
pub(in crate::core) fn cell(text: impl Display, _: &dyn Values) -> Result<Safe<String>> {
    Ok(Safe(defuse::code(&text.to_string()).replace('|', "\\|")))
}

/// A link to a person that calls nobody.
#[askama::filter_fn]
pub(in crate::core) fn person(login: impl Display, _: &dyn Values) -> Result<Safe<String>> {
    let login = defuse::short(&login.to_string(), LONGEST_LOGIN);
    let is_login = login.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    Ok(Safe(if is_login { format!("\\@{login}") } else { defuse::defused(&login) }))
}

/// The login of somebody who is called: nothing but a login can follow a live `@`.
#[askama::filter_fn]
pub(in crate::core) fn login(login: impl Display, _: &dyn Values) -> Result<Safe<String>> {
    let login = login.to_string();
    let is_login = login.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    Ok(Safe(if is_login { login } else { defuse::defused(&login) }))
}

/// A sentence of timmy's own that holds foreign words in backticks.
#[askama::filter_fn]
pub(in crate::core) fn prose(text: impl Display, _: &dyn Values) -> Result<Safe<String>> {
    Ok(Safe(defuse::prose(&text.to_string())))
}

/// A sentence of timmy's own that holds foreign words in backticks, inside a table, where `|` would
/// end the cell.
#[askama::filter_fn]
pub(in crate::core) fn sentence_cell(text: impl Display, _: &dyn Values) -> Result<Safe<String>> {
    Ok(Safe(defuse::prose_in_a_cell(&text.to_string())))
}

/// A link to a thread (`#12`, `o/r#12`) that leaves no trace there.
#[askama::filter_fn]
pub(in crate::core) fn thread(name: impl Display, _: &dyn Values) -> Result<Safe<String>> {
    Ok(Safe(defuse::thread(&name.to_string())))
}

/// A command line as the summary of a fold, where Markdown is not read.
#[askama::filter_fn]
pub(in crate::core) fn summary(text: impl Display, _: &dyn Values) -> Result<Safe<String>> {
    Ok(Safe(defuse::html(&text.to_string())))
}

/// A title, cut to a length that fits a line.
#[askama::filter_fn]
pub(in crate::core) fn headline(text: impl Display, _: &dyn Values) -> Result<String> {
    Ok(defuse::short(text.to_string().trim(), 80))
}

/// Millionths of a point with one decimal, as scores are told: `31.3`.
#[askama::filter_fn]
pub(super) fn points(millionths: &u64, _: &dyn Values) -> Result<String> {
    Ok(words::points(*millionths))
}

/// Millionths of a whole with two decimals: `0.81`.
#[askama::filter_fn]
pub(in crate::core) fn share(millionths: &u64, _: &dyn Values) -> Result<String> {
    Ok(words::share(*millionths))
}

/// In how many days something is due, or since when it is overdue.
#[askama::filter_fn]
pub(super) fn due(days: &i64, _: &dyn Values) -> Result<String> {
    Ok(words::due(*days))
}

/// A place in a row: `1st`, `22nd`, `113th`.
#[askama::filter_fn]
pub(super) fn place(number: &usize, _: &dyn Values) -> Result<String> {
    Ok(words::place(*number))
}

/// What somebody gave as a reason, as part of a sentence: cut to a length that one reads.
#[askama::filter_fn]
pub(in crate::core) fn reason(text: impl Display, _: &dyn Values) -> Result<String> {
    Ok(defuse::short(text.to_string().trim().trim_end_matches('.'), 300))
}

/// What somebody said, as they said it: cut to a length that one reads, its code as code.
#[askama::filter_fn]
pub(in crate::core) fn quote(text: impl Display, _: &dyn Values) -> Result<Safe<String>> {
    let said = defuse::short(text.to_string().trim(), 300);
    let is_plain = said.contains("``");
    Ok(Safe(if is_plain { defuse::defused(&said) } else { defuse::prose(&said) }))
}
