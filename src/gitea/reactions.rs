//! Reactions: the quietest answer, and a claim that only one can make.

use reqwest::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::client::Gitea;
use super::error::Error;
use super::route::Route;
use super::wire::{WireTime, WireUser, or_default};
use crate::core::model::account::Account;
use crate::core::model::ids::{RepoName, Subject};
use crate::core::model::time::Timestamp;

/// Whose a reaction is that stands now. The forge keeps one of a kind for each account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reacted {
    /// This request made it (201), and no earlier one.
    New,
    /// An earlier one had made it (200).
    Already,
}

/// Somebody's reaction. Gitea lets nobody react in another's name, and sends no webhook for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReactionBy {
    pub account: Account,
    /// Which: `+1`, `eyes`.
    pub content: String,
    /// When it was given, in whole seconds.
    pub created_at: Timestamp,
}

impl Gitea {
    pub async fn reactions(&self, repo: &RepoName, comment: i64) -> Result<Vec<ReactionBy>, Error> {
        #[derive(Deserialize)]
        struct GivenReaction {
            user: Option<WireUser>,
            #[serde(default, deserialize_with = "or_default")]
            content: String,
            #[serde(default)]
            created_at: WireTime,
        }
        let answer = self.get(&to_comment(repo, comment)).await?;
        let given: Option<Vec<GivenReaction>> = answer.json()?;
        let known = given.unwrap_or_default().into_iter().filter_map(|given| {
            let account = given.user.and_then(WireUser::account)?;
            let created_at = given.created_at.given()?;
            Some(ReactionBy { account, content: given.content, created_at })
        });
        Ok(known.collect())
    }

    /// The reactions that the server allows, in its own order. Needs no scope.
    pub async fn allowed_reactions(&self) -> Result<Vec<String>, Error> {
        #[derive(Deserialize)]
        struct UiSettings {
            allowed_reactions: Option<Vec<String>>,
        }
        let answer = self.get(&Route::new("settings/ui", &[])).await?;
        let mut allowed = answer.json::<UiSettings>()?.allowed_reactions.unwrap_or_default();
        // A server that is set to none lists one without a name.
        allowed.retain(|content| !content.is_empty());
        Ok(allowed)
    }

    /// Reacts to a text in the thread `number`: a comment (review and inline comment too), or
    /// the body of that issue or pull request itself.
    pub async fn react(
        &self,
        repo: &RepoName,
        number: i64,
        subject: Subject,
        reaction: impl AsRef<str>,
    ) -> Result<Reacted, Error> {
        #[derive(Serialize)]
        struct Wish<'a> {
            content: &'a str,
        }
        let (owner, name) = (repo.owner(), repo.name());
        let route = match subject {
            Subject::Comment(id) => to_comment(repo, id),
            Subject::Issue(_) => Route::new(
                "repos/{owner}/{repo}/issues/{index}/reactions",
                &[&owner, &name, &number],
            ),
        };
        let answer = self.send(Method::POST, &route, &Wish { content: reaction.as_ref() }).await?;
        match answer.status {
            StatusCode::OK => Ok(Reacted::Already),
            _ => answer.expect(StatusCode::CREATED).map(|_| Reacted::New),
        }
    }
}

fn to_comment(repo: &RepoName, id: i64) -> Route {
    Route::new(
        "repos/{owner}/{repo}/issues/comments/{id}/reactions",
        &[&repo.owner(), &repo.name(), &id],
    )
}
