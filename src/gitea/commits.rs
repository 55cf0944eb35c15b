//! Commits, and how two of them lie to each other.

use serde::Deserialize;

use super::client::Gitea;
use super::error::Error;
use super::pages::{self, ListShape, Pages};
use super::route::Route;
use super::wire::{MissingField, WireTime, WireUser, or_default};
use crate::core::jobs::Commit;
use crate::core::model::account::Account;
use crate::core::model::ids::RepoName;
use crate::core::model::time::Timestamp;

/// How many commits of a pull request are read.
const MOST_OF_PULL: usize = 500;

/// A commit as the forge shows it.
///
/// Who wrote it is what its author claims: git takes any name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForgeCommit {
    pub commit: Commit,
    pub parents: Vec<Commit>,
    pub message: String,
    /// The account that the claimed address belongs to.
    pub claimed_author: Option<Account>,
    /// The same of whoever made the commit of it.
    pub claimed_committer: Option<Account>,
    /// When it says that it was made.
    pub claimed_at: Option<Timestamp>,
}

/// What a head has that its base has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// How many commits; the newest first where they are listed.
    pub ahead: usize,
    pub commits: Vec<ForgeCommit>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireCommit {
    #[serde(deserialize_with = "or_default")]
    sha: String,
    created: WireTime,
    commit: Option<WireMessage>,
    author: Option<WireUser>,
    committer: Option<WireUser>,
    #[serde(deserialize_with = "or_default")]
    parents: Vec<WireParent>,
    #[serde(deserialize_with = "or_default")]
    files: Vec<WireFile>,
}

