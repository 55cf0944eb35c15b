//! Reads one table of the file: each key is taken by name, and what nobody took is unknown.

use std::cell::{Cell, RefCell};
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::reading::{ConfigReading, ProblemKind};
use super::value::Wrong;
use crate::core::command::grammar::nearest;

/// Keys under which people are tempted to write a secret itself.
const SECRET_KEYS: [&str; 9] = [
    "token",
    "secret",
    "secrets",
    "key",
    "password",
    "api_key",
    "apikey",
    "access_token",
    "api_token",
];

/// A table of the file, or the gap where it could stand.
///
/// Every method that returns `None` for something that is needed or wrong has noted the problem.
pub(super) struct Section<'r> {
    pub(super) reading: &'r ConfigReading<'r>,
    /// Its name with those around it, such as `dispatch.timeout`; empty for the whole file.
    path: String,
    table: Option<&'r DeTable<'r>>,
    /// Where it begins; none if it is not there.
    span: Option<Range<usize>>,
    known: RefCell<Vec<&'static str>>,
    /// Keys that are needed and not there, each with what to do about it.
    missing: RefCell<Vec<(&'static str, String)>>,
    /// Keys of files with secrets, each with the variable that may stand for it.
    secrets: RefCell<Vec<(&'static str, String)>>,
    /// Whether keys that nobody asked for are left alone.
    lenient: Cell<bool>,
    /// Whether all values so far could be read.
    sound: Cell<bool>,
}

impl<'r> Section<'r> {
    /// Reads the whole file with `read`, then reports what it did not ask for.
    pub(super) fn root<T>(
        reading: &'r ConfigReading<'r>,
        table: &'r DeTable<'r>,
        read: impl FnOnce(&Self) -> T,
    ) -> T {
        Self::within(reading, String::new(), Some((table, None)), read)
    }

    fn within<T>(
        reading: &'r ConfigReading<'r>,
        path: String,
        found: Option<(&'r DeTable<'r>, Option<Range<usize>>)>,
        read: impl FnOnce(&Self) -> T,
    ) -> T {
        let (table, span) = found.map_or((None, None), |(table, span)| (Some(table), span));
        let section = Self {
            reading,
            path,
            table,
            span,
            known: RefCell::default(),
            missing: RefCell::default(),
            secrets: RefCell::default(),
            lenient: Cell::new(false),
            sound: Cell::new(true),
        };
        let value = read(&section);
        section.report_missing();
        section.report_unknown();
        value
    }

    /// Whether the table stands in the file.
    pub(super) fn is_there(&self) -> bool {
        self.table.is_some()
    }

    /// Whether all values so far could be read, so that they can be compared.
    pub(super) fn is_sound(&self) -> bool {
        self.sound.get()
    }

    pub(super) fn span(&self) -> Option<Range<usize>> {
        self.span.clone()
    }

    /// The full name of `key`.
    pub(super) fn name(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Leaves keys that nobody asked for alone: which ones are known depends on a value that is
    /// wrong itself.
    pub(super) fn allow_unknown(&self) {
        self.lenient.set(true);
    }

    /// The raw value of `key`, which is known from now on.
    pub(super) fn raw(&self, key: &'static str) -> Option<&'r Spanned<DeValue<'r>>> {
        let mut known = self.known.borrow_mut();
        if !known.contains(&key) {
            known.push(key);
        }
        self.table?.get(key)
    }

    /// What `key` holds, with its place; `None` also if it is not there.
    pub(super) fn located<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(&DeValue<'_>) -> Result<T, Wrong>,
    ) -> Option<Spanned<T>> {
        self.judge(key, self.raw(key)?, read)
    }

    /// What `key` holds; `None` also if it is not there.
    pub(super) fn optional<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(&DeValue<'_>) -> Result<T, Wrong>,
    ) -> Option<T> {
        self.located(key, read).map(Spanned::into_inner)
    }

    /// What `key` holds; it must be there.
    pub(super) fn need<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(&DeValue<'_>) -> Result<T, Wrong>,
    ) -> Option<T> {
        self.need_located(key, read).map(Spanned::into_inner)
    }

    /// What `key` holds, with its place; it must be there.
    pub(super) fn need_located<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(&DeValue<'_>) -> Result<T, Wrong>,
    ) -> Option<Spanned<T>> {
        match self.raw(key) {
            Some(value) => self.judge(key, value, read),
            None => {
                self.lacks(key, format!("Add a line {key} = ... to [{}].", self.path));
                None
            }
        }
    }

    /// Notes that `key` is needed and not there.
    pub(super) fn lacks(&self, key: &'static str, remedy: String) {
        self.missing.borrow_mut().push((key, remedy));
    }

    /// What `key` holds, or `default`.
    pub(super) fn or<T>(
        &self,
        key: &'static str,
        default: T,
        read: impl FnOnce(&DeValue<'_>) -> Result<T, Wrong>,
    ) -> T {
        self.optional(key, read).unwrap_or(default)
    }

    /// The items of the list `key`, each with its place; `None` if it is not there or no list.
    /// An item that is wrong is noted and left out.
    pub(super) fn list<T>(
        &self,
        key: &'static str,
        read: impl Fn(&DeValue<'_>) -> Result<T, Wrong>,
    ) -> Option<Vec<Spanned<T>>> {
        let value = self.raw(key)?;
        let Some(items) = value.get_ref().as_array() else {
            let wrong = Wrong::type_of(value.get_ref(), "a list, such as [\"a\", \"b\"]");
            self.wrong(key, value.span(), wrong);
            return None;
        };
        Some(items.iter().filter_map(|item| self.judge(key, item, &read)).collect())
    }

    /// The items of the list `key`, or those of `default`.
    pub(super) fn list_or<T>(
        &self,
        key: &'static str,
        default: impl IntoIterator<Item = T>,
        read: impl Fn(&DeValue<'_>) -> Result<T, Wrong>,
    ) -> Vec<T> {
        match self.list(key, read) {
            Some(items) => items.into_iter().map(Spanned::into_inner).collect(),
            None => default.into_iter().collect(),
        }
    }

    /// The items of the list `key`, which must be there and not be empty.
    pub(super) fn need_list<T>(
        &self,
        key: &'static str,
        read: impl Fn(&DeValue<'_>) -> Result<T, Wrong>,
    ) -> Option<Vec<Spanned<T>>> {
        let Some(value) = self.raw(key) else {
            self.lacks(key, format!("Add a line {key} = [...] to [{}].", self.path));
            return None;
        };
        if value.get_ref().as_array().is_some_and(|items| items.is_empty()) {
            self.wrong(key, value.span(), Wrong::new("is empty", "Name at least one."));
            return None;
        }
        self.list(key, read)
    }

    /// Reads the table `key` with `read`, also if it is not there.
    pub(super) fn table<T>(
        &self,
        key: &'static str,
        read: impl FnOnce(&Section<'r>) -> T,
    ) -> Option<T> {
        let found = match self.raw(key) {
            None => None,
            Some(value) => match value.get_ref() {
                DeValue::Table(table) => Some((table, Some(value.span()))),
                DeValue::Array(_) => {
                    let remedy = format!("Write [{0}] once, with single brackets.", self.name(key));
                    self.wrong(key, value.span(), Wrong::new("is one table, not a list", remedy));
                    return None;
                }
                other => {
                    self.wrong(key, value.span(), Wrong::type_of(other, "a table"));
                    return None;
                }
            },
        };
        Some(Section::within(self.reading, self.name(key), found, read))
    }

    /// Reads each of the tables `[[key]]` with `read`.
    pub(super) fn tables<T>(&self, key: &'static str, read: impl Fn(&Section<'r>) -> T) -> Vec<T> {
        let Some(value) = self.raw(key) else { return Vec::new() };
        let Some(items) = value.get_ref().as_array() else {
            let remedy = format!("Write [[{}]], with double brackets.", self.name(key));
            self.wrong(key, value.span(), Wrong::new("is a list of tables", remedy));
            return Vec::new();
        };
        let mut values = Vec::new();
        for item in items {
            match item.get_ref() {
                DeValue::Table(table) => {
                    let found = Some((table, Some(item.span())));
                    values.push(Section::within(self.reading, self.name(key), found, &read));
                }
                other => self.wrong(key, item.span(), Wrong::type_of(other, "a table")),
            }
        }
        values
    }

    /// Notes that two things, one of them at `span`, do not go together.
    pub(super) fn contradiction(
        &self,
        span: Option<Range<usize>>,
        message: String,
        remedy: impl Into<String>,
    ) {
        self.reading.problem(ProblemKind::Whole, span.or(self.span()), message, remedy);
    }

    /// Notes that the value of `key` at `span` is wrong.
    pub(super) fn wrong(&self, key: &str, span: Range<usize>, wrong: Wrong) {
        self.sound.set(false);
        let message = format!("{} {}.", self.name(key), wrong.message);
        self.reading.problem(ProblemKind::Wrong, Some(span), message, wrong.remedy);
    }

    /// Remembers that a secret of this table is taken from the file named by `key` or from
    /// `variable`, to say so to whoever writes the secret itself.
    pub(super) fn remember_secret(&self, key: &'static str, variable: &str) {
        self.secrets.borrow_mut().push((key, variable.to_owned()));
    }

    fn judge<T>(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        read: impl FnOnce(&DeValue<'_>) -> Result<T, Wrong>,
    ) -> Option<Spanned<T>> {
        match read(value.get_ref()) {
            Ok(read) => Some(Spanned::new(value.span(), read)),
            Err(wrong) => {
                self.wrong(key, value.span(), wrong);
                None
            }
        }
    }

    fn report_missing(&self) {
        let missing = self.missing.borrow();
        if missing.is_empty() {
            return;
        }
        if self.is_there() {
            for (key, remedy) in missing.iter() {
                let message = format!("{} is missing.", self.name(key));
                self.reading.problem(ProblemKind::Whole, self.span(), message, remedy);
            }
        } else {
            let message = format!("the table [{}] is missing.", self.path);
            let keys: Vec<&str> = missing.iter().map(|(key, _)| *key).collect();
            let remedy = format!("Add it, with at least {}.", keys.join(", "));
            self.reading.problem(ProblemKind::Whole, None, message, remedy);
        }
    }

    fn report_unknown(&self) {
        let known = self.known.borrow();
        for key in self.table.into_iter().flat_map(|table| table.keys()) {
            let name: &str = key.get_ref();
            if known.contains(&name) {
                continue;
            }
            if SECRET_KEYS.contains(&name.to_lowercase().as_str()) {
                self.report_exposed(name, key.span());
            } else if !self.lenient.get() {
                self.report_unknown_key(name, key.span(), &known);
            }
        }
    }

    /// A secret may have been pasted there: its value is in no message.
    fn report_exposed(&self, name: &str, span: Range<usize>) {
        let secrets = self.secrets.borrow();
        let stem = name.to_lowercase();
        let place = secrets.iter().find(|(key, _)| key.starts_with(&stem)).or(secrets.first());
        let remedy = match place {
            Some((key, variable)) => format!(
                "Put it into a file of mode 0600 and name that as {}, or set {variable}. \
                 Replace the one that stood here: it may have been read.",
                self.name(key)
            ),
            None => "Nothing here takes a secret. Delete the line.".to_owned(),
        };
        let message = format!("{}: secrets never stand in this file.", self.name(name));
        self.reading.problem(ProblemKind::Exposed, Some(span), message, remedy);
    }

    fn report_unknown_key(&self, name: &str, span: Range<usize>, known: &[&'static str]) {
        let remedy = match nearest(name, known.iter().copied()) {
            Some(meant) => format!("Did you mean {}?", self.name(meant)),
            None => format!("Known here: {}.", known.join(", ")),
        };
        let message = match is_plain(name) {
            true => format!("{} is not a key I know.", self.name(name)),
            false => "this is not a key I know.".to_owned(),
        };
        self.reading.problem(ProblemKind::Wrong, Some(span), message, remedy);
    }
}

/// Whether a key can be quoted: a long or odd one may be a secret that slipped into its place.
fn is_plain(key: &str) -> bool {
    key.len() <= 32 && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}
