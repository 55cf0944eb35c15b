//! timmy hears by asking: webhooks are lost, or there are none.

mod cost;
mod edits;
mod hearing;
mod past;
mod people_first;
pub mod stage;
mod trouble;
