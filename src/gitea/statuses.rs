//! What checks say of a commit.

use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::answer::ForgeAnswer;
use super::client::Gitea;
use super::error::Error;
use super::job_logs::is_job_of;
use super::pages::{self, ListShape, Pages};
use super::route::Route;
use super::wire::{MissingField, WireTime, WireUser, or_default, positive};
use crate::core::jobs::Commit;
use crate::core::model::account::Account;
use crate::core::model::commit_status::{CheckState, CommitStatus, SaidOfCommit};
use crate::core::model::ids::RepoName;

/// How many statuses of one commit are read.
const MOST_STATUSES: usize = 1000;

/// The number of the account as which Actions speak.
const ACTIONS: i64 = -2;
/// How many are read where the newest are enough.
const MOST_NEWEST: usize = 200;

/// What was said of a commit last, as far as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewestStatuses {
    pub said: Vec<CommitStatus>,
    /// Whether more was said than is read, and what was read was not enough.
    pub is_cut: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireStatus {
    #[serde(deserialize_with = "or_default")]
    id: i64,
    #[serde(deserialize_with = "or_default")]
    status: String,
    #[serde(deserialize_with = "or_default")]
    context: String,
    creator: Option<WireUser>,
    #[serde(deserialize_with = "or_default")]
    description: String,
    #[serde(deserialize_with = "or_default")]
    target_url: String,
    created_at: WireTime,
}

impl TryFrom<WireStatus> for CommitStatus {
    type Error = MissingField;

    fn try_from(status: WireStatus) -> Result<Self, MissingField> {
        let state = match status.status.as_str() {
            "pending" => CheckState::Pending,
            "success" => CheckState::Success,
            "failure" | "error" => CheckState::Failure,
            "warning" => CheckState::Warning,
            "skipped" => CheckState::Skipped,
            _ => CheckState::Unknown,
        };
        let by = status.creator.and_then(WireUser::account);
        Ok(Self {
            id: positive(status.id, "id")?,
            context: status.context,
            state,
            by,
            description: status.description,
            target_url: status.target_url,
            at: status.created_at.given(),
        })
    }
}

/// With who reports what the server's own Actions found. No version names that account, since it is
/// nobody's: its statuses are those of nobody that lead to a job of the repository. Somebody whose
/// account was deleted since could have said the same: no server tells them apart.
fn with_actions(mut said: Vec<CommitStatus>, repo: &RepoName) -> Vec<CommitStatus> {
    for status in &mut said {
        if status.by.is_none() && is_job_of(&status.target_url, repo) {
            status.by = Some(Account { id: ACTIONS, login: "gitea-actions".to_owned() });
        }
    }
    said
}

impl Gitea {
    /// The newest status of each context of a commit, or of the head of a branch. Of all pages: the
    /// forge's own verdict is over one. Needs the scope `read:repository`.
    pub async fn combined_status(
        &self,
        repo: &RepoName,
        of: &str,
    ) -> Result<Vec<CommitStatus>, Error> {
        Ok(with_actions(self.newest(repo, &of).all().await?.entries, repo))
    }

    /// All that was ever said of a commit, each version of each context, the newest first. Needs the
    /// scope `read:repository`.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if it is more than a thousand: whoever may push may say anything, however
    /// often.
    pub async fn statuses(
        &self,
        repo: &RepoName,
        commit: &Commit,
    ) -> Result<Vec<CommitStatus>, Error> {
        let mut pages = self.versions(repo, commit);
        let mut all = Vec::new();
        while let Some(page) = pages.next().await? {
            all.extend(page.entries);
            if all.len() > MOST_STATUSES {
                return Err(Error::TooLarge { limit: MOST_STATUSES, unit: "statuses" });
            }
        }
        Ok(with_actions(all, repo))
    }

    /// What was said of a commit last, each version of each context, the newest first, until what was
    /// read `is_enough`: a flood of statuses costs no more than a few requests. Needs the scope
    /// `read:repository`.
    pub async fn newest_statuses(
        &self,
        repo: &RepoName,
        commit: &Commit,
        is_enough: impl Fn(&[CommitStatus]) -> bool,
    ) -> Result<NewestStatuses, Error> {
        read_until(self.versions(repo, commit), repo, is_enough).await
    }

    /// The same of the newest status of each context.
    pub async fn newest_of_contexts(
        &self,
        repo: &RepoName,
        commit: &Commit,
        is_enough: impl Fn(&[CommitStatus]) -> bool,
    ) -> Result<NewestStatuses, Error> {
        read_until(self.newest(repo, commit), repo, is_enough).await
    }

    /// All that was said of a commit.
    fn versions(&self, repo: &RepoName, commit: &Commit) -> Pages<'_, CommitStatus> {
        let route = Route::new(
            "repos/{owner}/{repo}/commits/{ref}/statuses",
            &[&repo.owner(), &repo.name(), commit],
        );
        let shape =
            ListShape { list: pages::plain, entry: pages::entry::<WireStatus, CommitStatus> };
        Pages::new(self, route, shape)
    }

    /// The newest of each context of what a commit or a branch is called by.
    fn newest(
        &self,
        repo: &RepoName,
        of: &(dyn std::fmt::Display + Sync),
    ) -> Pages<'_, CommitStatus> {
        let route = Route::new(
            "repos/{owner}/{repo}/commits/{ref}/status",
            &[&repo.owner(), &repo.name(), of],
        );
        let shape =
            ListShape { list: in_combined, entry: pages::entry::<WireStatus, CommitStatus> };
        Pages::new(self, route, shape)
    }

    /// Says something of a commit, in place of what was said under the same context. Needs the
    /// scope `write:repository`.
    pub async fn say_of(
        &self,
        repo: &RepoName,
        commit: &Commit,
        said: &SaidOfCommit,
    ) -> Result<(), Error> {
        let route = Route::new(
            "repos/{owner}/{repo}/statuses/{sha}",
            &[&repo.owner(), &repo.name(), commit],
        );
        let SaidOfCommit { context, state, description, target_url } = said;
        let body = json!({
            "context": context,
            "state": word_for(*state),
            "description": description,
            "target_url": target_url,
        });
        let answer = self.send(Method::POST, &route, &body).await?;
        answer.expect(StatusCode::CREATED).map(drop)
    }
}

async fn read_until(
    mut pages: Pages<'_, CommitStatus>,
    repo: &RepoName,
    is_enough: impl Fn(&[CommitStatus]) -> bool,
) -> Result<NewestStatuses, Error> {
    let mut said = Vec::new();
    while let Some(page) = pages.next().await? {
        said.extend(with_actions(page.entries, repo));
        if is_enough(&said) {
            break;
        }
        if said.len() >= MOST_NEWEST {
            return Ok(NewestStatuses { said, is_cut: true });
        }
    }
    Ok(NewestStatuses { said, is_cut: false })
}

/// `warning` and `skipped` are for others to say: not every server takes them.
fn word_for(state: CheckState) -> &'static str {
    match state {
        CheckState::Pending => "pending",
        CheckState::Success => "success",
        CheckState::Failure | CheckState::Warning | CheckState::Skipped | CheckState::Unknown => {
            "failure"
        }
    }
}

/// The entries of a page of the combined status.
fn in_combined(answer: &ForgeAnswer) -> Result<Vec<Box<RawValue>>, Error> {
    #[derive(Deserialize)]
    struct Combined {
        statuses: Option<Vec<Box<RawValue>>>,
    }
    Ok(answer.json::<Combined>()?.statuses.unwrap_or_default())
}
