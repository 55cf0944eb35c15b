//! The backlog for people and for scripts.

use std::io::{self, Write};

use console::Style;
use serde_json::json;
use url::Url;

use crate::cli::terminal::{self, Sheet};
use crate::core::handlers;
use crate::core::reply::words;
use crate::core::scheduling::{Ineligible, IssueLabels, RankedIssue};
use crate::store::backlog::StoredTitle;

/// What is shown of a backlog.
pub(super) struct Table {
    /// How many issues may be handed out.
    pub(super) ready: usize,
    /// How many may not, by the firmest thing in their way; the most frequent first.
    pub(super) behind: Vec<(Ineligible, usize)>,
    /// How many repositories were not read yet.
    pub(super) unread: usize,
    /// The first of those that may be handed out.
    pub(super) shown: Vec<Shown>,
}

/// An issue that may be handed out.
pub(super) struct Shown {
    place: usize,
    repository: String,
    number: i64,
    title: String,
    is_p0: bool,
    /// In millionths of a point.
    points: u64,
    priority: Option<String>,
    size: Option<String>,
    /// The day on which it is due.
    due: Option<String>,
    agent: Option<String>,
    url: String,
}

impl Shown {
    pub(super) fn of(
        place: usize,
        standing: &RankedIssue,
        title: &StoredTitle,
        backlog: &handlers::BacklogFacts,
        forge: &Url,
    ) -> Self {
        let zone = &backlog.judged.setting.zone;
        let facts = backlog.judged.facts(standing.thread);
        let IssueLabels { priority, size, .. } =
            IssueLabels::of(facts.map_or(&[], |facts| &facts.labels));
        let due = facts.and_then(|facts| facts.due_at);
        let (repository, number) = (title.repo.name.to_string(), standing.thread.number);
        let forge = forge.as_str().trim_end_matches('/');
        let winner = backlog.winner(standing.thread);
        Self {
            place,
            url: format!("{forge}/{repository}/issues/{number}"),
            repository,
            number,
            title: title.title.clone(),
            is_p0: standing.is_p0,
            points: standing.score.points,
            priority: priority.map(|level| level.to_string()),
            size: size.map(|size| size.to_string()),
            due: due.map(|due| due.zoned(zone).date().to_string()),
            agent: winner.map(|winner| winner.agent.clone()),
        }
    }

    fn row(&self) -> [String; 8] {
        let or_dash = |cell: &Option<String>| cell.clone().unwrap_or_else(|| "-".to_owned());
        [
            self.place.to_string(),
            words::points(self.points),
            format!("{}#{}", self.repository, self.number),
            or_dash(&self.priority),
            or_dash(&self.size),
            or_dash(&self.due),
            or_dash(&self.agent),
            terminal::line(&self.title),
        ]
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "place": self.place,
            "repository": self.repository,
            "number": self.number,
            "title": self.title,
            "points": self.points as f64 / 1e6,
            "p0": self.is_p0,
            "priority": self.priority,
            "size": self.size,
            "due": self.due,
            "agent": self.agent,
            "url": self.url,
        })
    }
}

/// Writes one JSON object on a line.
pub(super) fn json(table: &Table) -> io::Result<()> {
    let behind = table.behind.iter().map(|(obstacle, count)| (obstacle.code(), *count));
    let found = json!({
        "ready_count": table.ready,
        "ready": table.shown.iter().map(Shown::json).collect::<Vec<_>>(),
        "not_ready": behind.collect::<std::collections::BTreeMap<_, _>>(),
        "unread_repositories": table.unread,
    });
    let mut out = io::stdout().lock();
    writeln!(out, "{found}")?;
    out.flush()
}

/// Writes a summary, then a table of what comes next.
pub(super) fn text(table: &Table) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", summary(table))?;
    if let Some(first) = table.shown.first() {
        let head = ["", "score", "issue", "priority", "size", "due", "agent", "title"];
        let mut sheet = Sheet::new(head).right(&[0, 1]);
        for shown in &table.shown {
            let tone = if shown.is_p0 { Style::new().bold() } else { Style::new() };
            sheet.row(shown.row(), tone);
        }
        writeln!(out)?;
        sheet.write(&mut out)?;
        let (repository, number) = (&first.repository, first.number);
        writeln!(out, "\n`timmy why {repository}#{number}` explains a place.")?;
    }
    out.flush()
}

/// `128 issues are ready; 49 are not: 31 blocked, 12 without scope, 6 on hold.`
fn summary(table: &Table) -> String {
    let are = |count| if count == 1 { "is" } else { "are" };
    let ready = match table.ready {
        0 => "No issue is ready".to_owned(),
        1 => "1 issue is ready".to_owned(),
        count => format!("{count} issues are ready"),
    };
    let behind: usize = table.behind.iter().map(|(_, count)| count).sum();
    let reasons = table.behind.iter().map(|(why, count)| format!("{count} {}", why.said()));
    let reasons = reasons.collect::<Vec<_>>().join(", ");
    let mut summary = match behind {
        0 => format!("{ready}."),
        _ => format!("{ready}; {behind} {} not: {reasons}.", are(behind)),
    };
    match table.unread {
        0 => {}
        1 => summary.push_str(" 1 repository is not read yet."),
        count => summary.push_str(&format!(" {count} repositories are not read yet.")),
    }
    summary
}

#[cfg(test)]
mod tests {
    use crate::cli::backlog::print::*;

    #[test]
    fn the_summary_is_a_sentence_whatever_the_numbers() {
        let table = |ready, behind, unread| Table { ready, behind, unread, shown: Vec::new() };
        assert_eq!(summary(&table(0, vec![], 0)), "No issue is ready.");
        assert_eq!(
            summary(&table(1, vec![(Ineligible::Blocked, 1)], 1)),
            "1 issue is ready; 1 is not: 1 blocked. 1 repository is not read yet."
        );
        let behind = vec![(Ineligible::Blocked, 31), (Ineligible::MissingScope, 12)];
        assert_eq!(
            summary(&table(128, behind, 0)),
            "128 issues are ready; 43 are not: 31 blocked, 12 without scope."
        );
    }
}
