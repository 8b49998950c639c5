//! The model over a batch of tokens, forward and backward, on one thread.
//!
//! `Network::pass` takes tokens, the samples they belong to, and a weight for each token as a
//! target; it adds the gradient of the weighted loss to `gradient` and returns the losses. What the
//! backward pass needs is kept for each layer (the residual stream, queries keys and values,
//! attention's output, gate and up); the rest is made again.

use crate::attention::{self, Heads};
use crate::layers::{Rotary, cross_entropy, rms_norm, rms_norm_backward, swiglu, swiglu_backward};
use crate::product::multiply;
use crate::quantized::{Left, Right, Rounding};
use crate::weights::{Layer, Layout, Matrix, Operand, Shape};
use std::ops::Range;

/// Tokens that share a scale where products contract tokens; batches are multiples of it.
pub const TOKEN_BLOCK: usize = 128;
/// Targets whose logits are in memory at a time.
const LOGIT_ROWS: usize = 512;

/// Tokens of a batch, a multiple of `TOKEN_BLOCK`, and what is to be learnt from them.
#[derive(Default)]
pub struct Batch {
    pub tokens: Vec<u32>,
    /// Non-overlapping, in order; tokens outside of all samples are padding.
    pub samples: Vec<Range<usize>>,
    /// (place, the token that should follow, weight, whether it is of a missing middle)
    pub targets: Vec<Target>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Target {
    pub place: usize,
    pub token: u32,
    pub weight: f32,
    pub middle: bool,
}

/// Sums of losses in nats, and their counts: of the missing middles, of the rest.
#[derive(Clone, Copy, Debug, Default)]
pub struct Losses {
    pub middle: f64,
    pub middles: usize,
    pub rest: f64,
    pub rests: usize,
}

impl Losses {
    pub fn add(&mut self, other: &Self) {
        self.middle += other.middle;
        self.middles += other.middles;
        self.rest += other.rest;
        self.rests += other.rests;
    }
}

/// What is kept of a layer for the backward pass.
#[derive(Default)]
struct Kept {
    input: Vec<f32>,
    qkv: Vec<f32>,
    sums: Vec<f32>,
    attended: Vec<f32>,
    middle: Vec<f32>,
    gate_up: Vec<f32>,
}

/// Memory for one thread's passes.
pub struct Network {
    shape: Shape,
    rotary: Rotary,
    kept: Vec<Kept>,
    left: Left,
    right: Right,
    scratch: attention::Scratch,
    normed: Vec<f32>,
    wide: Vec<f32>,
    d_wide: Vec<f32>,
    d_normed: Vec<f32>,
    logits: Vec<f32>,
    /// Changes with every matrix that is rounded at random.
    seed: u32,
}

/// The model that a pass reads.
#[derive(Clone, Copy)]
pub struct Model<'a> {
    pub layout: &'a Layout,
    pub weights: &'a [f32],
    pub operands: &'a [Operand],
}

impl Network {
    /// For samples of at most `positions` tokens.
    pub fn new(shape: Shape, positions: usize) -> Self {
        Self {
            shape,
            rotary: Rotary::new(positions, attention::HEAD, shape.theta),
            kept: (0..shape.layers).map(|_| Kept::default()).collect(),
            left: Left::default(),
            right: Right::default(),
            scratch: attention::Scratch::default(),
            normed: Vec::new(),
            wide: Vec::new(),
            d_wide: Vec::new(),
            d_normed: Vec::new(),
            logits: Vec::new(),
            seed: 0,
        }
    }

    fn heads(&self) -> Heads {
        Heads { queries: self.shape.queries, keys: self.shape.keys }
    }

    fn noise(&mut self) -> Rounding {
        self.seed = self.seed.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
        Rounding::Stochastic(self.seed)
    }

