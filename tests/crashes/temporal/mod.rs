//! Jobs as workflows of a real Temporal server, which is killed as well.

mod demo;
mod kills;
mod replay;
mod restored;
mod server;
mod walk;
mod workers;
