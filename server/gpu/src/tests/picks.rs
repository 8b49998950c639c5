//! The likeliest tokens, and what all logits sum to.

use super::{gpu, never, random};
use crate::picks::TOP;
use crate::{
    Gpu, GpuCacheShape, GpuMatrix, GpuVector, MatrixSource, OutputHead, RowNorm, RowWidths,
    TokenSpan, WeightFormat,
};

const WIDTH: usize = 32;

struct Fixture {
    embedding: GpuMatrix,
    norm: GpuVector,
}

fn fixture(gpu: &Gpu, vocabulary: usize) -> Fixture {
    let mut values = random(vocabulary * WIDTH, 6);
    if vocabulary > 300 {
        // More tokens of one logit than are picked, the likeliest of all for some inputs.
        values[..WIDTH].iter_mut().for_each(|v| *v *= 3.0);
        (200..300).for_each(|token| values.copy_within(..WIDTH, token * WIDTH));
    }
    let source = MatrixSource {
        format: WeightFormat::F32,
        rows: vocabulary,
        bytes: bytemuck::cast_slice(&values),
    };
    Fixture {
        embedding: gpu.matrix(&[source], WIDTH).unwrap(),
        norm: gpu.vector(&[1.0; WIDTH]).unwrap(),
    }
}

#[test]
fn picks_are_those_of_whole_rows() {
    let Some(gpu) = gpu() else { return };
    for vocabulary in [40, 2048, 5000] {
        let Fixture { embedding, norm } = fixture(gpu, vocabulary);
        let widths = RowWidths {
            stream: WIDTH,
            wide: 96,
            inner: 32,
            queries: 32,
        };
        let shape = GpuCacheShape {
            layers: 1,
            kv_heads: 1,
            head_dim: 32,
            max_slots: 32,
        };
        let (mut rows, mut cache) = (gpu.rows(widths).unwrap(), gpu.cache(shape).unwrap());
        let tokens = [3, 0, 5, 39];
        let head = OutputHead {
            norm: RowNorm::root_mean_square(&norm, 1e-6),
            matrix: &embedding,
            factor: 1.0,
            cap: None,
        };
        let span = [TokenSpan { start: 0, len: 4 }];
        let begun = gpu.begin(&tokens, &span, &embedding, &mut cache, &mut rows, &never);
        let whole = begun.unwrap().logits(3, head).unwrap();
        let last = vocabulary as u32 - 1;
        let begun = gpu.begin(&tokens, &span, &embedding, &mut cache, &mut rows, &never);
        let picks = begun
            .unwrap()
            .picks(&[None, Some(last), Some(0)], head)
            .unwrap();
        for ((row, pick), wanted) in
            whole
                .chunks_exact(vocabulary)
                .zip(picks)
                .zip([None, Some(last), Some(0)])
        {
            let mut all: Vec<(u32, f32)> = (0..).zip(row.iter().copied()).collect();
            all.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
            all.truncate(TOP);
            assert_eq!(pick.top, all);
            let sum: f64 = row.iter().map(|logit| f64::from(*logit).exp()).sum();
            assert!((f64::from(pick.log_sum_exp) - sum.ln()).abs() < 1e-5);
            assert_eq!(pick.wanted, wanted.map(|token| row[token as usize]));
        }
    }
}
