//! Gated DeltaNet (arXiv 2412.06464): a recurrent layer whose heads keep a matrix of keys and
//! values, which decays, and in which a new value replaces what its key held.
//!
//! One product gives queries, keys, values and gates of the output; a convolution over the last
//! tokens mixes all but the gates. The shapes are those of Qwen3-Next and Qwen3.5.

use kernels::elementwise::{self, Activation};
use kernels::{DisjointMut, StateStep, advance_state};

use super::convolution::Convolution;
use super::pass::softplus;
use super::{Device, Linear, Matrix, Pass, PositionRange, Scratch};
use crate::files::{RawTensor, Tensors};
use crate::kv_cache::KvCache;
use crate::models::{Config, DeltaNetConfig};
use crate::{LoadError, RunError, Weights};

/// The weights of one layer.
pub struct DeltaNet {
    /// Queries, keys and values of all heads, then the gates of the output.
    projection: Linear,
    /// How much of the value is stored, for each value head, then how much of the state decays;
    /// exact, because a state adds up its errors.
    rates: Linear,
    convolution: Convolution,
    /// For each value head: the factor of the decay, which is negative, and its bias.
    decay: Vec<f32>,
    decay_bias: Vec<f32>,
    /// The weight of the norm of each head's result.
    norm: Vec<f32>,
    output: Linear,
    config: DeltaNetConfig,
    eps: f32,
}

impl DeltaNet {
    /// Reads `attn_qkv` and `attn_gate` (or `ssm_in`), `ssm_beta` and `ssm_alpha` (or `ssm_ba`),
    /// `ssm_conv1d`, `ssm_dt`, `ssm_a`, `ssm_norm` and `ssm_out` under `name`.
    pub fn load(
        tensors: &Tensors,
        name: &str,
        model: &Config,
        config: DeltaNetConfig,
        weights: Weights,
    ) -> Result<DeltaNet, LoadError> {
        let hidden = model.hidden_size;
        let part = |part: &str| format!("{name}.{part}");
        let rows = config.values();
        let heads = config.value_heads;
        let projection = projection(tensors, name, hidden, config)?;
        let label = part("attn_qkv_gate");
        let projection = Matrix::of_tensors(tensors, label, &projection, weights)?;
        let rates = rates(tensors, name, hidden, config)?;
        let rates = Matrix::of_tensors(tensors, part("ssm_ba"), &rates, Weights::Exact)?;
        let mut decay = tensors.vector(&part("ssm_a"), heads)?;
        if config.is_folder {
            decay.iter_mut().for_each(|decay| *decay = -decay.exp());
        }
        Ok(DeltaNet {
            projection: Linear::of_parts(projection, None),
            rates: Linear::of_parts(rates, None),
            convolution: Convolution::load(tensors, &part("ssm_conv1d"), config.convolution())?,
            decay,
            decay_bias: tensors.vector(&part("ssm_dt.bias"), heads)?,
            norm: tensors.vector(&part("ssm_norm.weight"), config.value_dim)?,
            output: Linear::load(tensors, &[(&part("ssm_out"), hidden)], rows, weights)?,
            config,
            eps: model.norm.eps,
        })
    }

    /// Its two packed matrices.
    pub fn matrices(&self) -> [&Matrix; 2] {
        [self.projection.matrix(), self.output.matrix()]
    }

    /// Reads `scratch.normed` and leaves the result in `scratch.out`. The rows are those of the
    /// pass; each range continues the state of the layer `number`.
    pub fn forward(
        &self,
        device: &Device,
        number: usize,
        pass: Pass,
        cache: &mut KvCache,
        scratch: &mut Scratch,
    ) -> Result<(), RunError> {
        let Scratch {
            activations,
            normed,
            wide,
            inner,
            out,
            head: rows,
            product: mixed,
            ..
        } = scratch;
        let mut rates = Vec::new();
        self.rates
            .forward(device, normed, &mut rates, activations)?;
        self.projection.forward(device, normed, wide, activations)?;
        let width = self.config.channels();
        let values = self.config.values();
        inner.resize(wide.len() / (width + values) * values, 0.0);
        for (_, tokens) in PositionRange::rows(pass.ranges) {
            let inputs = wide.chunks_exact(width + values);
            let inputs = inputs.skip(tokens.start).take(tokens.len());
            let rates = &rates[tokens.start * 2 * self.config.value_heads..];
            let inner = &mut inner[tokens.start * values..tokens.end * values];
            pass.with_state(cache, number, |state| {
                let last = &mut state.convolution;
                self.convolution.forward(device, inputs, last, rows, mixed);
                self.norm_queries_and_keys(device, mixed);
                self.run_heads(device, &mut state.heads, mixed, rates, inner);
            });
        }
        rows.resize(inner.len(), 0.0);
        elementwise::rms_norm(device.isa, inner, &self.norm, self.eps, rows);
        let gated = rows.chunks_exact_mut(values);
        for (row, wide) in gated.zip(wide.chunks_exact(width + values)) {
            elementwise::silu_gate(device.isa, row, &wide[width..]);
        }
        self.output.forward(device, rows, out, activations)
    }

