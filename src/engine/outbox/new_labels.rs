//! Labels that are missing are made one after the other.

use tokio::sync::{Mutex, MutexGuard};

use crate::core::model::time::Timestamp;

/// Held while a label is looked for and made. None is made before that moment: one of an earlier
/// request may appear until then.
#[derive(Debug, Default)]
pub(super) struct NewLabels(Mutex<Timestamp>);

impl NewLabels {
    pub(super) async fn lock(&self) -> MutexGuard<'_, Timestamp> {
        self.0.lock().await
    }
}
