//! Branches, as whoever asks sees them.

use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::client::Gitea;
use super::error::Error;
use super::route::Route;
use super::wire::{MissingField, or_default};
use crate::core::jobs::Commit;
use crate::core::model::glob::Glob;
use crate::core::model::ids::RepoName;

/// A branch of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForgeBranch {
    pub name: String,
    pub head: Commit,
    /// Whether a rule of the repository protects it.
    pub is_protected: bool,
    /// What must be green before something is merged into it, as its rule has it: patterns too.
    /// None without such a rule.
    pub status_contexts: Vec<String>,
    /// Whether the account that asks may push to it; no where the forge does not say.
    pub may_push: bool,
    /// Whether it may merge into it; no where the forge does not say.
    pub may_merge: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireBranch {
    #[serde(deserialize_with = "or_default")]
    name: String,
    commit: Option<WireHead>,
    #[serde(deserialize_with = "or_default")]
    protected: bool,
    #[serde(deserialize_with = "or_default")]
    enable_status_check: bool,
    #[serde(deserialize_with = "or_default")]
    status_check_contexts: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    user_can_push: bool,
    #[serde(deserialize_with = "or_default")]
    user_can_merge: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireHead {
    #[serde(deserialize_with = "or_default")]
    id: String,
}

/// A rule that protects branches.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireRule {
    #[serde(deserialize_with = "or_default")]
    rule_name: String,
    #[serde(deserialize_with = "or_default")]
    block_on_rejected_reviews: bool,
}

impl WireRule {
    fn covers(&self, branch: &str) -> bool {
        Glob::new(&self.rule_name).is_some_and(|glob| glob.matches(branch))
    }
}

impl TryFrom<WireBranch> for ForgeBranch {
    type Error = MissingField;

    fn try_from(branch: WireBranch) -> Result<Self, MissingField> {
        let head = branch.commit.unwrap_or_default().id;
        let status_contexts = match branch.enable_status_check {
            true => branch.status_check_contexts,
            false => Vec::new(),
        };
        Ok(Self {
            name: branch.name,
            head: head.try_into().map_err(|_| MissingField("commit.id"))?,
            is_protected: branch.protected,
            status_contexts,
            may_push: branch.user_can_push,
            may_merge: branch.user_can_merge,
        })
    }
}

impl Gitea {
    /// The branch `name`; none if it is gone, or the repository is not visible. Needs the scope
    /// `read:repository`.
    pub async fn branch(&self, repo: &RepoName, name: &str) -> Result<Option<ForgeBranch>, Error> {
        match self.get(&one(repo, name)).await {
            Ok(answer) => Ok(Some(answer.json::<WireBranch>()?.try_into()?)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether the rule of the branch `name` merges nothing as long as a review that counts asks for
    /// changes; none where that is not shown: rules are for who administers the repository.
    pub async fn blocks_on_rejection(
        &self,
        repo: &RepoName,
        name: &str,
    ) -> Result<Option<bool>, Error> {
        let template = "repos/{owner}/{repo}/branch_protections";
        let rules = match self.get(&Route::new(template, &[&repo.owner(), &repo.name()])).await {
            Ok(answer) => answer.json::<Option<Vec<WireRule>>>()?.unwrap_or_default(),
            Err(Error::NotFound { .. } | Error::Forbidden { .. } | Error::MissingScope { .. }) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let exact = rules.iter().find(|rule| rule.rule_name == name);
        let of_it = exact.or_else(|| rules.iter().find(|rule| rule.covers(name)));
        Ok(Some(of_it.is_some_and(|rule| rule.block_on_rejected_reviews)))
    }

    /// Makes the branch `name`, which begins at `from`. Needs the scope `write:repository`.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it exists already.
    pub async fn create_branch(
        &self,
        repo: &RepoName,
        name: &str,
        from: &Commit,
    ) -> Result<ForgeBranch, Error> {
        let route = Route::new("repos/{owner}/{repo}/branches", &[&repo.owner(), &repo.name()]);
        let body = json!({ "new_branch_name": name, "old_ref_name": from.to_string() });
        let answer = self.send(Method::POST, &route, &body).await?.expect(StatusCode::CREATED)?;
        Ok(answer.json::<WireBranch>()?.try_into()?)
    }

    /// Deletes the branch `name`; one that is gone already is fine. Needs the scope
    /// `write:repository`.
    pub async fn delete_branch(&self, repo: &RepoName, name: &str) -> Result<(), Error> {
        match self.delete(&one(repo, name)).await {
            Ok(answer) => answer.expect(StatusCode::NO_CONTENT).map(drop),
            Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn one(repo: &RepoName, name: &str) -> Route {
    Route::new("repos/{owner}/{repo}/branches/{branch}", &[&repo.owner(), &repo.name(), &name])
}