/// A file that a commit changes.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireFile {
    #[serde(deserialize_with = "or_default")]
    filename: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireMessage {
    #[serde(deserialize_with = "or_default")]
    message: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireParent {
    #[serde(deserialize_with = "or_default")]
    sha: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireComparison {
    #[serde(deserialize_with = "or_default")]
    total_commits: usize,
    #[serde(deserialize_with = "or_default")]
    commits: Vec<WireCommit>,
}

impl TryFrom<WireCommit> for ForgeCommit {
    type Error = MissingField;

    fn try_from(wire: WireCommit) -> Result<Self, MissingField> {
        let parents = wire.parents.into_iter().filter_map(|parent| parent.sha.try_into().ok());
        Ok(Self {
            commit: wire.sha.try_into().map_err(|_| MissingField("sha"))?,
            parents: parents.collect(),
            message: wire.commit.unwrap_or_default().message,
            claimed_author: wire.author.and_then(WireUser::account),
            claimed_committer: wire.committer.and_then(WireUser::account),
            claimed_at: wire.created.given(),
        })
    }
}

impl Gitea {
    /// The commit, whether a branch holds it or not: what a force push took away still answers for
    /// a while. None if there is none, or the repository is not visible. Needs the scope
    /// `read:repository`.
    pub async fn commit(
        &self,
        repo: &RepoName,
        commit: &Commit,
    ) -> Result<Option<ForgeCommit>, Error> {
        let route = Route::new(
            "repos/{owner}/{repo}/git/commits/{sha}",
            &[&repo.owner(), &repo.name(), commit],
        );
        match self.get(&lean(route)).await {
            Ok(answer) => Ok(Some(answer.json::<WireCommit>()?.try_into()?)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What the branch `head` has that the branch `base` has not; none if one of them is gone. Newer
    /// servers take commits and tags, too. Needs the scope `read:repository`.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if it is very much: Gitea lists it all.
    pub async fn compare(
        &self,
        repo: &RepoName,
        base: &str,
        head: &str,
    ) -> Result<Option<Comparison>, Error> {
        let both = format!("{base}...{head}");
        let route = Route::new(
            "repos/{owner}/{repo}/compare/{basehead}",
            &[&repo.owner(), &repo.name(), &both],
        );
        let found: WireComparison = match self.get(&lean(route)).await {
            Ok(answer) => answer.json()?,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let commits: Result<Vec<_>, _> =
            found.commits.into_iter().map(ForgeCommit::try_from).collect();
        let commits = commits?;
        Ok(Some(Comparison { ahead: found.total_commits.max(commits.len()), commits }))
    }

    /// The paths that any commit changes which the branch `head` has and the branch `base` has not;
    /// none if one of them is gone. Needs the scope `read:repository`.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if it is very much: Gitea lists it all.
    pub async fn paths_ahead(
        &self,
        repo: &RepoName,
        base: &str,
        head: &str,
    ) -> Result<Option<Vec<String>>, Error> {
        let both = format!("{base}...{head}");
        let route = Route::new(
            "repos/{owner}/{repo}/compare/{basehead}",
            &[&repo.owner(), &repo.name(), &both],
        );
        let route = route.with("stat", false).with("files", true).with("verification", false);
        let found: WireComparison = match self.get(&route).await {
            Ok(answer) => answer.json()?,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let paths = found.commits.into_iter().flat_map(|commit| commit.files);
        Ok(Some(paths.map(|file| file.filename).collect()))
    }

    /// The commits of a pull request that its base has not, the newest first: that is what the forge
    /// takes for its head, some time after a push. Needs the scope `read:repository`.
    ///
    /// # Errors
    /// [`Error::TooLarge`] if it is more than five hundred.
    pub async fn pull_commits(
        &self,
        repo: &RepoName,
        number: i64,
    ) -> Result<Vec<ForgeCommit>, Error> {
        let route = Route::new(
            "repos/{owner}/{repo}/pulls/{index}/commits",
            &[&repo.owner(), &repo.name(), &number],
        );
        let shape =
            ListShape { list: pages::plain, entry: pages::entry::<WireCommit, ForgeCommit> };
        let mut pages = Pages::new(self, lean(route), shape);
        let mut all = Vec::new();
        while let Some(page) = pages.next().await? {
            all.extend(page.entries);
            if all.len() > MOST_OF_PULL {
                return Err(Error::TooLarge { limit: MOST_OF_PULL, unit: "commits" });
            }
        }
        Ok(all)
    }

    /// Where a branch stood, the newest first: `head` and the first parent of each, as far as one
    /// short page tells. None if there is no such commit. Needs the scope `read:repository`.
    pub async fn earlier_heads(
        &self,
        repo: &RepoName,
        head: &Commit,
        most: usize,
    ) -> Result<Vec<Commit>, Error> {
        /// What was merged stands between.
        const LISTED: usize = 30;
        let route = Route::new("repos/{owner}/{repo}/commits", &[&repo.owner(), &repo.name()]);
        let route = route.with("sha", head).with("page", 1).with("limit", LISTED);
        let listed = match self.get(&lean(route)).await {
            Ok(answer) => answer.json::<Option<Vec<WireCommit>>>()?.unwrap_or_default(),
            Err(Error::NotFound { .. }) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let listed: Result<Vec<_>, _> = listed.into_iter().map(ForgeCommit::try_from).collect();
        Ok(first_parents(head, &listed?, most))
    }

    /// One page of the commits of a branch, or of the default one if none is named, the newest first.
    /// Needs the scope `read:repository`.
    pub async fn branch_commits(
        &self,
        repo: &RepoName,
        branch: Option<&str>,
        page: usize,
    ) -> Result<Vec<ForgeCommit>, Error> {
        /// What every server allows.
        const LISTED: usize = 50;
        let route = Route::new("repos/{owner}/{repo}/commits", &[&repo.owner(), &repo.name()]);
        let route =
            branch.map_or_else(|| route.clone(), |branch| route.clone().with("sha", branch));
        let route = route.with("page", page).with("limit", LISTED);
        let listed = match self.get(&lean(route)).await {
            Ok(answer) => answer.json::<Option<Vec<WireCommit>>>()?.unwrap_or_default(),
            // Behind the last page, of a repository that is empty, and of a branch that is gone.
            Err(Error::NotFound { .. } | Error::Conflict { .. }) => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let listed: Result<Vec<_>, _> = listed.into_iter().map(ForgeCommit::try_from).collect();
        Ok(listed?)
    }

    /// Whether `head` has all that `ancestor` has; none if one of them is gone. Asked by what is
    /// missing, one commit at most: old servers compare no commits. Needs the scope
    /// `read:repository`.
    pub async fn descends(
        &self,
        repo: &RepoName,
        head: &Commit,
        ancestor: &Commit,
    ) -> Result<Option<bool>, Error> {
        if head == ancestor {
            return Ok(Some(true));
        }
        let route = Route::new("repos/{owner}/{repo}/commits", &[&repo.owner(), &repo.name()]);
        let route = route.with("sha", ancestor).with("not", head).with("limit", 1);
        match self.get(&lean(route)).await {
            Ok(answer) => {
                let missing = answer.json::<Option<Vec<WireCommit>>>()?.unwrap_or_default();
                Ok(Some(missing.is_empty()))
            }
            // So Gitea answers for commits that are not there.
            Err(Error::NotFound { .. } | Error::Server { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn first_parents(head: &Commit, listed: &[ForgeCommit], most: usize) -> Vec<Commit> {
    let before = |commit: &Commit| {
        let found = listed.iter().find(|listed| listed.commit == *commit)?;
        found.parents.first().cloned()
    };
    std::iter::successors(Some(head.clone()), before).take(most).collect()
}

/// The same without what is not read and takes the forge long: files, counts and signatures.
fn lean(route: Route) -> Route {
    route.with("stat", false).with("files", false).with("verification", false)
}
