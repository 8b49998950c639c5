//! How far loading a model is, and the flag that stops it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use crate::{Cancel, LoadError};

/// Follows the loading of a model from another thread.
#[derive(Clone)]
pub struct LoadWatch {
    /// Stops loading, which then fails with [`LoadError::Cancelled`].
    pub cancel: Cancel,
    /// Called with the percentage of bytes that are loaded each time it rises, from any thread.
    pub report: Arc<dyn Fn(u8) + Send + Sync>,
    /// Whether other threads answer meanwhile: packing into a copy then gives way to them.
    pub is_background: bool,
}

impl fmt::Debug for LoadWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadWatch")
            .field("cancel", &self.cancel)
            .finish_non_exhaustive()
    }
}

/// Counts the bytes of a model file that have been read.
#[derive(Default)]
pub struct LoadProgress {
    watch: Option<LoadWatch>,
    total: u64,
    done: AtomicU64,
    reported: AtomicU8,
}

impl LoadProgress {
    /// Nothing of `total` bytes has been read yet.
    pub fn new(watch: Option<LoadWatch>, total: u64) -> LoadProgress {
        LoadProgress {
            watch,
            total,
            ..LoadProgress::default()
        }
    }

    /// An error once loading is to stop.
    pub fn check(&self) -> Result<(), LoadError> {
        match &self.watch {
            Some(watch) if watch.cancel.is_cancelled() => Err(LoadError::Cancelled),
            _ => Ok(()),
        }
    }

    /// Counts bytes that have been read, and reports the percentage if it has risen.
    pub fn add(&self, bytes: u64) -> Result<(), LoadError> {
        let Some(watch) = &self.watch else {
            return Ok(());
        };
        let done = self.done.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let percent = (100 * done / self.total.max(1)).min(100) as u8;
        if self.reported.fetch_max(percent, Ordering::Relaxed) < percent {
            (watch.report)(percent);
        }
        self.check()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn percentages_rise_until_loading_is_cancelled() {
        let (cancel, seen) = (Cancel::new(), Arc::new(Mutex::new(Vec::new())));
        let reported = Arc::clone(&seen);
        let watch = LoadWatch {
            cancel: cancel.clone(),
            report: Arc::new(move |percent| reported.lock().unwrap().push(percent)),
            is_background: false,
        };
        let progress = LoadProgress::new(Some(watch), 1000);
        for bytes in [4, 6, 2, 500, 488, 9] {
            progress.add(bytes).unwrap();
        }
        assert_eq!(*seen.lock().unwrap(), [1, 51, 100]);
        cancel.cancel();
        assert!(matches!(progress.check(), Err(LoadError::Cancelled)));
        assert!(matches!(progress.add(1), Err(LoadError::Cancelled)));
        assert!(LoadProgress::default().add(1).is_ok());
    }
}
