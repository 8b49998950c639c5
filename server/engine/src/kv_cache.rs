//! The KV cache: keys and values of the tokens a session has seen, one pair of buffers per layer
//! of attention and key/value head, and the states of recurrent layers.
//!
//! The decoder writes the positions of a block layer by layer and then advances the length; cutting
//! back to a common prefix only lowers it. Memory grows with the sequence: one f16 per layer,
//! key/value head and component of a key or a value. Keys are stored in the panels that
//! `kernels::attend` reads.

use half::f16;
use half::slice::HalfFloatSliceExt;
use kernels::PANEL;

use crate::recurrent_state::{RecurrentStates, StateShape};

/// Positions by which the buffers grow; whole panels.
const GROWTH: usize = 256;

/// The keys and values of one key/value head in one layer.
#[derive(Default)]
pub struct HeadCache {
    /// `[position / 16][key_dim][16]`
    pub keys: Vec<f16>,
    /// `[position][value_dim]`
    pub values: Vec<f16>,
}

/// What each token leaves in the cache.
#[derive(Clone, Copy, Debug)]
pub struct CacheShape {
    /// Layers of attention.
    pub layers: usize,
    /// Key/value heads of a layer.
    pub heads: usize,
    /// Components of a key.
    pub key_dim: usize,
    /// Components of a value.
    pub value_dim: usize,
    /// What recurrent layers remember, however many tokens there are.
    pub states: StateShape,
}

impl CacheShape {
    /// Bytes of one token's keys and values.
    pub fn bytes_per_token(self) -> usize {
        self.layers * self.heads * (self.key_dim + self.value_dim) * size_of::<f16>()
    }
}

/// The KV cache of one sequence.
pub struct KvCache {
    heads: Vec<HeadCache>,
    shape: CacheShape,
    states: RecurrentStates,
    len: usize,
    /// Buffers for the row that is being written.
    row: F16Row,
}

#[derive(Default)]
struct F16Row {
    clamped: Vec<f32>,
    converted: Vec<f16>,
}

impl F16Row {
    /// The nearest f16 of each value; values beyond f16 become its largest.
    fn convert(&mut self, values: &[f32]) -> &[f16] {
        let max = f16::MAX.to_f32();
        self.clamped.clear();
        self.clamped
            .extend(values.iter().map(|value| value.clamp(-max, max)));
        self.converted.resize(values.len(), f16::ZERO);
        self.converted.convert_from_f32_slice(&self.clamped);
        &self.converted
    }
}

impl KvCache {
    /// An empty cache for a decoder of this shape.
    pub fn new(shape: CacheShape) -> KvCache {
        let heads = std::iter::repeat_with(HeadCache::default)
            .take(shape.layers * shape.heads)
            .collect();
        KvCache {
            heads,
            shape,
            states: RecurrentStates::new(shape.states),
            len: 0,
            row: F16Row::default(),
        }
    }

    /// Positions in the cache.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Removes every position from `len` on.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
        self.states.truncate(self.len);
    }

    /// Counts `count` more positions, which all layers have written.
    pub fn advance(&mut self, count: usize) {
        self.len += count;
        self.states.set_len(self.len);
    }

    /// Brings the states of recurrent layers to the end of the cache; or else cuts it back to
    /// where they can be brought, and returns that position.
    pub fn restore_states(&mut self) -> Option<usize> {
        let restored = self.states.restore(self.len);
        let is_cut = restored < self.len;
        self.len = restored;
        is_cut.then_some(restored)
    }

    /// Saves the states of recurrent layers, so that the sequence can be cut back to this position.
    pub fn save_states(&mut self) {
        self.states.save();
    }

    /// The states of recurrent layers.
    pub fn states(&mut self) -> &mut RecurrentStates {
        &mut self.states
    }

    /// Makes room for `count` more positions.
    pub fn reserve(&mut self, count: usize) {
        let positions = (self.len + count).next_multiple_of(GROWTH);
        let CacheShape {
            key_dim, value_dim, ..
        } = self.shape;
        for head in &mut self.heads {
            if head.values.len() < positions * value_dim {
                head.keys.resize(positions * key_dim, f16::ZERO);
                head.values.resize(positions * value_dim, f16::ZERO);
            }
        }
    }

    /// The heads of a layer of attention.
    pub fn layer(&self, layer: usize) -> &[HeadCache] {
        &self.heads[layer * self.shape.heads..(layer + 1) * self.shape.heads]
    }

    /// Writes one position's key and value, for which [`KvCache::reserve`] has made room.
    pub fn write(
        &mut self,
        layer: usize,
        head: usize,
        position: usize,
        key: &[f32],
        value: &[f32],
    ) {
        let CacheShape {
            heads,
            key_dim,
            value_dim,
            ..
        } = self.shape;
        let head = &mut self.heads[layer * heads + head];
        let panel = &mut head.keys[position / PANEL * PANEL * key_dim..][..PANEL * key_dim];
        for (column, k) in panel.chunks_exact_mut(PANEL).zip(self.row.convert(key)) {
            column[position % PANEL] = *k;
        }
        head.values[position * value_dim..][..value_dim].copy_from_slice(self.row.convert(value));
    }
}
