//! `timmy why`: the place of one issue, or what stands in its way, term by term.

mod ineligible;
mod print;
mod said;

use std::path::Path;
use std::process::ExitCode;

use super::backlog::Bar;
use super::backlog_view::{BacklogError, BacklogView};
use super::{FAILED, complain, forge};
use crate::config::Config;
use crate::core::command::value::{ArgumentValue as _, IssueRef};
use crate::core::model::ids::{RepoName, ThreadId};
use crate::store::{self, backlog, threads};
use ineligible::View;
use print::Explained;

/// Explain the place of an issue: its score term by term, what stands in its way, whom it suits
///
/// Reads the forge first, as `timmy backlog` does.
#[derive(Debug, clap::Args)]
pub(super) struct Why {
    /// The issue
    #[arg(value_name = "OWNER/REPO#N", value_parser = asked)]
    issue: Asked,
    /// Print one JSON object; "points" are decimal numbers up to 100, "value" and "fit" up to 1
    #[arg(long)]
    json: bool,
}

/// Which issue.
#[derive(Debug, Clone)]
struct Asked {
    repo: RepoName,
    number: i64,
}

fn asked(word: &str) -> Result<Asked, String> {
    match IssueRef::read(word) {
        Some(IssueRef { repo: Some(repo), number }) => Ok(Asked { repo, number }),
        Some(IssueRef { repo: None, .. }) => {
            Err("in which repository? Write owner/repository#12".to_owned())
        }
        None => Err("write owner/repository#12".to_owned()),
    }
}

/// Why an issue cannot be explained.
#[derive(Debug, thiserror::Error)]
enum UnknownIssue {
    #[error(transparent)]
    Blind(#[from] BacklogError),
    #[error(transparent)]
    Ledger(#[from] store::Error),
    #[error("{0} is not watched: `gitea.watch` in the configuration names what is")]
    Repository(RepoName),
    #[error("{0} is not read to its end yet: `timmy doctor` says what is wrong, if anything is")]
    Unread(RepoName),
    #[error("{0} is a pull request: timmy hands out issues")]
    Pull(String),
    #[error("there is no open issue {0}: it was closed, moved or deleted, or never was")]
    Issue(String),
}

impl Why {
    /// Exit code 1 if there is no such issue, 2 for a wrong configuration.
    pub(super) fn run(self, config: Option<&Path>) -> ExitCode {
        let config = match forge::configured(config) {
            Ok((_, loaded)) => loaded.config,
            Err(code) => return code,
        };
        match super::block_on(explain(&config, &self.issue)) {
            Ok(explained) => {
                // What was found is the same, whether or not somebody reads this.
                let _ = if self.json { print::json(&explained) } else { print::text(&explained) };
                ExitCode::SUCCESS
            }
            Err(unknown) => {
                complain(&unknown.to_string());
                FAILED.into()
            }
        }
    }
}

async fn explain(config: &Config, asked: &Asked) -> Result<Explained, UnknownIssue> {
    let mut sight = {
        let bar = Bar::new();
        BacklogView::take(config, &|progress| bar.show(progress)).await?
    };
    if let Some(problem) = &sight.stale {
        complain(&format!("what moved lately is missing: {problem}"));
    }
    let thread = find(&sight, asked).await?;
    let no_issue = || UnknownIssue::Issue(format!("{}#{}", asked.repo, asked.number));
    if !sight.study(thread).await? {
        return Err(no_issue());
    }
    let state = sight.read(move |conn| threads::state(conn, thread)).await?;
    let backlog = &sight.backlog;
    let (Some(judgement), Some(case)) =
        (backlog.judgement(thread, None), backlog.cases.get(&thread))
    else {
        return Err(no_issue());
    };
    let name = |thread: ThreadId| match backlog.titles.get(&thread) {
        Some(title) => format!("{}#{}", title.repo, thread.number),
        None => format!("an issue that is not watched (#{})", thread.number),
    };
    let view = View {
        facts: &case.facts,
        judgement: &judgement,
        state: &state,
        setting: &backlog.judged.setting,
        name: &name,
    };
    let obstacles = &case.standing.obstacles;
    Ok(Explained {
        issue: name(thread),
        title: backlog.titles.get(&thread).map_or_else(String::new, |known| known.title.clone()),
        obstacle: obstacles.first().map(|firmest| view.of(*firmest)),
        obstacles: obstacles.clone(),
        waits_for: case.facts.waits_for.iter().map(|one| name(*one)).collect(),
        judgement,
    })
}

/// The issue that was asked about, if its repository was read.
async fn find(sight: &BacklogView, asked: &Asked) -> Result<ThreadId, UnknownIssue> {
    let name = asked.repo.clone();
    let known = sight.read(move |conn| {
        let repo = backlog::tracked(conn)?.into_iter().find(|repo| repo.name == name);
        let Some(repo) = repo else { return Ok(None) };
        let is_due = backlog::due(conn)?.contains(&repo.id);
        Ok(Some((repo, is_due)))
    });
    let (repo, is_due) =
        known.await?.ok_or_else(|| UnknownIssue::Repository(asked.repo.clone()))?;
    let thread = ThreadId { repo: repo.id, number: asked.number };
    let named = format!("{}#{}", repo.name, asked.number);
    match sight.titles(vec![thread]).await?.get(&thread) {
        Some(title) if title.is_pull => Err(UnknownIssue::Pull(named)),
        Some(_) => Ok(thread),
        None if is_due => Err(UnknownIssue::Unread(repo.name)),
        None => Err(UnknownIssue::Issue(named)),
    }
}
