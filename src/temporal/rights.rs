//! What an attempt of a worker may have written to the forge: the ledger says it, each time anew.

use std::sync::Arc;

use crate::agents::{OriginCall, OriginTrouble};
use crate::core::jobs::WriteRight;
use crate::store::{Ledger, jobs};

/// Whether something may be written for the attempt of this key now; why not.
pub(super) type Rights = Arc<dyn Fn(&str) -> OriginCall<'static, ()> + Send + Sync>;

/// As the ledger says.
pub(super) fn by_ledger(ledger: Ledger) -> Rights {
    Arc::new(move |key| {
        let (ledger, key) = (ledger.clone(), key.to_owned());
        Box::pin(async move {
            let refused = |why: &str| Err(OriginTrouble::Refused(why.to_owned()));
            match ledger.read(move |conn| jobs::write_right(conn, &key)).await {
                Ok(WriteRight::Has) => Ok(()),
                Ok(WriteRight::Stopping) => refused("it was asked to stop"),
                Ok(WriteRight::Over) => refused("this attempt is over"),
                Err(error) => {
                    tracing::warn!(%error, "nobody can tell whether an attempt may hand in");
                    Err(OriginTrouble::NotNow("timmy cannot read its ledger".to_owned()))
                }
            }
        })
    })
}
