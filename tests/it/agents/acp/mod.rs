//! Agents that speak the Agent Client Protocol, in real sandboxes, with real git on a forge: one that
//! does as the test says, and real ones with a scripted model behind them.

mod health;
mod real;
mod scripted;
pub(super) mod stage;
