//! What the forge shows of a change, for the guards ([`crate::core::guards`]), and what they say;
//! and those that run something of it ([`running`]).
//!
//! A change takes four requests: its commits, its diff, its branch once more, and all that was said
//! of its head; each check that is red three more, for the end of its log ([`check_logs`]). What its
//! target requires and what that carried takes five more, and is kept for some minutes ([`target`]).

mod carry_out;
mod change;
mod check_logs;
mod fixtures;
mod own_rules;
mod readable;
mod running;
mod script;
mod target;
mod traced;

pub(in crate::engine) use change::{
    ChangeQuery, Examined, HeadStatuses, actions_changed_beside, examine_change, statuses_of,
};
pub(in crate::engine) use check_logs::{add_check_logs, read_check_logs};
pub(super) use fixtures::{can_confine, host_confines, runs_unconfined};
pub use fixtures::{check_fixtures, id as fixture_id};
pub(in crate::engine) use own_rules::{found_by_rules, policy_unreadable};
pub(in crate::engine) use running::{Excused, RunQuery, RunningGuards};
pub(in crate::engine) use target::{Targets, said_of_heads};
pub(in crate::engine) use traced::guards_said;
