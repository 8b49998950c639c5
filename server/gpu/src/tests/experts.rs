//! The choice of experts, and products of the chosen ones.

use super::products::random_rows;
use super::reference::{decode, norm, product, rounded};
use super::{assert_close, never, open, random, read, rows_and_cache, variants};
use crate::{
    ExpertChoice, ExpertGateKind, ExpertMatrix, GateKind, Gpu, GpuMatrix, GpuOptions, GpuPass,
    MatrixSource, ProductInput, ProductOutput, RowNorm, RowWidths, TokenSpan, WeightFormat,
};

const WIDTH: usize = 256;
const INNER: usize = 32 * 8;

/// What a case has.
#[derive(Clone, Copy, Debug)]
struct Case {
    count: usize,
    used: usize,
    gate: ExpertGateKind,
    is_normalized: bool,
    has_bias: bool,
    format: WeightFormat,
}

const USUAL: Case = Case {
    count: 11,
    used: 3,
    gate: ExpertGateKind::Softmax,
    is_normalized: true,
    has_bias: false,
    format: WeightFormat::F32,
};

impl Case {
    fn choice(self) -> ExpertChoice {
        ExpertChoice {
            count: self.count,
            used: self.used,
            gate: self.gate,
            is_normalized: self.is_normalized,
            factor: 1.5,
        }
    }

    /// The experts of a token and their weights.
    fn choose(self, scores: &[f64], bias: &[f32]) -> Vec<(usize, f64)> {
        let softmax = |scores: &[f64]| -> Vec<f64> {
            let sum: f64 = scores.iter().map(|s| s.exp()).sum();
            scores.iter().map(|s| s.exp() / sum).collect()
        };
        let weights = match self.gate {
            ExpertGateKind::Softmax => softmax(scores),
            ExpertGateKind::SoftmaxOfChosen => scores.to_vec(),
            ExpertGateKind::Sigmoid => scores.iter().map(|s| 1.0 / (1.0 + (-s).exp())).collect(),
        };
        let rank = |i: usize| match self.has_bias {
            true => weights[i] + f64::from(bias[i]),
            false => weights[i],
        };
        let mut order: Vec<usize> = (0..self.count).collect();
        order.sort_by(|a, b| rank(*b).total_cmp(&rank(*a)));
        order.truncate(self.used);
        let mut chosen: Vec<f64> = order.iter().map(|i| weights[*i]).collect();
        if self.gate == ExpertGateKind::SoftmaxOfChosen {
            chosen = softmax(&chosen);
        }
        let sum = if self.is_normalized {
            chosen.iter().sum::<f64>()
        } else {
            1.0
        };
        let weights = chosen.into_iter().map(|weight| 1.5 * weight / sum);
        order.into_iter().zip(weights).collect()
    }
}

/// Matrices of all experts, here and on the GPU.
struct Stacked {
    gpu: GpuMatrix,
    values: Vec<f64>,
    rows: usize,
    cols: usize,
    is_int8: bool,
}

impl Stacked {
    fn new(gpu: &Gpu, case: Case, rows: usize, cols: usize) -> Stacked {
        let Case { count, format, .. } = case;
        let bytes = random_rows(format, count * rows, cols);
        let source = MatrixSource {
            format,
            rows: count * rows,
            bytes: &bytes,
        };
        let row_bytes = format.row_bytes(cols).unwrap();
        let all = bytes.chunks_exact(row_bytes);
        Stacked {
            gpu: gpu.matrix(&[source], cols).unwrap(),
            values: all.flat_map(|row| decode(format, row)).collect(),
            rows,
            cols,
            is_int8: gpu.kernel_features().multiplies_int8(format),
        }
    }

    fn of_expert(&self, expert: usize, x: &[f32]) -> Vec<f64> {
        let size = self.rows * self.cols;
        let w = &self.values[expert * size..][..size];
        let x = match self.is_int8 {
            true => rounded(x).2,
            false => x.iter().map(|x| f64::from(*x)).collect(),
        };
        product(&x, w, self.cols)
    }
}

fn read_wide(pass: &mut GpuPass, count: usize) -> Vec<f32> {
    let wide = &pass.rows.of_tokens().unwrap().wide;
    read(&mut pass.recorder, wide, count)
}

