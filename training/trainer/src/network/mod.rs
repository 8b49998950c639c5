//! The model over a batch of tokens, forward and backward, on one thread.
//!
//! `Network::pass` takes tokens, the samples they belong to, and a weight for each token as a
//! target; it adds the gradient of the weighted loss to `gradient` and returns the losses. What the
//! backward pass needs is kept for each layer (the residual stream, queries keys and values,
//! attention's output, gate and up); the rest is made again.

mod backward;

use crate::attention::{self, Heads};
use crate::layers::{Rotary, cross_entropy, rms_norm, swiglu};
use crate::product::multiply;
use crate::quantized::{Left, Right, Rounding};
use crate::weights::{Layer, Layout, Operand, Shape};
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

/// The activations of a layer that the backward pass needs.
#[derive(Default)]
struct SavedLayer {
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
    saved: Vec<SavedLayer>,
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
            saved: (0..shape.layers).map(|_| SavedLayer::default()).collect(),
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

    fn layer(&mut self, model: Model, batch: &Batch, at: usize, layer: &Layer, stream: &mut [f32]) {
        let (shape, tokens) = (self.shape, batch.tokens.len());
        let heads = self.heads();
        let operands = &model.operands[1 + 4 * at..][..4];
        let mut saved = std::mem::take(&mut self.saved[at]);
        saved.input.clear();
        saved.input.extend_from_slice(stream);
        self.norm(stream, &model.weights[layer.attention_norm.clone()]);
        self.left.set_rows(&self.normed, shape.width, Rounding::Nearest);
        saved.qkv.resize(tokens * shape.qkv(), 0.0);
        multiply(&self.left, &operands[0].forward, &mut saved.qkv, false);
        self.turn(batch, &mut saved.qkv, false);
        saved.attended.resize(tokens * shape.width, 0.0);
        saved.sums.resize(tokens * shape.queries, 0.0);
        attention::forward(
            heads,
            &batch.samples,
            &saved.qkv,
            &mut saved.attended,
            &mut saved.sums,
            &mut self.scratch,
        );
        self.left.set_rows(&saved.attended, shape.width, Rounding::Nearest);
        multiply(&self.left, &operands[1].forward, stream, true);
        saved.middle.clear();
        saved.middle.extend_from_slice(stream);
        self.norm(stream, &model.weights[layer.mlp_norm.clone()]);
        self.left.set_rows(&self.normed, shape.width, Rounding::Nearest);
        saved.gate_up.resize(tokens * 2 * shape.feed_forward, 0.0);
        multiply(&self.left, &operands[2].forward, &mut saved.gate_up, false);
        self.wide.resize(tokens * shape.feed_forward, 0.0);
        swiglu(&saved.gate_up, shape.feed_forward, &mut self.wide);
        self.left.set_rows(&self.wide, shape.feed_forward, Rounding::Nearest);
        multiply(&self.left, &operands[3].forward, stream, true);
        self.saved[at] = saved;
    }

    fn norm(&mut self, stream: &[f32], weight: &[f32]) {
        self.normed.resize(stream.len(), 0.0);
        rms_norm(stream, weight, self.shape.epsilon, &mut self.normed);
    }

    /// Turns queries and keys to their positions, which restart with each sample.
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
mod tests;
