//! Jobs as workflows of a real Temporal server, which is killed as well.

mod clones;
mod kills;
mod replay;
mod searched;
mod server;
mod walk;
mod workers;
