//! Guards that run what an agent wrote: scripts, and the tests of the project.
//!
//! | file | what it knows |
//! |---|---|
//! | `runner` | [`GuardRunner`]: a fresh copy of one commit, what prepares it, and then the guard |
//! | `proof` | whether a change's tests fail without its code |
//! | `unpassed` | [`Unpassed`]: why a guard did not pass; what did not run never does |

mod proof;
mod runner;
mod unpassed;

pub use proof::{FailToPassProof, prove};
pub use runner::{GuardRunner, Preparation, ScriptForm, ScriptRun, TestsRun};
pub use unpassed::Unpassed;
