//! Crews: several agents work one issue, each task of a plan by one that holds its role.
//!
//! The plan is made by a job ([`Purpose::Plan`](super::jobs::Purpose::Plan)), whose number the crew is
//! known by; each task is a job like any other. So leases, budgets, evidence, guards, questions and
//! cancellation are what they are for any job, and a crew only says which job comes next:
//! [`Crew::advance`] makes of what happened to its jobs where it stands, [`Crew::due`] what is to be
//! done. Pure, so that its history, folded again, gives the same crew.
//!
//! ```text
//! planning -> [asking] -> working -> done
//! ```
//!
//! - A plan makes **one pull request**: at most one task changes code. Everything that is not a review
//!   comes before it, in the order of what depends on what; one task at a time works in the issue's
//!   thread, as any job there.
//! - **Reviews** begin once the pull request is there. One that asks for changes is a round of the job
//!   that made it, within the rounds of the crew; then the new head is reviewed again.
//! - A person is asked to accept once all reviews have **settled** on the very commit that is asked
//!   about ([`Crew::holds`]): approved, or the rounds are spent, or no review is to be had. The
//!   question says which.
//! - What earlier tasks brought reaches the later ones as **artifacts** within a size budget
//!   ([`artifacts`]).

mod event;
mod fault;
mod plan;
mod progress;
mod record;
mod roles;
mod tasks;

/// The role as which an agent plans. Nobody has to hold it.
pub const MANAGER: &str = "manager";

pub use event::{CrewEvent, JobStanding};
pub use fault::{MOST_TASKS, PlanFault};
pub use plan::{CrewPlan, DraftTask, PlannedTask, fixed_plan, read_plan};
pub use progress::{Crew, CrewAction, CrewState, ReviewEnd, TaskProgress, TaskStanding};
pub use record::{CrewRecord, ReviewNote};
pub use roles::{CrewAgent, assigned, held_roles};
pub use tasks::{Artifact, MOST_ARTIFACT_BYTES, artifacts};
