//! The keys and values of a sequence on a GPU, as f16: for each layer `[kv head][slot][component]`.
//!
//! A pass writes to the slots after the cache's length; the engine counts them with
//! [`GpuCache::advance`] when it has succeeded. Slots beyond the length are written again by the
//! next pass, so cutting a sequence back is only a smaller length.

use crate::buffers::GpuBuffer;
use crate::error::require;
use crate::steps::Step;
use crate::{Gpu, GpuError};

/// Slots of the smallest cache.
const MIN_CAPACITY: usize = 256;

/// What a cache has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GpuCacheShape {
    /// Layers with attention.
    pub layers: usize,
    /// Key/value heads of a layer.
    pub kv_heads: usize,
    /// Components of a key and of a value, a multiple of 8.
    pub head_dim: usize,
    /// Slots it may ever have: the positions of a sequence and the tokens of the spans of a pass.
    pub max_slots: usize,
}

impl GpuCacheShape {
    /// Bytes of one slot in all layers.
    pub fn bytes_per_slot(self) -> u64 {
        4 * self.layers as u64 * self.kv_heads as u64 * self.head_dim as u64
    }
}

/// The keys and values of one sequence.
pub struct GpuCache {
    gpu: Gpu,
    pub(crate) shape: GpuCacheShape,
    layers: Vec<LayerCache>,
    len: usize,
}

/// The keys and values of a layer.
pub(crate) struct LayerCache {
    pub keys: GpuBuffer,
    pub values: GpuBuffer,
    /// Slots of a head.
    pub capacity: usize,
}

impl Gpu {
    /// An empty cache, which takes memory as it fills.
    pub fn cache(&self, shape: GpuCacheShape) -> Result<GpuCache, GpuError> {
        let is_valid = shape.head_dim.is_multiple_of(8) && shape.kv_heads * shape.head_dim > 0;
        require(is_valid && u32::try_from(shape.max_slots).is_ok(), || {
            format!("a cache of {shape:?}")
        })?;
        Ok(GpuCache {
            gpu: self.clone(),
            shape,
            layers: Vec::new(),
            len: 0,
        })
    }
}

impl GpuCache {
    /// Positions in the cache.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no position is in the cache.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Removes every position from `len` on.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Counts the tokens of a pass that was one span at the end of the cache.
    pub fn advance(&mut self, count: usize) {
        self.len = self.shape.max_slots.min(self.len + count);
    }

    /// Bytes on the GPU.
    pub fn bytes(&self) -> u64 {
        let bytes = |layer: &LayerCache| layer.keys.bytes() + layer.values.bytes();
        self.layers.iter().map(bytes).sum()
    }

    pub(crate) fn layer(&self, layer: usize) -> Option<&LayerCache> {
        self.layers.get(layer)
    }

    /// Makes room for `slots` slots. After an error, all positions are still there.
    pub(crate) fn reserve(&mut self, slots: usize) -> Result<(), GpuError> {
        require(slots <= self.shape.max_slots, || {
            format!(
                "{slots} slots in a cache of {} at most",
                self.shape.max_slots
            )
        })?;
        let capacity = slots.next_power_of_two().max(MIN_CAPACITY);
        // Whole vectors of 8 components in every head, whatever their number.
        let capacity = capacity.min(self.shape.max_slots.next_multiple_of(8));
        for number in 0..self.shape.layers {
            let old = self.layers.get(number);
            if old.is_some_and(|old| old.capacity >= slots) {
                continue;
            }
            let grown = self.grown(old, capacity)?;
            match self.layers.get_mut(number) {
                Some(layer) => *layer = grown,
                None => self.layers.push(grown),
            }
        }
        Ok(())
    }

    /// A layer with more slots and what `old` has.
    fn grown(&self, old: Option<&LayerCache>, capacity: usize) -> Result<LayerCache, GpuError> {
        let slot_bytes = 2 * self.shape.head_dim as u64;
        let head_bytes = slot_bytes * capacity as u64;
        let bytes = head_bytes * self.shape.kv_heads as u64;
        let layer = LayerCache {
            keys: self.gpu.buffer(bytes)?,
            values: self.gpu.buffer(bytes)?,
            capacity,
        };
        let Some(old) = old.filter(|_| self.len > 0) else {
            return Ok(layer);
        };
        let old_head_bytes = slot_bytes * old.capacity as u64;
        let used = slot_bytes * self.len as u64;
        let shared = &self.gpu.shared;
        self.gpu.step(Step::Submit)?;
        self.gpu.guarded(|| {
            let mut encoder = shared.device.create_command_encoder(&Default::default());
            for head in 0..self.shape.kv_heads as u64 {
                let (from, to) = (head * old_head_bytes, head * head_bytes);
                for (old, new) in [(&old.keys, &layer.keys), (&old.values, &layer.values)] {
                    encoder.copy_buffer_to_buffer(&old.raw, from, &new.raw, to, used);
                }
            }
            shared.queue.submit([encoder.finish()]);
        })?;
        Ok(layer)
    }
}
