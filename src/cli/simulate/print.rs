//! What would change, for people and for scripts.

use std::io::{self, Write};

use serde_json::json;

use super::replay::PastTicks;
use crate::cli::terminal::Sheet;
use crate::core::reply::words;
use crate::core::scheduling::{Placement, RankChange};

/// How many changes are listed for people.
const LISTED: usize = 50;

pub(super) struct SimulationResult {
    /// Whether something else than the past was asked about.
    pub(super) is_other: bool,
    pub(super) past: PastTicks,
    pub(super) changes: Vec<RankChange>,
}

impl SimulationResult {
    fn issues(&self) -> usize {
        self.past.latest.ranking.ready.len()
    }

    fn moved(&self) -> usize {
        self.changes.iter().filter(|change| change.is_move()).count()
    }

    fn reassigned(&self) -> usize {
        self.changes.iter().filter(|change| change.is_of_agent()).count()
    }
}

/// Writes one JSON object on a line. Scores are in points.
pub(super) fn json(outcome: &SimulationResult) -> io::Result<()> {
    let seat = |seat: &Placement| {
        let score = seat.points as f64 / 1e6;
        json!({ "place": seat.place, "score": score, "agent": seat.agent })
    };
    let change = |change: &RankChange| {
        let issue = outcome.past.called(change.thread);
        json!({ "issue": issue, "before": seat(&change.before), "after": seat(&change.after) })
    };
    let found = json!({
        "replayed": outcome.past.ticks,
        "issues": outcome.issues(),
        "moved": outcome.moved(),
        "reassigned": outcome.reassigned(),
        "changes": outcome.changes.iter().map(change).collect::<Vec<_>>(),
    });
    let mut out = io::stdout().lock();
    writeln!(out, "{found}")?;
    out.flush()
}

/// Writes a summary, and a table of what would change.
pub(super) fn text(outcome: &SimulationResult) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if outcome.is_other {
        writeln!(
            out,
            "{} of {} would move; {} would go to another agent.",
            outcome.moved(),
            words::counted(outcome.issues(), "issue"),
            outcome.reassigned()
        )?;
    }
    let listed = &outcome.changes[..outcome.changes.len().min(LISTED)];
    if !listed.is_empty() {
        let head = ["issue", "place", "score", "agent"].map(str::to_owned).to_vec();
        let rows = listed.iter().map(|change| row(outcome, change).to_vec()).collect();
        let table = Sheet { right: Vec::new(), head, rows };
        writeln!(out, "\n{}", table.text())?;
    }
    if outcome.changes.len() > LISTED {
        let left = outcome.changes.len() - LISTED;
        writeln!(out, "{left} more: `timmy simulate --json` lists all.\n")?;
    }
    let ticks = words::counted(outcome.past.ticks, "stored decision");
    writeln!(out, "{ticks} replayed: each came out as it was made.")?;
    out.flush()
}

fn row(
    outcome: &SimulationResult,
    RankChange { thread, before, after }: &RankChange,
) -> [String; 4] {
    let place =
        |seat: &Placement| seat.place.map_or_else(|| "-".to_owned(), |place| place.to_string());
    let score = |seat: &Placement| words::points(seat.points);
    let agent = |seat: &Placement| seat.agent.clone().unwrap_or_else(|| "-".to_owned());
    let both = |said: &dyn Fn(&Placement) -> String| match (said(before), said(after)) {
        (before, after) if before == after => before,
        (before, after) => format!("{before} -> {after}"),
    };
    [outcome.past.called(*thread), both(&place), both(&score), both(&agent)]
}
