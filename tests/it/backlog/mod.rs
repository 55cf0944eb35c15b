//! The backlog: a real timmy reads it from a forge over real HTTP, in full once and then what
//! moves, by webhooks and by asking.

mod bonds;
mod cost;
mod homes;
mod moves;
mod payloads;
mod shifts;
mod stage;
