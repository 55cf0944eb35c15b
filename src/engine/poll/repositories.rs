//! Lists the watched repositories once an hour.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use super::Poller;
use crate::config::WatchPattern;
use crate::core::model::ids::RepoId;
use crate::core::model::repository::Repo;
use crate::engine::error::EngineError;
use crate::engine::poll::listed_repos::{INCOMPLETE, ListedRepos};
use crate::engine::repositories::{ListedPattern, list_repositories};
use crate::gitea::{Error, VisibleRepo};
use crate::store::{backlog, cursors};

/// How long a list is good if nothing speaks against it.
const LISTING_TTL: Duration = Duration::from_secs(60 * 60);

impl Poller {
    /// Asks for all that the configuration names. What is new is watched from now on.
    pub(super) async fn list(&mut self) -> Result<(), EngineError> {
        let (policy, before) = (self.ctx.policy.clone(), self.met.len());
        let mut listed = ListedRepos { at: Some(self.ctx.now()), ..ListedRepos::default() };
        let mut is_certain = true;
        for pattern in policy.watch.patterns() {
            let found = self.list_pattern(pattern).await;
            // What is not there any more has no backlog; what cannot be asked for now may have.
            is_certain &= matches!(found, Ok(_) | Err(EngineError::Forge(Error::NotFound { .. })));
            let found = self.skip_unreadable(&pattern.to_string(), found).await?;
            let Some(ListedPattern { found, renamed_to }) = found else { continue };
            if let Some(now) = renamed_to {
                is_certain = false;
                self.met.push(self.incidents.watch_renamed(&pattern.to_string(), &now).await);
                listed.former_owners.extend(former_owner(pattern, &now));
            }
            for VisibleRepo { repo, is_archived, .. } in found.entries {
                if is_archived {
                    listed.archived.insert(repo.id);
                }
                listed.repos.insert(repo.id, repo);
            }
        }
        let found = listed.repos.keys().filter(|id| !listed.archived.contains(id));
        let found = found.copied().collect();
        // Somebody else of that name may have the repositories that are left.
        listed.former_owners.retain(|owner| !listed.repos.values().any(|repo| is_of(repo, owner)));
        listed.met = self.met.split_off(before);
        let is_complete = listed.met.is_empty();
        if is_complete {
            self.compare(&listed.repos).await;
        } else {
            let before = std::mem::take(&mut self.listed);
            let is_unseen = |repo: &RepoId| !listed.repos.contains_key(repo);
            listed.archived.extend(before.archived.into_iter().filter(is_unseen));
            for (id, repo) in before.repos {
                listed.repos.entry(id).or_insert(repo);
            }
        }
        let archived = listed.archived.clone();
        let write = self.ctx.ledger.write(move |tx| {
            backlog::keep_only(tx, &found, is_certain)?;
            backlog::leave_archived(tx, &archived)
        });
        write.await?;
        listed.good_for = if is_complete { LISTING_TTL } else { INCOMPLETE };
        self.listed = listed;
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

    async fn list_pattern(&self, pattern: &WatchPattern) -> Result<ListedPattern, EngineError> {
        let listed = list_repositories(&self.ctx.gitea, &self.ctx.policy.watch, pattern).await?;
        let now = listed.found.at.unwrap_or_else(|| self.ctx.now());
        let repos: Vec<Repo> =
            listed.found.entries.iter().map(|visible| visible.repo.clone()).collect();
        let named = match pattern {
            WatchPattern::Owner(owner) => Some(owner.as_str()),
            WatchPattern::Everything | WatchPattern::Repository(_) => None,
        };
        let owners = repos.iter().map(|repo| repo.name.owner()).chain(named);
        let owners: BTreeSet<String> = owners.map(str::to_ascii_lowercase).collect();
        let write = self.ctx.ledger.write(move |tx| {
            repos.iter().try_for_each(|repo| cursors::watch(tx, repo, now))?;
            for owner in owners {
                if cursors::searched(tx, &owner)?.is_none() {
                    cursors::search(tx, &owner, now)?;
                }
            }
            Ok(())
        });
        write.await?;
        Ok(listed)
    }

    /// Whose threads are to be searched: each owner once.
    pub(super) fn owners(&self) -> Vec<String> {
        let named = self.ctx.policy.watch.patterns().iter().filter_map(|pattern| match pattern {
            WatchPattern::Everything => None,
            WatchPattern::Owner(owner) => Some(owner.as_str()),
            WatchPattern::Repository(name) => Some(name.owner()),
        });
        let listed = self.listed.repos.values().map(|repo| repo.name.owner());
        let mut owners: BTreeSet<_> = named.chain(listed).map(str::to_ascii_lowercase).collect();
        owners.retain(|owner| !self.listed.former_owners.contains(owner));
        owners.into_iter().collect()
    }
}

fn is_of(repo: &Repo, owner: &str) -> bool {
    repo.name.owner().eq_ignore_ascii_case(owner)
}

/// The owner in `pattern`, in lower case, if what it names is another's `now`.
fn former_owner(pattern: &WatchPattern, now: &str) -> Option<String> {
    let former = match pattern {
        WatchPattern::Everything => return None,
        WatchPattern::Owner(owner) => owner,
        WatchPattern::Repository(name) => name.owner(),
    };
    let present = now.split('/').next().unwrap_or(now);
    (!present.eq_ignore_ascii_case(former)).then(|| former.to_ascii_lowercase())
}
