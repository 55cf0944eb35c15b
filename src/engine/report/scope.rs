//! Which day is told, and to whom.

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::core::policy::controls::AgentProfile;
use crate::core::report::Period;

/// Where it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportAudience {
    /// On the forge: that this cannot be reached, nobody reads there.
    Forge,
    /// On a terminal.
    Terminal,
}

/// Which day is to be told, and by whom to whom.
#[derive(Debug, Clone)]
pub struct ReportScope {
    /// timmy's account.
    pub name: String,
    /// Who is called.
    pub owner: String,
    /// The zone in which times are said.
    pub zone: TimeZone,
    /// The agents.
    pub agents: Vec<AgentProfile>,
    /// What may be spent on one day, in millionths of a US dollar.
    pub day_cap: Option<u64>,
    /// How often an open question is brought up.
    pub remind: Duration,
    /// Where it is told.
    pub to: ReportAudience,
    /// The day.
    pub day: Date,
    /// What of the past is told of it.
    pub period: Period,
}