fn check(gpu: &Gpu, case: Case, tokens: usize) {
    let what = format!("{case:?}, {tokens} tokens, {}", gpu.features());
    let Case { count, used, .. } = case;
    let gate = random_rows(WeightFormat::F32, count, WIDTH);
    let f32_matrix = |bytes: &[u8], rows| {
        let format = WeightFormat::F32;
        let source = MatrixSource {
            format,
            rows,
            bytes,
        };
        gpu.matrix(&[source], WIDTH).unwrap()
    };
    let router = f32_matrix(&gate, count);
    let x = random(tokens * WIDTH, 6);
    let embedding = f32_matrix(bytemuck::cast_slice(&x), tokens);
    let (wide, up) = (
        Stacked::new(gpu, case, INNER, WIDTH),
        Stacked::new(gpu, case, INNER, WIDTH),
    );
    let down = Stacked::new(gpu, case, WIDTH, INNER);
    let bias = random(count * INNER, 7);
    let selection = random(count, 8);
    let (biases, selections) = (gpu.vector(&bias).unwrap(), gpu.vector(&selection).unwrap());
    let widths = RowWidths {
        stream: WIDTH,
        wide: used * 2 * INNER,
        inner: used * INNER,
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
    let one = gpu.vector(&[0.3; WIDTH]).unwrap();
    pass.norm(RowNorm::root_mean_square(&one, 1e-6)).unwrap();
    let input = ProductInput::Normed;
    pass.product(&router, None, input, ProductOutput::Wide)
        .unwrap();
    let selected = case.has_bias.then_some(&selections);
    pass.choose_experts(case.choice(), selected).unwrap();
    let matrix = |stacked: &'static str, matrix, rows| {
        let bias = (stacked == "up" && case.has_bias).then_some(&biases);
        ExpertMatrix { matrix, bias, rows }
    };
    let both = [
        matrix("gate", &wide.gpu, INNER),
        matrix("up", &up.gpu, INNER),
    ];
    pass.expert_products(&both, input).unwrap();
    let got = read_wide(&mut pass, tokens * used * 2 * INNER);
    pass.gate(GateKind::Silu).unwrap();
    let inner = &pass.rows.of_tokens().unwrap().inner.values;
    let inner: Vec<f32> = read(&mut pass.recorder, inner, tokens * used * INNER);
    let down_matrix = [matrix("down", &down.gpu, WIDTH)];
    pass.expert_products(&down_matrix, ProductInput::Inner)
        .unwrap();
    let got_down = read_wide(&mut pass, tokens * used * WIDTH);
    pass.add_experts(0.5).unwrap();
    let stream = &pass.rows.of_tokens().unwrap().stream;
    let got_stream: Vec<f32> = read(&mut pass.recorder, stream, tokens * WIDTH);

    let exact: Vec<f64> = x.iter().map(|v| f64::from(*v)).collect();
    let normed = norm(&exact, &[0.3; WIDTH], 1e-6);
    let gate: Vec<f64> = decode(WeightFormat::F32, &gate);
    let (mut want, mut want_down, mut want_stream) = (Vec::new(), Vec::new(), exact);
    for (t, row) in normed.chunks_exact(WIDTH).enumerate() {
        let rounded: Vec<f32> = row.iter().map(|v| *v as f32).collect();
        let chosen = case.choose(&product(row, &gate, WIDTH), &selection);
        for (place, (expert, weight)) in chosen.into_iter().enumerate() {
            want.extend(wide.of_expert(expert, &rounded));
            let added = up.of_expert(expert, &rounded);
            let bias = &bias[expert * INNER..];
            let bias = |i: usize| if case.has_bias { bias[i] } else { 0.0 };
            let added = added.iter().enumerate();
            want.extend(added.map(|(i, v)| v + f64::from(bias(i))));
            let inner = &inner[(t * used + place) * INNER..][..INNER];
            let result = down.of_expert(expert, inner);
            let stream = &mut want_stream[t * WIDTH..][..WIDTH];
            let pairs = stream.iter_mut().zip(&result);
            pairs.for_each(|(stream, result)| *stream += 0.5 * weight * result);
            want_down.extend(result);
        }
    }
    // A device may round an activation the other way.
    let tolerance = if wide.is_int8 { 1e-3 } else { 3e-6 };
    assert_close(&got, &want, tolerance, &what);
    assert_close(&got_down, &want_down, tolerance, &what);
    assert_close(&got_stream, &want_stream, tolerance, &what);
}

#[test]
fn chosen_experts_agree_with_f64() {
    for gpu in variants() {
        for tokens in [1, 8, 9, 40] {
            check(&gpu, USUAL, tokens);
        }
        for tokens in [2, 33] {
            let format = WeightFormat::Q8_0;
            check(&gpu, Case { format, ..USUAL }, tokens);
        }
    }
}

#[test]
fn every_kind_of_choice_agrees_with_f64() {
    let Some(gpu) = super::gpu() else { return };
    let kinds = [
        (ExpertGateKind::Softmax, false, 1, 1),
        (ExpertGateKind::SoftmaxOfChosen, false, 4, 11),
        (ExpertGateKind::Sigmoid, true, 2, 150),
        (ExpertGateKind::Softmax, true, 6, 6),
    ];
    for (gate, is_normalized, used, count) in kinds {
        let case = Case {
            count,
            used,
            gate,
            is_normalized,
            has_bias: gate != ExpertGateKind::Softmax,
            ..USUAL
        };
        check(gpu, case, 3);
        check(gpu, case, 20);
    }
}

#[test]
fn experts_of_every_format_agree_with_f64() {
    let Some(gpu) = super::gpu() else { return };
    for format in super::formats() {
        for tokens in [2, 19] {
            let case = Case {
                format,
                count: 4,
                used: 2,
                ..USUAL
            };
            check(gpu, case, tokens);
        }
    }
}

#[test]
fn experts_are_found_in_every_part_of_a_cut_matrix() {
    let options = GpuOptions {
        buffer_limit: Some(300_000),
        ..GpuOptions::default()
    };
    let Some(gpu) = open(&options) else { return };
    for tokens in [1, 12] {
        check(&gpu, USUAL, tokens);
    }
}
