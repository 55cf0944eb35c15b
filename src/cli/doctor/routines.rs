//! When is each routine due, and what keeps it from its work?

use super::check_result::CheckResult;
use crate::cli::routine_view::{RoutineStanding, next_date};
use crate::config::{Config, DispatchMode};
use crate::core::model::time::Timestamp;
use crate::core::scheduling::{AutoState, Routine};
use crate::store::{Connection, Error, Readers, automatic, repos};

const ROUTINE: &str = "routine";

/// What `serve` found of each, as far as it ran.
pub(super) async fn check(
    config: &Config,
    readers: Option<&Readers>,
    now: Timestamp,
) -> Vec<CheckResult> {
    if config.routines.is_empty() {
        return Vec::new();
    }
    if config.dispatch.mode == DispatchMode::Off {
        return vec![CheckResult::warning(
            ROUTINE,
            "dispatch.mode is \"off\": no routine makes a job.",
            "Set it to \"suggest\": routines start then, and nothing else does by itself.",
        )];
    }
    let found = match readers {
        Some(readers) => readers.read(Found::read).await,
        None => Ok(Found::default()),
    };
    match found {
        Ok(found) => config.routines.iter().map(|one| found.judge(one, config, now)).collect(),
        Err(error) => vec![CheckResult::broken(
            ROUTINE,
            format!("What routines came to cannot be read: {error}."),
            "Restore a backup, or point ledger.path to a new file.",
        )],
    }
}

/// What the ledger holds of them.
#[derive(Debug, Default)]
struct Found {
    state: AutoState,
    names: Vec<crate::core::model::repository::Repo>,
    standing: RoutineStanding,
}

impl Found {
    fn read(conn: &Connection) -> Result<Self, Error> {
        Ok(Self {
            state: automatic::state(conn)?,
            names: repos::all(conn)?,
            standing: RoutineStanding::read(conn)?,
        })
    }

    fn judge(&self, routine: &Routine, config: &Config, now: Timestamp) -> CheckResult {
        let Routine { name, repository, when, .. } = routine;
        let next = next_date(routine, now, &config.people.timezone);
        if let Some(waits_for) = self.standing.waits_for(name) {
            return CheckResult::good(
                ROUTINE,
                format!("{name} waits for {waits_for}: its dates make no job before that is over."),
            );
        }
        let repo = self.names.iter().find(|known| known.name == *repository);
        let mut dangers = config.agents.iter().filter_map(|agent| {
            let named = routine.agent.as_ref().is_none_or(|named| *named == agent.name);
            let holds = agent.roles.iter().any(|role| role.to_string() == routine.role);
            let found = self.state.pairs.get(&agent.name)?.get(&repo?.id)?;
            (named && holds).then_some((agent, found))
        });
        match dangers.next() {
            Some((agent, reason)) => CheckResult::warning(
                ROUTINE,
                format!("{name} does not start with {}: {}.", agent.name, reason.said()),
                "Its job waits; timmy serve looks again every ten minutes.",
            ),
            None => CheckResult::good(
                ROUTINE,
                format!("{name} works in {repository}, {when}; the next date is {next}."),
            ),
        }
    }
}
