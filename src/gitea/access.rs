//! What an account may see: its own nature, others' accounts, repositories with its rights there.

use serde::Deserialize;

use super::client::Gitea;
use super::error::Error;
use super::pages::{self, ListShape, Page, Pages};
use super::route::Route;
use super::wire::{MissingField, WireRepository, WireUser, or_default};
use crate::core::model::account::Account;
use crate::core::model::ids::RepoName;
use crate::core::model::repository::{Permissions, Repo};

/// A repository, and what the account that asks may do with its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisibleRepo {
    pub repo: Repo,
    /// None of it where the forge does not say.
    pub permissions: Permissions,
    /// Whether there is no commit in it.
    pub is_empty: bool,
    /// Whether it is archived: nothing can be written there.
    pub is_archived: bool,
    /// The branch that work begins at; none where the forge does not say.
    pub default_branch: Option<String>,
}

/// The account of the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnAccount {
    pub account: Account,
    /// Whether it administers the whole server.
    pub is_site_admin: bool,
}

impl Gitea {
    /// The account that the token belongs to. Needs the scope `read:user`.
    pub async fn own_account(&self) -> Result<OwnAccount, Error> {
        #[derive(Deserialize)]
        struct Nature {
            #[serde(default, deserialize_with = "or_default")]
            is_admin: bool,
        }
        let answer = self.get(&Route::new("user", &[])).await?;
        let account = answer.json::<WireUser>()?.account().ok_or(MissingField("login"))?;
        Ok(OwnAccount { account, is_site_admin: answer.json::<Nature>()?.is_admin })
    }

    /// The repositories in which the account has a right of its own, or through a team.
    pub async fn own_repos(&self) -> Result<Page<VisibleRepo>, Error> {
        let shape =
            ListShape { list: pages::plain, entry: pages::entry::<WireRepository, VisibleRepo> };
        Pages::new(self, Route::new("user/repos", &[]), shape).all().await
    }

    /// The repositories of an organisation or a user that the account may see. Needs the scopes
    /// `read:organization` and `read:repository`, for a user `read:user` as well.
    ///
    /// By the search: the list of an owner leaves out what the account may not see only after it
    /// has cut pages, so that a page may be empty and not the last.
    pub async fn repos_of(&self, owner: &str) -> Result<Page<VisibleRepo>, Error> {
        #[derive(Deserialize)]
        struct Owner {
            id: i64,
        }
        let found = match self.get(&Route::new("orgs/{org}", &[&owner])).await {
            Err(Error::NotFound { .. }) => {
                self.get(&Route::new("users/{username}", &[&owner])).await
            }
            organisation => organisation,
        };
        let Owner { id } = found?.json()?;
        let route = Route::new("repos/search", &[]).with("uid", id).with("exclusive", "true");
        let shape =
            ListShape { list: pages::data, entry: pages::entry::<WireRepository, VisibleRepo> };
        Pages::new(self, route, shape).all().await
    }

    /// The repository called `name`, as a list of one. Needs the scope `read:repository`.
    pub async fn visible_repo(&self, name: &RepoName) -> Result<Page<VisibleRepo>, Error> {
        let route = Route::new("repos/{owner}/{repo}", &[&name.owner(), &name.name()]);
        let answer = self.get(&route).await?;
        let at = answer.date();
        Ok(Page { entries: vec![answer.json::<WireRepository>()?.try_into()?], at })
    }

    /// Whether `owner` is an organisation, not a user. Needs the scope `read:organization`.
    pub async fn is_organisation(&self, owner: &str) -> Result<bool, Error> {
        match self.get(&Route::new("orgs/{org}", &[&owner])).await {
            Err(Error::NotFound { .. }) => Ok(false),
            answer => answer.map(|_| true),
        }
    }
}

impl TryFrom<WireRepository> for VisibleRepo {
    type Error = MissingField;

    fn try_from(repository: WireRepository) -> Result<Self, MissingField> {
        let permissions = repository.permissions().unwrap_or_default();
        let is_empty = repository.is_empty();
        let is_archived = repository.archived == Some(true);
        let default_branch = repository.default_branch.clone().filter(|name| !name.is_empty());
        let repo = repository.try_into()?;
        Ok(Self { repo, permissions, is_empty, is_archived, default_branch })
    }
}
