//! The repository that an agent works on, as its account sees it: what is needed of a forge.

use std::future::Future;
use std::pin::Pin;

use crate::core::jobs::Commit;
use crate::core::model::ids::RepoName;
use crate::gitea::{
    Error, ForgeBranch, ForgeCommit, Gitea, NewCommit, NewPullRequest, PullState, Tree,
};

/// The most entries of a repository that are looked at.
const MOST_ENTRIES: usize = 20_000;

/// What a question to a repository gives in the end.
pub type RepositoryCall<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// Where files are read and commits are made.
pub trait JobRepository: Send + Sync {
    /// What files a commit has; none if there is no such commit.
    fn tree<'a>(&'a self, repo: &'a RepoName, at: &'a Commit) -> RepositoryCall<'a, Option<Tree>>;

    /// The bytes of a file at a commit, if it has at most `most`.
    fn file<'a>(
        &'a self,
        repo: &'a RepoName,
        path: &'a str,
        at: &'a Commit,
        most: usize,
    ) -> RepositoryCall<'a, Option<Vec<u8>>>;

    fn branch<'a>(
        &'a self,
        repo: &'a RepoName,
        name: &'a str,
    ) -> RepositoryCall<'a, Option<ForgeBranch>>;

    fn commit<'a>(
        &'a self,
        repo: &'a RepoName,
        commit: &'a Commit,
    ) -> RepositoryCall<'a, Option<ForgeCommit>>;

    fn make_commit<'a>(
        &'a self,
        repo: &'a RepoName,
        new: &'a NewCommit,
    ) -> RepositoryCall<'a, Commit>;

    /// The number of the open pull request of the branch `head`.
    fn open_pull_of<'a>(
        &'a self,
        repo: &'a RepoName,
        base: &'a str,
        head: &'a str,
    ) -> RepositoryCall<'a, Option<i64>>;

    /// Opens a pull request; its number.
    fn open_pull<'a>(
        &'a self,
        repo: &'a RepoName,
        new: &'a NewPullRequest,
    ) -> RepositoryCall<'a, i64>;
}

impl JobRepository for Gitea {
    fn tree<'a>(&'a self, repo: &'a RepoName, at: &'a Commit) -> RepositoryCall<'a, Option<Tree>> {
        Box::pin(Gitea::tree(self, repo, at, MOST_ENTRIES))
    }

    fn file<'a>(
        &'a self,
        repo: &'a RepoName,
        path: &'a str,
        at: &'a Commit,
        most: usize,
    ) -> RepositoryCall<'a, Option<Vec<u8>>> {
        Box::pin(Gitea::file(self, repo, path, at, most))
    }

    fn branch<'a>(
        &'a self,
        repo: &'a RepoName,
        name: &'a str,
    ) -> RepositoryCall<'a, Option<ForgeBranch>> {
        Box::pin(Gitea::branch(self, repo, name))
    }

    fn commit<'a>(
        &'a self,
        repo: &'a RepoName,
        commit: &'a Commit,
    ) -> RepositoryCall<'a, Option<ForgeCommit>> {
        Box::pin(Gitea::commit(self, repo, commit))
    }

    fn make_commit<'a>(
        &'a self,
        repo: &'a RepoName,
        new: &'a NewCommit,
    ) -> RepositoryCall<'a, Commit> {
        Box::pin(self.commit_files(repo, new))
    }

    fn open_pull_of<'a>(
        &'a self,
        repo: &'a RepoName,
        base: &'a str,
        head: &'a str,
    ) -> RepositoryCall<'a, Option<i64>> {
        Box::pin(async move {
            let pull = match self.pull_of_branches(repo, base, head).await? {
                // That was the first one; there may be another by now.
                Some(pull) if pull.state != PullState::Open => {
                    self.open_pulls_of(repo, head).await?.into_iter().next()
                }
                pull => pull,
            };
            Ok(pull.map(|pull| pull.number))
        })
    }

    fn open_pull<'a>(
        &'a self,
        repo: &'a RepoName,
        new: &'a NewPullRequest,
    ) -> RepositoryCall<'a, i64> {
        Box::pin(async move { Ok(self.create_pull(repo, new).await?.number) })
    }
}
