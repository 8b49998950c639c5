//! Factors of a tensor's weights, which a file has as a tensor of their own: those of floats of
//! eight bits in a folder, and of NVFP4 in a GGUF.
//!
//! `safetensors` and `gguf` put them to their tensors; [`WeightScale::apply`] multiplies decoded
//! rows. Layouts: DeepSeek-V3's `weight_scale_inv` (a factor for each 128 by 128 weights, as
//! `quantization_config.weight_block_size` says), compressed-tensors' and ModelOpt's `weight_scale`
//! (one, or one for each row), llama.cpp's `NAME.scale` (one, or one for each expert).

use crate::LoadError;

/// Rows and columns that share a factor unless the file says otherwise.
pub const BLOCK: [usize; 2] = [128, 128];

/// Factors of the weights of a matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightScale {
    factors: Vec<f32>,
    /// Rows and columns that share a factor.
    block: [usize; 2],
    /// Factors for each row of blocks.
    across: usize,
}

impl WeightScale {
    /// Factors of the shape `own` for weights of the shape `[rows, cols]`; `block` is what the file
    /// says about blocks.
    pub fn new(
        name: &str,
        factors: Vec<f32>,
        own: &[usize],
        [rows, cols]: [usize; 2],
        block: [usize; 2],
    ) -> Result<WeightScale, LoadError> {
        let wrong = |what: &str| {
            Err(LoadError::Damaged(format!(
                "the factors of the tensor {name}, {own:?} for {rows} rows of {cols}, {what}"
            )))
        };
        if !factors.iter().all(|factor| factor.is_finite()) {
            return wrong("are not all finite");
        }
        let count = factors.len();
        let (block, across) = match *own {
            _ if count == 1 => ([rows, cols], 1),
            [_] | [_, 1] if count == rows => ([1, cols], 1),
            // One for each of several matrices, which are stacked.
            [_] | [_, 1] if count > 0 && rows.is_multiple_of(count) => ([rows / count, cols], 1),
            [down, across] if block.iter().all(|&side| side > 0) => {
                if [down, across] != [rows.div_ceil(block[0]), cols.div_ceil(block[1])] {
                    return wrong("do not fit its blocks");
                }
                (block, across)
            }
            _ => return wrong("are not one, one for each row or one for each block"),
        };
        Ok(WeightScale {
            factors,
            block,
            across,
        })
    }

    /// Multiplies whole rows of `cols` weights, of which the first is row `first` of the matrix.
    pub fn apply(&self, first: usize, cols: usize, values: &mut [f32]) {
        for (row, values) in (first..).zip(values.chunks_mut(cols)) {
            for (at, values) in values.chunks_mut(self.block[1]).enumerate() {
                let factor = self.factor(row, at);
                values.iter_mut().for_each(|value| *value *= factor);
            }
        }
    }

    /// The factors of the rows from `first` on; every part of a matrix that has factors of its own
    /// begins with whole blocks.
    pub fn skip_rows(&self, first: usize) -> WeightScale {
        let skipped = first / self.block[0] * self.across;
        WeightScale {
            factors: self.factors.get(skipped..).unwrap_or_default().to_vec(),
            ..*self
        }
    }

    /// The factor of a row, where all of its weights have one.
    pub fn of_row(&self, row: usize) -> Option<f32> {
        (self.across == 1).then(|| self.factor(row, 0))
    }

    fn factor(&self, row: usize, at: usize) -> f32 {
        let index = row / self.block[0] * self.across + at;
        self.factors.get(index).copied().unwrap_or(f32::NAN)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn applied(factors: &[f32], own: &[usize], shape: [usize; 2], first: usize) -> Vec<f32> {
        let scale = WeightScale::new("w", factors.to_vec(), own, shape, [2, 4]).unwrap();
        let mut values = vec![1.0; (shape[0] - first) * shape[1]];
        scale.apply(first, shape[1], &mut values);
        values
    }

    #[test]
    fn factors_are_for_all_weights_for_rows_or_for_blocks() {
        assert_eq!(applied(&[3.0], &[1], [2, 2], 0), [3.0; 4]);
        assert_eq!(applied(&[3.0], &[], [2, 2], 1), [3.0; 2]);
        assert_eq!(
            applied(&[1.0, 2.0], &[2, 1], [2, 2], 0),
            [1.0, 1.0, 2.0, 2.0]
        );
        assert_eq!(applied(&[1.0, 2.0], &[2], [4, 1], 1), [1.0, 2.0, 2.0]);
        let blocks = applied(&[1.0, 2.0, 3.0, 4.0], &[2, 2], [3, 5], 1);
        assert_eq!(blocks, [1.0, 1.0, 1.0, 1.0, 2.0, 3.0, 3.0, 3.0, 3.0, 4.0]);
    }

    #[test]
    fn other_shapes_and_numbers_are_refused() {
        for (factors, own) in [
            (vec![1.0; 4], vec![4]),
            (vec![1.0; 6], vec![2, 3]),
            (vec![], vec![0]),
            (vec![f32::NAN], vec![1]),
            (vec![1.0; 8], vec![2, 2, 2]),
        ] {
            let made = WeightScale::new("w", factors, &own, [3, 5], [2, 4]);
            assert!(
                made.unwrap_err()
                    .to_string()
                    .contains("the factors of the tensor w")
            );
        }
    }

    #[test]
    fn a_row_has_one_factor_or_several() {
        let new = |own: &[usize], count| {
            WeightScale::new("w", vec![2.0; count], own, [4, 8], [2, 4]).unwrap()
        };
        assert_eq!(new(&[1], 1).of_row(3), Some(2.0));
        assert_eq!(new(&[2, 2], 4).of_row(3), None);
    }
}
