//! What metrics say beside what the ledger holds.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::core::jobs::money::Budgets;
use crate::core::model::time::Timestamp;
use crate::gitea::RequestCounts;

/// What stays as long as the process runs.
#[derive(Debug, Clone)]
pub struct MetricsSetting {
    /// Those of the configuration. What others did long ago counts as one.
    pub agents: Vec<MetricsAgent>,
    pub budgets: Budgets,
    /// In which zone days begin.
    pub zone: TimeZone,
    pub build: BuildInfo,
    pub started_at: Timestamp,
}

/// An agent of the configuration.
#[derive(Debug, Clone)]
pub struct MetricsAgent {
    pub name: String,
    pub kind: String,
    pub capacity: u32,
}

/// What was built.
#[derive(Debug, Clone, Copy)]
pub struct BuildInfo {
    pub version: &'static str,
    pub commit: &'static str,
    pub features: &'static str,
}

/// What only the running process knows.
#[derive(Debug, Clone)]
pub struct LiveMetrics {
    pub requests: RequestCounts,
    /// When a round of polling was last completed.
    pub polled_at: Option<Timestamp>,
    /// Whether the forge has said who timmy is.
    pub introduced: bool,
    /// Which agents answer and take work.
    pub up: BTreeMap<String, bool>,
}
