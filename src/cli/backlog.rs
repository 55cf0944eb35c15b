//! `timmy backlog`: what comes next, and what does not.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use serde_json::{Value, json};
use url::Url;

use super::backlog_view::{BacklogError, BacklogView};
use super::{forge, markdown};
use crate::cli::output::{block_on, finish};
use crate::config::Config;
use crate::core::handlers::BacklogFacts;
use crate::core::reply::{Answer, Queue, QueueEntry};

/// Show what comes next, with score and agent, and how much is not ready
///
/// Says what `queue` says in a thread, of all repositories. Reads the forge first, the first time
/// all that is open; beside a running `timmy serve` it shows what that one knows.
#[derive(Debug, clap::Args)]
pub(super) struct BacklogArgs {
    /// Print one JSON object; "points" are decimal numbers up to 100
    #[arg(long)]
    json: bool,
    /// How many issues are listed
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
}

impl BacklogArgs {
    /// Exit code 1 if nothing of the backlog is known, 2 for a wrong configuration.
    pub(super) fn run(self, config: Option<&Path>) -> ExitCode {
        let config = match forge::configured(config) {
            Ok((_, loaded)) => loaded.config,
            Err(code) => return code,
        };
        finish(block_on(self.said(&config)))
    }

    async fn said(&self, config: &Config) -> Result<String, BacklogError> {
        let mut view = BacklogView::shown(config).await?;
        let queue = view.queue(self.limit).await?;
        if self.json {
            return Ok(object(&queue, &view.backlog, &config.gitea.url));
        }
        let answer = Answer::Queue { queue: Box::new(queue) };
        Ok(markdown::shown(&answer.text(&view.name)))
    }
}

/// One JSON object on a line.
fn object(queue: &Queue, backlog: &BacklogFacts, forge: &Url) -> String {
    let waiting: BTreeMap<_, _> =
        queue.waiting.iter().map(|(obstacle, count)| (obstacle.code(), *count)).collect();
    let next = queue.next.iter().filter_map(|next| entry(next, backlog, forge));
    let object = json!({
        "ready_count": queue.ready,
        "ready": next.collect::<Vec<_>>(),
        "not_ready": waiting,
        "unread_repositories": queue.unread,
    });
    format!("{object}\n")
}

fn entry(next: &QueueEntry, backlog: &BacklogFacts, forge: &Url) -> Option<Value> {
    let (repository, number) = (&backlog.titles.get(&next.issue)?.repo.name, next.issue.number);
    let forge = forge.as_str().trim_end_matches('/');
    Some(json!({
        "place": next.place,
        "repository": repository.to_string(),
        "number": number,
        "title": next.title,
        "points": next.points as f64 / 1e6,
        "p0": next.is_p0,
        "priority": next.priority,
        "size": next.size,
        "due": next.due.map(|due| due.to_string()),
        "agent": next.agent,
        "url": format!("{forge}/{repository}/issues/{number}"),
    }))
}
