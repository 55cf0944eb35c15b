//! Full reads of the open issues, page by page.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use super::{BacklogSync, SyncProgress};
use crate::core::model::ids::{RepoId, ThreadId};
use crate::core::model::issue::{Issue, ListedIssue};
use crate::core::model::repository::Repo;
use crate::core::model::time::Timestamp;
use crate::core::scheduling::BacklogEntry;
use crate::engine::error::EngineError;
use crate::engine::sync::OVERLAP;
use crate::gitea::{self, IssueList, OpenIssues, OpenPage};
use crate::store::backlog::{self, BacklogSource, SyncFinding};
use crate::store::repos;

/// How old a full read may become: renamed labels, moved milestones and the like move no issue,
/// and no webhook announces them.
pub(super) const STALE: Duration = Duration::from_secs(24 * 60 * 60);

impl BacklogSync {
    /// Reads in full what never was, what was not for a day, and what did not agree with the
    /// forge's count; whether there was anything to read.
    pub(super) async fn read_what_is_due(
        &self,
        progress: &(dyn Fn(SyncProgress) + Send + Sync),
    ) -> Result<bool, EngineError> {
        let stale = self.ctx.now().before(STALE);
        self.ctx.ledger.write(move |tx| backlog::read_older_again(tx, stale)).await?;
        let due = self.ctx.ledger.read(backlog::due).await?;
        if due.is_empty() {
            return Ok(false);
        }
        let kept = self.ctx.ledger.read(backlog::tracked).await?;
        let mut before = 0;
        for (list, repos) in self.issue_lists(&due, &kept) {
            let name = list.to_string();
            match self.read_list(&list, &repos, before, progress).await {
                Ok(read) => before += read,
                Err(error) => self.skip_unreadable(&name, Err(error)).await?,
            }
        }
        Ok(true)
    }

    /// By which lists to read what is due. That of an owner costs least, if all of the owner's
    /// repositories are watched and most are due: then all are read.
    fn issue_lists(&self, due: &[RepoId], kept: &[Repo]) -> Vec<(IssueList, Vec<Repo>)> {
        let due: HashSet<RepoId> = due.iter().copied().collect();
        let is_due = |repo: &&Repo| due.contains(&repo.id);
        let mut issue_lists = Vec::new();
        for (list, repos) in self.whole_lists(kept) {
            let (some, all) = (repos.iter().filter(is_due).count(), repos.len());
            if some * 2 >= all && some > 0 {
                issue_lists.push((list, repos));
            } else {
                let each = repos.iter().filter(is_due);
                issue_lists.extend(
                    each.map(|repo| (IssueList::Repository(repo.name.clone()), vec![repo.clone()])),
                );
            }
        }
        issue_lists
    }

    /// The lists that together show exactly these repositories.
    pub(super) fn whole_lists(&self, kept: &[Repo]) -> Vec<(IssueList, Vec<Repo>)> {
        let mut owners: BTreeMap<String, Vec<Repo>> = BTreeMap::new();
        for repo in kept {
            owners.entry(repo.name.owner().to_ascii_lowercase()).or_default().push(repo.clone());
        }
        let mut issue_lists = Vec::new();
        for (owner, repos) in owners {
            if self.ctx.policy.watch.covers_all_of(&owner) {
                issue_lists.push((IssueList::Owner(owner), repos));
            } else {
                let each = repos.into_iter();
                issue_lists.extend(
                    each.map(|repo| (IssueList::Repository(repo.name.clone()), vec![repo])),
                );
            }
        }
        issue_lists
    }

    /// Reads one list to its end, twice if the forge counts otherwise; how many threads it has.
    async fn read_list(
        &self,
        list: &IssueList,
        repos: &[Repo],
        before: usize,
        progress: &(dyn Fn(SyncProgress) + Send + Sync),
    ) -> Result<usize, EngineError> {
        for last in [false, true] {
            let mut reading = ReadBatch::of(repos, self.ctx.now());
            let mut pages = self.ctx.gitea.open(list);
            while let Some(page) = self.next_page(&mut pages, list).await? {
                let entries = reading.take(page, |repo, item| self.entry(repo, item));
                let (at, now) = (reading.at, before + reading.seen.len());
                self.ctx
                    .ledger
                    .write(move |tx| {
                        let mut entries = entries.iter();
                        entries.try_for_each(|(repo, e)| {
                            backlog::put(tx, *repo, e, BacklogSource::List(at))
                        })
                    })
                    .await?;
                let of = reading.total.map(|total| before + total);
                progress(SyncProgress::Reading { read: now, of });
            }
            let (read, untracked) = (reading.seen.len(), reading.untracked);
            let agrees = reading.agrees();
            self.finish(reading).await?;
            if agrees {
                self.remember(list, untracked).await?;
            }
            if agrees || self.agrees(list, repos, last).await? {
                tracing::info!(%list, threads = read, "backlog synced");
                return Ok(read);
            }
        }
        Ok(0)
    }

