//! PURE: no clock, no socket, no database. Time and chance are arguments.
//!
//! What stands here can be replayed: the same facts give the same decision on every platform.

pub mod command;
pub mod grammar;
pub mod heard;
pub mod ids;
pub mod item;
pub mod markdown;
pub mod time;
