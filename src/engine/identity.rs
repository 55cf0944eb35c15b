//! Who timmy is on the forge: the name that it is called by, and whose comments are its own.

use std::sync::Arc;

use tokio::sync::OnceCell;

use super::context::Context;
use super::error::EngineError;
use super::incidents::Incidents;
use crate::core::model::account::Account;
use crate::gitea;
use crate::store::meta::{self, LedgerStart};
use crate::store::{Connection, Error};

/// timmy's account, as the ledger remembers it.
///
/// # Errors
/// If the ledger cannot be read.
pub fn remembered(conn: &Connection) -> Result<Option<Account>, Error> {
    meta::get(conn, meta::ACCOUNT)
}

pub(super) struct Identity {
    ctx: Context,
    incidents: Arc<Incidents>,
    own: OnceCell<Account>,
}

impl Identity {
    pub(super) fn new(ctx: Context, incidents: Arc<Incidents>) -> Self {
        Self { ctx, incidents, own: OnceCell::new() }
    }

    /// timmy's account, as soon as the forge has named it.
    pub(super) fn known(&self) -> Option<&Account> {
        self.own.get()
    }

    /// Asks the forge who timmy is, until it answers.
    pub(super) async fn introduce(&self) {
        let mut failures = 0;
        while let Err(error) = self.fetch().await {
            failures += 1;
            let due = self.ctx.next_try(failures);
            self.incidents.met_everywhere(&error).await;
            tracing::info!(%error, %due, "identity unknown: Gitea does not answer");
            self.ctx.clock.until(due).await;
        }
    }

    /// timmy's account: what the forge said once or, while it does not, what the ledger remembers.
    ///
    /// Fails with [`EngineError::Nameless`] if neither does.
    pub(super) async fn get(&self) -> Result<Account, EngineError> {
        match self.fetch().await {
            Ok(own) => Ok(own.clone()),
            Err(error) => match self.ctx.ledger.read(remembered).await {
                Ok(Some(own)) => Ok(own),
                _ => Err(EngineError::Nameless(error)),
            },
        }
    }

    async fn fetch(&self) -> Result<&Account, gitea::Error> {
        self.own
            .get_or_try_init(|| async {
                let own = self.ctx.gitea.me().await?;
                let (stored, now) = (own.clone(), self.ctx.now());
                let noted = self.ctx.ledger.write(move |tx| {
                    if remembered(tx)?.is_none() {
                        let start = LedgerStart { at: now, asked: false, answered: None };
                        meta::set(tx, meta::LEDGER_START, &start)?;
                    }
                    meta::set(tx, meta::ACCOUNT, &stored)
                });
                if let Err(error) = noted.await {
                    tracing::warn!(%error, "identity could not be stored");
                }
                tracing::info!(account = %own.login, "identity confirmed");
                Ok(own)
            })
            .await
    }
}
