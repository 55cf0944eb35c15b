//! timmy from outside, in one binary: each folder and file is about one thing that it promises.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    unreachable_pub,
    missing_docs,
    reason = "tests"
)]

#[path = "../support/mod.rs"]
mod support;

mod agents;
mod backlog;
mod backup;
mod bad_input;
mod closing;
mod config;
mod confinement;
mod conformance;
mod conversations;
mod evidence;
mod examples;
mod grammar;
mod guards;
mod job_engine;
mod jobs;
mod language;
mod layers;
mod ledger;
mod listener;
mod matches;
mod matching;
mod merging;
mod metrics;
mod notify;
mod otlp;
mod page;
mod parse;
mod readme;
mod recorded;
mod status_page;
mod templates;
mod tools;
mod wire;
