//! Which handler answers which command.

use super::handler::Handler;
use super::{
    assign, backlog, budget, controls, decide, dependencies, help, hold, jobs, labels, report,
    status,
};
use crate::core::command::Command;

/// What answers a command.
pub(super) fn handler(command: &Command) -> Handler<'_> {
    match command {
        Command::Help(verb) => help::help(*verb),
        Command::Ping => help::ping(),
        Command::Status(target) => status::status(target.as_ref()),
        Command::Why(target) => status::why(target.as_ref()),
        Command::Queue { n, repo } => backlog::queue(*n, repo.as_ref()),
        Command::Agents => backlog::agents(),
        Command::Plan(agent) => backlog::plan(agent.as_ref()),
        Command::Report { since } => report::report(*since),
        Command::Assign { who, on, role, budget } => {
            assign::assign(who, on.as_ref(), role.as_ref(), *budget)
        }
        Command::Unassign(user) => assign::unassign(user.as_ref()),
        Command::Priority { level, until } => labels::priority(level.0, *until),
        Command::Size(size) => labels::size(*size),
        Command::Block(issue) => dependencies::block(issue),
        Command::Unblock(issue) => dependencies::unblock(issue),
        Command::Hold(reason) => hold::hold(reason.as_ref()),
        Command::Unhold => hold::unhold(),
        Command::Snooze(when) => hold::snooze(*when),
        Command::Delegate { user, until } => controls::delegate(user, *until),
        Command::Undelegate(user) => controls::undelegate(user),
        Command::Pause(part) => controls::pause(part),
        Command::Resume(part) => controls::resume(part),
        Command::Budget { amount, scope } => budget::budget(*amount, scope.as_ref()),
        Command::Crew(roles) => jobs::crew(roles),
        Command::Split => jobs::split(),
        Command::Cancel(job) => jobs::cancel(*job),
        Command::Retry { job, agent } => jobs::retry(*job, agent.as_ref()),
        Command::Tell { job, text } => jobs::tell(*job, text),
        Command::Dead => jobs::dead(),
        Command::Verify(job) => jobs::verify(*job),
        Command::Override { guard, reason } => jobs::lift(guard, reason),
        Command::Approve { .. }
        | Command::Reject { .. }
        | Command::Revise { .. }
        | Command::Answer { .. } => decide::decide(command),
    }
}
