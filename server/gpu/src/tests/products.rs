//! Products in every format, for every number of tokens that has a kernel of its own.

use super::reference::{decode, product, random_row, rounded};
use super::{assert_close, never, random, read, upload, variants};
use crate::formats::BLOCK;
use crate::products::{ProductRows, products};
use crate::recorder::{Dispatch, Recorder};
use crate::rows::InputRows;
use crate::sources::Kernel;
use crate::{Gpu, GpuOptions, MatrixSource, WeightFormat};

/// Rows of a file with random weights.
pub fn random_rows(format: WeightFormat, rows: usize, cols: usize) -> Vec<u8> {
    (0..rows)
        .flat_map(|row| random_row(format, cols, 17 + row as u32))
        .collect()
}

/// Rows as products take them.
fn inputs(gpu: &Gpu, recorder: &mut Recorder, values: &[f32]) -> InputRows {
    let rows = InputRows {
        values: upload(gpu, values),
        rounded: gpu.buffer(values.len() as u64).unwrap(),
        scales: gpu.buffer(8 * (values.len() / BLOCK) as u64).unwrap(),
    };
    if gpu.kernel_features().int8 {
        let blocks = values.len() / BLOCK;
        let round = Dispatch::new(Kernel::Round, [blocks.div_ceil(64), 1, 1])
            .bind(0, [&rows.values.raw])
            .bind(8, [&rows.rounded.raw, &rows.scales.raw])
            .args(&[blocks as u32]);
        recorder.push(round).unwrap();
    }
    rows
}

/// Multiplies stacked matrices of some formats, each with so many rows.
fn check(gpu: &Gpu, parts: &[(WeightFormat, usize)], cols: usize, tokens: usize) {
    let what = format!("{parts:?} x {cols}, {tokens} tokens, {}", gpu.features());
    let owned: Vec<(WeightFormat, usize, Vec<u8>)> = parts
        .iter()
        .map(|(format, rows)| (*format, *rows, random_rows(*format, *rows, cols)))
        .collect();
    let mut sources = Vec::new();
    for (format, rows, bytes) in &owned {
        let (format, rows) = (*format, *rows);
        sources.push(MatrixSource {
            format,
            rows,
            bytes,
        });
    }
    let matrix = gpu.matrix(&sources, cols).unwrap();
    let x = random(tokens * cols, 3);
    let (bias, before) = (random(matrix.rows, 5), random(tokens * matrix.rows, 7));
    let bias_vector = gpu.vector(&bias).unwrap();
    let mut recorder = Recorder::new(gpu, Box::new(never));
    let input = inputs(gpu, &mut recorder, &x);
    let exact: Vec<f64> = x.iter().map(|x| f64::from(*x)).collect();
    let plain = |tokens: usize, input: &InputRows, recorder: &mut Recorder| {
        let out = gpu.buffer(4 * (tokens * matrix.rows) as u64).unwrap();
        let rows = ProductRows::whole(&out.raw, matrix.rows);
        for dispatch in products(gpu, &matrix, None, tokens, input, rows) {
            recorder.push(dispatch).unwrap();
        }
        read::<f32>(recorder, &out, tokens * matrix.rows)
    };
    let mut want = vec![0.0; tokens * matrix.rows];
    let mut first = 0;
    for (format, rows, bytes) in &owned {
        let w: Vec<f64> = bytes
            .chunks_exact(format.row_bytes(cols).unwrap())
            .flat_map(|row| decode(*format, row))
            .collect();
        let is_int8 = gpu.kernel_features().multiplies_int8(*format);
        let x = if is_int8 {
            rounded(&x).2
        } else {
            exact.clone()
        };
        for (t, out) in product(&x, &w, cols).chunks_exact(*rows).enumerate() {
            want[t * matrix.rows + first..][..*rows].copy_from_slice(out);
        }
        first += rows;
    }
    assert_close(&plain(tokens, &input, &mut recorder), &want, 2e-6, &what);
    // With a bias, times a factor, added to what is there.
    let out = upload(gpu, &before);
    let rows = ProductRows {
        adds: true,
        factor: 0.75,
        ..ProductRows::whole(&out.raw, matrix.rows)
    };
    for dispatch in products(gpu, &matrix, Some(&bias_vector), tokens, &input, rows) {
        recorder.push(dispatch).unwrap();
    }
    for (i, want) in want.iter_mut().enumerate() {
        *want = 0.75 * (*want + f64::from(bias[i % matrix.rows])) + f64::from(before[i]);
    }
    let got = read::<f32>(&mut recorder, &out, tokens * matrix.rows);
    assert_close(&got, &want, 2e-6, &what);
}

