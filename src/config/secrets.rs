//! Where secrets come from: a variable of the environment, else a file that a key names.
//!
//! No message names the file either: people put the secret itself where its file should stand.

use std::io;
use std::ops::Range;

use toml::de::DeValue;

use super::reading::ProblemKind;
use super::secret::Secret;
use super::section::Section;
use super::value::{Wrong, text};
use super::world::SecretFile;

/// The secret of `variable`, else of the file named by `key`; none if there is neither.
pub(super) fn optional(section: &Section<'_>, key: &'static str, variable: &str) -> Option<Secret> {
    look_up(section, key, variable, false)
}

/// The secret of `variable`, else of the file named by `key`; there must be one.
pub(super) fn needed(section: &Section<'_>, key: &'static str, variable: &str) -> Option<Secret> {
    look_up(section, key, variable, true)
}

/// The same for one that only timmy itself needs: a worker goes without it where it is named nowhere.
pub(super) fn of_timmy(section: &Section<'_>, key: &'static str, variable: &str) -> Option<Secret> {
    let is_named = section.raw(key).is_some() || (section.reading.world.env)(variable).is_some();
    match section.reading.stand_in.filter(|_| !is_named) {
        Some(stand_in) => {
            section.remember_secret(key, variable);
            Secret::new(stand_in).ok()
        }
        None => needed(section, key, variable),
    }
}

/// The secret of `variable`, else of the file named by `key` if that file is here: it may be on another
/// machine only. One that may not be read is not here, either: a unit of systemd sees no credentials of
/// another one, and not that they are not there.
pub(super) fn if_there(section: &Section<'_>, key: &'static str, variable: &str) -> Option<Secret> {
    let file = section.raw(key).and_then(|file| file.get_ref().as_str());
    let path = file.map(|file| section.reading.resolve(file));
    let is_missing = path.is_some_and(|path| {
        let found = (section.reading.world.secret_file)(&path);
        let not_here = [io::ErrorKind::NotFound, io::ErrorKind::PermissionDenied];
        found.is_err_and(|error| not_here.contains(&error.kind()))
    });
    match is_missing && (section.reading.world.env)(variable).is_none() {
        true => None,
        false => optional(section, key, variable),
    }
}

fn look_up(
    section: &Section<'_>,
    key: &'static str,
    variable: &str,
    is_needed: bool,
) -> Option<Secret> {
    section.remember_secret(key, variable);
    let file = section.raw(key);
    if let Some(value) = (section.reading.world.env)(variable) {
        return from_variable(section, variable, &value);
    }
    match file {
        Some(file) => from_file(section, key, file.span(), file.get_ref()),
        None => {
            if is_needed {
                section.lacks(key, remedy(key, variable));
            }
            None
        }
    }
}

/// What to do about a secret that is not there.
pub(super) fn remedy(key: &str, variable: &str) -> String {
    format!("Name a file that holds it and nothing else as {key}, or set {variable}.")
}

pub(super) fn from_variable(section: &Section<'_>, variable: &str, value: &str) -> Option<Secret> {
    let secret = Secret::new(value);
    if let Err(error) = &secret {
        let message = format!("the variable {variable} {error}.");
        section.reading.problem(
            ProblemKind::Exposed,
            None,
            message,
            "Set it to the one line that it should hold, or unset it.",
        );
    }
    secret.ok()
}

/// The secret in the file that `value` names.
pub(super) fn from_file(
    section: &Section<'_>,
    key: &str,
    span: Range<usize>,
    value: &DeValue<'_>,
) -> Option<Secret> {
    match read_file(section, key, &span, value) {
        Ok(secret) => Some(secret),
        Err(wrong) => {
            section.wrong(key, span, wrong);
            None
        }
    }
}

fn read_file(
    section: &Section<'_>,
    key: &str,
    span: &Range<usize>,
    value: &DeValue<'_>,
) -> Result<Secret, Wrong> {
    let path = section.reading.resolve(&text(value)?);
    let SecretFile { text, exposed } =
        (section.reading.world.secret_file)(&path).map_err(|error| unreadable(&error))?;
    let secret = Secret::new(&text).map_err(|error| {
        let remedy = "Write the secret into it, on one line, and nothing else.";
        Wrong::new(format!("names a file that {error}"), remedy)
    })?;
    if exposed {
        let message = format!("{} names a file that others can read.", section.name(key));
        section.reading.warning(Some(span.clone()), message, "Run chmod 600 on it.");
    }
    Ok(secret.kept_in(&path))
}

fn unreadable(error: &io::Error) -> Wrong {
    match error.kind() {
        io::ErrorKind::NotFound => Wrong::new(
            "names a file that does not exist",
            "Create it with mode 0600. Relative names count from the folder of the configuration.",
        ),
        io::ErrorKind::PermissionDenied => Wrong::new(
            "names a file that timmy may not read",
            "Let the user that runs timmy own it, with mode 0600.",
        ),
        kind => Wrong::new(
            format!("names a file that cannot be read ({kind})"),
            "Name a plain text file that holds the secret and nothing else.",
        ),
    }
}
