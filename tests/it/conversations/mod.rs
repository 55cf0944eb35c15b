//! Conversations: a comment in, the reply out. Each test is a dialogue with a real timmy over real
//! HTTP and signed webhooks; what nobody reads fails it, so silence is asserted as well.

mod talk;

mod accounts;
mod assign;
mod authority;
mod authorship;
mod backlog;
mod basics;
mod bonds;
mod edits;
mod fleet;
mod forge_trouble;
mod govern;
mod help;
mod hold_and_snooze;
mod hostile;
mod issue_bodies;
mod later;
mod malformed;
mod markdown_that_is_no_command;
mod not_yet;
mod old_server;
mod order;
mod outbox_text;
mod polling;
mod priority_and_size;
mod privacy;
mod refusals_of_the_forge;
mod relayed;
mod renamed;
mod report;
mod rights;
mod second_tries;
mod several;
mod silence;
mod status_and_why;
mod two_ledgers;
mod webhooks;
mod what_people_write;
mod world;
