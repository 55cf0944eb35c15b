//! Conversations: a comment in, the reply out. Each test is a dialogue with a real timmy over real
//! HTTP and signed webhooks; what nobody reads fails it, so silence is asserted as well.

mod talk;

mod accounts;
mod assign;
mod authority;
mod authorship;
mod backlog;
mod basics;
mod blocked;
mod controls;
mod dependencies;
mod drafts;
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
mod not_yet;
mod odd_answers;
mod old_server;
mod order;
mod other_reactions;
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
mod what_people_write;
