//! The listener of `[web]`: what it tells, whom it answers, and what it costs the ledger.

mod busy;
mod listener;
mod names;
