//! Guards that run what an agent wrote: scripts, and the tests of the project.
//!
//! | file | what it knows |
//! |---|---|
//! | `runner` | [`GuardRunner`]: a fresh copy of one commit, what prepares it, and then the guard |
//! | `named` | the files that a command runs: no head decides what is in them |
//! | `options` | which options of programs have the word behind them for themselves |
//! | `proof` | whether a change's tests fail without its code |
//! | `fixture` | whether a script catches what it is there for |
//! | `plan` | [`GuardPlan`]: all that is run of one change |
//! | `order` | [`GuardOrder`]: that plan with all else that a machine has to know for it |
//! | `place` | [`GuardPlace`]: where it is carried out on this machine |
//! | `host` | [`GuardHost`]: another machine that does it, and what is taken of what that says |
//! | `said` | what a run says, as a guard says it |
//! | `unpassed` | [`Unpassed`]: why a guard did not pass; what did not run never does |

mod fixture;
mod host;
mod named;
mod options;
mod order;
mod place;
mod plan;
mod proof;
mod runner;
mod said;
mod unpassed;

pub use fixture::FixtureEnd;
pub use host::{GuardCall, GuardHost, HostTrouble};
pub use order::{GuardOrder, GuardSandbox, GuardTrial, TrialEnd};
pub use place::{GuardPlace, GuardWatch};
pub use plan::{ChangeToRun, GuardPlan};
pub use proof::{FailToPassProof, prove};
pub use runner::{GuardRunner, Preparation, ScriptForm, ScriptRun, TestedCommit, TestsRun};
pub use said::{not_run, script_result, tests_result, with_command_files};
pub use unpassed::Unpassed;
