//! Buffers on a GPU, and uploads in pieces.

use crate::device::Shared;
use crate::memory::Reservation;
use crate::steps::Step;
use crate::{Gpu, GpuError};

/// Bytes of an upload that wait in the memory of the CPU at a time.
const UPLOAD_PIECE: usize = 4 << 20;
/// Bytes after which uploads are submitted, so that their copies on the CPU are released.
const SUBMIT_AFTER: usize = 64 << 20;

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

impl Gpu {
    /// A buffer of zeros.
    pub(crate) fn buffer(&self, bytes: u64) -> Result<GpuBuffer, GpuError> {
        let bytes = bytes.next_multiple_of(16).max(16);
        if bytes > self.shared.buffer_limit {
            let limit = self.shared.buffer_limit;
            let what = format!("{bytes} bytes in one buffer, where {limit} are the limit");
            return Err(GpuError::OutOfMemory(what));
        }
        self.step(Step::Allocate)?;
        let reserved = self.shared.memory.reserve(bytes)?;
        let usage = wgpu::BufferUsages::STORAGE
            | wgpu::BufferUsages::COPY_SRC
            | wgpu::BufferUsages::COPY_DST;
        let raw = self.guarded(|| {
            self.shared.device.create_buffer(&wgpu::BufferDescriptor {
                label: None,
                size: bytes,
                usage,
                mapped_at_creation: false,
            })
        })?;
        Ok(GpuBuffer { raw, reserved })
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
        self.gpu.step(Step::Submit)?;
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
