//! Polls the comments of a repository.

use super::Poller;
use super::texts::store_text;
use crate::core::model::text::ListedText;
use crate::core::model::time::Timestamp;
use crate::engine::error::EngineError;
use crate::engine::sync::OVERLAP;
use crate::gitea;
use crate::store::cursors::{self, WatchedRepo};

/// How many pages of a repository are read before it is the turn of others: a thousand comments,
/// since each page but the first is read twice.
const TURN: usize = 39;

impl Poller {
    /// Stores the comments of a repository that were written or edited since it was last read.
    pub(super) async fn read_comments(&self, watched: WatchedRepo) -> Result<(), EngineError> {
        let id = watched.repo.id;
        match self.read_pages(&watched).await {
            Ok((read_to, all)) => {
                Ok(self.ctx.ledger.write(move |tx| cursors::read(tx, id, read_to, all)).await?)
            }
            Err(EngineError::Forge(error @ gitea::Error::NotFound { .. })) => {
                // The next listing shows it, and opens the incident.
                tracing::info!(repo = %watched.repo.name, %error, "repository not found: deleted, or not visible any more");
                let write =
                    self.ctx.ledger.write(move |tx| cursors::read(tx, id, watched.read_to, true));
                Ok(write.await?)
            }
            Err(error) => Err(error),
        }
    }

    /// Up to when comments are read now, and whether these are all that there are.
    async fn read_pages(&self, watched: &WatchedRepo) -> Result<(Timestamp, bool), EngineError> {
        let from = watched.read_to.before(OVERLAP).max(watched.since);
        let mut pages = self.ctx.gitea.comments_since(&watched.repo.name, from);
        let (mut began, mut newest, mut turn) = (None, watched.read_to, 0);
        while let Some(page) = pages.next().await? {
            began = began.or(page.at);
            let written_at = page.entries.iter().map(|seen| seen.written.created_at);
            newest = written_at.fold(newest, Timestamp::max);
            self.store_all(watched, page.entries).await?;
            turn += 1;
            // What is left is no older than what was read: the list goes by time of writing. Less
            // than an overlap would be read again and again.
            if turn >= TURN && turn % 2 == 1 && newest > watched.read_to.after(OVERLAP) {
                return Ok((newest, false));
            }
        }
        Ok((began.unwrap_or_else(|| self.ctx.now()), true))
    }

    async fn store_all(
        &self,
        watched: &WatchedRepo,
        found: Vec<ListedText>,
    ) -> Result<(), EngineError> {
        if found.is_empty() {
            return Ok(());
        }
        let (repo, since, now) = (watched.repo.clone(), watched.since, self.ctx.now());
        let news = self.ctx.ledger.write(move |tx| {
            let mut news = false;
            for seen in found.into_iter().filter(|seen| seen.written.updated_at >= since) {
                news |= store_text(tx, seen, &repo, now)?;
            }
            Ok(news)
        });
        if news.await? {
            self.ctx.stored.notify();
        }
        Ok(())
    }
}
