//! Lists the watched repositories once an hour.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use super::Poller;
use crate::config::WatchPattern;
use crate::core::model::ids::RepoId;
use crate::core::model::repository::Repo;
use crate::engine::error::EngineError;
use crate::engine::poll::listed_repos::ListedRepos;
use crate::engine::repositories::list_repositories;
use crate::gitea::Error;
use crate::store::{backlog, cursors};

/// How long a list is good if nothing speaks against it.
const LISTING_TTL: Duration = Duration::from_secs(60 * 60);

/// How long, if a part of it could not be had.
const INCOMPLETE: Duration = Duration::from_secs(5 * 60);

impl Poller {
    /// Asks for all that the configuration names. What is new is watched from now on.
    pub(super) async fn list(&mut self) -> Result<(), EngineError> {
        let (policy, before) = (self.ctx.policy.clone(), self.met.len());
        let mut repos = HashMap::new();
        let mut is_certain = true;
        for pattern in policy.watch.patterns() {
            let listed = self.list_pattern(pattern).await;
            // What is not there any more has no backlog; what cannot be asked for now may have.
            is_certain &= matches!(listed, Ok(_) | Err(EngineError::Forge(Error::NotFound { .. })));
            repos.extend(
                self.skip_unreadable(&pattern.to_string(), listed).await?.into_iter().flatten(),
            );
        }
        let found = repos.keys().copied().collect();
        let met = self.met.split_off(before);
        let is_complete = met.is_empty();
        if is_complete {
            self.compare(&repos).await;
        } else {
            repos.extend(std::mem::take(&mut self.listed.repos));
        }
        let write = self.ctx.ledger.write(move |tx| backlog::keep_only(tx, &found, is_certain));
        write.await?;
        let good_for = if is_complete { LISTING_TTL } else { INCOMPLETE };
        let at = Some(self.ctx.now());
        self.listed = ListedRepos { repos, untracked: HashSet::new(), met, at, good_for };
        self.accounts.verify_all().await
    }

    /// Says which repositories are no longer there, and which have come back.
    async fn compare(&self, present: &HashMap<RepoId, Repo>) {
        for (id, repo) in &self.listed.repos {
            if !present.contains_key(id) {
                self.incidents.repository_gone(repo).await;
            }
        }
        self.incidents.repositories_listed(present.keys()).await;
    }

    async fn list_pattern(
        &self,
        pattern: &WatchPattern,
    ) -> Result<HashMap<RepoId, Repo>, EngineError> {
        let listed = list_repositories(&self.ctx.gitea, &self.ctx.policy.watch, pattern).await?;
        let now = listed.at.unwrap_or_else(|| self.ctx.now());
        let repos: HashMap<RepoId, Repo> =
            listed.entries.into_iter().map(|visible| (visible.repo.id, visible.repo)).collect();
        let named = match pattern {
            WatchPattern::Owner(owner) => Some(owner.as_str()),
            WatchPattern::Everything | WatchPattern::Repository(_) => None,
        };
        let owners = repos.values().map(|repo| repo.name.owner()).chain(named);
        let owners: BTreeSet<String> = owners.map(str::to_ascii_lowercase).collect();
        let watched = repos.clone();
        let write = self.ctx.ledger.write(move |tx| {
            watched.values().try_for_each(|repo| cursors::watch(tx, repo, now))?;
            for owner in owners {
                if cursors::searched(tx, &owner)?.is_none() {
                    cursors::search(tx, &owner, now)?;
                }
            }
            Ok(())
        });
        write.await?;
        Ok(repos)
    }

    /// Whose threads are to be searched: each owner once.
    pub(super) fn owners(&self) -> Vec<String> {
        let named = self.ctx.policy.watch.patterns().iter().filter_map(|pattern| match pattern {
            WatchPattern::Everything => None,
            WatchPattern::Owner(owner) => Some(owner.as_str()),
            WatchPattern::Repository(name) => Some(name.owner()),
        });
        let listed = self.listed.repos.values().map(|repo| repo.name.owner());
        let owners: BTreeSet<_> = named.chain(listed).map(str::to_ascii_lowercase).collect();
        owners.into_iter().collect()
    }
}
