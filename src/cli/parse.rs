//! `timmy parse`: what a comment would make timmy do, read without any server.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::core::command::grammar::{self, ErrorKind, Reading};

/// Read a comment and print the commands and errors that it holds.
#[derive(Debug, clap::Args)]
pub(super) struct ParseArgs {
    /// Print one line of JSON.
    #[arg(long)]
    json: bool,

    /// The account to which the comment speaks.
    #[arg(long, default_value = "timmy", value_parser = account)]
    name: String,

    /// The file that holds the comment; standard input without it, or with `-`.
    file: Option<PathBuf>,
}

impl ParseArgs {
    /// Prints the reading. Fails only if the comment cannot be read; bytes that are no UTF-8 are
    /// read as U+FFFD, as the forge would store them.
    pub(super) fn run(self) -> ExitCode {
        let bytes = match read(self.file.as_deref()) {
            Ok(bytes) => bytes,
            Err((source, error)) => {
                // There is no way to report that standard error is closed too.
                let _ = writeln!(io::stderr(), "timmy: cannot read {source}: {error}");
                return ExitCode::FAILURE;
            }
        };
        let reading = grammar::read(&self.name, &String::from_utf8_lossy(&bytes));
        let written = if self.json { print_json(&reading) } else { print(&reading) };
        match written {
            // Whoever closes the pipe early has read enough: `timmy parse | head`.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::FAILURE,
            _ => ExitCode::SUCCESS,
        }
    }
}

/// An account's name, with or without the `@` by which it is called.
fn account(name: &str) -> Result<String, String> {
    let name = name.strip_prefix('@').unwrap_or(name);
    if name.is_empty() || name.contains(char::is_whitespace) {
        return Err("an account's name is one word, such as `timmy`".to_owned());
    }
    Ok(name.to_owned())
}

/// All bytes of `file`, or else where they could not be read from.
fn read(file: Option<&Path>) -> Result<Vec<u8>, (String, io::Error)> {
    match file.filter(|path| *path != Path::new("-")) {
        Some(path) => std::fs::read(path).map_err(|error| (path.display().to_string(), error)),
        None => {
            let mut bytes = Vec::new();
            match io::stdin().lock().read_to_end(&mut bytes) {
                Ok(_) => Ok(bytes),
                Err(error) => Err(("standard input".to_owned(), error)),
            }
        }
    }
}

fn print_json(reading: &Reading) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, reading)?;
    writeln!(out)?;
    out.flush()
}

fn print(reading: &Reading) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let mut is_empty = true;
    for outcome in reading.in_order() {
        is_empty = false;
        match outcome {
            Ok(line) => writeln!(out, "{:>4}  {}", line.line, line.command)?,
            Err(error) => {
                let what = if error.kind == ErrorKind::Talk { "talk" } else { "not run" };
                writeln!(out, "{:>4}  {what}: {}", error.line, error.message)?;
            }
        }
    }
    if is_empty {
        writeln!(out, "No command.")?;
    }
    out.flush()
}
