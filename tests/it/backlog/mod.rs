//! The backlog: a real timmy reads it from a forge over real HTTP, in full once and then what
//! moves, by webhooks and by asking.

mod changes;
mod cost;
mod dependencies;
mod paging;
mod payloads;
mod pulls;
mod repositories;
mod stage;
mod templates;
