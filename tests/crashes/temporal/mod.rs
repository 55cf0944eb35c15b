//! Jobs as workflows of a real Temporal server, which is killed as well.

mod clones;
mod cut;
mod days;
mod demo;
mod forged;
mod guards;
mod kills;
mod line;
mod replay;
mod restored;
mod rounds;
mod searched;
mod server;
mod storm;
mod strange;
mod walk;
mod ways;
mod workers;
