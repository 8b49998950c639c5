//! The KV cache: keys and values of the tokens a session has seen, one pair of buffers per layer
//! and key/value head.
//!
//! The decoder writes the positions of a block layer by layer and then advances the length; cutting
//! back to a common prefix only lowers it. Memory grows with the sequence: two f16 per layer,
//! key/value head and component. Keys are stored in the panels that `kernels::attend` reads.

use half::f16;
use half::slice::HalfFloatSliceExt;
use kernels::PANEL;

/// Positions by which the buffers grow; whole panels.
const GROWTH: usize = 256;

/// The keys and values of one key/value head in one layer.
#[derive(Default)]
pub struct HeadCache {
    /// `[position / 16][head_dim][16]`
    pub keys: Vec<f16>,
    /// `[position][head_dim]`
    pub values: Vec<f16>,
}

/// The KV cache of one sequence.
pub struct KvCache {
    heads: Vec<HeadCache>,
    per_layer: usize,
    head_dim: usize,
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
    pub fn new(layers: usize, kv_heads: usize, head_dim: usize) -> KvCache {
        let heads = std::iter::repeat_with(HeadCache::default)
            .take(layers * kv_heads)
            .collect();
        KvCache {
            heads,
            per_layer: kv_heads,
            head_dim,
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
        for head in &mut self.heads {
            if head.values.len() < positions * self.head_dim {
                head.keys.resize(positions * self.head_dim, f16::ZERO);
                head.values.resize(positions * self.head_dim, f16::ZERO);
            }
        }
    }

    /// The heads of a layer.
    pub fn layer(&self, layer: usize) -> &[HeadCache] {
        &self.heads[layer * self.per_layer..(layer + 1) * self.per_layer]
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
        let head_dim = self.head_dim;
        let head = &mut self.heads[layer * self.per_layer + head];
        let panel = &mut head.keys[position / PANEL * PANEL * head_dim..][..PANEL * head_dim];
        for (column, k) in panel.chunks_exact_mut(PANEL).zip(self.row.convert(key)) {
            column[position % PANEL] = *k;
        }
        head.values[position * head_dim..][..head_dim].copy_from_slice(self.row.convert(value));
    }
}
