//! Routines, as `timmy jobs` and `timmy doctor` show them.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::config::Config;
use crate::core::model::time::{Timestamp, said};
use crate::core::reply::RoutineView;
use crate::core::scheduling::Routine;
use crate::store::jobs::routines_waiting;
use crate::store::{Connection, Error, repos};

/// What the ledger holds of routines.
#[derive(Debug, Default)]
pub(super) struct RoutineStanding {
    /// What each waits for that waits, by name.
    waiting: BTreeMap<String, String>,
}

impl RoutineStanding {
    pub(super) fn read(conn: &Connection) -> Result<Self, Error> {
        let mut waiting = BTreeMap::new();
        for (name, other) in routines_waiting(conn)? {
            let words = match other.pull {
                Some(pull) => {
                    let repo = repos::name(conn, pull.repo)?;
                    let repo = repo.map_or_else(|| "?".to_owned(), |repo| repo.name.to_string());
                    format!("{repo}#{}", pull.number)
                }
                None => other.job.to_string(),
            };
            waiting.insert(name, words);
        }
        Ok(Self { waiting })
    }

    pub(super) fn waits_for(&self, name: &str) -> Option<&String> {
        self.waiting.get(name)
    }

    /// All routines of the configuration, as they stand.
    pub(super) fn views(&self, config: &Config, now: Timestamp) -> Vec<RoutineView> {
        let zone = &config.people.timezone;
        let view = |routine: &Routine| RoutineView {
            name: routine.name.clone(),
            repository: routine.repository.to_string(),
            when: routine.when.to_string(),
            next: next_date(routine, now, zone),
            waits_for: self.waits_for(&routine.name).cloned(),
        };
        config.routines.iter().map(view).collect()
    }
}

/// The next date of a routine, as people say it.
pub(super) fn next_date(routine: &Routine, now: Timestamp, zone: &TimeZone) -> String {
    let (_, next) = routine.when.around(now, zone);
    next.map_or_else(|| "never".to_owned(), |next| said(next, now, zone))
}
