//! Mamba 2 (arXiv 2405.21060): a recurrent layer whose heads keep a matrix that decays, and to
//! which each token adds its value under its key.
//!
//! One product gives gates, values, keys, queries and step lengths. The shapes are those of Granite
//! 4's hybrid models; keys and queries are called B and C there.

use kernels::elementwise::{self, Activation};
use kernels::{DisjointMut, StateStep, advance_state};

use super::convolution::Convolution;
use super::pass::softplus;
use super::{Device, Linear, Matrix, Pass, PositionRange, Scratch};
use crate::files::Tensors;
use crate::kv_cache::KvCache;
use crate::models::{Config, Mamba2Config};
use crate::{LoadError, RunError, Weights};

/// The weights of one layer.
pub struct Mamba2 {
    /// Gates of the output, values, keys, queries, and a step length for each head.
    projection: Linear,
    convolution: Convolution,
    /// For each head: the factor of the decay, which is negative, the bias of the step length, and
    /// the factor with which a value goes into the result directly.
    decay: Vec<f32>,
    step_bias: Vec<f32>,
    direct: Vec<f32>,
    /// The weights of the norm of each group's result, `[groups][values]`.
    norm: Vec<f32>,
    output: Linear,
    config: Mamba2Config,
    eps: f32,
}

impl Mamba2 {
    /// Reads `ssm_in`, `ssm_conv1d`, `ssm_dt`, `ssm_a`, `ssm_d`, `ssm_norm` and `ssm_out` under
    /// `name`.
    pub fn load(
        tensors: &Tensors,
        name: &str,
        model: &Config,
        config: Mamba2Config,
        weights: Weights,
    ) -> Result<Mamba2, LoadError> {
        let hidden = model.hidden_size;
        let part = |part: &str| format!("{name}.{part}");
        let Mamba2Config { heads, groups, .. } = config;
        let rows = config.rows();
        let values = config.values();
        let by_head = |name: &str| tensors.get(&part(name), &[heads, 1])?.to_f32();
        let norm = tensors.get(&part("ssm_norm.weight"), &[groups, values / groups])?;
        Ok(Mamba2 {
            projection: Linear::load(tensors, &[(&part("ssm_in"), rows)], hidden, weights)?,
            convolution: Convolution::load(tensors, &part("ssm_conv1d"), config.convolution())?,
            decay: by_head("ssm_a")?,
            step_bias: tensors.vector(&part("ssm_dt.bias"), heads)?,
            direct: by_head("ssm_d")?,
            norm: norm.to_f32()?,
            output: Linear::load(tensors, &[(&part("ssm_out"), hidden)], values, weights)?,
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
        self.projection.forward(device, normed, wide, activations)?;
        let width = self.config.rows();
        let values = self.config.values();
        inner.resize(wide.len() / width * values, 0.0);
        for (_, tokens) in PositionRange::rows(pass.ranges) {
            let wide = &wide[tokens.start * width..tokens.end * width];
            let inputs = wide.chunks_exact(width).map(|row| &row[values..]);
            let inner = &mut inner[tokens.start * values..tokens.end * values];
            pass.with_state(cache, number, |state| {
                let last = &mut state.convolution;
                self.convolution.forward(device, inputs, last, rows, mixed);
                elementwise::activate(device.isa, Activation::Silu, mixed);
                self.run_heads(device, &mut state.heads, mixed, wide, inner);
            });
        }
        for (row, wide) in inner.chunks_exact_mut(values).zip(wide.chunks_exact(width)) {
            elementwise::silu_gate(device.isa, row, &wide[..values]);
        }
        self.norm_groups(device, inner, rows);
        self.output.forward(device, rows, out, activations)
    }

    /// Runs all heads over the tokens; `out` is `[tokens][heads][value_dim]`.
    fn run_heads(
        &self,
        device: &Device,
        states: &mut [f32],
        mixed: &[f32],
        wide: &[f32],
        out: &mut [f32],
    ) {
        let config = self.config;
        let Mamba2Config {
            heads,
            value_dim,
            key_dim,
            groups,
            ..
        } = config;
        let values = config.values();
        let keys = groups * key_dim;
        let states = DisjointMut::new(states);
        let out = DisjointMut::new(out);
        device.run(heads, &|head| {
            let len = key_dim * value_dim;
            // SAFETY: every head has a state of its own.
            let state = unsafe { states.part(head * len, len) };
            let group = head / (heads / groups);
            let rows = mixed.chunks_exact(config.convolution().channels);
            for (token, (row, wide)) in rows.zip(wide.chunks_exact(config.rows())).enumerate() {
                let length = wide[config.rows() - heads + head] + self.step_bias[head];
                let length = softplus(length);
                let value = &row[head * value_dim..][..value_dim];
                let step = StateStep {
                    key: &row[values + group * key_dim..][..key_dim],
                    query: &row[values + keys + group * key_dim..][..key_dim],
                    value,
                    decay: (length * self.decay[head]).exp(),
                    rate: length,
                    is_delta: false,
                };
                // SAFETY: every head has results of its own.
                let out = unsafe { out.part(token * values + head * value_dim, value_dim) };
                advance_state(device.isa, state, step, out);
                elementwise::add_scaled(device.isa, out, value, self.direct[head]);
            }
        });
    }

    /// Norms the result of each group.
    fn norm_groups(&self, device: &Device, values: &[f32], out: &mut Vec<f32>) {
        out.resize(values.len(), 0.0);
        let len = self.norm.len() / self.config.groups;
        let groups = values.chunks_exact(len).zip(out.chunks_exact_mut(len));
        for ((values, out), weight) in groups.zip(self.norm.chunks_exact(len).cycle()) {
            elementwise::rms_norm(device.isa, values, weight, self.eps, out);
        }
    }
}
