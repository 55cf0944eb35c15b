//! Comments of a thread, and of a repository.

use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::answer::ForgeAnswer;
use super::client::Gitea;
use super::error::Error;
use super::pages::{self, ListShape, Pages};
use super::reviews::thread_of;
use super::route::Route;
use super::wire::{MissingField, WireComment, or_default, positive};
use crate::core::model::account::Account;
use crate::core::model::ids::{RepoName, Subject};
use crate::core::model::issue::Comment;
use crate::core::model::text::{EditHistory, ListedText, PostedText};
use crate::core::model::time::Timestamp;

impl Gitea {
    /// The comments of a thread, oldest first; with `since` those written or edited then or
    /// later. Without bodies of reviews and inline comments. Gitea does not page this list.
    pub async fn comments_of(
        &self,
        repo: &RepoName,
        number: i64,
        since: Option<Timestamp>,
    ) -> Result<Vec<Comment>, Error> {
        let mut route = of_thread(repo, number);
        if let Some(since) = since {
            route = route.with("since", since);
        }
        let comments: Option<Vec<WireComment>> = self.get(&route).await?.json()?;
        let comments = comments.unwrap_or_default().into_iter().map(Comment::try_from);
        Ok(comments.collect::<Result<_, _>>()?)
    }

    /// The comments that `account` wrote in a thread at `since` or later, oldest first.
    pub async fn comments_by(
        &self,
        repo: &RepoName,
        number: i64,
        account: &Account,
        since: Timestamp,
    ) -> Result<Vec<Comment>, Error> {
        let mut comments = self.comments_of(repo, number, Some(since)).await?;
        comments.retain(|comment| {
            let is_by = comment.author.as_ref().is_some_and(|author| author.id == account.id);
            is_by && comment.created_at >= since
        });
        Ok(comments)
    }

    /// The comments of all threads that were written or edited at `since` or later, the oldest
    /// first. Without bodies of reviews and inline comments.
    pub fn comments_since(&self, repo: &RepoName, since: Timestamp) -> Pages<'_, ListedText> {
        let route =
            Route::new("repos/{owner}/{repo}/issues/comments", &[&repo.owner(), &repo.name()]);
        let shape = ListShape { list: pages::plain, entry: pages::entry::<Listed, ListedText> };
        Pages::new(self, route.with("since", since), shape)
    }

    /// One comment; none if the id is that of a review or an inline comment, which Gitea does
    /// not show here (204). A deleted one is [`Error::NotFound`].
    pub async fn comment(&self, repo: &RepoName, id: i64) -> Result<Option<Comment>, Error> {
        let answer = self.get(&one(repo, id)).await?;
        if answer.status == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        comment_in(answer).map(Some)
    }

    /// One comment with the thread in which it stands; none as in [`Self::comment`].
    pub(super) async fn comment_in_place(
        &self,
        repo: &RepoName,
        id: i64,
    ) -> Result<Option<ListedText>, Error> {
        let answer = self.get(&one(repo, id)).await?;
        if answer.status == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        Ok(Some(answer.json::<Listed>()?.try_into()?))
    }

    /// Writes a comment. Anything but 201 is an error: a redirected POST gives a list and 200.
    pub async fn post_comment(
        &self,
        repo: &RepoName,
        number: i64,
        body: &str,
    ) -> Result<Comment, Error> {
        let route = of_thread(repo, number);
        let answer = self.send(Method::POST, &route, &json!({ "body": body })).await?;
        comment_in(answer.expect(StatusCode::CREATED)?)
    }

    /// Replaces the text of a comment. The answer's author may be missing (1.25, if the text
    /// was the same).
    pub async fn edit_comment(
        &self,
        repo: &RepoName,
        id: i64,
        body: &str,
    ) -> Result<Comment, Error> {
        let answer = self.send(Method::PATCH, &one(repo, id), &json!({ "body": body })).await?;
        comment_in(answer.expect(StatusCode::OK)?)
    }

    /// Deletes a comment; one that is gone already is fine.
    pub async fn delete_comment(&self, repo: &RepoName, id: i64) -> Result<(), Error> {
        match self.delete(&one(repo, id)).await {
            Ok(answer) => answer.expect(StatusCode::NO_CONTENT).map(|_| ()),
            Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// A comment of a list, which names its thread by the address of a page; one of two is empty.
#[derive(Deserialize)]
struct Listed {
    #[serde(flatten)]
    comment: WireComment,
    #[serde(default, deserialize_with = "or_default")]
    issue_url: String,
    #[serde(default, deserialize_with = "or_default")]
    pull_request_url: String,
}

impl TryFrom<Listed> for ListedText {
    type Error = MissingField;

    fn try_from(listed: Listed) -> Result<Self, MissingField> {
        let Listed { comment, issue_url, pull_request_url } = listed;
        let is_pull = !pull_request_url.is_empty();
        let number = thread_of(if is_pull { &pull_request_url } else { &issue_url })?;
        let subject = Subject::Comment(positive(comment.id, "id")?);
        let written = comment.written(number, is_pull)?;
        Ok(Self { subject, history: history_of(&written), written, on_line: false })
    }
}

/// What the times of a comment show: they move with its words alone.
fn history_of(comment: &PostedText) -> EditHistory {
    match comment.created_at == comment.updated_at {
        true => EditHistory::NoEditSeen,
        false => EditHistory::Edited,
    }
}

fn of_thread(repo: &RepoName, number: i64) -> Route {
    let arguments: [&(dyn std::fmt::Display + Sync); 3] = [&repo.owner(), &repo.name(), &number];
    Route::new("repos/{owner}/{repo}/issues/{index}/comments", &arguments)
}

fn one(repo: &RepoName, id: i64) -> Route {
    Route::new("repos/{owner}/{repo}/issues/comments/{id}", &[&repo.owner(), &repo.name(), &id])
}

fn comment_in(answer: ForgeAnswer) -> Result<Comment, Error> {
    Ok(answer.json::<WireComment>()?.try_into()?)
}
