//! The one report: one issue, a comment a day in which something happened or waits.
//!
//! [`hours`](Hours) says when it may speak, the [`diary`](Entry) which days were told and what is
//! to be written now, a [`Day`] what one comment says. All of it is pure: the engine reads the
//! ledger, and stores effects like any others.

mod agent_day;
mod agent_results;
mod day;
mod day_jobs;
mod diary;
pub mod digest;
mod hours;
mod issue;
mod reminders;
mod told;
mod write;

pub use super::scheduling::outlook::{NEXT, NextIssue, Outlook, best};
pub use agent_day::{AgentActivity, AgentDay};
pub use agent_results::{AgentResults, EndedJob};
pub use day::{Broken, ContentHash, Day, OpenQuestion};
pub use day_jobs::{ClaimedJob, DayJobs, DayMoney, Touches};
pub use diary::{DayEntry, DayState, Period, ReportTask, ReportTiming, period_of, tasks};
pub use hours::{Hours, QuietHours};
pub use issue::ReportIssue;
pub use reminders::is_brought_up;
pub use told::told;
pub use write::{ISSUE, is_reports, issue_body, issue_key, key_of_day, pin_key, reopen_key};
