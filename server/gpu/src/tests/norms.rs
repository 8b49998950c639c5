//! Layer norms, norms of a layer's result, and factors of embeddings and logits.

use super::reference::{layer_norm, norm};
use super::{assert_close, never, random, read, rows_and_cache, variants};
use crate::{
    Gpu, GpuEmbedding, MatrixSource, OutputHead, ProductInput, ProductOutput, RowNorm, RowWidths,
    TokenSpan, WeightFormat,
};

const WIDTH: usize = 96;
const ROWS: usize = 80;
const FACTOR: f32 = 2.5;

fn check(gpu: &Gpu, tokens: usize, is_layer: bool) {
    let what = format!("{tokens} tokens, layer norm {is_layer}, {}", gpu.features());
    let mut values = random(ROWS * WIDTH, 41);
    // A mean that is not zero.
    values.iter_mut().for_each(|value| *value += 3.0);
    let f32_matrix = |values: &[f32], rows| {
        let source = MatrixSource {
            format: WeightFormat::F32,
            rows,
            bytes: bytemuck::cast_slice(values),
        };
        gpu.matrix(&[source], WIDTH).unwrap()
    };
    let embedding = f32_matrix(&values, ROWS);
    let square_values = random(WIDTH * WIDTH, 42);
    let square = f32_matrix(&square_values, WIDTH);
    let widths = RowWidths {
        stream: WIDTH,
        wide: WIDTH,
        inner: WIDTH,
        queries: 32,
    };
    let (mut rows, mut cache) = rows_and_cache(gpu, widths);
    let (weight, bias) = (random(WIDTH, 43), random(WIDTH, 44));
    let (weights, biases) = (gpu.vector(&weight).unwrap(), gpu.vector(&bias).unwrap());
    let own = RowNorm {
        weight: &weights,
        bias: is_layer.then_some(&biases),
        eps: 1e-5,
    };
    let reference = |x: &[f64]| match is_layer {
        true => layer_norm(x, &weight, &bias, 1e-5),
        false => norm(x, &weight, 1e-5),
    };
    let ids: Vec<u32> = (0..tokens as u32).collect();
    let span = [TokenSpan {
        start: 0,
        len: tokens,
    }];
    let scaled = GpuEmbedding {
        matrix: &embedding,
        factor: FACTOR,
    };
    let begun = gpu.begin(&ids, &span, scaled, &mut cache, &mut rows, never);
    let mut pass = begun.unwrap();
    pass.norm(own).unwrap();
    assert!(pass.add_normed(own, 1.0).is_err());
    let out = ProductOutput::Out;
    pass.product(&square, None, ProductInput::Normed, out)
        .unwrap();
    pass.add_normed(own, 0.3).unwrap();
    let scaled = ProductOutput::Scaled(-0.2);
    pass.product(&square, Some(&biases), ProductInput::Normed, scaled)
        .unwrap();

    let exact = |values: &[f32]| -> Vec<f64> { values.iter().map(|v| f64::from(*v)).collect() };
    let mut want: Vec<f64> = exact(&values[..tokens * WIDTH]);
    want.iter_mut()
        .for_each(|value| *value *= f64::from(FACTOR));
    let normed = reference(&want);
    let product = super::reference::product(&normed, &exact(&square_values), WIDTH);
    let added = reference(&product);
    for (i, want) in want.iter_mut().enumerate() {
        let second = product[i] + f64::from(bias[i % WIDTH]);
        *want += 0.3 * added[i] - 0.2 * second;
    }
    let stream = &pass.rows.of_tokens().unwrap().stream;
    let got: Vec<f32> = read(&mut pass.recorder, stream, tokens * WIDTH);
    assert_close(&got, &want, 2e-6, &what);

    let head = OutputHead {
        norm: own,
        matrix: &embedding,
        factor: 0.5,
        cap: Some(4.0),
    };
    let logits = pass.logits(1, head).unwrap();
    let last = reference(&want[(tokens - 1) * WIDTH..]);
    let plain = super::reference::product(&last, &exact(&values), WIDTH);
    let capped: Vec<f64> = plain.iter().map(|v| 4.0 * (v * 0.5 / 4.0).tanh()).collect();
    assert!(capped.iter().any(|v| v.abs() > 2.0), "{what}");
    assert_close(&logits, &capped, 1e-5, &what);
}

#[test]
fn norms_and_factors_agree_with_f64() {
    for gpu in variants() {
        for tokens in [1, 8, 70] {
            check(&gpu, tokens, false);
            check(&gpu, tokens, true);
        }
    }
}