    /// The losses of a batch; adds to `gradient` (of the flat weights) where there is one. `seed`
    /// decides the rounding.
    pub fn pass(
        &mut self,
        model: Model,
        batch: &Batch,
        gradient: Option<&mut [f32]>,
        seed: u32,
    ) -> Losses {
        assert!(
            batch.tokens.len().is_multiple_of(TOKEN_BLOCK),
            "batches are multiples of {TOKEN_BLOCK} tokens"
        );
        self.seed = seed;
        let mut stream = self.embed(model, batch);
        for (at, layer) in model.layout.layers.iter().enumerate() {
            self.layer(model, batch, at, layer, &mut stream);
        }
        let Some(gradient) = gradient else {
            return self.head(model, batch, &stream, None).0;
        };
        let (losses, mut d_stream) = self.head(model, batch, &stream, Some(&mut *gradient));
        for (at, layer) in model.layout.layers.iter().enumerate().rev() {
            self.layer_backward(model, batch, at, layer, &mut d_stream, gradient);
        }
        let width = self.shape.width;
        for (token, d_row) in batch.tokens.iter().zip(d_stream.chunks_exact(width)) {
            let row =
                &mut gradient[model.layout.embedding.at.start + *token as usize * width..][..width];
            row.iter_mut().zip(d_row).for_each(|(sum, value)| *sum += value);
        }
        losses
    }

    fn embed(&self, model: Model, batch: &Batch) -> Vec<f32> {
        let width = self.shape.width;
        let row = |token: &u32| {
            &model.weights[model.layout.embedding.at.start + *token as usize * width..][..width]
        };
        batch.tokens.iter().flat_map(|token| row(token).iter().copied()).collect()
    }

    // ------------------------------------------------------------ forward
    fn layer(&mut self, model: Model, batch: &Batch, at: usize, layer: &Layer, stream: &mut [f32]) {
        let (shape, tokens) = (self.shape, batch.tokens.len());
        let heads = self.heads();
        let operands = &model.operands[1 + 4 * at..][..4];
        let mut kept = std::mem::take(&mut self.kept[at]);
        kept.input.clear();
        kept.input.extend_from_slice(stream);
        self.norm(stream, &model.weights[layer.attention_norm.clone()]);
        self.left.set_rows(&self.normed, shape.width, Rounding::Nearest);
        kept.qkv.resize(tokens * shape.qkv(), 0.0);
        multiply(&self.left, &operands[0].forward, &mut kept.qkv, false);
        self.turn(batch, &mut kept.qkv, false);
        kept.attended.resize(tokens * shape.width, 0.0);
        kept.sums.resize(tokens * shape.queries, 0.0);
        attention::forward(
            heads,
            &batch.samples,
            &kept.qkv,
            &mut kept.attended,
            &mut kept.sums,
            &mut self.scratch,
        );
        self.left.set_rows(&kept.attended, shape.width, Rounding::Nearest);
        multiply(&self.left, &operands[1].forward, stream, true);
        kept.middle.clear();
        kept.middle.extend_from_slice(stream);
        self.norm(stream, &model.weights[layer.mlp_norm.clone()]);
        self.left.set_rows(&self.normed, shape.width, Rounding::Nearest);
        kept.gate_up.resize(tokens * 2 * shape.feed_forward, 0.0);
        multiply(&self.left, &operands[2].forward, &mut kept.gate_up, false);
        self.wide.resize(tokens * shape.feed_forward, 0.0);
        swiglu(&kept.gate_up, shape.feed_forward, &mut self.wide);
        self.left.set_rows(&self.wide, shape.feed_forward, Rounding::Nearest);
        multiply(&self.left, &operands[3].forward, stream, true);
        self.kept[at] = kept;
    }

    fn norm(&mut self, stream: &[f32], weight: &[f32]) {
        self.normed.resize(stream.len(), 0.0);
        rms_norm(stream, weight, self.shape.epsilon, &mut self.normed);
    }

    /// Turns queries and keys to their positions, which start anew with each sample.
    fn turn(&self, batch: &Batch, qkv: &mut [f32], back: bool) {
        let row = self.shape.qkv();
        for sample in &batch.samples {
            for (position, token) in sample.clone().enumerate() {
                let row = &mut qkv[token * row..][..row];
                self.rotary.turn(row, self.shape.queries + self.shape.keys, position, back);
            }
        }
    }

