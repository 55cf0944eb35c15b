//! Agents that are programs on timmy's own host, in real sandboxes, with real git on a forge: what they
//! bring, what is left of them, and what they try in vain.

mod brought;
mod cut_off;
mod greed;
mod hand_in;
mod hostile;
mod sight;
mod stage;
