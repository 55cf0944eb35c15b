//! Reactions: the quietest answer, and a claim that only one can make.

use reqwest::{Method, StatusCode};
use serde::Serialize;

use super::client::Gitea;
use super::error::Error;
use super::route::Route;
use crate::core::effect::Reaction;
use crate::core::ids::{RepoName, Subject};

/// Whose a reaction is that stands now. The forge keeps one of a kind for each account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reacted {
    /// This request made it (201).
    New,
    /// An earlier one had made it (200).
    Already,
}

impl Gitea {
    /// Reacts to a text in the thread `number`: a comment (review and inline comment too), or
    /// the body of that issue or pull request itself.
    pub async fn react(
        &self,
        repo: &RepoName,
        number: i64,
        subject: Subject,
        reaction: Reaction,
    ) -> Result<Reacted, Error> {
        #[derive(Serialize)]
        struct Wish {
            content: Reaction,
        }
        let (owner, name) = (repo.owner(), repo.name());
        let route = match subject {
            Subject::Comment(id) => Route::new(
                "repos/{owner}/{repo}/issues/comments/{id}/reactions",
                &[&owner, &name, &id],
            ),
            Subject::Issue(_) => Route::new(
                "repos/{owner}/{repo}/issues/{index}/reactions",
                &[&owner, &name, &number],
            ),
        };
        let answer = self.send(Method::POST, &route, &Wish { content: reaction }).await?;
        match answer.status {
            StatusCode::OK => Ok(Reacted::Already),
            _ => answer.expect(StatusCode::CREATED).map(|_| Reacted::New),
        }
    }
}