    /// The losses, and the gradient of the stream where `gradient` is there to be added to.
    fn head(
        &mut self,
        model: Model,
        batch: &Batch,
        stream: &[f32],
        mut gradient: Option<&mut [f32]>,
    ) -> (Losses, Vec<f32>) {
        let (shape, mut losses) = (self.shape, Losses::default());
        let weight = &model.weights[model.layout.norm.clone()];
        let mut d_stream = vec![0.0; if gradient.is_some() { stream.len() } else { 0 }];
        for targets in batch.targets.chunks(LOGIT_ROWS) {
            let rows: Vec<f32> = gather(stream, shape.width, targets);
            self.norm(&rows, weight);
            self.left.set_rows(&self.normed, shape.width, Rounding::Nearest);
            self.logits.resize(targets.len().next_multiple_of(TOKEN_BLOCK) * shape.vocabulary, 0.0);
            let used = targets.len() * shape.vocabulary;
            multiply(&self.left, &model.operands[0].forward, &mut self.logits[..used], false);
            self.logits[used..].fill(0.0);
            for (logits, target) in self.logits.chunks_exact_mut(shape.vocabulary).zip(targets) {
                let loss = cross_entropy(logits, target.token as usize, target.weight);
                losses.count(target, loss);
            }
            if let Some(gradient) = gradient.as_deref_mut() {
                self.head_backward(model, targets, &rows, &mut d_stream, gradient);
            }
        }
        (losses, d_stream)
    }

    /// `self.logits` holds the gradient of the logits, `self.normed` their inputs.
    fn head_backward(
        &mut self,
        model: Model,
        targets: &[Target],
        rows: &[f32],
        d_stream: &mut [f32],
        gradient: &mut [f32],
    ) {
        let (shape, norm) = (self.shape, model.layout.norm.clone());
        let padded = self.logits.len() / shape.vocabulary;
        let mut normed = std::mem::take(&mut self.normed);
        normed.resize(padded * shape.width, 0.0);
        let noise = self.noise();
        self.right.set_rows(&normed, shape.width, TOKEN_BLOCK, Rounding::Nearest);
        self.left.set_columns(&self.logits, shape.vocabulary, TOKEN_BLOCK, noise);
        multiply(&self.left, &self.right, &mut gradient[model.layout.embedding.at.clone()], true);
        self.normed = normed;
        let noise = self.noise();
        let used = targets.len() * shape.vocabulary;
        self.left.set_rows(&self.logits[..used], shape.vocabulary, noise);
        self.d_normed.resize(rows.len(), 0.0);
        multiply(&self.left, &model.operands[0].backward, &mut self.d_normed, false);
        let mut d_rows = vec![0.0; rows.len()];
        let weight = &model.weights[norm.clone()];
        rms_norm_backward(
            rows,
            weight,
            shape.epsilon,
            &self.d_normed,
            &mut d_rows,
            &mut gradient[norm],
        );
        for (target, d_row) in targets.iter().zip(d_rows.chunks_exact(shape.width)) {
            d_stream[target.place * shape.width..][..shape.width].copy_from_slice(d_row);
        }
    }

