//! The list with which an agent ended, where that is its result: on its result line, or as the JSON that
//! is its whole text, since some agents can only end with a text.

use serde_json::{Map, Value};

use super::result_line::result_fields;
use crate::core::command::invisible::Invisible;

/// How many characters of an id are kept.
const LONGEST_ID: usize = 40;

/// What the agent that ended with `text` gave as `name`; not yet known to be a list.
pub fn said_list(text: &str, name: &str) -> Option<Value> {
    let mut fields = result_fields(text)?;
    if let Some(list) = fields.remove(name) {
        return Some(list);
    }
    let summary = fields.get("summary")?.as_str()?.trim();
    let summary =
        summary.strip_prefix("```json").or(summary.strip_prefix("```")).unwrap_or(summary);
    let summary = summary.strip_suffix("```").unwrap_or(summary);
    match serde_json::from_str(summary).ok()? {
        Value::Object(mut fields) => fields.remove(name),
        Value::Array(list) => Some(Value::Array(list)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// The words that an entry of it gives as `name`; may be empty.
pub fn said_words(entry: &Map<String, Value>, name: &str, longest: usize) -> String {
    let said = entry.get(name).and_then(Value::as_str).unwrap_or_default();
    visible(said, longest)
}

/// What an entry of it is called by others.
pub fn said_id(entry: &Map<String, Value>) -> Option<String> {
    entry.get("id").and_then(id)
}

/// The entries that have to come before it, as it calls them.
pub fn said_before(entry: &Map<String, Value>, most: usize) -> Vec<String> {
    match entry.get("depends_on") {
        Some(Value::Array(ids)) => ids.iter().filter_map(id).take(most).collect(),
        Some(one) => id(one).into_iter().collect(),
        None => Vec::new(),
    }
}

fn id(said: &Value) -> Option<String> {
    match said {
        Value::String(id) => Some(visible(id, LONGEST_ID)).filter(|id| !id.is_empty()),
        Value::Number(id) => id.as_u64().map(|id| id.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// On one line, without what cannot be seen, cut to what is kept. Without backticks: of what is code
/// people are shown a part, and their yes covers all of it.
fn visible(text: &str, longest: usize) -> String {
    let spaced = text.chars().map(|c| match c {
        '`' => '\'',
        c if c.is_whitespace() => ' ',
        c => c,
    });
    let seen = spaced.filter(|c| Invisible::new(*c).is_none());
    seen.take(longest).collect::<String>().trim().to_owned()
}
