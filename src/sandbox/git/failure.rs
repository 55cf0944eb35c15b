//! Why git did not do something.

use std::io;

/// What went wrong with a run of `git`.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GitFailure {
    #[error("there is no program `git` on the PATH: install git 2.38 or later and start again")]
    NotInstalled,
    #[error("this is {0}, which cannot merge without a work tree: install git 2.38 or later")]
    TooOld(String),
    #[error("git cannot be run, or its files not be written: {0}")]
    Io(#[from] io::Error),
    #[error("git {command} ended with {status}: {said}")]
    Refused { command: String, status: i32, said: String },
    #[error("git {0} said something that cannot be read")]
    Unreadable(&'static str),
}
