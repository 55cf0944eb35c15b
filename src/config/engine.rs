//! `[ledger]`, `[report]` and `[engine]`: where timmy remembers, reports and runs.

use std::path::PathBuf;
use std::time::Duration;

use jiff::civil::Time;
use toml::Spanned;

use super::calendar::time_of_day;
use super::quantity::duration;
use super::section::Section;
use super::temporal::TemporalConfig;
use super::value::{line, one_of, repository, text};
use crate::core::model::ids::RepoName;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// `[ledger]`: timmy's memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerConfig {
    /// The file; a relative path was resolved against the folder of the configuration.
    pub path: PathBuf,
    /// How long rows of the inbox and the audit are kept.
    pub keep: Duration,
}

impl LedgerConfig {
    pub(super) fn read(section: &Section<'_>) -> Self {
        let path = section.or("path", "timmy.db".to_owned(), text);
        Self {
            path: section.reading.resolve(&path),
            keep: section.or("keep", DAY * 400, duration(DAY * 7..=DAY * 36_500)),
        }
    }
}

/// `[report]`: the one report. Without it there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportConfig {
    pub repository: RepoName,
    pub title: String,
    /// When the day's comment appears, on the clock of the configured zone.
    pub at: Time,
    /// How long it is not looked at again, whatever moves.
    pub every: Duration,
}

impl ReportConfig {
    /// The report with the place of its repository; none also if the table is not there.
    pub(super) fn read(section: &Section<'_>) -> Option<Spanned<Self>> {
        if !section.is_there() {
            return None;
        }
        let repository = section.need_located("repository", repository);
        let title = section.or("title", "timmy's report".to_owned(), line);
        let at = section.or("at", Time::constant(8, 0, 0, 0), time_of_day);
        let every = section.or("every", MINUTE, duration(Duration::ZERO..=DAY));
        let repository = repository?;
        let span = repository.span();
        Some(Spanned::new(span, Self { repository: repository.into_inner(), title, at, every }))
    }
}

/// `[engine]`: what keeps jobs alive.
#[derive(Debug, Clone)]
pub enum EngineConfig {
    /// The ledger is the durable queue.
    Embedded,
    /// Each job is a workflow of a Temporal server.
    Temporal(TemporalConfig),
}

impl EngineConfig {
    pub(super) fn read(section: &Section<'_>) -> Option<Self> {
        const KINDS: [(&str, bool); 2] = [("embedded", false), ("temporal", true)];
        let is_temporal = section.or("kind", false, one_of(&KINDS));
        let temporal = TemporalConfig::read(section)?;
        Some(if is_temporal { Self::Temporal(temporal) } else { Self::Embedded })
    }

    /// The server, if jobs are its workflows.
    pub fn temporal(&self) -> Option<&TemporalConfig> {
        match self {
            Self::Temporal(temporal) => Some(temporal),
            Self::Embedded => None,
        }
    }
}
