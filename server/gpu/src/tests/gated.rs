//! Gates and values in one run of a kernel give what a product and a gate give.

use super::products::random_rows;
use super::{assert_close, never, variants};
use crate::recorder::Recorder;
use crate::{
    GateKind, Gpu, GpuCacheShape, GpuError, GpuMatrix, MatrixSource, ProductInput, ProductOutput,
    RowNorm, RowWidths, TokenSpan, WeightFormat,
};

const INNER: usize = 160;

fn matrix(gpu: &Gpu, format: WeightFormat, rows: usize, cols: usize) -> GpuMatrix {
    let bytes = random_rows(format, rows, cols);
    let source = MatrixSource {
        format,
        rows,
        bytes: &bytes,
    };
    gpu.matrix(&[source], cols).unwrap()
}

/// The inner rows, as f32 and as the rounded bytes, of some tokens.
fn inner(
    gpu: &Gpu,
    format: WeightFormat,
    tokens: usize,
    kind: GateKind,
    fused: bool,
) -> Vec<Vec<f32>> {
    // Two blocks of a K-quant.
    let width = 512;
    let embedding = matrix(gpu, WeightFormat::F32, 40, width);
    let gate_up = matrix(gpu, format, 2 * INNER, width);
    let norm = gpu.vector(&vec![0.02; width]).unwrap();
    let shape = GpuCacheShape {
        layers: 1,
        kv_heads: 1,
        head_dim: 32,
        max_slots: 20,
    };
    let widths = RowWidths {
        stream: width,
        wide: 2 * INNER,
        inner: INNER,
        queries: 32,
    };
    let (mut cache, mut rows) = (gpu.cache(shape).unwrap(), gpu.rows(widths).unwrap());
    let ids: Vec<u32> = (0..tokens as u32).collect();
    let span = TokenSpan {
        start: 0,
        len: tokens,
    };
    let mut pass = gpu
        .begin(&ids, &[span], &embedding, &mut cache, &mut rows, never)
        .unwrap();
    pass.norm(RowNorm::root_mean_square(&norm, 1e-6)).unwrap();
    if fused {
        pass.gated_product(&gate_up, None, kind).unwrap();
        // The wide rows are not there any more.
        assert!(
            matches!(pass.gate(kind), Err(GpuError::Invalid(_))) || tokens > 8 || pass.wide > 0
        );
    } else {
        pass.product(&gate_up, None, ProductInput::Normed, ProductOutput::Wide)
            .unwrap();
        pass.gate(kind).unwrap();
    }
    pass.finish().unwrap();
    let rows = rows.of_tokens().unwrap();
    let mut recorder = Recorder::new(gpu, never);
    let values = super::read(&mut recorder, &rows.inner.values, tokens * INNER);
    if !gpu.shared.has_int8 {
        return vec![values];
    }
    let scales: Vec<f32> = super::read(&mut recorder, &rows.inner.scales, tokens * INNER / 16);
    let rounded: Vec<i8> = super::read(&mut recorder, &rows.inner.rounded, tokens * INNER);
    vec![values, scales, rounded.into_iter().map(f32::from).collect()]
}

#[test]
fn gates_within_a_product_agree_with_gates_after_it() {
    for gpu in variants() {
        for format in [
            WeightFormat::Q8_0,
            WeightFormat::Q6_K,
            WeightFormat::Q4_K,
            WeightFormat::F16,
        ] {
            for tokens in [1, 2, 3, 5, 8, 9] {
                let kind = match tokens % 2 {
                    0 => GateKind::Silu,
                    _ => GateKind::Gelu,
                };
                let want = inner(&gpu, format, tokens, kind, false);
                let got = inner(&gpu, format, tokens, kind, true);
                let what = format!("{format:?}, {tokens} tokens, {}", gpu.features());
                for (number, (got, want)) in got.iter().zip(&want).enumerate() {
                    let want: Vec<f64> = want.iter().map(|want| f64::from(*want)).collect();
                    assert!(want.iter().any(|want| want.abs() > 1e-6), "{what}");
                    assert_close(got, &want, 1e-3, &format!("{what}, {number}"));
                }
            }
        }
    }
}

#[test]
fn gates_of_wrong_shapes_are_refused() {
    for gpu in variants() {
        for (rows, width) in [(2 * INNER + 64, 64), (2 * INNER, 32), (96, 64)] {
            let embedding = matrix(&gpu, WeightFormat::F32, 40, 64);
            let wrong = matrix(&gpu, WeightFormat::Q8_0, rows, width);
            let shape = GpuCacheShape {
                layers: 1,
                kv_heads: 1,
                head_dim: 32,
                max_slots: 20,
            };
            let widths = RowWidths {
                stream: 64,
                wide: 2 * INNER,
                inner: INNER,
                queries: 32,
            };
            let (mut cache, mut rows) = (gpu.cache(shape).unwrap(), gpu.rows(widths).unwrap());
            let span = TokenSpan { start: 0, len: 1 };
            let mut pass = gpu
                .begin(&[1], &[span], &embedding, &mut cache, &mut rows, never)
                .unwrap();
            let result = pass.gated_product(&wrong, None, GateKind::Silu);
            assert!(matches!(result, Err(GpuError::Invalid(_))), "before a norm");
            let ones = gpu.vector(&[1.0; 64]).unwrap();
            pass.norm(RowNorm::root_mean_square(&ones, 1e-6)).unwrap();
            let result = pass.gated_product(&wrong, None, GateKind::Silu);
            assert!(matches!(result, Err(GpuError::Invalid(_))), "{result:?}");
        }
    }
}
