//! An issue explained, for people and for scripts.

use std::io::{self, Write};

use console::Style;
use serde_json::{Value, json};

use super::said;
use crate::cli::terminal::{self, Sheet};
use crate::core::reply::{Bid, Judgement, words};
use crate::core::scheduling::{Ineligible, Term, TermLine};

/// What is known of an issue.
pub(super) struct Explained {
    /// In full, `owner/repo#12`.
    pub(super) issue: String,
    /// Its title, as people wrote it.
    pub(super) title: String,
    /// The firmest thing in its way, as a clause.
    pub(super) obstacle: Option<String>,
    /// All that is in its way.
    pub(super) obstacles: Vec<Ineligible>,
    /// The open issues that it waits for.
    pub(super) waits_for: Vec<String>,
    /// What the backlog says of it.
    pub(super) judgement: Judgement,
}

/// Writes one JSON object on a line.
pub(super) fn json(explained: &Explained) -> io::Result<()> {
    let Explained { issue, title, obstacles, waits_for, judgement, .. } = explained;
    let Judgement { place, of, points, terms, bids, circle, pulls, .. } = judgement;
    let millionths = |count: u64| count as f64 / 1e6;
    let term = |line: &TermLine| -> Value {
        let points = line.points.map(millionths);
        let because = said::because(line, judgement);
        json!({
            "term": line.term, "value": millionths(line.value), "because": because,
            "points": points,
        })
    };
    let agent = |bid: &Bid| {
        json!({
            "agent": bid.agent, "fit": millionths(bid.fit), "lack": bid.lack,
        })
    };
    let found = json!({
        "issue": issue,
        "title": title,
        "ready": obstacles.is_empty(),
        "obstacles": obstacles.iter().map(|obstacle| obstacle.code()).collect::<Vec<_>>(),
        "waits_for": waits_for,
        "circle": circle,
        "pull_requests": pulls,
        "place": place,
        "of": of,
        "points": millionths(*points),
        "terms": terms.iter().map(term).collect::<Vec<_>>(),
        "agents": bids.iter().map(agent).collect::<Vec<_>>(),
    });
    let mut out = io::stdout().lock();
    writeln!(out, "{found}")?;
    out.flush()
}

/// Writes the outcome in a sentence, then the numbers.
pub(super) fn text(explained: &Explained) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let judgement = &explained.judgement;
    let name = Style::new().bold().apply_to(&explained.issue);
    writeln!(out, "{name} {}\n", terminal::line(&explained.title))?;
    match &explained.obstacle {
        None => writeln!(out, "{}\n", said::place(judgement))?,
        Some(obstacle) => {
            let codes: Vec<_> = explained.obstacles.iter().map(|one| one.code()).collect();
            let (place, points) = (words::place(judgement.place), words::points(judgement.points));
            writeln!(out, "Nothing starts there: {}", terminal::line(obstacle))?;
            writeln!(out, "In the way: {}.", codes.join(", "))?;
            writeln!(
                out,
                "Were it ready, it would be {place} of {}, with a score of {points}.\n",
                judgement.of
            )?;
        }
    }
    let mut sheet = Sheet::new(["", "value", "points", "because"]).right(&[1, 2]);
    for line in &judgement.terms {
        sheet.row(row(line, judgement), Style::new());
    }
    sheet.write(&mut out)?;
    if !judgement.bids.is_empty() {
        let mut sheet = Sheet::new(["agent", "fit", ""]).right(&[1]);
        for bid in &judgement.bids {
            let fit = if bid.fit > 0 { words::share(bid.fit) } else { "-".to_owned() };
            sheet.row([bid.agent.clone(), fit, said::bid(bid, judgement)], Style::new());
        }
        writeln!(out)?;
        sheet.write(&mut out)?;
    }
    out.flush()
}

fn row(line: &TermLine, judgement: &Judgement) -> [String; 4] {
    let factor = match line.term {
        Term::Readiness | Term::Size | Term::Failures => "x ",
        _ => "",
    };
    [
        line.term.said().to_owned(),
        format!("{factor}{}", words::share(line.value)),
        line.points.map_or_else(String::new, words::points),
        terminal::line(&said::because(line, judgement)),
    ]
}