    /// Applies the nonlinearity, and brings queries and keys to their lengths.
    fn norm_queries_and_keys(&self, device: &Device, mixed: &mut [f32]) {
        let DeltaNetConfig { key_dim, .. } = self.config;
        let keys = self.config.keys();
        let shorter = 1.0 / (key_dim as f32).sqrt();
        for row in mixed.chunks_exact_mut(self.config.channels()) {
            elementwise::activate(device.isa, Activation::Silu, row);
            let (queries, rest) = row.split_at_mut(keys);
            elementwise::l2_norm(device.isa, queries, key_dim, self.eps, shorter);
            elementwise::l2_norm(device.isa, &mut rest[..keys], key_dim, self.eps, 1.0);
        }
    }

    /// Runs all heads over the tokens; `out` is `[tokens][heads][value_dim]`.
    fn run_heads(
        &self,
        device: &Device,
        states: &mut [f32],
        mixed: &[f32],
        rates: &[f32],
        out: &mut [f32],
    ) {
        let config = self.config;
        let DeltaNetConfig {
            key_dim,
            value_dim,
            value_heads,
            ..
        } = config;
        let keys = config.keys();
        let values = config.values();
        let states = DisjointMut::new(states);
        let out = DisjointMut::new(out);
        device.run(value_heads, &|head| {
            let len = key_dim * value_dim;
            // SAFETY: every head has a state of its own.
            let state = unsafe { states.part(head * len, len) };
            let key_head = config.key_head(head);
            let rows = mixed.chunks_exact(config.channels());
            for (token, row) in rows.enumerate() {
                let rates = &rates[token * 2 * value_heads..][..2 * value_heads];
                let step = StateStep {
                    query: &row[key_head * key_dim..][..key_dim],
                    key: &row[keys + key_head * key_dim..][..key_dim],
                    value: &row[2 * keys + head * value_dim..][..value_dim],
                    decay: self.decay_of(head, rates[value_heads + head]),
                    rate: sigmoid(rates[head]),
                    is_delta: true,
                };
                // SAFETY: every head has results of its own.
                let out = unsafe { out.part(token * values + head * value_dim, value_dim) };
                advance_state(device.isa, state, step, out);
            }
        });
    }

    fn decay_of(&self, head: usize, rate: f32) -> f32 {
        (self.decay[head] * softplus(rate + self.decay_bias[head])).exp()
    }
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// The rows of queries, keys, values and gates, each for all heads. Some files have them together,
/// key head by key head.
fn projection<'a>(
    tensors: &Tensors<'a>,
    name: &str,
    hidden: usize,
    config: DeltaNetConfig,
) -> Result<Vec<RawTensor<'a>>, LoadError> {
    let together = format!("{name}.ssm_in.weight");
    let channels = config.channels();
    let values = config.values();
    if tensors.find(&together).is_none() {
        let all = tensors.get(&format!("{name}.attn_qkv.weight"), &[channels, hidden])?;
        let gates = tensors.get(&format!("{name}.attn_gate.weight"), &[values, hidden])?;
        return Ok(vec![all.clone(), gates.clone()]);
    }
    let all = tensors.get(&together, &[channels + values, hidden])?;
    let wide = values / config.key_heads;
    Ok(by_part(
        all,
        config.key_heads,
        &[config.key_dim, config.key_dim, wide, wide],
    ))
}

/// The rows of both rates, each for all heads.
fn rates<'a>(
    tensors: &Tensors<'a>,
    name: &str,
    hidden: usize,
    config: DeltaNetConfig,
) -> Result<Vec<RawTensor<'a>>, LoadError> {
    let together = format!("{name}.ssm_ba.weight");
    let heads = config.value_heads;
    if tensors.find(&together).is_none() {
        let part = |part: &str| {
            let name = format!("{name}.{part}.weight");
            tensors.get(&name, &[heads, hidden]).cloned()
        };
        return Ok(vec![part("ssm_beta")?, part("ssm_alpha")?]);
    }
    let all = tensors.get(&together, &[2 * heads, hidden])?;
    let each = heads / config.key_heads;
    Ok(by_part(all, config.key_heads, &[each, each]))
}

/// The rows of a matrix that has all parts of each group together: those of the first part in all
/// groups, then those of the second. `sizes` are the rows of each part in a group.
fn by_part<'a>(all: &RawTensor<'a>, groups: usize, sizes: &[usize]) -> Vec<RawTensor<'a>> {
    let size: usize = sizes.iter().sum();
    let mut first = 0;
    let mut parts = Vec::new();
    for part in sizes {
        parts.extend((0..groups).map(|group| all.rows(group * size + first, *part)));
        first += part;
    }
    parts
}
