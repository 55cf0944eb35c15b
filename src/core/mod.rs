//! PURE: no clock, no socket, no database. Time and chance are arguments.
//!
//! What stands here can be replayed: the same facts give the same decision on every platform.

pub mod accounts;
pub mod authority;
pub mod authorship;
pub mod backlog;
pub mod bonds;
pub mod command;
pub mod decide;
pub mod defuse;
pub mod digest;
pub mod edits;
pub mod effect;
pub mod fleet;
pub mod grammar;
pub mod heard;
pub mod hook_scope;
pub mod ids;
pub mod invisible;
pub mod item;
pub mod markdown;
pub mod marker;
pub mod relay;
pub mod reply;
pub mod report;
pub mod thread;
pub mod time;
pub mod trigger;
pub mod value;
pub mod verb;
