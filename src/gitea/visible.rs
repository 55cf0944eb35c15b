//! What an account may see: its own nature, others' accounts, repositories with its rights there.

use serde::Deserialize;

use super::client::Gitea;
use super::error::Error;
use super::route::Route;
use super::wire::{Missing, Repository, User, or_default};
use crate::core::heard::{Account, Permissions, Repo};
use crate::core::ids::RepoName;

/// A repository, and what the account that asks may do with its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visible {
    /// Which one.
    pub repo: Repo,
    /// None of it where the forge does not say.
    pub permissions: Permissions,
    /// Whether there is no commit in it.
    pub is_empty: bool,
}

/// The repositories of an owner, and what kind of owner that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owned {
    /// An organisation's.
    ByOrganisation(Vec<Visible>),
    /// A user's.
    ByUser(Vec<Visible>),
}

/// An account, as itself sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    /// Which one.
    pub account: Account,
    /// Whether it runs the whole forge.
    pub is_site_admin: bool,
}

impl Gitea {
    /// The account that the token belongs to. Needs the scope `read:user`.
    pub async fn own_account(&self) -> Result<Own, Error> {
        #[derive(Deserialize)]
        struct Nature {
            #[serde(default, deserialize_with = "or_default")]
            is_admin: bool,
        }
        let answer = self.get(&Route::new("user", &[])).await?;
        let account = answer.json::<User>()?.account().ok_or(Missing("login"))?;
        Ok(Own { account, is_site_admin: answer.json::<Nature>()?.is_admin })
    }

    /// What the account may see of the repositories of `owner`; none if there is no such owner.
    /// Needs `read:organization`, and for a user `read:user` and `read:repository`.
    pub async fn owned_by(&self, owner: &str) -> Result<Option<Owned>, Error> {
        match self.pages(Route::new("orgs/{org}/repos", &[&owner])).await {
            Err(Error::NotFound { .. }) => {}
            repos => return Ok(Some(Owned::ByOrganisation(visible(repos?)?))),
        }
        match self.pages(Route::new("users/{username}/repos", &[&owner])).await {
            Err(Error::NotFound { .. }) => Ok(None),
            repos => Ok(Some(Owned::ByUser(visible(repos?)?))),
        }
    }

    /// The repositories that the account owns, or has a part in: `GET /user/repos`.
    pub async fn visible_repos(&self) -> Result<Vec<Visible>, Error> {
        visible(self.pages(Route::new("user/repos", &[])).await?)
    }

    /// The repository called `name` with the account's rights there; none if it is not there,
    /// or not for this account. Needs the scope `read:repository`.
    pub async fn visible_repo(&self, name: &RepoName) -> Result<Option<Visible>, Error> {
        let route = Route::new("repos/{owner}/{repo}", &[&name.owner(), &name.name()]);
        match self.get(&route).await {
            Err(Error::NotFound { .. }) => Ok(None),
            answer => Ok(Some(Visible::try_from(answer?.json::<Repository>()?)?)),
        }
    }
}

impl TryFrom<Repository> for Visible {
    type Error = Missing;

    fn try_from(repository: Repository) -> Result<Self, Missing> {
        let permissions = repository.permissions().unwrap_or_default();
        let is_empty = repository.is_empty();
        Ok(Self { repo: repository.try_into()?, permissions, is_empty })
    }
}

fn visible(repos: Vec<Repository>) -> Result<Vec<Visible>, Error> {
    Ok(repos.into_iter().map(Visible::try_from).collect::<Result<_, _>>()?)
}