#[test]
fn every_format_and_number_of_tokens_agrees_with_f64() {
    for (number, gpu) in variants().iter().enumerate() {
        let all = [1, 2, 3, 4, 5, 6, 7, 8, 9, 65];
        let tokens = if number == 0 { &all[..] } else { &all[2..9] };
        for format in super::formats() {
            for tokens in tokens.iter().step_by(1 + number) {
                check(gpu, &[(format, 35)], 512, *tokens);
            }
        }
    }
}

#[test]
fn ragged_shapes_agree_with_f64() {
    let Some(gpu) = super::gpu() else { return };
    for tokens in [1, 3, 9, 63, 64, 65] {
        for (rows, cols) in [(1, 32), (5, 96), (64, 864), (129, 160), (300, 32)] {
            check(gpu, &[(WeightFormat::Q8_0, rows)], cols, tokens);
            check(gpu, &[(WeightFormat::Q5_0, rows)], cols, tokens);
            check(gpu, &[(WeightFormat::F16, rows)], cols, tokens);
        }
        check(gpu, &[(WeightFormat::Q6_K, 70)], 768, tokens);
        check(gpu, &[(WeightFormat::Q4_K, 1)], 256, tokens);
    }
}

#[test]
fn products_are_cut_where_they_are_too_much_for_a_piece() {
    let options = GpuOptions::default();
    let Some(gpu) = super::open(&options) else {
        return;
    };
    gpu.set_piece_work(1e6);
    // 9 tokens, 64 rows and 1024 columns are more than half a million multiply-adds.
    check(&gpu, &[(WeightFormat::Q8_0, 200)], 1024, 9);
    check(&gpu, &[(WeightFormat::F16, 200)], 1024, 9);
}

#[test]
fn formats_are_stacked_and_cut_to_the_size_of_a_buffer() {
    let options = GpuOptions {
        buffer_limit: Some(20_000),
        ..GpuOptions::default()
    };
    let Some(gpu) = super::open(&options) else {
        return;
    };
    let parts = [
        (WeightFormat::Q4_K, 33),
        (WeightFormat::Q4_K, 40),
        (WeightFormat::Q6_K, 9),
        (WeightFormat::F32, 5),
    ];
    for tokens in [1, 9] {
        check(&gpu, &parts, 512, tokens);
    }
    let bytes = random_rows(WeightFormat::F32, 50, 512);
    let source = MatrixSource {
        format: WeightFormat::F32,
        rows: 50,
        bytes: &bytes,
    };
    let matrix = gpu.matrix(&[source], 512).unwrap();
    let rows: Vec<usize> = matrix.parts.iter().map(|part| part.rows).collect();
    assert_eq!(rows, [9, 9, 9, 9, 9, 5]);
    assert_eq!(matrix.bytes(), WeightFormat::F32.gpu_bytes(50, 512));
}

#[test]
fn activations_are_rounded_as_on_the_cpu() {
    let Some(gpu) = super::gpu() else { return };
    let mut x = random(2048, 11);
    x[32..64].fill(0.0);
    x[64] = 1e30;
    x[100] = -1e-30;
    let mut recorder = Recorder::new(gpu, Box::new(never));
    let rows = inputs(gpu, &mut recorder, &x);
    let (numbers, scales, _) = rounded(&x);
    let got: Vec<i8> = read(&mut recorder, &rows.rounded, x.len());
    let got_scales: Vec<[f32; 2]> = read(&mut recorder, &rows.scales, x.len() / BLOCK);
    // Devices may divide less exactly than CPUs, so a number on the edge may be one off.
    let off = got
        .iter()
        .zip(&numbers)
        .map(|(a, b)| (i32::from(*a) - i32::from(*b)).abs());
    let off: Vec<i32> = off.collect();
    assert!(off.iter().all(|off| *off <= 1) && off.iter().sum::<i32>() <= 2);
    for (i, [scale, sum]) in got_scales.into_iter().enumerate() {
        assert!(
            (scale / scales[i] - 1.0).abs() < 1e-6 || scale == scales[i],
            "{scale}"
        );
        let numbers = got[i * BLOCK..][..BLOCK]
            .iter()
            .map(|number| i32::from(*number));
        let want = numbers.sum::<i32>() as f32 * scale;
        assert!((sum - want).abs() <= 1e-5 * want.abs(), "{sum} {want}");
    }
}
