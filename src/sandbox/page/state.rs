//! What the handlers of the page share.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::gate::PageGate;
use super::guide::Guide;
use crate::sandbox::server::Forge;

/// How long a comment waits for what it causes before its page is shown without it.
const PATIENCE: Duration = Duration::from_secs(2);

/// Waits until whoever listens to the forge has done what it was told.
pub type Rest = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// What the handlers of the page share.
pub(super) struct PageState {
    pub(super) forge: Arc<Forge>,
    pub(super) guide: Guide,
    pub(super) gate: Arc<PageGate>,
    pub(super) rest: Rest,
}

impl PageState {
    /// Waits until what was just said had its effect, but not for long.
    pub(super) async fn settle(&self) {
        let settled = async {
            self.forge.deliveries.settle().await;
            (self.rest)().await;
            self.forge.deliveries.settle().await;
        };
        // Late effects are seen all the same: the page looks for news.
        let _ = tokio::time::timeout(PATIENCE, settled).await;
    }
}
