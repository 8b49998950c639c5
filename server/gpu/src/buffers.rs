//! Memory on a GPU: a limit for all of it, buffers, and uploads in pieces.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::device::Shared;
use crate::{Gpu, GpuError};

/// Bytes of an upload that wait in the memory of the CPU at a time.
const UPLOAD_PIECE: usize = 4 << 20;
/// Bytes after which uploads are submitted, so that their copies on the CPU are released.
const SUBMIT_AFTER: usize = 64 << 20;

/// Bytes that buffers have and may have.
pub(crate) struct MemoryBudget {
    used: AtomicU64,
    limit: u64,
}

/// Bytes of a budget, given back when dropped.
pub(crate) struct Reservation {
    budget: Arc<MemoryBudget>,
    bytes: u64,
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

/// A buffer, and its share of the budget.
pub(crate) struct GpuBuffer {
    pub raw: wgpu::Buffer,
    pub reserved: Reservation,
}

impl GpuBuffer {
    /// Its bytes.
    pub fn bytes(&self) -> u64 {
        self.reserved.bytes
    }
}

/// Fills a buffer from front to back.
pub(crate) struct Upload<'a> {
    gpu: &'a Gpu,
    buffer: GpuBuffer,
    offset: u64,
    /// What follows what has been written.
    pub pending: Vec<u8>,
    unsubmitted: usize,
}

impl<'a> Upload<'a> {
    /// Begins a buffer of so many bytes.
    pub fn new(gpu: &'a Gpu, bytes: u64) -> Result<Upload<'a>, GpuError> {
        Ok(Upload {
            gpu,
            buffer: gpu.buffer(bytes)?,
            offset: 0,
            pending: Vec::new(),
            unsubmitted: 0,
        })
    }

    /// Writes what is pending if that is much.
    pub fn advance(&mut self) -> Result<(), GpuError> {
        match self.pending.len() >= UPLOAD_PIECE {
            // Copies are of whole words.
            true => self.write(self.pending.len() / 4 * 4),
            false => Ok(()),
        }
    }

    fn write(&mut self, len: usize) -> Result<(), GpuError> {
        let Shared { queue, .. } = &*self.gpu.shared;
        let is_much = self.unsubmitted + len >= SUBMIT_AFTER;
        self.gpu.guarded(|| {
            queue.write_buffer(&self.buffer.raw, self.offset, &self.pending[..len]);
            if is_much {
                queue.submit([]);
            }
        })?;
        self.unsubmitted = if is_much { 0 } else { self.unsubmitted + len };
        self.offset += len as u64;
        self.pending.drain(..len);
        Ok(())
    }

    /// Writes the rest.
    pub fn finish(mut self) -> Result<GpuBuffer, GpuError> {
        self.pending
            .resize(self.pending.len().next_multiple_of(4), 0);
        self.write(self.pending.len())?;
        self.gpu.guarded(|| self.gpu.shared.queue.submit([]))?;
        Ok(self.buffer)
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
