//! What attempts cost, by agent and by day.

use rusqlite::Connection;

use crate::core::model::time::Timestamp;
use crate::store::error::Error;

/// The most agents of one day that are told apart; no fleet is larger.
const MOST: u32 = 100;

/// What the attempts of an agent cost that ended within a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentCost {
    pub agent: String,
    pub attempts: u64,
    pub micro_usd: u64,
    pub tokens: u64,
    /// Whether some of it is what an attempt may have cost at most.
    pub is_bound: bool,
}

/// What attempts cost that ended from the first of these moments on and before the other, by agent.
pub fn costs_between(
    conn: &Connection,
    (since, until): (Timestamp, Timestamp),
) -> Result<Vec<AgentCost>, Error> {
    let costs = conn
        .prepare_cached(
            "SELECT agent, count(*), sum(min(micro_usd, 1000000000000)),
                    sum(min(tokens, 1000000000000)), max(is_bound)
             FROM attempts WHERE ended_at >= ?1 AND ended_at < ?2 AND started_at IS NOT NULL
             GROUP BY agent ORDER BY agent LIMIT ?3",
        )?
        .query_map((since, until, MOST), |row| {
            let count = |nth: usize| row.get::<_, i64>(nth).map(i64::unsigned_abs);
            Ok(AgentCost {
                agent: row.get(0)?,
                attempts: count(1)?,
                micro_usd: count(2)?,
                tokens: count(3)?,
                is_bound: row.get(4)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    Ok(costs)
}
