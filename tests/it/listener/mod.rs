//! The listener, by its sockets: whom it serves, whom it cuts off, and what strangers cost it.

mod bodies;
mod client;
mod process;
mod slow_clients;
mod stage;
