//! When a tool has to stop: its client has cancelled the call or hung up, or its time is up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long a tool works. Clients wait for a minute, as a rule.
const TIME: Duration = Duration::from_secs(45);

/// Asked by a tool between two pieces of work.
#[derive(Clone)]
pub(crate) struct Stop {
    is_cancelled: Arc<AtomicBool>,
    until: Instant,
}

/// Cancels when it is dropped.
pub(crate) struct CancelOnDrop(Stop);

impl Stop {
    /// Not cancelled, with all its time left.
    pub fn new() -> Self {
        Self {
            is_cancelled: Arc::default(),
            until: Instant::now() + TIME,
        }
    }

    /// What cancels it.
    pub fn on_drop(&self) -> CancelOnDrop {
        CancelOnDrop(self.clone())
    }

    /// Whether the tool is to go on.
    pub fn goes_on(&self) -> bool {
        !self.is_cancelled.load(Ordering::Relaxed) && Instant::now() < self.until
    }
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.is_cancelled.store(true, Ordering::Relaxed);
    }
}
