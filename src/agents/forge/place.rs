//! The forge on which such an agent works, as timmy's account sees it.

use crate::agents::repository::RepositoryCall;
use crate::core::model::account::Account;
use crate::core::model::ids::RepoName;
use crate::core::model::issue::{Comment, Issue};
use crate::core::model::time::Timestamp;
use crate::gitea::{ForgeBranch, Gitea, PullRequest};

/// Where an agent is called, and what it does there is seen.
pub trait AgentForge: Send + Sync {
    /// timmy's own account.
    fn own(&self) -> RepositoryCall<'_, Account>;

    /// The account of this name, if there is one.
    fn account<'a>(&'a self, login: &'a str) -> RepositoryCall<'a, Option<Account>>;

    fn issue<'a>(&'a self, repo: &'a RepoName, number: i64) -> RepositoryCall<'a, Issue>;

    /// Assigns somebody, or takes them off; everybody else stays as they are.
    fn set_assigned<'a>(
        &'a self,
        repo: &'a RepoName,
        number: i64,
        who: (&'a str, bool),
    ) -> RepositoryCall<'a, ()>;

    fn post_comment<'a>(
        &'a self,
        repo: &'a RepoName,
        number: i64,
        body: &'a str,
    ) -> RepositoryCall<'a, Comment>;

    /// What somebody wrote in a thread at `since` or later, the oldest first.
    fn comments_by<'a>(
        &'a self,
        repo: &'a RepoName,
        number: i64,
        by_since: (&'a Account, Timestamp),
    ) -> RepositoryCall<'a, Vec<Comment>>;

    /// When somebody gave their latest review of a pull request, if they gave one.
    fn reviewed_at<'a>(
        &'a self,
        repo: &'a RepoName,
        number: i64,
        by: &'a Account,
    ) -> RepositoryCall<'a, Option<Timestamp>>;

    fn branch<'a>(
        &'a self,
        repo: &'a RepoName,
        name: &'a str,
    ) -> RepositoryCall<'a, Option<ForgeBranch>>;

    /// The open pull request of the branch `head`.
    fn open_pull<'a>(
        &'a self,
        repo: &'a RepoName,
        head: &'a str,
    ) -> RepositoryCall<'a, Option<PullRequest>>;
}

impl AgentForge for Gitea {
    fn own(&self) -> RepositoryCall<'_, Account> {
        Box::pin(self.me())
    }

    fn account<'a>(&'a self, login: &'a str) -> RepositoryCall<'a, Option<Account>> {
        Box::pin(Gitea::account(self, login))
    }

    fn issue<'a>(&'a self, repo: &'a RepoName, number: i64) -> RepositoryCall<'a, Issue> {
        Box::pin(Gitea::issue(self, repo, number))
    }

    fn set_assigned<'a>(
        &'a self,
        repo: &'a RepoName,
        number: i64,
        (login, is_assigned): (&'a str, bool),
    ) -> RepositoryCall<'a, ()> {
        Box::pin(Gitea::set_assigned(self, repo, number, (login, is_assigned)))
    }

    fn post_comment<'a>(
        &'a self,
        repo: &'a RepoName,
        number: i64,
        body: &'a str,
    ) -> RepositoryCall<'a, Comment> {
        Box::pin(Gitea::post_comment(self, repo, number, body))
    }

    fn comments_by<'a>(
        &'a self,
        repo: &'a RepoName,
        number: i64,
        (by, since): (&'a Account, Timestamp),
    ) -> RepositoryCall<'a, Vec<Comment>> {
        Box::pin(Gitea::comments_by(self, repo, number, by, since))
    }

    fn reviewed_at<'a>(
        &'a self,
        repo: &'a RepoName,
        number: i64,
        by: &'a Account,
    ) -> RepositoryCall<'a, Option<Timestamp>> {
        Box::pin(async move {
            let reviews = self.all_reviews(repo, number).await?;
            let is_by = |author: &Option<Account>| author.as_ref().is_some_and(|a| a.id == by.id);
            let given = reviews.iter().filter(|review| is_by(&review.text.written.author));
            Ok(given.map(|review| review.given_at).max())
        })
    }

    fn branch<'a>(
        &'a self,
        repo: &'a RepoName,
        name: &'a str,
    ) -> RepositoryCall<'a, Option<ForgeBranch>> {
        Box::pin(Gitea::branch(self, repo, name))
    }

    fn open_pull<'a>(
        &'a self,
        repo: &'a RepoName,
        head: &'a str,
    ) -> RepositoryCall<'a, Option<PullRequest>> {
        Box::pin(async move { Ok(self.open_pulls_of(repo, head).await?.into_iter().next()) })
    }
}
