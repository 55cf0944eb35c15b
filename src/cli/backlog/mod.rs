//! `timmy backlog`: what comes next, and what does not.

mod print;
mod progress;

use std::path::Path;
use std::process::ExitCode;

use super::backlog_view::{BacklogError, BacklogView};
use super::{FAILED, complain, forge};
use crate::config::Config;
use crate::core::model::ids::ThreadId;
use crate::core::scheduling::RankedIssue;
use print::{Shown, Table};

pub(super) use progress::Bar;

/// Show what comes next, with score and agent, and how much is not ready
///
/// Reads the forge first, the first time all that is open; beside a running `timmy serve` it shows
/// what that one knows.
#[derive(Debug, clap::Args)]
pub(super) struct Backlog {
    /// Print one JSON object; "points" are decimal numbers up to 100
    #[arg(long)]
    json: bool,
    /// How many issues are listed
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
}

impl Backlog {
    /// Exit code 1 if nothing of the backlog is known, 2 for a wrong configuration.
    pub(super) fn run(self, config: Option<&Path>) -> ExitCode {
        let config = match forge::configured(config) {
            Ok((_, loaded)) => loaded.config,
            Err(code) => return code,
        };
        match super::block_on(table(&config, self.limit)) {
            Ok(table) => {
                // What was found is the same, whether or not somebody reads this.
                let _ = if self.json { print::json(&table) } else { print::text(&table) };
                ExitCode::SUCCESS
            }
            Err(blind) => {
                complain(&blind.to_string());
                FAILED.into()
            }
        }
    }
}

async fn table(config: &Config, limit: usize) -> Result<Table, BacklogError> {
    let sight = {
        let bar = Bar::new();
        BacklogView::take(config, &|progress| bar.show(progress)).await?
    };
    if let Some(problem) = &sight.stale {
        complain(&format!("what moved lately is missing: {problem}"));
    }
    let ranking = &sight.backlog.judged.ranking;
    let first: Vec<&RankedIssue> = ranking.ready.iter().take(limit).collect();
    let threads: Vec<ThreadId> = first.iter().map(|standing| standing.thread).collect();
    let titles = sight.titles(threads).await?;
    let shown = first.iter().zip(1..).filter_map(|(standing, place)| {
        let title = titles.get(&standing.thread)?;
        Some(Shown::of(place, standing, title, &sight.backlog, &config.gitea.url))
    });
    Ok(Table {
        ready: ranking.ready.len(),
        behind: ranking.behind(|_| true),
        unread: sight.backlog.unread,
        shown: shown.collect(),
    })
}
