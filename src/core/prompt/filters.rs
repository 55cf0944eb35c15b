//! How the template of a prompt prints a value.

#![allow(unreachable_pub, reason = "askama's macro makes its own items from these")]

use std::fmt::Display;

use askama::filters::Safe;
use askama::{Result, Values};

use super::fence;
use super::visible::visible;
use crate::core::command::invisible::Invisible;

/// Text of others: what its readers see of it, in a fence that it cannot leave.
#[askama::filter_fn]
pub(super) fn quoted(text: impl Display, _: &dyn Values) -> Result<Safe<String>> {
    Ok(Safe(fence::fenced(&visible(&text.to_string()))))
}

/// What has nothing in it that is hidden, in a fence that it cannot leave.
#[askama::filter_fn]
pub(super) fn as_it_is(text: impl Display, _: &dyn Values) -> Result<Safe<String>> {
    Ok(Safe(fence::fenced(&text.to_string())))
}

/// A name or an address, in a code span that it cannot leave.
#[askama::filter_fn]
pub(super) fn code(text: impl Display, _: &dyn Values) -> Result<Safe<String>> {
    Ok(Safe(code_span(&text.to_string())))
}

/// The whole of `text`: half a name is another one.
fn code_span(text: &str) -> String {
    let shown: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| Invisible::new(*c).is_none())
        .collect();
    let fence = "`".repeat(fence::longest_run_of_backticks(&shown) + 1);
    let pad = if shown.starts_with('`') || shown.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{shown}{pad}{fence}")
}
