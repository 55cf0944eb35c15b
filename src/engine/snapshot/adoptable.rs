//! Gathers whether a job can go on with pull requests that are there.

use std::collections::HashMap;

use super::Snapshots;
use crate::core::command::value::IssueRef;
use crate::core::handlers::OtherThread;
use crate::core::jobs::{AdoptedBranch, NotAdoptable};
use crate::core::model::ids::{RepoName, ThreadId};
use crate::core::model::text::InboundText;
use crate::engine::error::EngineError;
use crate::engine::jobs::source_of;

/// Whether a job can go on with a pull request, and on which branch.
type Adoptable = Result<AdoptedBranch, NotAdoptable>;

impl Snapshots {
    /// What is known of the thread of `inbound`, and of others, that are pull requests; and who opened
    /// them, by login.
    pub(super) async fn adoptable_pulls(
        &self,
        inbound: &InboundText,
        targets: &HashMap<IssueRef, OtherThread>,
    ) -> Result<(HashMap<ThreadId, Adoptable>, HashMap<ThreadId, String>), EngineError> {
        let here = inbound.is_pull.then(|| (inbound.thread(), &inbound.repo.name));
        let others = targets.values().filter(|other| other.item.is_pull);
        let others = others.map(|other| (other.thread, &other.repo));
        let (mut found, mut authors) = (HashMap::new(), HashMap::new());
        for (thread, repo) in here.into_iter().chain(others) {
            if let Some((adoptable, author)) = self.adoptable(repo, thread.number).await? {
                found.insert(thread, adoptable);
                authors.extend(author.map(|author| (thread, author)));
            }
        }
        Ok((found, authors))
    }

    async fn adoptable(
        &self,
        repo: &RepoName,
        number: i64,
    ) -> Result<Option<(Adoptable, Option<String>)>, EngineError> {
        let gitea = &self.ctx.gitea;
        let Some(pull) = gitea.pull(repo, number).await? else { return Ok(None) };
        let listed = gitea.visible_repo(repo).await?.entries.into_iter().next();
        let default = listed.and_then(|listed| listed.default_branch);
        let adoptable = AdoptedBranch::of(source_of(&pull, default.as_deref()));
        Ok(Some((adoptable, pull.author.map(|author| author.login))))
    }
}
