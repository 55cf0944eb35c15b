//! Who pushed. Commits have the names that git was given; these are of the accounts that pushed.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::client::Gitea;
use super::error::Error;
use super::pages::{self, UnusableEntry};
use super::route::Route;
use super::wire::{WireTime, WireUser, or_default};
use crate::core::jobs::Commit;
use crate::core::model::account::Account;
use crate::core::model::ids::RepoName;
use crate::core::model::time::Timestamp;

/// So many entries a page has.
const PAGE: usize = 50;

/// A page with fewer is the last one.
const SMALLEST_PAGE: usize = 10;

/// How many pages of a timeline are looked at.
const MOST_PAGES: usize = 4;

/// A push to the branch of an open pull request, as its timeline tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullPush {
    /// None for a deleted user.
    pub by: Option<Account>,
    /// Where the branch stood after it.
    pub head: Commit,
    /// The commits that came, the newest last; of a force push the former head and the new one.
    pub commits: Vec<Commit>,
    pub is_force: bool,
    pub at: Option<Timestamp>,
}

/// The pushes of a timeline, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullPushes {
    pub pushes: Vec<PullPush>,
    /// Whether the timeline was longer than what is looked at.
    pub is_truncated: bool,
}

/// A push to a branch, as the activity of its repository tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepoPush {
    /// None for a deleted user.
    pub by: Option<Account>,
    pub branch: String,
    /// Where it stood after it; none if that is not told, as of a branch that was only made.
    pub head: Option<Commit>,
    pub at: Option<Timestamp>,
}

/// What the activity of a repository tells of pushes, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecentPushes {
    pub pushes: Vec<RepoPush>,
    /// When it was told, by the clock that tells the times of pushes.
    pub read_at: Option<Timestamp>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireEvent {
    #[serde(rename = "type", deserialize_with = "or_default")]
    kind: String,
    user: Option<WireUser>,
    #[serde(deserialize_with = "or_default")]
    body: String,
    created_at: WireTime,
}

#[derive(Debug, Deserialize)]
struct WirePushed {
    #[serde(default, deserialize_with = "or_default")]
    is_force_push: bool,
    #[serde(default, deserialize_with = "or_default")]
    commit_ids: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WirePushActivity {
    #[serde(deserialize_with = "or_default")]
    op_type: String,
    act_user: Option<WireUser>,
    #[serde(deserialize_with = "or_default")]
    ref_name: String,
    #[serde(deserialize_with = "or_default")]
    content: String,
    created: WireTime,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireContent {
    head_commit: Option<WireHeadCommit>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireHeadCommit {
    sha1: String,
}

impl Gitea {
    /// Who pushed what to the branch of the pull request `number` at `since` or later, but not before
    /// it was opened. Needs the scope `read:issue`.
    pub async fn pull_pushes(
        &self,
        repo: &RepoName,
        number: i64,
        since: Timestamp,
    ) -> Result<PullPushes, Error> {
        let route = Route::new(
            "repos/{owner}/{repo}/issues/{index}/timeline",
            &[&repo.owner(), &repo.name(), &number],
        );
        let route = route.with("since", since);
        let mut pushes = Vec::new();
        for page in 1..=MOST_PAGES {
            let route = route.clone().with("page", page).with("limit", PAGE);
            let list = pages::plain(&self.get(&route).await?)?;
            pushes.extend(pages::usable(&list, pull_push, route.template()));
            // What may not be seen is taken out of a page after it was cut, and its X-Total-Count is
            // that of the page: only a very short one is the last.
            if list.len() < SMALLEST_PAGE {
                return Ok(PullPushes { pushes, is_truncated: false });
            }
        }
        Ok(PullPushes { pushes, is_truncated: true })
    }

    /// Who pushed to branches there lately: the newest fifty activities are looked at. None where the server keeps none. Needs the scope `read:repository`.
    pub async fn recent_pushes(&self, repo: &RepoName) -> Result<RecentPushes, Error> {
        let route =
            Route::new("repos/{owner}/{repo}/activities/feeds", &[&repo.owner(), &repo.name()]);
        let route = route.with("page", 1).with("limit", PAGE);
        let answer = match self.get(&route).await {
            Ok(answer) => answer,
            Err(Error::NotFound { .. }) => return Ok(RecentPushes::default()),
            Err(error) => return Err(error),
        };
        let pushes = pages::usable(&pages::plain(&answer)?, repo_push, route.template());
        Ok(RecentPushes { pushes, read_at: answer.date() })
    }
}

fn pull_push(json: &RawValue) -> Result<Option<PullPush>, UnusableEntry> {
    let event: WireEvent = serde_json::from_str(json.get())?;
    if event.kind != "pull_push" {
        return Ok(None);
    }
    let pushed: WirePushed = serde_json::from_str(&event.body)?;
    let commits: Vec<Commit> =
        pushed.commit_ids.into_iter().filter_map(|id| id.try_into().ok()).collect();
    let by = event.user.and_then(WireUser::present);
    let (is_force, at) = (pushed.is_force_push, event.created_at.given());
    Ok(commits.last().cloned().map(|head| PullPush { by, head, commits, is_force, at }))
}

fn repo_push(json: &RawValue) -> Result<Option<RepoPush>, UnusableEntry> {
    let activity: WirePushActivity = serde_json::from_str(json.get())?;
    let Some(branch) = activity.ref_name.strip_prefix("refs/heads/") else { return Ok(None) };
    if activity.op_type != "commit_repo" {
        return Ok(None);
    }
    let content: Option<WireContent> = serde_json::from_str(&activity.content).ok();
    let head = content.and_then(|content| content.head_commit);
    Ok(Some(RepoPush {
        by: activity.act_user.and_then(WireUser::present),
        branch: branch.to_owned(),
        head: head.and_then(|head| head.sha1.try_into().ok()),
        at: activity.created.given(),
    }))
}
