//! What is open: the list that the backlog begins with.

use super::answer::ForgeAnswer;
use super::client::Gitea;
use super::error::Error;
use super::pages::{self, PAGE, SMALLEST_PAGE};
use super::route::Route;
use super::search::FoundIssue;
use crate::core::model::ids::RepoName;
use crate::core::model::issue::ListedIssue;
use crate::core::model::time::Timestamp;

/// How many pages are read for one list at most, those included that are read twice: half a
/// million threads.
const MOST_READS: usize = 10_000;

/// A part of the forge that has a list of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum IssueList {
    /// All repositories of a user or an organisation that this account may see.
    Owner(String),
    /// The list of one repository.
    Repository(RepoName),
}

impl std::fmt::Display for IssueList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Owner(owner) => f.write_str(owner),
            Self::Repository(name) => name.fmt(f),
        }
    }
}

impl Gitea {
    /// The open issues and pull requests of `list`, the newest first.
    pub fn open(&self, list: &IssueList) -> OpenIssues<'_> {
        OpenIssues {
            gitea: self,
            route: route(list),
            limit: PAGE,
            size: PAGE,
            reads: 0,
            last: Last::NONE,
        }
    }

    /// How many issues and pull requests are open in `list`; none if the forge does not count (1.15).
    pub async fn count_open(&self, list: &IssueList) -> Result<Option<usize>, Error> {
        let answer = self.get(&route(list).with("page", 1).with("limit", 1)).await?;
        Ok(answer.total())
    }
}

fn route(list: &IssueList) -> Route {
    match list {
        IssueList::Owner(owner) => Route::new("repos/issues/search", &[]).with("owner", owner),
        IssueList::Repository(name) => {
            Route::new("repos/{owner}/{repo}/issues", &[&name.owner(), &name.name()])
        }
    }
    .with("state", "open")
}

/// A long list that is read while it changes, in as few requests as can be.
///
/// Each page is read once. What is closed or deleted meanwhile shifts all behind it forward, over
/// the edge of a page that was read already; then the forge counts fewer than before, and so many
/// pages are read once more. Where something else came in at the same moment nothing shows: who
/// reads compares the count in the end. What comes in shifts the others backward: who reads must
/// expect an entry that comes twice.
///
/// If a page is larger than an answer may be, smaller ones are asked for, from the beginning.
#[derive(Debug)]
pub struct OpenIssues<'a> {
    gitea: &'a Gitea,
    route: Route,
    /// How many entries are asked for.
    limit: usize,
    /// How many entries a whole page has, as soon as the first one has shown it.
    size: usize,
    reads: usize,
    last: Last,
}

/// How far a list is read.
#[derive(Debug, Clone, Copy)]
enum Last {
    /// Up to this page, before the first at 0; then the forge counted so many.
    Page(usize, Option<usize>),
    All,
}

impl Last {
    const NONE: Self = Self::Page(0, None);
}

/// One page of the open issues and pull requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPage {
    pub entries: Vec<ListedIssue>,
    /// The forge's clock when it answered; none where a proxy took that away.
    pub at: Option<Timestamp>,
    /// How many there are in all, where the forge counts.
    pub total: Option<usize>,
}

impl OpenIssues<'_> {
    /// The next page; none behind the last one.
    ///
    /// # Errors
    /// Whatever a read can end with; then the same page may be asked for again.
    pub async fn next(&mut self) -> Result<Option<OpenPage>, Error> {
        loop {
            match self.read().await {
                Err(Error::TooLarge { unit: "bytes", .. }) if self.limit > SMALLEST_PAGE => {
                    self.limit /= 5;
                    self.size = self.limit;
                    self.last = Last::NONE;
                }
                outcome => return outcome,
            }
        }
    }

    async fn read(&mut self) -> Result<Option<OpenPage>, Error> {
        let (page, before) = match self.last {
            Last::Page(page, total) => (page + 1, total),
            Last::All => return Ok(None),
        };
        if self.reads == MOST_READS {
            return Err(Error::TooLarge { limit: MOST_READS, unit: "pages" });
        }
        let route = self.route.clone().with("page", page).with("limit", self.limit);
        let answer = self.gitea.get(&route).await?;
        self.reads += 1;
        let list = pages::plain(&answer)?;
        let entries =
            pages::usable(&list, pages::entry::<FoundIssue, ListedIssue>, self.route.template());
        self.last = self.after(page, list.len(), before, &answer);
        Ok(Some(OpenPage { entries, at: answer.date(), total: answer.total() }))
    }

    /// How far the list is read with `page`, which has `count` entries.
    fn after(
        &mut self,
        page: usize,
        count: usize,
        before: Option<usize>,
        now: &ForgeAnswer,
    ) -> Last {
        let total = now.total();
        // A server may be set to smaller pages: the first one shows its size.
        if page == 1 && total.is_none_or(|total| count < total) {
            self.size = count;
        }
        let fewer = before.zip(total).map_or(0, |(before, now)| before.saturating_sub(now));
        if fewer > 0 && page > 1 {
            let back = 1 + fewer.div_ceil(self.size.max(1));
            return Last::Page(page.saturating_sub(back), total);
        }
        let is_last =
            count == 0 || count < self.size || total.is_some_and(|all| all <= page * self.size);
        if is_last { Last::All } else { Last::Page(page, total) }
    }
}
