//! `timmy why`: the place of one issue, or what stands in its way, term by term.

use std::path::Path;
use std::process::ExitCode;

use serde_json::{Value, json};

use super::backlog_view::{BacklogError, BacklogView};
use super::{forge, markdown};
use crate::cli::output::{block_on, finish};
use crate::config::Config;
use crate::core::command::value::{ArgumentValue as _, IssueRef};
use crate::core::model::ids::{RepoName, ThreadId};
use crate::core::model::repository::Repo;
use crate::core::reply::{Answer, Bid, DisregardedPull, Judgement, Why as Explanation};
use crate::core::scheduling::TermLine;
use crate::store::{self, backlog, repos};

/// Explain the place of an issue: its score term by term, what stands in its way, whom it suits
///
/// Says what `why` says in a thread. Reads the forge first, as `timmy backlog` does.
#[derive(Debug, clap::Args)]
pub(super) struct WhyArgs {
    /// The issue
    #[arg(value_name = "OWNER/REPO#N", value_parser = asked)]
    issue: AskedIssue,
    /// Print one JSON object; "points" are decimal numbers up to 100, "value" and "fit" up to 1
    #[arg(long)]
    json: bool,
}

/// Which issue.
#[derive(Debug, Clone)]
struct AskedIssue {
    repo: RepoName,
    number: i64,
}

fn asked(word: &str) -> Result<AskedIssue, String> {
    match IssueRef::read(word) {
        Some(IssueRef { repo: Some(repo), number }) => Ok(AskedIssue { repo, number }),
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
    Backlog(#[from] BacklogError),
    #[error(transparent)]
    Ledger(#[from] store::Error),
    #[error("{0} is not watched: `gitea.watch` in the configuration names what is")]
    Repository(RepoName),
    #[error("{0} is archived: nothing is handed out there until somebody unarchives it")]
    Archived(RepoName),
    #[error("{0} is not read to its end yet: `timmy doctor` says what is wrong, if anything is")]
    Unread(RepoName),
    #[error("{0} is a pull request: timmy hands out issues")]
    Pull(String),
    #[error("there is no open issue {0}: it was closed, moved or deleted, or never was")]
    Issue(String),
}

impl WhyArgs {
    /// Exit code 1 if there is no such issue, 2 for a wrong configuration.
    pub(super) fn run(self, config: Option<&Path>) -> ExitCode {
        let config = match forge::configured(config) {
            Ok((_, loaded)) => loaded.config,
            Err(code) => return code,
        };
        finish(block_on(self.said(&config)))
    }

    async fn said(&self, config: &Config) -> Result<String, UnknownIssue> {
        let mut view = BacklogView::shown(config).await?;
        let thread = find(&view, &self.issue).await?;
        let issue = format!("{}#{}", self.issue.repo, self.issue.number);
        let Some(why) = view.why(thread).await? else { return Err(UnknownIssue::Issue(issue)) };
        match (&why.judgement, self.json) {
            (None, _) => Err(UnknownIssue::Issue(issue)),
            (Some(judgement), true) => Ok(object(&why, judgement)),
            _ => Ok(markdown::shown(&Answer::Why { why: Box::new(why) }.text(&view.name))),
        }
    }
}

/// The issue that was asked about, if its repository was read.
async fn find(view: &BacklogView, asked: &AskedIssue) -> Result<ThreadId, UnknownIssue> {
    let AskedIssue { repo: name, number } = asked.clone();
    let known = view.read(move |conn| {
        let repo = backlog::tracked(conn)?.into_iter().find(|repo| repo.name == name);
        let Some(repo) = repo else {
            let archived = backlog::archived(conn)?;
            let is_archived = |repo: &Repo| repo.name == name && archived.contains(&repo.id);
            return Ok(Err(repos::all(conn)?.iter().any(is_archived)));
        };
        let thread = ThreadId { repo: repo.id, number };
        let title = backlog::titles(conn, &[thread])?.remove(&thread);
        Ok(Ok((thread, title, backlog::due(conn)?.contains(&repo.id))))
    });
    let repo = || asked.repo.clone();
    let (thread, title, is_due) = known.await?.map_err(|is_archived| match is_archived {
        true => UnknownIssue::Archived(repo()),
        false => UnknownIssue::Repository(repo()),
    })?;
    let named = || format!("{}#{number}", asked.repo);
    match title {
        Some(title) if title.is_pull => Err(UnknownIssue::Pull(named())),
        Some(_) => Ok(thread),
        None if is_due => Err(UnknownIssue::Unread(repo())),
        None => Err(UnknownIssue::Issue(named())),
    }
}

/// One JSON object on a line.
fn object(why: &Explanation, judgement: &Judgement) -> String {
    let millionths = |count: u64| count as f64 / 1e6;
    let term = |line: &TermLine| -> Value {
        json!({
            "term": line.term, "value": millionths(line.value),
            "because": markdown::plain(&why.because(judgement, line)),
            "points": line.points.map(millionths),
        })
    };
    let agent =
        |bid: &Bid| json!({ "agent": bid.agent, "fit": millionths(bid.fit), "lack": bid.lack });
    let disregarded = |pull: &DisregardedPull| json!({ "pull_request": pull.name, "because": pull.because.code() });
    let object = json!({
        "issue": why.status.target,
        "title": why.status.title,
        "ready": why.obstacles.is_empty(),
        "obstacles": why.obstacles.iter().map(|obstacle| obstacle.code()).collect::<Vec<_>>(),
        "waits_for": why.status.waits,
        "circle": judgement.circle,
        "pull_requests": judgement.pulls,
        "disregarded_pull_requests": judgement.disregarded.iter().map(disregarded).collect::<Vec<_>>(),
        "place": judgement.place,
        "of": judgement.of,
        "points": millionths(judgement.points),
        "terms": judgement.terms.iter().map(term).collect::<Vec<_>>(),
        "agents": judgement.bids.iter().map(agent).collect::<Vec<_>>(),
    });
    format!("{object}\n")
}
