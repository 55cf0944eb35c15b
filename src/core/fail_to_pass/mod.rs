//! Do the tests of a change prove it? They fail on the base with the new code taken away, and pass
//! on the head.
//!
//! Here is what can be told without running anything: which files are tests and which of them can
//! be parted from the code ([`part`]), whether a failed run is one of tests or of a compiler
//! ([`did_not_build`]), and what the runs prove ([`judge`]).

mod build;
mod judgement;
mod parting;
mod role;

pub use build::did_not_build;
pub use judgement::{FailToPass, HeadRun, NeededRun, TestRun, Untold, judge};
pub use parting::{ChangedPath, PartedChange, PathChange, part};
pub use role::{PathRole, role};
