//! Who is to get what, from the ledger and back: what a tick stores, what can be replayed, and
//! what `timmy simulate` makes of it.

mod fleet;
mod ledger;
mod simulate;
mod stage;
mod ticks;
