//! The list with which an agent ended, where that is its result: on its result line, or as the JSON that
//! is its whole text, since some agents can only end with a text.

use serde_json::{Map, Value};

use super::result_line::result_fields;
use crate::core::command::invisible::Invisible;

/// How many characters of an id are kept, of a title, and of what says when something is done.
const LONGEST_ID: usize = 40;
const LONGEST_TITLE: usize = 200;
const LONGEST_ACCEPTANCE: usize = 1000;

/// Why what an agent ended with is no list that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListFault {
    /// It gave none.
    Missing,
    /// It is no list of objects.
    NoList,
    Empty,
    /// It has so many entries.
    TooMany(usize),
    /// The entry of this number, from 1 on, does not say that.
    Lacks(usize, &'static str),
}

/// An entry of the list: something to be done, and when it is.
#[derive(Debug, Clone, PartialEq)]
pub struct SaidEntry {
    /// Its place in the list, from 1 on.
    pub number: usize,
    /// What it is called by others.
    pub id: String,
    pub title: String,
    /// What makes it done.
    pub acceptance: String,
    /// The entries that have to come before it, as it calls them.
    pub after: Vec<String>,
    fields: Map<String, Value>,
}

impl SaidEntry {
    fn read(number: usize, said: Value, most: usize) -> Result<Self, ListFault> {
        let Value::Object(fields) = said else { return Err(ListFault::NoList) };
        Ok(Self {
            number,
            id: fields.get("id").and_then(id).unwrap_or_else(|| number.to_string()),
            title: needed(&fields, number, ("title", LONGEST_TITLE))?,
            acceptance: needed(&fields, number, ("acceptance", LONGEST_ACCEPTANCE))?,
            after: said_before(&fields, most),
            fields,
        })
    }

    /// What else it says.
    pub fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }

    /// The words that it gives as `name`.
    ///
    /// # Errors
    /// [`ListFault::Lacks`] if there are none.
    pub fn words(&self, name: &'static str, longest: usize) -> Result<String, ListFault> {
        needed(&self.fields, self.number, (name, longest))
    }
}

/// The list that the agent which ended with `text` gave as `name`, of at most `most` entries.
///
/// # Errors
/// What is wrong with it.
pub fn said_entries(text: &str, name: &str, most: usize) -> Result<Vec<SaidEntry>, ListFault> {
    let said = said_list(text, name).ok_or(ListFault::Missing)?;
    let Value::Array(said) = said else { return Err(ListFault::NoList) };
    if said.is_empty() {
        return Err(ListFault::Empty);
    }
    if said.len() > most {
        return Err(ListFault::TooMany(said.len()));
    }
    (1..).zip(said).map(|(number, entry)| SaidEntry::read(number, entry, most)).collect()
}

/// What the agent that ended with `text` gave as `name`; not yet known to be a list.
fn said_list(text: &str, name: &str) -> Option<Value> {
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

fn needed(
    entry: &Map<String, Value>,
    number: usize,
    (name, longest): (&'static str, usize),
) -> Result<String, ListFault> {
    let said = said_words(entry, name, longest);
    if said.is_empty() { Err(ListFault::Lacks(number, name)) } else { Ok(said) }
}

/// The words that an entry of it gives as `name`; may be empty.
pub fn said_words(entry: &Map<String, Value>, name: &str, longest: usize) -> String {
    let said = entry.get(name).and_then(Value::as_str).unwrap_or_default();
    visible(said, longest)
}

fn said_before(entry: &Map<String, Value>, most: usize) -> Vec<String> {
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
