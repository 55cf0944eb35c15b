//! The tools around the bot, as real processes against the sandbox over HTTP: `timmy init`,
//! `timmy doctor`, `timmy hooks`, `timmy backlog`, `timmy why`, `timmy jobs`.

mod backlog;
mod completions;
mod demo;
mod doctor;
mod hooks;
mod init;
mod jobs;
mod report;
mod stage;
mod token;
mod version;
