//! `timmy report`: the day's comment now, or what it says now.

use std::path::Path;
use std::process::ExitCode;

use jiff::civil::Time;

use super::backlog_view::{Judge, own_name};
use super::{forge, markdown};
use crate::app::{self, AppError, Clocks};
use crate::cli::output::{WRONG, block_on, complain, finish};
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, DispatchMode};
use crate::core::report::{DayState, Hours, period_of};
use crate::engine::{JobDrivers, ReportAudience, ReportResult, ReportScope, gather, outlook};
use crate::store::{Error, Holder, Ledger, OpenError, holder, reports, repos};

/// Bring the day's report up to date now, or print it.
#[derive(Debug, clap::Args)]
pub(super) struct ReportArgs {
    /// Only print what it says now, also while `timmy serve` runs
    #[arg(long)]
    print: bool,
}

impl ReportArgs {
    /// Exit code 1 if it could not be written or read, 2 if none is configured.
    pub(super) fn run(self, config: Option<&Path>) -> ExitCode {
        let config = match forge::configured(config) {
            Ok((_, loaded)) => loaded.config,
            Err(code) => return code,
        };
        let said = block_on(async {
            match self.print {
                true => printed(&config).await,
                false => written(&config).await,
            }
        });
        match said {
            Err(problem @ ReportError::NotConfigured) => {
                complain(&problem.to_string());
                WRONG.into()
            }
            said => finish(said),
        }
    }
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
enum ReportError {
    #[error("there is no [report] in the configuration: report.repository names its place")]
    NotConfigured,
    #[error(transparent)]
    Start(#[from] AppError),
    #[error("the ledger cannot be looked at: {0}")]
    Holder(#[from] std::io::Error),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Ledger(#[from] Error),
    #[error("not written: {0}")]
    Refused(String),
}

/// Brings the day's comment up to date, unless somebody does so all the time.
async fn written(config: &Config) -> Result<String, ReportError> {
    if config.report.is_none() {
        return Err(ReportError::NotConfigured);
    }
    if let Holder::Process(pid) = holder(&config.ledger.path)? {
        let process = pid.map_or_else(String::new, |pid| format!(" (process {pid})"));
        return Ok(format!("timmy serve{process} runs, and keeps the report up to date.\n"));
    }
    let (ledger, engine) = app::engine(config, Clocks::system(), Some(JobDrivers::default()))?;
    match engine.write_report_now().await? {
        ReportResult::Nothing => Ok("Nothing to say today.\n".to_owned()),
        ReportResult::Refused(reason) => Err(ReportError::Refused(reason)),
        ReportResult::Written { thread, comment } => {
            let repo = ledger.read(move |conn| repos::name(conn, thread.repo)).await?;
            let name = repo.map_or_else(String::new, |repo| repo.name.to_string());
            let forge = config.gitea.url.as_str().trim_end_matches('/');
            Ok(format!("{forge}/{name}/issues/{}#issuecomment-{comment}\n", thread.number))
        }
    }
}

/// What the report says now, as far as the ledger knows.
async fn printed(config: &Config) -> Result<String, ReportError> {
    let people = &config.people;
    let hours = match app::report(config) {
        Some(report) => report.hours,
        None => Hours::new(people.timezone.clone(), Time::midnight(), people.quiet_hours),
    };
    let (judge, owner) = (Judge::of(config), people.owner.clone());
    let agents = config.agents.iter().map(app::known).collect();
    let (day_cap, remind) = (config.budgets().day.micro_usd, config.accept.remind);
    let suggests = config.dispatch.mode != DispatchMode::Off;
    let now = SystemClock.now();
    let ledger = Ledger::open_read_only(&config.ledger.path)?;
    let read = ledger.read(move |conn| {
        let day = hours.day(now);
        let diary = reports::diary(conn, day)?;
        let name = own_name(conn)?;
        let period = match diary.iter().find(|entry| entry.day == day) {
            Some(entry) if entry.fate != DayState::Void => entry.period,
            _ => period_of(day, &hours, &diary),
        };
        let zone = hours.zone().clone();
        let judged = judge.rank(conn, now)?;
        let outlook = outlook(conn, &judged, ReportAudience::Terminal)?;
        let to = ReportAudience::Terminal;
        let telling = ReportScope { name, owner, zone, agents, day_cap, remind, to, day, period };
        let mut day = gather(conn, &telling, now)?;
        day.report.outlook = outlook;
        if !suggests {
            day.report.outlook.suggest_nothing();
        }
        Ok(day)
    });
    Ok(markdown::shown(&read.await?.text(true)))
}