    // ------------------------------------------------------------ backward
    fn layer_backward(
        &mut self,
        model: Model,
        batch: &Batch,
        at: usize,
        layer: &Layer,
        d_stream: &mut [f32],
        gradient: &mut [f32],
    ) {
        let (shape, tokens) = (self.shape, batch.tokens.len());
        let heads = self.heads();
        let operands = &model.operands[1 + 4 * at..][..4];
        let kept = std::mem::take(&mut self.kept[at]);
        let mut d_wide = std::mem::take(&mut self.d_wide);

        // The feed-forward part.
        self.wide.resize(tokens * shape.feed_forward, 0.0);
        swiglu(&kept.gate_up, shape.feed_forward, &mut self.wide);
        self.right.set_rows(&self.wide, shape.feed_forward, TOKEN_BLOCK, Rounding::Nearest);
        self.weight_gradient(d_stream, &layer.down, gradient);
        let mut d_inner = std::mem::take(&mut self.wide);
        self.input_gradient(d_stream, &layer.down, &operands[3], &mut d_inner);
        d_wide.resize(tokens * 2 * shape.feed_forward, 0.0);
        swiglu_backward(&kept.gate_up, shape.feed_forward, &d_inner, &mut d_wide);
        self.wide = d_inner;
        self.norm(&kept.middle, &model.weights[layer.mlp_norm.clone()]);
        self.right.set_rows(&self.normed, shape.width, TOKEN_BLOCK, Rounding::Nearest);
        self.weight_gradient(&d_wide, &layer.gate_up, gradient);
        self.through_norm(
            &d_wide,
            &layer.gate_up,
            &operands[2],
            (&kept.middle, &layer.mlp_norm),
            model,
            d_stream,
            gradient,
        );

        // The attention part.
        self.right.set_rows(&kept.attended, shape.width, TOKEN_BLOCK, Rounding::Nearest);
        self.weight_gradient(d_stream, &layer.output, gradient);
        let mut d_attended = std::mem::take(&mut self.d_normed);
        self.input_gradient(d_stream, &layer.output, &operands[1], &mut d_attended);
        d_wide.resize(tokens * shape.qkv(), 0.0);
        let saved = attention::Saved { qkv: &kept.qkv, out: &kept.attended, sums: &kept.sums };
        attention::backward(
            heads,
            &batch.samples,
            &saved,
            &d_attended,
            &mut d_wide,
            &mut self.scratch,
        );
        self.d_normed = d_attended;
        self.turn(batch, &mut d_wide, true);
        self.norm(&kept.input, &model.weights[layer.attention_norm.clone()]);
        self.right.set_rows(&self.normed, shape.width, TOKEN_BLOCK, Rounding::Nearest);
        self.weight_gradient(&d_wide, &layer.qkv, gradient);
        self.through_norm(
            &d_wide,
            &layer.qkv,
            &operands[0],
            (&kept.input, &layer.attention_norm),
            model,
            d_stream,
            gradient,
        );
        self.d_wide = d_wide;
        self.kept[at] = kept;
    }

    /// Adds the gradient of a matrix whose inputs stand in `self.right` and whose outputs have the
    /// gradient `d_outputs`.
    fn weight_gradient(&mut self, d_outputs: &[f32], matrix: &Matrix, gradient: &mut [f32]) {
        let noise = self.noise();
        self.left.set_columns(d_outputs, matrix.outputs, TOKEN_BLOCK, noise);
        multiply(&self.left, &self.right, &mut gradient[matrix.at.clone()], true);
    }

    /// Writes the gradient of a matrix's inputs into `d_inputs`.
    fn input_gradient(
        &mut self,
        d_outputs: &[f32],
        matrix: &Matrix,
        operand: &Operand,
        d_inputs: &mut Vec<f32>,
    ) {
        let noise = self.noise();
        self.left.set_rows(d_outputs, matrix.outputs, noise);
        d_inputs.resize(self.left.rows * matrix.inputs, 0.0);
        multiply(&self.left, &operand.backward, d_inputs, false);
    }

    /// From the outputs of a matrix through the norm in front of it to the stream.
    #[allow(clippy::too_many_arguments)]
    fn through_norm(
        &mut self,
        d_outputs: &[f32],
        matrix: &Matrix,
        operand: &Operand,
        (input, norm): (&[f32], &Range<usize>),
        model: Model,
        d_stream: &mut [f32],
        gradient: &mut [f32],
    ) {
        let mut d_normed = std::mem::take(&mut self.d_normed);
        self.input_gradient(d_outputs, matrix, operand, &mut d_normed);
        let weight = &model.weights[norm.clone()];
        let d_weight = &mut gradient[norm.clone()];
        rms_norm_backward(input, weight, self.shape.epsilon, &d_normed, d_stream, d_weight);
        self.d_normed = d_normed;
    }
}

impl Losses {
    fn count(&mut self, target: &Target, loss: f32) {
        if target.middle {
            self.middle += f64::from(loss);
            self.middles += 1;
        } else {
            self.rest += f64::from(loss);
            self.rests += 1;
        }
    }
}

