//! The tools around the bot, as real processes against the sandbox over HTTP: `timmy init`,
//! `timmy doctor`, `timmy hooks`.

#![allow(clippy::unwrap_used, unreachable_pub, missing_docs, reason = "tests")]

mod doctor;
mod hooks;
mod init;
mod stage;
