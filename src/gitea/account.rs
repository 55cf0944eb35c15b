//! Who timmy is, and what server it talks to.

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::client::Gitea;
use super::error::Error;
use super::route::Route;
use super::wire::WireUser;
use crate::core::model::account::Account;

/// The scope that branches, files, pull requests, reviews and statuses take.
pub const WRITE_CODE: &str = "write:repository";

impl Gitea {
    /// The account that the token belongs to. Needs the scope `read:user`.
    ///
    /// # Errors
    /// [`Error::NotTheAgents`] if this is to be an agent's account, and the token is of another.
    pub async fn me(&self) -> Result<Account, Error> {
        let user: WireUser = self.get(&Route::new("user", &[])).await?.json()?;
        let own = user
            .account()
            .ok_or_else(|| Error::Unreadable("an account without a login".to_owned()))?;
        if let Some(login) = self.agent().filter(|login| !own.is(login)) {
            return Err(Error::NotTheAgents { login: login.to_owned(), found: own.login });
        }
        self.is_account(own.id);
        Ok(own)
    }

    /// What the token is good for, by the names of its scopes ([`Extra::OwnToken`]). Needs none.
    ///
    /// [`Extra::OwnToken`]: super::extra::Extra::OwnToken
    pub async fn own_scopes(&self) -> Result<Vec<String>, Error> {
        #[derive(Deserialize)]
        struct OwnToken {
            scopes: Option<Vec<String>>,
        }
        let OwnToken { scopes } = self.get(&Route::new("token", &[])).await?.json()?;
        Ok(scopes.unwrap_or_default())
    }

    /// Whether the token has the scope [`WRITE_CODE`]: it is tried on a pull request that there never
    /// is, so that nothing changes. Says nothing of any repository.
    pub async fn may_write_code(&self) -> Result<bool, Error> {
        let route = Route::new("repos/{owner}/{repo}/pulls/{index}", &[&"-", &"-", &0]);
        match self.send(Method::PATCH, &route, &json!({ "state": "closed" })).await {
            Err(Error::MissingScope { .. } | Error::AgentLacksScope { .. }) => Ok(false),
            // So Gitea answers whoever has it.
            Ok(_) | Err(Error::NotFound { .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// The account called `login`; none if there is none, or this one may not see it.
    pub async fn account(&self, login: &str) -> Result<Option<Account>, Error> {
        match self.get(&Route::new("users/{username}", &[&login])).await {
            Ok(answer) => Ok(answer.json::<WireUser>()?.account()),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The account of this number, whatever it is called now; none if there is none, or this one
    /// may not see it.
    pub async fn account_by_id(&self, id: i64) -> Result<Option<Account>, Error> {
        #[derive(Deserialize)]
        struct FoundUsers {
            data: Option<Vec<WireUser>>,
        }
        let route = Route::new("users/search", &[]).with("uid", id);
        let found: FoundUsers = self.get(&route).await?.json()?;
        let accounts = found.data.unwrap_or_default().into_iter().filter_map(WireUser::account);
        Ok(accounts.into_iter().find(|account| account.id == id))
    }

    /// The server's version, as it writes it: `1.25.4`. Answers a token of any scope.
    pub async fn version(&self) -> Result<String, Error> {
        #[derive(Deserialize)]
        struct WireVersion {
            version: String,
        }
        let WireVersion { version } = self.get(&Route::new("version", &[])).await?.json()?;
        Ok(version)
    }
}
