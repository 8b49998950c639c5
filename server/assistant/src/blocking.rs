//! Work that keeps a thread busy, off the threads that answer messages.
//!
//! Knows nothing of what the work is. A panic in it is logged here, once, so that callers only say
//! that it failed.

/// Work on a thread of its own panicked; the log says why.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("an internal error; see the log")]
pub struct WorkFailed;

/// Runs `work` on a thread for blocking work.
///
/// # Errors
///
/// Where `work` panics.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, WorkFailed> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| {
        tracing::error!(%error, "background work failed");
        WorkFailed
    })
}