fn gather(stream: &[f32], width: usize, targets: &[Target]) -> Vec<f32> {
    targets
        .iter()
        .flat_map(|target| stream[target.place * width..][..width].iter().copied())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::update_operands;

    fn tiny() -> (Shape, Layout, Vec<f32>) {
        let shape = Shape {
            layers: 2,
            width: 192,
            queries: 3,
            keys: 1,
            feed_forward: 128,
            vocabulary: 128,
            epsilon: 1e-5,
            theta: 1e4,
        };
        let layout = Layout::new(&shape);
        let mut state = 12_345u32;
        let mut draw = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        };
        let mut weights: Vec<f32> = (0..layout.total).map(|_| draw() * 0.12).collect();
        let norms =
            layout.layers.iter().flat_map(|l| [l.attention_norm.clone(), l.mlp_norm.clone()]);
        for norm in norms.chain([layout.norm.clone()]) {
            weights[norm].iter_mut().for_each(|value| *value += 1.0);
        }
        (shape, layout, weights)
    }

    fn batch() -> Batch {
        let tokens: Vec<u32> = (0..128).map(|i| (i * 29 + i * i * 7) % 128).collect();
        let samples = vec![0..50, 50..121];
        let target = |place: usize| Target {
            place,
            token: tokens[place + 1],
            weight: 0.01,
            middle: place.is_multiple_of(3),
        };
        let targets =
            samples.iter().flat_map(|sample| (sample.start..sample.end - 1).map(target)).collect();
        Batch { tokens, samples, targets }
    }

    fn loss(shape: Shape, layout: &Layout, weights: &[f32], gradient: Option<&mut [f32]>) -> f64 {
        let mut operands: Vec<Operand> =
            layout.matrices().iter().map(|_| Operand::default()).collect();
        update_operands(&mut operands, layout, weights, 1);
        let model = Model { layout, weights, operands: &operands };
        let losses = Network::new(shape, 128).pass(model, &batch(), gradient, 1);
        (losses.middle + losses.rest) * 0.01
    }

    /// Along the gradient itself, in each tensor alone, the loss changes as the gradient says.
    #[test]
    fn gradients_agree_with_finite_differences() {
        let (shape, layout, weights) = tiny();
        let mut gradient = vec![0.0; layout.total];
        loss(shape, &layout, &weights, Some(&mut gradient));
        let layer = &layout.layers[0];
        let parts = [
            ("embedding", layout.embedding.at.clone()),
            ("attention norm", layer.attention_norm.clone()),
            ("qkv", layer.qkv.at.clone()),
            ("output", layer.output.at.clone()),
            ("mlp norm", layer.mlp_norm.clone()),
            ("gate up", layer.gate_up.at.clone()),
            ("down", layer.down.at.clone()),
            ("last down", layout.layers[1].down.at.clone()),
            ("norm", layout.norm.clone()),
        ];
        for (name, range) in parts {
            let squares: f32 = gradient[range.clone()].iter().map(|g| g * g).sum();
            let step = 0.02 / squares;
            let moved = |sign: f32| {
                let mut moved = weights.clone();
                for i in range.clone() {
                    moved[i] += sign * step * gradient[i];
                }
                loss(shape, &layout, &moved, None)
            };
            let ratio = (moved(1.0) - moved(-1.0)) / 0.04;
            assert!((ratio - 1.0).abs() < 0.12, "{name}: {ratio}");
        }
    }

    #[test]
    fn samples_do_not_see_each_other() {
        let (shape, layout, weights) = tiny();
        let mut operands: Vec<Operand> =
            layout.matrices().iter().map(|_| Operand::default()).collect();
        update_operands(&mut operands, &layout, &weights, 1);
        let model = Model { layout: &layout, weights: &weights, operands: &operands };
        let mut changed = batch();
        changed.tokens[..50].iter_mut().for_each(|token| *token = (*token + 5) % 128);
        let second = |mut batch: Batch| {
            batch.targets.retain(|target| target.place >= 50);
            Network::new(shape, 128).pass(model, &batch, None, 1)
        };
        let (a, b) = (second(batch()), second(changed));
        assert_eq!((a.middle, a.rest), (b.middle, b.rest));
    }
}
