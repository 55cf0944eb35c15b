//! What people said to what agents of a job asked to do. A yes is for once.

use rusqlite::{Connection, Transaction};

use super::columns::Json;
use super::decisions::of_job;
use super::error::Error;
use crate::core::command::value::DecisionId;
use crate::core::decisions::{Decision, DecisionStatus};
use crate::core::jobs::{JobId, PersonAnswer, Question};
use crate::core::model::time::Timestamp;

/// What was said to something that an agent asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PermissionSaid {
    /// It may, and did not yet.
    Allowed(DecisionId),
    /// It may not, or nobody answered.
    Denied,
}

/// What an agent asked to do, and what was said to it last. Of what was allowed and done nothing
/// is left.
pub fn permissions(conn: &Connection, job: JobId) -> Result<Vec<(String, PermissionSaid)>, Error> {
    let used = used(conn, job)?;
    let mut said: Vec<(String, Option<PermissionSaid>)> = Vec::new();
    for decision in of_job(conn, job)? {
        let (Question::Permission, Some(asks)) = (decision.question, &decision.covers.permission)
        else {
            continue;
        };
        said.retain(|(known, _)| known != asks);
        said.push((asks.clone(), answer(&decision, &used)));
    }
    Ok(said.into_iter().filter_map(|(asks, said)| Some((asks, said?))).collect())
}

fn answer(decision: &Decision, used: &[DecisionId]) -> Option<PermissionSaid> {
    match &decision.status {
        DecisionStatus::Decided { answer: PersonAnswer::Yes, .. } => {
            (!used.contains(&decision.id)).then_some(PermissionSaid::Allowed(decision.id))
        }
        DecisionStatus::Decided { .. } | DecisionStatus::Expired { .. } => {
            Some(PermissionSaid::Denied)
        }
        DecisionStatus::Open | DecisionStatus::Void { .. } => None,
    }
}

fn used(conn: &Connection, job: JobId) -> Result<Vec<DecisionId>, Error> {
    let used = conn
        .prepare_cached("SELECT id FROM decisions WHERE job = ?1 AND used_at IS NOT NULL")?
        .query_map([job], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(used)
}

/// What was allowed is about to be passed on; false if it was before.
pub fn use_permission(tx: &Transaction<'_>, id: DecisionId, now: Timestamp) -> Result<bool, Error> {
    let changed = tx
        .prepare_cached(
            "UPDATE decisions SET used_at = ?2
             WHERE id = ?1 AND used_at IS NULL AND state = 'decided' AND answer = ?3",
        )?
        .execute((id, now, Json(PersonAnswer::Yes)))?;
    Ok(changed == 1)
}

/// What was allowed did not reach the agent: it may be passed on again.
pub fn give_back_permission(tx: &Transaction<'_>, id: DecisionId) -> Result<(), Error> {
    tx.prepare_cached("UPDATE decisions SET used_at = NULL WHERE id = ?1")?.execute([id])?;
    Ok(())
}
