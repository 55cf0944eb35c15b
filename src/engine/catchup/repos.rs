//! Which repositories there are to watch.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use super::{Rounds, bear};
use crate::config::WatchPattern;
use crate::core::heard::Repo;
use crate::core::ids::RepoId;
use crate::core::time::Timestamp;
use crate::engine::hear::Halt;
use crate::gitea::Page;
use crate::store::cursors;

/// How long a list is good if nothing speaks against it.
const FRESH: Duration = Duration::from_secs(60 * 60);

/// The repositories that the forge listed.
#[derive(Default)]
pub(super) struct Listed {
    /// Those that are watched.
    pub(super) repos: HashMap<RepoId, Repo>,
    /// Those that a search showed although no list does: somebody else's public ones.
    pub(super) strangers: HashSet<RepoId>,
    /// When the next list is due, by our clock.
    due_at: Timestamp,
}

impl Listed {
    pub(super) fn is_stale(&self, now: Timestamp) -> bool {
        now >= self.due_at
    }
}

impl Rounds<'_> {
    /// Asks for all that the configuration names. What is new is watched from now on.
    pub(super) async fn list(&mut self) -> Result<(), Halt> {
        let patterns = self.engine.watch.patterns().to_vec();
        let mut repos = HashMap::new();
        let mut complete = true;
        for pattern in &patterns {
            match self.list_pattern(pattern).await {
                Ok(listed) => repos.extend(listed),
                Err(error) => {
                    complete = false;
                    bear(&format!("{pattern:?}"), Err(error))?;
                }
            }
        }
        if !complete {
            repos.extend(std::mem::take(&mut self.listed.repos));
        }
        let due_at = self.engine.clock.now().after(FRESH);
        self.listed = Listed { repos, strangers: HashSet::new(), due_at };
        Ok(())
    }

    async fn list_pattern(&self, pattern: &WatchPattern) -> Result<HashMap<RepoId, Repo>, Halt> {
        let gitea = &self.engine.gitea;
        let (owner, listed) = match pattern {
            WatchPattern::Everything => (None, gitea.own_repos().await?),
            WatchPattern::Owner(owner) => (Some(owner.as_str()), gitea.repos_of(owner).await?),
            WatchPattern::Repository(name) => (None, gitea.repo_listed(name).await?),
        };
        let Page { mut entries, at } = listed;
        entries.retain(|repo| self.engine.watch.covers(&repo.name));
        let now = at.unwrap_or_else(|| self.engine.clock.now());
        let owners = entries.iter().map(|repo| repo.name.owner()).chain(owner);
        let owners: BTreeSet<String> = owners.map(str::to_ascii_lowercase).collect();
        let repos: HashMap<RepoId, Repo> =
            entries.into_iter().map(|repo| (repo.id, repo)).collect();
        let watched = repos.clone();
        let write = self.engine.ledger.write(move |tx| {
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
        let named = self.engine.watch.patterns().iter().filter_map(|pattern| match pattern {
            WatchPattern::Everything => None,
            WatchPattern::Owner(owner) => Some(owner.as_str()),
            WatchPattern::Repository(name) => Some(name.owner()),
        });
        let listed = self.listed.repos.values().map(|repo| repo.name.owner());
        let owners: BTreeSet<_> = named.chain(listed).map(str::to_ascii_lowercase).collect();
        owners.into_iter().collect()
    }
}
