//! Open incidents: what is wrong with the world, since when, how often met.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};

use super::columns::Json;
use super::error::Error;
use crate::core::model::incident::Incident;
use crate::core::model::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenIncident {
    pub incident: Incident,
    /// The repository or thread that is concerned, as it was called when it was met last.
    pub place: Option<String>,
    /// In a sentence, with what to do.
    pub text: String,
    /// The first time it was met since it was last resolved.
    pub since: Timestamp,
    /// The latest time it was met.
    pub last: Timestamp,
    /// How often it was met.
    pub count: u32,
}

impl OpenIncident {
    /// What is wrong, and where.
    pub fn sentence(&self) -> String {
        match &self.place {
            Some(place) => format!("{place}: {}", self.text),
            None => self.text.clone(),
        }
    }
}

/// Opens the incident, or counts it once more.
pub fn note(
    tx: &Transaction<'_>,
    incident: &Incident,
    place: Option<&str>,
    text: &str,
    now: Timestamp,
) -> Result<(), Error> {
    tx.prepare_cached(
        "INSERT INTO incidents (incident, place, text, since, last, count)
         VALUES (?1, ?2, ?3, ?4, ?4, 1)
         ON CONFLICT (incident)
         DO UPDATE SET place = ?2, text = ?3, last = ?4, count = count + 1",
    )?
    .execute((Json(incident), place, text, now))?;
    Ok(())
}

/// It is over; what it was, if it was there.
pub fn over(tx: &Transaction<'_>, incident: &Incident) -> Result<Option<OpenIncident>, Error> {
    let was = tx
        .prepare_cached("DELETE FROM incidents WHERE incident = ?1 RETURNING *")?
        .query_row([Json(incident)], open)
        .optional()?;
    Ok(was)
}

/// A person says that it is well that an agent merged something.
pub fn trust_to_merge(tx: &Transaction<'_>, trusted: &str) -> Result<(), Error> {
    for open in all(tx)? {
        if matches!(&open.incident, Incident::MergedByAgent { agent, .. } if agent == trusted) {
            over(tx, &open.incident)?;
        }
    }
    Ok(())
}

/// Forgets what another run has to find out anew; what is left, the oldest first.
pub fn of_earlier_runs(tx: &Transaction<'_>) -> Result<Vec<OpenIncident>, Error> {
    let (lasting, others): (Vec<_>, Vec<_>) =
        all(tx)?.into_iter().partition(|open| open.incident.outlives_a_run());
    for open in others {
        over(tx, &open.incident)?;
    }
    Ok(lasting)
}

/// All that is wrong, the oldest first.
pub fn all(conn: &Connection) -> Result<Vec<OpenIncident>, Error> {
    let incidents = conn
        .prepare_cached("SELECT * FROM incidents ORDER BY since, incident")?
        .query_map([], open)?
        .collect::<Result<_, _>>()?;
    Ok(incidents)
}

fn open(row: &Row<'_>) -> rusqlite::Result<OpenIncident> {
    let Json(incident) = row.get("incident")?;
    Ok(OpenIncident {
        incident,
        place: row.get("place")?,
        text: row.get("text")?,
        since: row.get("since")?,
        last: row.get("last")?,
        count: row.get("count")?,
    })
}
