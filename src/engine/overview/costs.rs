//! What the last days cost, by agent.

use std::collections::BTreeMap;

use super::lens::Lens;
use super::view::{Costs, DayCost};
use crate::core::jobs::money::Budgets;
use crate::core::model::time::Timestamp;
use crate::core::policy::controls::Controls;
use crate::core::reply::jobs::usd;
use crate::store::jobs::{self, AgentCost};
use crate::store::{Connection, Error};

/// How many days are told.
const DAYS: usize = 7;

/// How many agents have a column of their own.
const COLUMNS: usize = 4;

/// The heading of the column of all others: a name that no agent has, since it has a blank.
const OTHERS: &str = "all others";

pub(super) fn costs(
    conn: &Connection,
    lens: &Lens,
    controls: &Controls,
    budgets: Budgets,
) -> Result<Costs, Error> {
    let mut days = Vec::with_capacity(DAYS);
    for day in lens.days(DAYS) {
        days.push((day.0, jobs::costs_between(conn, day)?));
    }
    let agents = columns(&days);
    let rows = days.iter().map(|(since, costs)| day(lens, *since, costs, &agents));
    let today = jobs::spent_since(conn, lens.now.day_began(&lens.zone))?.micro_usd;
    let cap = budgets.today(controls, "").day.micro_usd;
    let rows = rows.collect();
    Ok(Costs { agents, days: rows, today: usd(today), cap: cap.map(usd) })
}

/// The agents that have a column, the dearest first; then the one that all others share.
fn columns(days: &[(Timestamp, Vec<AgentCost>)]) -> Vec<String> {
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    for cost in days.iter().flat_map(|(_, costs)| costs) {
        let sum = sums.entry(&cost.agent).or_default();
        *sum = sum.saturating_add(cost.micro_usd);
    }
    let mut agents: Vec<(&str, u64)> = sums.into_iter().collect();
    agents.sort_by_key(|(_, sum)| std::cmp::Reverse(*sum));
    let others = (agents.len() > COLUMNS).then(|| OTHERS.to_owned());
    let named = agents.into_iter().take(COLUMNS).map(|(agent, _)| agent.to_owned());
    named.chain(others).collect()
}

fn day(lens: &Lens, since: Timestamp, costs: &[AgentCost], columns: &[String]) -> DayCost {
    let cell = |column: &String| {
        let is_of = |cost: &&AgentCost| match column.as_str() {
            OTHERS => !columns.contains(&cost.agent),
            agent => cost.agent == agent,
        };
        (column.clone(), sum(costs.iter().filter(is_of)))
    };
    DayCost {
        day: since.zoned(&lens.zone).strftime("%a %-d %b").to_string(),
        attempts: costs.iter().map(|cost| cost.attempts).sum(),
        total: sum(costs.iter()),
        by_agent: columns.iter().map(cell).collect(),
    }
}

/// What these cost together, `≤` where some of it is what it may have cost at most.
fn sum<'a>(costs: impl Iterator<Item = &'a AgentCost>) -> String {
    let (mut micro_usd, mut is_bound, mut is_nothing) = (0_u64, false, true);
    for cost in costs {
        micro_usd = micro_usd.saturating_add(cost.micro_usd);
        is_bound |= cost.is_bound;
        is_nothing = false;
    }
    match (is_nothing, is_bound) {
        (true, _) => "–".to_owned(),
        (false, true) => format!("≤ {}", usd(micro_usd)),
        (false, false) => usd(micro_usd),
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::overview::costs::*;

    fn cost(agent: &str, micro_usd: u64, is_bound: bool) -> AgentCost {
        AgentCost { agent: agent.to_owned(), attempts: 1, micro_usd, tokens: 0, is_bound }
    }

    #[test]
    fn the_dearest_agents_have_columns_and_the_rest_share_one() {
        let costs: Vec<AgentCost> = (1..=6).map(|n| cost(&format!("a{n}"), n, false)).collect();
        let columns = columns(&[(Timestamp::default(), costs)]);
        assert_eq!(columns, ["a6", "a5", "a4", "a3", OTHERS]);
    }

    #[test]
    fn what_is_only_a_bound_is_said_to_be_one() {
        let all = [cost("ezra", 410_000, false), cost("bezalel", 1_000_000, true)];
        assert_eq!(sum(all.iter()), "≤ 1.41");
        assert_eq!(sum(all[..1].iter()), "0.41");
        assert_eq!(sum([].iter()), "–");
    }
}
