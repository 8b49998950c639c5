//! What went into the matrices: the mean square of every input column, counted while the decoder
//! runs.
//!
//! Nobody watches while completing; `quantize` puts an [`Inputs`] into a
//! [`Scratch`](super::Scratch) and reads it afterwards. The decoder calls in once per half of a
//! layer, so the layers themselves know nothing of it.

use std::collections::HashMap;

/// A group of matrices that are multiplied with the same rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Joint {
    /// Query, key and value of a layer.
    Attention(usize),
    /// The output of a layer's attention.
    AttentionOutput(usize),
    /// Gate and up of a layer.
    Mlp(usize),
    /// Down of a layer.
    MlpDown(usize),
    /// The head.
    Head,
}

/// Sums of squares by joint and column.
#[derive(Default)]
pub struct Inputs {
    sums: HashMap<Joint, Sums>,
}

#[derive(Default)]
struct Sums {
    squares: Vec<f64>,
    rows: usize,
}

impl Inputs {
    /// Counts in `count` rows.
    pub fn add(&mut self, joint: Joint, values: &[f32], count: usize) {
        let cols = values.len() / count.max(1);
        let sums = self.sums.entry(joint).or_default();
        sums.squares.resize(cols, 0.0);
        sums.rows += count;
        for row in values.chunks_exact(cols.max(1)) {
            for (sum, v) in sums.squares.iter_mut().zip(row) {
                *sum += f64::from(v * v);
            }
        }
    }

    /// The mean square of each column, if the joint was seen.
    pub fn mean_squares(&self, joint: Joint) -> Option<Vec<f32>> {
        let sums = self.sums.get(&joint).filter(|sums| sums.rows > 0)?;
        Some(
            sums.squares
                .iter()
                .map(|sum| (sum / sums.rows as f64) as f32)
                .collect(),
        )
    }
}
