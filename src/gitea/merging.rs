//! Merging a pull request as exactly the commit that was looked at, and updating it from its base.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::client::Gitea;
use super::error::Error;
use super::route::Route;
use crate::core::jobs::{Commit, MergeRefusal};
use crate::core::model::ids::RepoName;

/// What is to be merged, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// The commit that was shown to whoever said yes: no other one is merged.
    pub head: Commit,
    /// Gitea's word for how, such as `squash`.
    pub style: &'static str,
    /// The first line of the commit that a merge or a squash makes; none leaves it to the forge.
    pub title: Option<String>,
    /// What stands below it.
    pub message: String,
    /// Whether the branch goes with it, where nothing protects it.
    pub deletes_branch: bool,
}

impl Gitea {
    /// Merges a pull request now, never by the forge's own schedule. Needs the scope
    /// `write:repository`.
    ///
    /// # Errors
    /// Those after which nobody knows whether it was merged: look. What the forge refuses is no
    /// error but a [`MergeRefusal`].
    pub async fn merge(
        &self,
        repo: &RepoName,
        number: i64,
        merge: &Merge,
    ) -> Result<Result<(), MergeRefusal>, Error> {
        let Merge { head, style, title, message, deletes_branch } = merge;
        let mut body = json!({
            "Do": style,
            "head_commit_id": head,
            "MergeMessageField": message,
            "delete_branch_after_merge": deletes_branch,
        });
        if let Some(title) = title {
            body["MergeTitleField"] = json!(title);
        }
        let answer = self.send(Method::POST, &step(repo, number, "merge"), &body).await;
        match answer {
            Ok(answer) => answer.expect(StatusCode::OK).map(|_| Ok(())),
            Err(Error::NotFound { .. }) => Ok(Err(MergeRefusal::Closed)),
            Err(Error::Conflict { status, message }) => Ok(Err(refusal(status, &message))),
            Err(error) => Err(error),
        }
    }

    /// Brings what is new in its base into the branch of a pull request, by a commit of this
    /// account's. Whether there was room for it: else the two conflict.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if the account may not push to that branch.
    pub async fn update_pull(&self, repo: &RepoName, number: i64) -> Result<bool, Error> {
        let route = step(repo, number, "update").with("style", "merge");
        match self.send(Method::POST, &route, &json!({})).await {
            Ok(answer) => answer.expect(StatusCode::OK).map(|_| true),
            Err(Error::Conflict { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn step(repo: &RepoName, number: i64, step: &str) -> Route {
    let template = match step {
        "update" => "repos/{owner}/{repo}/pulls/{index}/update",
        _ => "repos/{owner}/{repo}/pulls/{index}/merge",
    };
    Route::new(template, &[&repo.owner(), &repo.name(), &number])
}

/// What the forge means by its words. Gitea before 1.23 puts some of them in brackets, and says
/// nothing of one that is merged already.
fn refusal(status: u16, message: &str) -> MergeRefusal {
    const WORDS: [(&str, MergeRefusal); 15] = [
        ("head out of date", MergeRefusal::HeadMoved),
        ("already merged", MergeRefusal::AlreadyMerged),
        ("try again later", MergeRefusal::TryLater),
        ("push out of date", MergeRefusal::BaseMoved),
        ("User not allowed to merge", MergeRefusal::MayNotMerge),
        ("Work in progress", MergeRefusal::Draft),
        ("required status checks", MergeRefusal::ChecksMissing),
        ("enough approvals", MergeRefusal::TooFewApprovals),
        ("requested changes", MergeRefusal::ReviewBlocks),
        ("official review requests", MergeRefusal::ReviewAwaited),
        ("behind the base branch", MergeRefusal::Behind),
        ("Changed protected files", MergeRefusal::ProtectedFiles),
        ("merge style for this repository", MergeRefusal::StyleNotAllowed),
        ("because of conflict", MergeRefusal::Conflict),
        ("wont sign", MergeRefusal::NotSigned),
    ];
    let known = WORDS.into_iter().find(|(words, _)| message.contains(words));
    match (known, status) {
        (Some((_, refusal)), _) => refusal,
        (None, 405) if message.is_empty() => MergeRefusal::AlreadyMerged,
        // A conflict of a merge is told by what git printed, without a message.
        (None, 409) if message.is_empty() => MergeRefusal::Conflict,
        (None, _) => match message.strip_prefix("PushRejected with") {
            Some(_) => MergeRefusal::Rejected(message.to_owned()),
            None => MergeRefusal::Other(message.to_owned()),
        },
    }
}
