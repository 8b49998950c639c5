//! How long someone who invoked a completion waits. Then what is begun ends with its line, and
//! nothing more is tried.

use std::time::{Duration, Instant};

/// The end of the time that a completion may take; never where someone types, as other limits hold
/// there.
#[derive(Clone, Copy)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// So long from now.
    pub fn after(wait: Option<Duration>) -> Self {
        Self(wait.and_then(|wait| now().checked_add(wait)))
    }

    /// Whether the time is up.
    pub fn is_over(self) -> bool {
        self.0.is_some_and(|end| now() >= end)
    }
}

/// The clock. How long each step took is part of an answer; only a [`Deadline`] decides by it.
#[allow(
    clippy::disallowed_methods,
    reason = "the one place of this crate that reads the clock"
)]
pub fn now() -> Instant {
    Instant::now()
}
