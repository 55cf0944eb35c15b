//! Lists that come in pages.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::answer::ForgeAnswer;
use super::client::Gitea;
use super::error::Error;
use super::route::Route;
use super::wire::{MissingField, clip};
use crate::core::model::time::Timestamp;

/// How many entries a page is asked to hold: as many as Gitea gives by default.
pub(super) const PAGE: usize = 50;

/// How many entries a page is asked to hold at least, when larger ones are too large to take.
pub(super) const SMALLEST_PAGE: usize = 2;

/// How many pages a list may have.
const MOST_PAGES: usize = 1000;

impl Gitea {
    /// All entries of the list `route`, page by page.
    ///
    /// `page` and `limit` are always sent: without `page` some lists ignore `limit` and give
    /// everything. Entries may shift between pages while the list is read; who reads it must
    /// expect an entry that comes twice.
    pub(super) async fn pages<T: DeserializeOwned>(&self, route: Route) -> Result<Vec<T>, Error> {
        let mut entries = Vec::new();
        let mut size = PAGE;
        for page in 1..=MOST_PAGES {
            let answer = self.get(&route.clone().with("page", page).with("limit", PAGE)).await?;
            let got: Vec<T> = answer.json::<Option<Vec<T>>>()?.unwrap_or_default();
            let count = got.len();
            entries.extend(got);
            // A server may be set to smaller pages: the first one shows its size.
            if page == 1 && answer.total().is_none_or(|total| entries.len() < total) {
                size = count;
            }
            if count == 0 || count < size || answer.total() == Some(entries.len()) {
                return Ok(entries);
            }
        }
        Err(Error::TooLarge { limit: MOST_PAGES, unit: "pages" })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    pub entries: Vec<T>,
    /// The forge's clock when it answered; none where a proxy took that away.
    pub at: Option<Timestamp>,
}

/// A list that is read page by page while it changes: no more than one page is held.
///
/// An entry that is deleted shifts all behind it one place forward, over the edge of a page that
/// was read already. So each page is read once more when its successor was. Callers must expect
/// an entry that comes twice. An entry that cannot be read is left out, and logged. If a page is
/// larger than an answer may be, smaller ones are asked for, from the beginning.
#[derive(Debug)]
pub struct Pages<'a, T> {
    gitea: &'a Gitea,
    route: Route,
    shape: ListShape<T>,
    /// How many entries are asked for.
    limit: usize,
    /// How many entries a whole page has, as soon as the first one has shown it.
    size: usize,
    next: NextPage,
}

#[derive(Debug)]
pub(super) struct ListShape<T> {
    /// The page's entries, each as it came.
    pub(super) list: fn(&ForgeAnswer) -> Result<Vec<Box<RawValue>>, Error>,
    /// One of them; none if it is not what is looked for.
    pub(super) entry: fn(&RawValue) -> Result<Option<T>, UnusableEntry>,
}

/// Why an entry of a list cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum UnusableEntry {
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Missing(#[from] MissingField),
}

/// Which page is read next.
#[derive(Debug, Clone, Copy)]
enum NextPage {
    /// This page, for the first time.
    Forth(usize),
    /// This one, once more; behind it comes the other, if there is one.
    Back(usize, Option<usize>),
    None,
}

impl<'a, T> Pages<'a, T> {
    pub(super) fn new(gitea: &'a Gitea, route: Route, shape: ListShape<T>) -> Self {
        Self { gitea, route, shape, limit: PAGE, size: PAGE, next: NextPage::Forth(1) }
    }

    /// The next page; none behind the last one.
    ///
    /// # Errors
    /// Whatever a read can end with; then the same page may be asked for again. A list of more
    /// than a thousand pages is too large.
    pub async fn next(&mut self) -> Result<Option<Page<T>>, Error> {
        loop {
            match self.read().await {
                Err(Error::TooLarge { unit: "bytes", .. }) if self.limit > SMALLEST_PAGE => {
                    self.limit /= 5;
                    self.size = self.limit;
                    self.next = NextPage::Forth(1);
                }
                outcome => return outcome,
            }
        }
    }

    async fn read(&mut self) -> Result<Option<Page<T>>, Error> {
        let (page, again) = match self.next {
            NextPage::Forth(page) if page > MOST_PAGES => {
                return Err(Error::TooLarge { limit: MOST_PAGES, unit: "pages" });
            }
            NextPage::Forth(page) => (page, None),
            NextPage::Back(page, behind) => (page, Some(behind)),
            NextPage::None => return Ok(None),
        };
        let route = self.route.clone().with("page", page).with("limit", self.limit);
        let answer = self.gitea.get(&route).await?;
        let list = (self.shape.list)(&answer)?;
        self.next = match again {
            Some(Some(behind)) => NextPage::Forth(behind),
            Some(None) => NextPage::None,
            None => self.after(page, list.len(), answer.total()),
        };
        let entries = usable(&list, self.shape.entry, self.route.template());
        Ok(Some(Page { entries, at: answer.date() }))
    }

    /// All entries, and the time of the first page.
    pub(super) async fn all(mut self) -> Result<Page<T>, Error> {
        let mut all = Page { entries: Vec::new(), at: None };
        while let Some(page) = self.next().await? {
            all.entries.extend(page.entries);
            all.at = all.at.or(page.at);
        }
        Ok(all)
    }

    /// What comes after `page` was read for the first time and had `count` entries.
    fn after(&mut self, page: usize, count: usize, total: Option<usize>) -> NextPage {
        // A server may be set to smaller pages: the first one shows its size.
        if page == 1 && total.is_none_or(|total| count < total) {
            self.size = count;
        }
        let is_last =
            count == 0 || count < self.size || total.is_some_and(|all| all <= page * self.size);
        match (page, is_last) {
            (1, true) => NextPage::None,
            (1, false) => NextPage::Forth(2),
            (_, true) => NextPage::Back(page - 1, None),
            (_, false) => NextPage::Back(page - 1, Some(page + 1)),
        }
    }
}

/// What can be used of a list.
pub(super) fn usable<T>(
    list: &[Box<RawValue>],
    entry: fn(&RawValue) -> Result<Option<T>, UnusableEntry>,
    template: &'static str,
) -> Vec<T> {
    let read = |json| {
        entry(json).unwrap_or_else(|problem| {
            let problem = clip(&problem.to_string());
            tracing::warn!(list = template, problem, "list entry unreadable, skipped");
            None
        })
    };
    list.iter().map(AsRef::as_ref).filter_map(read).collect()
}

/// The entries of a page that is a JSON array, or `null`.
pub(super) fn plain(answer: &ForgeAnswer) -> Result<Vec<Box<RawValue>>, Error> {
    Ok(answer.json::<Option<_>>()?.unwrap_or_default())
}

/// The entries of a page below the key `data`.
pub(super) fn data(answer: &ForgeAnswer) -> Result<Vec<Box<RawValue>>, Error> {
    #[derive(Deserialize)]
    struct FoundEntries {
        data: Option<Vec<Box<RawValue>>>,
    }
    Ok(answer.json::<FoundEntries>()?.data.unwrap_or_default())
}

/// An entry that is a `W` on the wire and a `T` here.
pub(super) fn entry<W, T>(json: &RawValue) -> Result<Option<T>, UnusableEntry>
where
    W: DeserializeOwned,
    T: TryFrom<W, Error = MissingField>,
{
    Ok(Some(serde_json::from_str::<W>(json.get())?.try_into()?))
}
