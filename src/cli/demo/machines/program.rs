//! Where Temporal's program is.

use std::path::{Path, PathBuf};

use crate::cli::demo::error::DemoError;

/// Where the project's own tests install it, from the folder of the project.
const PEER: &str = "target/peers/temporal/bin/temporal";

/// The program that was `named`; else the one of `PATH`; else the one of the project's tests.
///
/// # Errors
/// If there is none, with how to get it.
pub(super) fn find(named: Option<&Path>) -> Result<PathBuf, DemoError> {
    if let Some(named) = named {
        let is_there = named.is_file();
        return is_there.then(|| named.to_owned()).ok_or_else(|| missing(&named.display()));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let installed = std::env::split_paths(&path).map(|folder| folder.join("temporal"));
    let found = installed.chain([PathBuf::from(PEER)]).find(|file| file.is_file());
    found.ok_or_else(|| missing(&"program `temporal`"))
}

fn missing(what: &dyn std::fmt::Display) -> DemoError {
    DemoError::NoTemporal(what.to_string())
}
