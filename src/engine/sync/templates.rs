//! Reads the issue templates of repositories in which issues may be made of one: what a template
//! says, nobody wrote.

use super::BacklogSync;
use crate::core::model::ids::RepoId;
use crate::core::scheduling::text::TextReader;
use crate::engine::error::EngineError;
use crate::engine::sync::full_read::STALE;
use crate::gitea;
use crate::store::{Error, Ledger, backlog, repos};

/// How many repositories are asked for at once.
const MOST: u32 = 100;

/// Lets `reader` know the templates that the ledger holds.
pub(in crate::engine) async fn load(ledger: &Ledger, reader: &TextReader) -> Result<(), Error> {
    for (repo, templates) in ledger.read(backlog::templates::all).await? {
        reader.know(repo, &templates);
    }
    Ok(())
}

impl BacklogSync {
    /// Reads the templates that are due. Where they are not what they were, all issues are to be
    /// read once more; whether there are any.
    pub(super) async fn read_due_templates(&self) -> Result<bool, EngineError> {
        let stale = self.ctx.now().before(STALE);
        let due = move |conn: &_| backlog::templates::due(conn, stale, MOST);
        let mut any = false;
        for repo in self.ctx.ledger.read(due).await? {
            let read = self.read_templates_of(repo).await;
            any |= *read.as_ref().unwrap_or(&false);
            let what = format!("templates of repository {}", repo.0);
            self.skip_unreadable(&what, read.map(drop)).await?;
        }
        Ok(any)
    }

    async fn read_templates_of(&self, id: RepoId) -> Result<bool, EngineError> {
        let repo = self.ctx.ledger.read(move |conn| repos::name(conn, id)).await?;
        let Some(repo) = repo else { return Ok(false) };
        let templates = match self.ctx.gitea.issue_templates(&repo.name).await {
            // None that this account may read.
            Err(gitea::Error::NotFound { .. } | gitea::Error::Forbidden { .. }) => Vec::new(),
            templates => templates?,
        };
        self.reader.know(id, &templates);
        let now = self.ctx.now();
        let write = self.ctx.ledger.write(move |tx| {
            let are_new = backlog::templates::keep(tx, id, &templates, now)?;
            if are_new {
                backlog::read_again(tx, &[id])?;
            }
            Ok(are_new)
        });
        Ok(write.await?)
    }
}
