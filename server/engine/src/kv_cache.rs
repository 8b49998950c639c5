//! The KV cache: keys and values of the tokens a session has seen, one pair of buffers per layer
//! and key/value head.
//!
//! The decoder writes the positions of a block layer by layer and then advances the length; cutting
//! back to a common prefix only lowers it. Memory grows with the sequence: one f16 per layer,
//! key/value head and component of a key or a value. Keys are stored in the panels that
//! `kernels::attend` reads.

use half::f16;
use half::slice::HalfFloatSliceExt;
use kernels::PANEL;

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
    pub layers: usize,
    /// Key/value heads of a layer.
    pub heads: usize,
    /// Components of a key.
    pub key_dim: usize,
    /// Components of a value.
    pub value_dim: usize,
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
    }

    /// Counts `count` more positions, which all layers have written.
    pub fn advance(&mut self, count: usize) {
        self.len += count;
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

    /// The heads of a layer.
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
