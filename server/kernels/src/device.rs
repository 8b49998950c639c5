//! What one call computes with: an instruction set, threads and the caller's stop flag.
//!
//! The kernels share their work through [`Device::run`], so a cancelled request frees the processor
//! within one piece of work, however long a layer takes.

use super::cancel::Cancel;
use super::isa::Isa;
use super::thread_pool::ThreadPool;

/// Instruction set, threads and stop flag of one call.
#[derive(Clone, Copy)]
pub struct Device<'a> {
    /// The instruction set.
    pub isa: Isa,
    /// The threads.
    pub pool: &'a ThreadPool,
    /// The stop flag.
    pub cancel: &'a Cancel,
}

impl Device<'_> {
    /// Calls `work` with every number below `pieces`, as [`ThreadPool::run`] does. Once cancelled,
    /// the remaining pieces are skipped and the result must not be used.
    pub fn run(&self, pieces: usize, work: &(dyn Fn(usize) + Sync)) {
        self.pool.run(pieces, &|piece| {
            if !self.cancel.is_cancelled() {
                work(piece);
            }
        });
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn the_rest_of_cancelled_work_is_skipped() {
        let (pool, cancel) = (ThreadPool::new(2).unwrap(), Cancel::new());
        let device = Device {
            isa: Isa::detect(),
            pool: &pool,
            cancel: &cancel,
        };
        let done = AtomicUsize::new(0);
        device.run(1000, &|_| {
            if done.fetch_add(1, Ordering::Relaxed) == 9 {
                cancel.cancel();
            }
        });
        // The other thread may have begun a piece before the flag was set.
        assert!((10..=11).contains(&done.load(Ordering::Relaxed)));
        let count = |_: usize| {
            done.fetch_add(1, Ordering::Relaxed);
        };
        device.run(1000, &count);
        assert!(done.load(Ordering::Relaxed) <= 11);
    }
}
