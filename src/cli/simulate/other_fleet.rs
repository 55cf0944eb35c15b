//! Another fleet at the same moment: what was known of the one that there was stays so.

use crate::core::model::spending::Spent;
use crate::core::scheduling::{AgentSlot, Limits, Pool, Roster};

/// `roster` with these agents and limits. Agents that it had before are as they were, and so is what
/// their quotas had left. What is used within a window of which it does not know is nothing.
pub(super) fn manned(roster: Roster, mut workers: Vec<AgentSlot>, mut limits: Limits) -> Roster {
    for pool in &mut limits.pools {
        let Some(before) = pool_of(&roster.limits, Some(&pool.name)) else { continue };
        pool.tries = before.tries;
        for window in &mut pool.windows {
            let same = before.windows.iter().find(|other| other.per == window.per);
            window.used = same.map_or(window.used, |same| same.used);
        }
    }
    for worker in &mut workers {
        if let Some(before) = roster.workers.iter().find(|other| other.name == worker.name) {
            (worker.is_up, worker.is_unseen) = (before.is_up, before.is_unseen);
            worker.is_spent = before.is_spent;
            worker.workplaces = before.workplaces.clone();
            if before.pool == worker.pool {
                worker.tries = before.tries;
            }
        }
        if let Some(shut) = shut_by(&roster, worker) {
            (worker.is_out_of_quota, worker.quota_at) = (true, shut.quota_at);
        }
        worker.is_out_of_quota |= !has_room(&limits, worker);
    }
    Roster { workers, limits, ..roster }
}

/// Whose quota was said to be used up that this agent lives on: its own, or one of all those that share
/// its pool.
fn shut_by<'a>(roster: &'a Roster, worker: &AgentSlot) -> Option<&'a AgentSlot> {
    // Else it is a window that had no room, which is looked at anew.
    let is_shut = |slot: &AgentSlot| slot.is_out_of_quota && has_room(&roster.limits, slot);
    let before = &roster.workers;
    let own = before.iter().find(|slot| slot.name == worker.name && slot.pool == worker.pool);
    if let Some(own) = own {
        return Some(own).filter(|own| is_shut(own));
    }
    let shares = |slot: &&AgentSlot| slot.pool.is_some() && slot.pool == worker.pool;
    let first = before.iter().find(shares)?;
    before.iter().filter(shares).all(is_shut).then_some(first)
}

/// Whether an attempt of an agent fits into the windows of its pool.
fn has_room(limits: &Limits, worker: &AgentSlot) -> bool {
    let pool = pool_of(limits, worker.pool.as_ref());
    let mut windows = pool.iter().flat_map(|pool| &pool.windows);
    windows.all(|window| window.has_room(Spent::default(), worker.bound()))
}

fn pool_of<'a>(limits: &'a Limits, name: Option<&String>) -> Option<&'a Pool> {
    limits.pools.iter().find(|pool| Some(&pool.name) == name)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::cli::simulate::other_fleet::*;
    use crate::core::model::spending::Ceiling;
    use crate::core::model::time::Timestamp;
    use crate::core::scheduling::QuotaWindow;

    fn slot(name: &str, pool: &str) -> AgentSlot {
        AgentSlot { name: name.to_owned(), pool: Some(pool.to_owned()), ..AgentSlot::default() }
    }

    fn limits(most: u64, used: u64, hours: u64) -> Limits {
        let window = QuotaWindow {
            per: Duration::from_secs(hours * 3600),
            most: Ceiling { runs: Some(most), ..Ceiling::default() },
            used: Spent { runs: used, ..Spent::default() },
        };
        let pool = Pool {
            name: "common".to_owned(),
            concurrent: None,
            is_empty: false,
            windows: vec![window],
            tries: None,
        };
        Limits {
            per_host: 9,
            per_repository: 9,
            reviews_waiting: 9,
            minimum: 0,
            issue_micro_usd: None,
            pools: vec![pool],
        }
    }

    /// Whether each of ezra, who was there, and bezalel, who is new, is out of quota.
    fn out(before: Limits, is_out: bool, after: Limits) -> [bool; 2] {
        let quota_at = is_out.then(|| Timestamp::from_micros(5));
        let ezra = AgentSlot { is_out_of_quota: is_out, quota_at, ..slot("ezra", "common") };
        let roster = Roster::idle(vec![ezra], before);
        let new = vec![slot("ezra", "common"), slot("bezalel", "common")];
        let manned = manned(roster, new, after);
        [&manned.workers[0], &manned.workers[1]].map(|worker| worker.is_out_of_quota)
    }

    #[test]
    fn what_was_used_of_a_window_is_used_of_another_of_its_length() {
        assert_eq!(out(limits(3, 2, 5), false, limits(3, 0, 5)), [false, false]);
        assert_eq!(out(limits(3, 2, 5), false, limits(2, 0, 5)), [true, true], "a smaller one");
        assert_eq!(out(limits(2, 2, 5), true, limits(3, 0, 5)), [false, false], "a larger one");
        assert_eq!(out(limits(2, 2, 5), true, limits(2, 0, 24)), [false, false], "not known");
    }

    #[test]
    fn what_was_said_to_be_used_up_is_for_all_who_live_on_it() {
        assert_eq!(out(limits(9, 2, 5), true, limits(9, 0, 5)), [true, true]);
        assert_eq!(out(limits(9, 2, 5), true, limits(9, 0, 24)), [true, true]);
    }
}
