//! Keys and values of the tokens a session has seen, one pair of buffers per layer and key/value
//! head.
//!
//! The decoder writes a block's positions layer by layer and then counts them in; cutting back to a
//! common prefix only lowers the count. Memory grows with the sequence: two f16 per layer,
//! key/value head and component. Keys are kept in panels as `kernels/attend.rs` reads them.

use half::f16;
use half::slice::HalfFloatSliceExt;

use kernels::PANEL;

/// Positions by which the buffers grow; whole panels.
const GROWTH: usize = 256;

/// The keys and values of one key/value head in one layer.
#[derive(Default)]
pub struct Head {
    /// `[position / 16][head_dim][16]`
    pub keys: Vec<f16>,
    /// `[position][head_dim]`
    pub values: Vec<f16>,
}

/// The cache of one sequence.
pub struct Cache {
    heads: Vec<Head>,
    per_layer: usize,
    head_dim: usize,
    len: usize,
    /// Room for the row that is being written.
    row: Row,
}

#[derive(Default)]
struct Row {
    finite: Vec<f32>,
    narrow: Vec<f16>,
}

impl Row {
    /// The nearest f16 of each value; what is too large becomes the largest there is.
    fn narrow(&mut self, values: &[f32]) -> &[f16] {
        let most = f16::MAX.to_f32();
        self.finite.clear();
        self.finite
            .extend(values.iter().map(|value| value.clamp(-most, most)));
        self.narrow.resize(values.len(), f16::ZERO);
        self.narrow.convert_from_f32_slice(&self.finite);
        &self.narrow
    }
}

impl Cache {
    /// An empty cache for a decoder of this shape.
    pub fn new(layers: usize, kv_heads: usize, head_dim: usize) -> Cache {
        let heads = std::iter::repeat_with(Head::default)
            .take(layers * kv_heads)
            .collect();
        Cache {
            heads,
            per_layer: kv_heads,
            head_dim,
            len: 0,
            row: Row::default(),
        }
    }

    /// Positions counted in.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Forgets every position from `len` on.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Counts in `count` positions that all layers have written.
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
    pub fn layer(&self, layer: usize) -> &[Head] {
        &self.heads[layer * self.per_layer..(layer + 1) * self.per_layer]
    }

    /// Writes one position's key and value, which [`Cache::reserve`] has made room for.
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
        for (column, k) in panel.chunks_exact_mut(PANEL).zip(self.row.narrow(key)) {
            column[position % PANEL] = *k;
        }
        head.values[position * head_dim..][..head_dim].copy_from_slice(self.row.narrow(value));
    }
}
