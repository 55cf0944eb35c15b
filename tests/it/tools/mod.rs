//! The tools around the bot, as real processes against the sandbox over HTTP: `timmy init`,
//! `timmy doctor`, `timmy hooks`, `timmy backlog`, `timmy why`.

mod backlog;
mod doctor;
mod hooks;
mod init;
mod report;
mod stage;
mod token;
