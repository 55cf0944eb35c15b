//! Conversations: a comment in, the reply out. Each test is a dialogue with a real timmy over real
//! HTTP and signed webhooks; what nobody reads fails it, so silence is asserted as well.

mod talk;

mod accounts;
mod assign;
mod authority;
mod authorship;
mod backlog;
mod basics;
mod controls;
mod dependencies;
mod edits;
mod expiry;
mod fleet;
mod forge_failures;
mod help;
mod hold_and_snooze;
mod hostile;
mod ignored;
mod issue_bodies;
mod malformed;
mod markdown_that_is_no_command;
mod newer_server;
mod not_yet;
mod old_server;
mod order;
mod outbox_text;
mod outside_changes;
mod polling;
mod priority_and_size;
mod privacy;
mod refusals_of_the_forge;
mod relayed;
mod renamed;
mod report;
mod retries;
mod rights;
mod several;
mod status_and_why;
mod two_ledgers;
mod webhooks;
