//! The listener, by its sockets: whom it hears, whom it cuts off, and what strangers cost it.

#![allow(clippy::unwrap_used, unreachable_pub, missing_docs, reason = "tests")]

mod bodies;
mod peer;
mod process;
mod silence;
mod stage;
