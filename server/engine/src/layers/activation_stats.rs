//! Statistics of the activations that matrices are multiplied with: the mean square of every input
//! column, llama.cpp's importance matrix.
//!
//! Completions do not collect them; `quantize` puts an [`ActivationStats`] into a
//! [`Scratch`](super::Scratch) and reads it afterwards. The decoder adds to it twice per layer, so
//! the layers themselves know nothing of it.

use std::collections::HashMap;

/// A group of matrices that are multiplied with the same activations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MatrixGroup {
    /// Query, key and value of a layer.
    Attention(usize),
    /// The output of a layer's attention.
    AttentionOutput(usize),
    /// Gate and up of a layer.
    Mlp(usize),
    /// Down of a layer.
    MlpDown(usize),
    /// The language model head.
    LmHead,
}

/// Sums of squares per group and column.
#[derive(Default)]
pub struct ActivationStats {
    sums: HashMap<MatrixGroup, ColumnSums>,
}

#[derive(Default)]
struct ColumnSums {
    squares: Vec<f64>,
    rows: usize,
}

impl ActivationStats {
    /// Adds `count` rows.
    pub fn add(&mut self, group: MatrixGroup, values: &[f32], count: usize) {
        let cols = values.len() / count.max(1);
        let sums = self.sums.entry(group).or_default();
        sums.squares.resize(cols, 0.0);
        sums.rows += count;
        for row in values.chunks_exact(cols.max(1)) {
            for (sum, v) in sums.squares.iter_mut().zip(row) {
                *sum += f64::from(v * v);
            }
        }
    }

    /// The mean square of each column, if the group has any rows.
    pub fn mean_squares(&self, group: MatrixGroup) -> Option<Vec<f32>> {
        let sums = self.sums.get(&group).filter(|sums| sums.rows > 0)?;
        Some(
            sums.squares
                .iter()
                .map(|sum| (sum / sums.rows as f64) as f32)
                .collect(),
        )
    }
}
