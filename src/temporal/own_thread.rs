//! A thread of its own: what runs workflows and activities cannot leave it.

use tokio::sync::oneshot;

/// What ran on the thread did not come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

/// Runs what `work` gives on a thread of its own; returns when that has ended.
///
/// # Errors
/// If it panicked, or could not begin. The log says where.
pub(super) async fn on_own_thread<F: Future<Output = ()>>(
    work: impl FnOnce() -> F + Send + 'static,
) -> Result<(), Broken> {
    let (ends, ended) = oneshot::channel::<()>();
    let thread = std::thread::Builder::new().name("temporal".to_owned()).spawn(move || {
        match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => {
                runtime.block_on(work());
                // Who waited may have gone. A panic drops this end.
                let _ = ends.send(());
            }
            Err(error) => tracing::error!(%error, "Temporal has no runtime"),
        }
    });
    match thread {
        Ok(_) => ended.await.map_err(|_| Broken),
        Err(error) => {
            tracing::error!(%error, "Temporal has no thread");
            Err(Broken)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::temporal::own_thread::*;

    #[tokio::test]
    async fn it_is_known_whether_it_came_to_its_end() {
        assert_eq!(on_own_thread(|| async { tokio::task::yield_now().await }).await, Ok(()));
        let is_sound = std::hint::black_box(false);
        let broken = on_own_thread(move || async move { assert!(is_sound, "said by this test") });
        assert_eq!(broken.await, Err(Broken));
    }
}
