//! What adapters add to products.

use super::reference::product;
use super::{assert_close, never, random, read, rows_and_cache, variants};
use crate::{
    Gpu, GpuLowRank, GpuMatrix, MatrixSource, ProductInput, ProductOutput, RowNorm, RowWidths,
    TokenSpan, WeightFormat,
};

const WIDTH: usize = 64;

fn matrix(gpu: &Gpu, values: &[f32], rows: usize, cols: usize) -> GpuMatrix {
    let source = MatrixSource {
        format: WeightFormat::F32,
        rows,
        bytes: bytemuck::cast_slice(values),
    };
    gpu.matrix(&[source], cols).unwrap()
}

#[test]
fn updates_are_added_to_some_of_the_rows() {
    for gpu in variants() {
        for tokens in [1, 5, 70] {
            check(&gpu, tokens);
        }
    }
}

fn check(gpu: &Gpu, tokens: usize) {
    let (rank, changed, first) = (32, 40, 50);
    let (w, square) = (random(96 * WIDTH, 1), random(WIDTH * WIDTH, 2));
    let (a, b) = (random(rank * WIDTH, 3), random(changed * rank, 4));
    let x = random(tokens * WIDTH, 5);
    let embedding = matrix(gpu, &x, tokens, WIDTH);
    let update = |first| GpuLowRank {
        a: matrix(gpu, &a, rank, WIDTH),
        b: matrix(gpu, &b, changed, rank),
        first,
    };
    let widths = RowWidths {
        stream: WIDTH,
        wide: 96,
        inner: 32,
        queries: 32,
    };
    let (mut rows, mut cache) = rows_and_cache(gpu, widths);
    let ids: Vec<u32> = (0..tokens as u32).collect();
    let span = [TokenSpan {
        start: 0,
        len: tokens,
    }];
    let begun = gpu.begin(&ids, &span, &embedding, &mut cache, &mut rows, never);
    let mut pass = begun.unwrap();
    let one = gpu.vector(&[1.0; WIDTH]).unwrap();
    pass.norm(RowNorm::root_mean_square(&one, 1e-6)).unwrap();
    let (input, wide) = (ProductInput::Normed, ProductOutput::Wide);
    assert!(pass.add_low_rank(&update(first), input, wide).is_err());
    pass.product(&matrix(gpu, &w, 96, WIDTH), None, input, wide)
        .unwrap();
    assert!(pass.add_low_rank(&update(57), input, wide).is_err());
    pass.add_low_rank(&update(first), input, wide).unwrap();
    let stream = ProductOutput::Scaled(0.5);
    pass.product(&matrix(gpu, &square, WIDTH, WIDTH), None, input, stream)
        .unwrap();
    pass.add_low_rank(&update(3), input, stream).unwrap();
    let buffers = pass.rows.of_tokens().unwrap();
    let got_wide: Vec<f32> = read(&mut pass.recorder, &buffers.wide, tokens * 96);
    let got_stream: Vec<f32> = read(&mut pass.recorder, &buffers.stream, tokens * WIDTH);

    let exact = |values: &[f32]| -> Vec<f64> { values.iter().map(|v| f64::from(*v)).collect() };
    let normed = super::reference::norm(&exact(&x), &[1.0; WIDTH], 1e-6);
    let low = product(&normed, &exact(&a), WIDTH);
    let added = product(&low, &exact(&b), rank);
    let mut want = product(&normed, &exact(&w), WIDTH);
    let mut want_stream = exact(&x);
    let whole = product(&normed, &exact(&square), WIDTH);
    let halves = want_stream.iter_mut().zip(&whole);
    halves.for_each(|(stream, whole)| *stream += 0.5 * whole);
    for (t, added) in added.chunks_exact(changed).enumerate() {
        for (i, added) in added.iter().enumerate() {
            want[t * 96 + first + i] += added;
            want_stream[t * WIDTH + 3 + i] += 0.5 * added;
        }
    }
    let what = format!("{tokens} tokens, {}", gpu.features());
    assert_close(&got_wide, &want, 2e-6, &what);
    assert_close(&got_stream, &want_stream, 2e-6, &what);
}
