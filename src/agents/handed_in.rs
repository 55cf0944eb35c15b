//! What timmy hands in for an agent: its pull request, and the line that says so.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::repository::JobRepository;
use super::workplace::Workplace;
use crate::clock::Clock;
use crate::core::effect::defuse;
use crate::core::jobs::{Commit, JobBranch};
use crate::core::reply::pull_body;
use crate::gitea::{Error, NewPullRequest};

/// How often something is written at most, and how long a write may still land.
pub(super) const TRIES: u32 = 3;
pub(super) const SETTLE: Duration = Duration::from_secs(15);

/// What stands before the attempt's key in the last line of a commit's message.
pub(super) const TRAILER: &str = "Timmy-Attempt: ";

/// What an attempt left on the forge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HandInResult {
    pub(super) commit: Commit,
    pub(super) pull: i64,
}

/// Why nothing could be handed in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotHandedIn {
    /// The branch holds what this attempt does not know.
    #[error("its branch holds something else by now")]
    BranchMoved,
    /// The forge does not take the commit: a file is another one by now, or may not be changed.
    #[error("the forge does not take its commit: {0}")]
    Refused(Error),
    #[error("its commit or pull request could not be made: {0}")]
    Failed(Error),
}

/// The message of a commit that timmy makes for the attempt `key`.
pub(super) fn commit_message(title: &str, summary: &str, key: &str) -> String {
    let (title, summary) = (defuse::quiet(title), defuse::quiet(summary));
    let said = if summary == title { String::new() } else { format!("{summary}\n\n") };
    format!("{title}\n\n{said}{TRAILER}{key}\n")
}

/// The number of the pull request of the place's branch, which is opened if there is none. It is
/// looked for before it is written again.
pub(super) async fn open_pull(
    repository: &dyn JobRepository,
    clock: &Arc<dyn Clock>,
    place: &Workplace,
    (title, summary): (&str, &str),
) -> Result<i64, NotHandedIn> {
    if let Some(pull) = place.pull {
        return Ok(pull);
    }
    // What was adopted has one.
    let JobBranch::Own(own) = place.branch else { return Err(NotHandedIn::BranchMoved) };
    let new = NewPullRequest {
        title: defuse::quiet(title),
        body: pull_body(own.thread, summary),
        head: place.branch.to_string(),
        base: place.base_branch.clone(),
    };
    let mut tries = 0;
    loop {
        let found = repository.open_pull_of(&place.repository, &new.base, &new.head).await;
        if let Some(pull) = found.map_err(NotHandedIn::Failed)? {
            return Ok(pull);
        }
        let error = match repository.open_pull(&place.repository, &new).await {
            Ok(pull) => return Ok(pull),
            Err(error) => error,
        };
        tries += 1;
        if tries == TRIES || matches!(error, Error::Unprocessable { .. }) {
            return Err(NotHandedIn::Failed(error));
        }
        clock.sleep(SETTLE).await;
    }
}

/// The line that every agent ends with. The summary stands in it, and nowhere else: no text of the
/// model's can be taken for the line.
pub(super) fn result_line(handed_in: &HandInResult, summary: &str) -> String {
    let HandInResult { commit, pull } = handed_in;
    let result = json!({
        "outcome": "pull_request",
        "pull": pull,
        "commit": commit.to_string(),
        "summary": summary,
    });
    format!("timmy-result: {result}")
}
