//! Repositories, and who belongs to them.

use super::answer::ForgeAnswer;
use super::client::Gitea;
use super::error::Error;
use super::route::Route;
use super::wire::{WireRepository, WireUser};
use crate::core::model::account::Account;
use crate::core::model::ids::{RepoId, RepoName};
use crate::core::model::repository::Repo;

impl Gitea {
    /// The repository called `name` now or, through the forge's redirect, formerly: the answer
    /// has its present name. Needs the scope `read:repository`.
    pub async fn repo(&self, name: &RepoName) -> Result<Repo, Error> {
        let route = Route::new("repos/{owner}/{repo}", &[&name.owner(), &name.name()]);
        repo_in(self.get(&route).await?)
    }

    /// The repository with this number, whatever it is called now.
    pub async fn repo_by_id(&self, id: RepoId) -> Result<Repo, Error> {
        repo_in(self.get(&Route::new("repositories/{id}", &[&id.0])).await?)
    }

    /// Whether the repository with this number is archived; yes where the forge does not say.
    pub async fn is_archived(&self, id: RepoId) -> Result<bool, Error> {
        let answer = self.get(&Route::new("repositories/{id}", &[&id.0])).await?;
        Ok(answer.json::<WireRepository>()?.archived != Some(false))
    }

    /// Who can be assigned to an issue there. Says nothing about who may write.
    pub async fn assignable(&self, name: &RepoName) -> Result<Vec<Account>, Error> {
        let route = Route::new("repos/{owner}/{repo}/assignees", &[&name.owner(), &name.name()]);
        let users: Option<Vec<WireUser>> = self.get(&route).await?.json()?;
        Ok(users.unwrap_or_default().into_iter().filter_map(WireUser::account).collect())
    }

    /// Whether `login` is a collaborator of the repository itself; members of a team are not.
    pub async fn is_collaborator(&self, name: &RepoName, login: &str) -> Result<bool, Error> {
        let route = Route::new(
            "repos/{owner}/{repo}/collaborators/{collaborator}",
            &[&name.owner(), &name.name(), &login],
        );
        match self.exists(&route).await {
            // So Gitea answers for an account that does not exist.
            Err(Error::Unprocessable { status: 422, .. }) => Ok(false),
            outcome => outcome,
        }
    }

    /// Whether `login` is a member of the organisation `org`, as far as this account may see:
    /// who is no member itself is sent on to the public members.
    pub async fn is_org_member(&self, org: &str, login: &str) -> Result<bool, Error> {
        self.exists(&Route::new("orgs/{org}/members/{username}", &[&org, &login])).await
    }
}

fn repo_in(answer: ForgeAnswer) -> Result<Repo, Error> {
    Ok(answer.json::<WireRepository>()?.try_into()?)
}