    /// A repository that keeps no issues has no list of them.
    async fn next_page(
        &self,
        pages: &mut OpenIssues<'_>,
        list: &IssueList,
    ) -> Result<Option<OpenPage>, gitea::Error> {
        match (pages.next().await, list) {
            (Err(gitea::Error::NotFound { .. }), IssueList::Repository(name)) => {
                tracing::info!(repository = %name, "issues of this repository are not visible");
                Ok(None)
            }
            (page, _) => page,
        }
    }

    /// Takes leave of what was not found. What moved just before the read began may have been
    /// missed by the list: that is asked for one by one.
    async fn finish(&self, reading: ReadBatch) -> Result<(), EngineError> {
        let (found, since) = (reading.found, reading.began.before(OVERLAP));
        let doubtful =
            self.ctx.ledger.write(move |tx| backlog::read_in_full(tx, &found, since)).await?;
        for thread in doubtful {
            self.look_at(thread).await?;
        }
        Ok(())
    }

    /// Asks for the state of one thread. One that is not there is gone.
    pub(super) async fn look_at(&self, thread: ThreadId) -> Result<(), EngineError> {
        let repo = self.ctx.ledger.read(move |conn| repos::name(conn, thread.repo)).await?;
        let Some(repo) = repo else { return Ok(()) };
        let current = match self.ctx.gitea.issue(&repo.name, thread.number).await {
            Ok(item) => {
                let entry = self.entry(thread.repo, item);
                self.ctx
                    .ledger
                    .write(move |tx| backlog::put(tx, thread.repo, &entry, BacklogSource::Webhook))
                    .await
            }
            Err(gitea::Error::NotFound { .. }) => {
                self.ctx.ledger.write(move |tx| backlog::forget(tx, thread)).await
            }
            Err(error) => return Err(error.into()),
        };
        Ok(current?)
    }
}

struct ReadBatch {
    found: SyncFinding,
    /// The numbers, over the whole forge, of all that the list has shown.
    seen: HashSet<i64>,
    /// How many of them are in repositories whose backlog is not read here.
    untracked: i64,
    /// The forge's clock at the first page; ours if it sends none.
    began: Timestamp,
    /// The forge's clock at the last page.
    at: Timestamp,
    /// How many there are in all, as the forge counted last.
    total: Option<usize>,
    pages: usize,
}

impl ReadBatch {
    fn of(repos: &[Repo], now: Timestamp) -> Self {
        let open = repos.iter().map(|repo| (repo.id, HashSet::new())).collect();
        let seen = HashSet::new();
        let found = SyncFinding { open };
        Self { found, seen, untracked: 0, began: now, at: now, total: None, pages: 0 }
    }

    /// Takes in a page; what of it is to be kept.
    fn take(
        &mut self,
        page: OpenPage,
        read: impl Fn(RepoId, Issue) -> BacklogEntry,
    ) -> Vec<(RepoId, BacklogEntry)> {
        self.at = page.at.unwrap_or(self.at);
        if self.pages == 0 {
            self.began = self.at;
        }
        self.pages += 1;
        self.total = page.total;
        let mut entries = Vec::new();
        for ListedIssue { repo, item, .. } in page.entries {
            let is_new = self.seen.insert(item.id);
            match self.found.open.get_mut(&repo) {
                Some(open) => {
                    open.insert(item.number);
                    entries.push((repo, read(repo, item)));
                }
                None => self.untracked += i64::from(is_new),
            }
        }
        entries
    }

    /// Whether the list had as many threads as the forge counted in the end.
    fn agrees(&self) -> bool {
        self.total.is_none_or(|total| total == self.seen.len())
    }
}
