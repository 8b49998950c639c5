//! How much memory all buffers of a device have and may have.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::GpuError;

/// Bytes that buffers have and may have.
pub(crate) struct MemoryBudget {
    used: AtomicU64,
    limit: u64,
}

/// Bytes of a budget, given back when dropped.
pub(crate) struct Reservation {
    budget: Arc<MemoryBudget>,
    pub bytes: u64,
}

impl MemoryBudget {
    pub fn new(limit: u64) -> Arc<MemoryBudget> {
        Arc::new(MemoryBudget {
            used: AtomicU64::new(0),
            limit,
        })
    }

    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// Takes `bytes` of the budget, if they are left.
    pub fn reserve(self: &Arc<Self>, bytes: u64) -> Result<Reservation, GpuError> {
        let add = |used: u64| used.checked_add(bytes).filter(|sum| *sum <= self.limit);
        let before = (Ordering::Relaxed, Ordering::Relaxed);
        match self.used.fetch_update(before.0, before.1, add) {
            Ok(_) => Ok(Reservation {
                budget: Arc::clone(self),
                bytes,
            }),
            Err(used) => Err(GpuError::OutOfMemory(format!(
                "{bytes} more bytes, where {used} of {} are in use",
                self.limit
            ))),
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_never_exceeded_and_comes_back() {
        let budget = MemoryBudget::new(100);
        let first = budget.reserve(60).unwrap();
        assert!(matches!(budget.reserve(41), Err(GpuError::OutOfMemory(_))));
        assert!(matches!(
            budget.reserve(u64::MAX),
            Err(GpuError::OutOfMemory(_))
        ));
        let second = budget.reserve(40).unwrap();
        assert_eq!(budget.used(), 100);
        drop(first);
        assert_eq!(budget.used(), 40);
        drop(second);
        assert!(budget.reserve(100).is_ok());
    }
}
