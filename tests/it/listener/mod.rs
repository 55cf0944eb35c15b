//! The listener, by its sockets: whom it hears, whom it cuts off, and what strangers cost it.

mod bodies;
mod peer;
mod process;
mod silence;
mod stage;
