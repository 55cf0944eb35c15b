//! Who timmy is on the forge: the name that it is called by, and whose comments are its own.

use super::{Engine, retry};
use crate::core::model::account::Account;
use crate::gitea;
use crate::store::{Connection, Error, meta};

/// timmy's account, as the ledger remembers it.
///
/// # Errors
/// If the ledger cannot be read.
pub fn remembered(conn: &Connection) -> Result<Option<Account>, Error> {
    meta::get(conn, meta::ACCOUNT)
}

impl Engine {
    /// timmy's account, as soon as the forge has told it.
    pub fn own_account(&self) -> Option<&Account> {
        self.own.get()
    }

    /// Asks the forge who timmy is, until it answers.
    pub async fn introduce(&self) {
        let mut tries = 0;
        while let Err(error) = self.fetch_identity().await {
            tries += 1;
            let due = self.clock.now().after(retry::pause(tries, retry::chance()));
            self.record_forge_error(&error).await;
            tracing::info!(%error, %due, "identity unknown: Gitea does not answer");
            self.clock.until(due).await;
        }
    }

    /// timmy's account: what the forge told once or, while it does not, what the ledger remembers.
    pub(super) async fn identity(&self) -> Result<Account, gitea::Error> {
        match self.fetch_identity().await {
            Ok(own) => Ok(own.clone()),
            Err(error) => match self.ledger.read(remembered).await {
                Ok(Some(own)) => Ok(own),
                _ => Err(error),
            },
        }
    }

    async fn fetch_identity(&self) -> Result<&Account, gitea::Error> {
        self.own
            .get_or_try_init(|| async {
                let own = self.gitea.me().await?;
                let stored = own.clone();
                let noted = self.ledger.write(move |tx| meta::set(tx, meta::ACCOUNT, &stored));
                if let Err(error) = noted.await {
                    tracing::warn!(%error, "identity could not be stored");
                }
                tracing::info!(account = %own.login, "identity confirmed");
                Ok(own)
            })
            .await
    }
}
