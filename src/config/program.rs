//! A local program that timmy starts.

use std::path::PathBuf;

use toml::de::DeValue;

use super::section::Section;
use super::value::Wrong;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// What is started: a name that `PATH` finds, or a path; relative ones were resolved against
    /// the folder of the configuration.
    pub program: PathBuf,
    pub arguments: Vec<String>,
}

impl Program {
    /// Reads `command`, a list with the program first.
    pub(super) fn read(section: &Section<'_>) -> Option<Self> {
        let words = section.need_list("command", argument)?;
        let mut words = words.into_iter();
        let first = words.next()?;
        if first.get_ref().is_empty() {
            let wrong = Wrong::new("begins with an empty name", "Write the program first.");
            section.wrong("command", first.span(), wrong);
            return None;
        }
        let name = first.into_inner();
        let program = match name.contains('/') {
            true => section.reading.resolve(&name),
            false => PathBuf::from(name),
        };
        Some(Self { program, arguments: words.map(toml::Spanned::into_inner).collect() })
    }
}

impl Program {
    /// It as words. A path in it begins at the root: whatever folder it is run in, no other file of
    /// that name is meant.
    pub fn words(&self) -> Vec<String> {
        let program = match self.program.components().count() {
            0 | 1 => self.program.clone(),
            _ => std::path::absolute(&self.program).unwrap_or_else(|_| self.program.clone()),
        };
        let program = program.to_string_lossy().into_owned();
        std::iter::once(program).chain(self.arguments.iter().cloned()).collect()
    }
}

pub(super) fn argument(value: &DeValue<'_>) -> Result<String, Wrong> {
    match value.as_str() {
        Some(text) if text.contains('\0') => {
            Err(Wrong::new("holds a zero byte", "No program takes that: delete it."))
        }
        Some(text) => Ok(text.to_owned()),
        None => Err(Wrong::type_of(value, "a text in quotes")),
    }
}

/// The name of a variable of the environment that a program may see. timmy's own hold secrets.
pub(super) fn variable(value: &DeValue<'_>) -> Result<String, Wrong> {
    let name = value.as_str().ok_or_else(|| Wrong::type_of(value, "a text in quotes"))?;
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !is_name {
        let remedy = "Write its name alone, such as \"PATH\"; its value is passed through.";
        Err(Wrong::new("holds something that names no variable", remedy))
    } else if name.to_ascii_uppercase().starts_with("TIMMY_") {
        Err(Wrong::new("holds a variable of timmy's own", "They hold secrets: delete it."))
    } else {
        Ok(name.to_owned())
    }
}
