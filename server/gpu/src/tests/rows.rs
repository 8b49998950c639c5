//! Embeddings, norms and gates.

use super::products::random_rows;
use super::reference::{decode, norm, rounded};
use super::{assert_close, never, random, read, rows_and_cache, variants};
use crate::{
    GateKind, Gpu, GpuOptions, MatrixSource, ProductInput, ProductOutput, RowNorm, RowWidths,
    TokenSpan, WeightFormat,
};

const WIDTH: usize = 768;

/// Begins a pass of tokens whose embeddings are of a format, norms them, and compares both.
fn check_norm(gpu: &Gpu, format: WeightFormat, tokens: &[u32]) {
    let what = format!("{format:?}, {} tokens, {}", tokens.len(), gpu.features());
    let bytes = random_rows(format, 50, WIDTH);
    let source = MatrixSource {
        format,
        rows: 50,
        bytes: &bytes,
    };
    let embedding = gpu.matrix(&[source], WIDTH).unwrap();
    let widths = RowWidths {
        stream: WIDTH,
        wide: WIDTH,
        inner: WIDTH,
        queries: 32,
    };
    let (mut rows, mut cache) = rows_and_cache(gpu, widths);
    let weight = random(WIDTH, 2);
    let vector = gpu.vector(&weight).unwrap();
    let span = TokenSpan {
        start: 0,
        len: tokens.len(),
    };
    let begun = gpu.begin(tokens, &[span], &embedding, &mut cache, &mut rows, never);
    let mut pass = begun.unwrap();
    pass.norm(RowNorm::root_mean_square(&vector, 1e-5)).unwrap();
    let count = tokens.len() * WIDTH;
    let buffers = pass.rows.of_tokens().unwrap();
    let row_bytes = bytes.len() / 50;
    let row = |token: &u32| decode(format, &bytes[*token as usize * row_bytes..][..row_bytes]);
    let want: Vec<f64> = tokens.iter().flat_map(row).collect();
    let stream: Vec<f32> = read(&mut pass.recorder, &buffers.stream, count);
    assert_close(&stream, &want, 1e-6, &what);
    let normed: Vec<f32> = read(&mut pass.recorder, &buffers.normed.values, count);
    assert_close(&normed, &norm(&want, &weight, 1e-5), 1e-6, &what);
    if gpu.kernel_features().int8 {
        let numbers: Vec<i8> = read(&mut pass.recorder, &buffers.normed.rounded, count);
        let want = rounded(&normed).0;
        let off = numbers
            .iter()
            .zip(&want)
            .filter(|(got, want)| got != want)
            .count();
        assert!(off * 1000 <= count, "{what}: {off}");
    }
}

#[test]
fn embeddings_of_every_format_are_normed() {
    for gpu in variants() {
        for format in super::formats() {
            check_norm(&gpu, format, &[49, 0, 7]);
        }
        check_norm(&gpu, WeightFormat::Q8_0, &[3; 70]);
    }
}

#[test]
fn embeddings_are_found_in_every_part_of_a_cut_matrix() {
    let options = GpuOptions {
        buffer_limit: Some(30_000),
        ..GpuOptions::default()
    };
    let Some(gpu) = super::open(&options) else {
        return;
    };
    check_norm(&gpu, WeightFormat::F32, &[49, 0, 8, 9, 31]);
}

#[test]
fn gates_agree_with_f64() {
    for gpu in variants() {
        for kind in [GateKind::Silu, GateKind::Gelu, GateKind::ClampedSwiglu] {
            for tokens in [1, 9] {
                check_gate(&gpu, kind, tokens);
            }
        }
    }
}

fn check_gate(gpu: &Gpu, kind: GateKind, tokens: usize) {
    let (stream, width) = (32, 2112);
    let mut values = random(32 * 32, 9);
    // Large gates, too.
    values.iter_mut().for_each(|v| *v *= 40.0);
    let embedding = MatrixSource {
        format: WeightFormat::F32,
        rows: 32,
        bytes: bytemuck::cast_slice(&values),
    };
    let w = random_rows(WeightFormat::F32, 2 * width, stream);
    let wide = MatrixSource {
        format: WeightFormat::F32,
        rows: 2 * width,
        bytes: &w,
    };
    let (embedding, wide) = (
        gpu.matrix(&[embedding], stream).unwrap(),
        gpu.matrix(&[wide], stream).unwrap(),
    );
    let widths = RowWidths {
        stream,
        wide: 2 * width,
        inner: 2 * width,
        queries: 32,
    };
    let (mut rows, mut cache) = rows_and_cache(gpu, widths);
    let one = gpu.vector(&vec![20.0; stream]).unwrap();
    let ids: Vec<u32> = (0..tokens as u32).collect();
    let span = TokenSpan {
        start: 0,
        len: tokens,
    };
    let begun = gpu.begin(&ids, &[span], &embedding, &mut cache, &mut rows, never);
    let mut pass = begun.unwrap();
    assert!(pass.gate(kind).is_err());
    pass.norm(RowNorm::root_mean_square(&one, 1e-6)).unwrap();
    pass.product(&wide, None, ProductInput::Normed, ProductOutput::Wide)
        .unwrap();
    pass.gate(kind).unwrap();
    let buffers = pass.rows.of_tokens().unwrap();
    let all: Vec<f32> = read(&mut pass.recorder, &buffers.wide, 2 * tokens * width);
    let inner: Vec<f32> = read(&mut pass.recorder, &buffers.inner.values, tokens * width);
    let activate = |x: f64| match kind {
        GateKind::Silu => x / (1.0 + (-x).exp()),
        GateKind::ClampedSwiglu => {
            let x = x.min(7.0);
            x / (1.0 + (-1.702 * x).exp())
        }
        GateKind::Gelu => 0.5 * x * (1.0 + (0.797_884_560_8 * (x + 0.044_715 * x.powi(3))).tanh()),
    };
    let mut want = Vec::new();
    for row in all.chunks_exact(2 * width) {
        let (gate, up) = row.split_at(width);
        let pairs = gate.iter().zip(up);
        let value = |up: f32| match kind {
            GateKind::ClampedSwiglu => f64::from(up).clamp(-7.0, 7.0) + 1.0,
            _ => f64::from(up),
        };
        want.extend(pairs.map(|(gate, up)| activate(f64::from(*gate)) * value(*up)));
    }
    assert!(all.iter().any(|v| v.abs() > 50.0));
    assert_close(
        &inner,
        &want,
        1e-6,
        &format!("{kind:?} {tokens} {}", gpu.features()),
    );
    if kind == GateKind::ClampedSwiglu {
        assert!(pass.activate(kind).is_err());
        return;
    }
    pass.activate(kind).unwrap();
    let buffers = pass.rows.of_tokens().unwrap();
    let inner: Vec<f32> = read(
        &mut pass.recorder,
        &buffers.inner.values,
        2 * tokens * width,
    );
    let want: Vec<f64> = all.iter().map(|v| activate(f64::from(*v))).collect();
    let what = format!("{kind:?} {tokens} without a gate, {}", gpu.features());
    assert_close(&inner, &want, 1e-6, &what);
}
