//! timmy learns by polling: webhooks are lost, or there are none.

mod cost;
mod downtime;
mod edits;
mod failures;
mod missed_texts;
mod people_first;
pub mod stage;
