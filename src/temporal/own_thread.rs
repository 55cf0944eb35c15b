//! A thread of its own: what runs workflows and activities cannot leave it.

use tokio::sync::oneshot;

/// Runs what `work` gives on a thread of its own; returns when that has ended.
pub(super) async fn on_own_thread<F: Future<Output = ()>>(
    work: impl FnOnce() -> F + Send + 'static,
) {
    let (ends, ended) = oneshot::channel::<()>();
    let thread = std::thread::Builder::new().name("temporal".to_owned()).spawn(move || {
        let _ends = ends;
        match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(work()),
            Err(error) => tracing::error!(%error, "Temporal has no runtime"),
        }
    });
    match thread {
        // It ends by dropping the other end.
        Ok(_) => drop(ended.await),
        Err(error) => tracing::error!(%error, "Temporal has no thread"),
    }
}
