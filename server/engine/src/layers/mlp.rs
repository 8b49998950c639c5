//! The feed-forward layer: down(activation(gate(x)) * up(x)) (arXiv 2002.05202), or without a gate
//! down(activation(up(x))).

use super::{Device, Linear, Matrix, Scratch};
use crate::files::Tensors;
use crate::models::{Config, is_fused};
use crate::{LoadError, RunError, Weights};
use kernels::elementwise::{self, Activation};
use kernels::{DisjointMut, QuantizedActivations};

/// Rows of one piece of parallel work.
const ROWS_PER_PIECE: usize = 16;

/// Gate and up as one matrix, and down.
pub struct Mlp {
    wide: Linear,
    down: Linear,
    width: usize,
    activation: Activation,
    is_gated: bool,
}

/// What an [`Mlp`] computes with.
pub struct MlpBuffers<'a> {
    pub activations: &'a mut QuantizedActivations,
    /// Gates and values.
    pub wide: &'a mut Vec<f32>,
    /// The gated values.
    pub inner: &'a mut Vec<f32>,
}

impl Mlp {
    /// Reads `ffn_gate`, `ffn_up` and `ffn_down` under `name`; `end` follows these names. One
    /// tensor may hold gate and up.
    pub fn load(
        tensors: &Tensors,
        name: &str,
        end: &str,
        config: &Config,
        width: usize,
        weights: Weights,
    ) -> Result<Mlp, LoadError> {
        let hidden = config.hidden_size;
        let gate = format!("{name}.ffn_gate{end}");
        let up = format!("{name}.ffn_up{end}");
        let down = format!("{name}.ffn_down{end}");
        let names = match config.is_gated {
            true if is_fused(tensors, &up, [2 * width, hidden]) => vec![(up.as_str(), 2 * width)],
            true => vec![(gate.as_str(), width), (up.as_str(), width)],
            false => vec![(up.as_str(), width)],
        };
        let wide = Linear::load(tensors, &names, hidden, weights)?;
        let down = Linear::load(tensors, &[(&down, hidden)], width, weights)?;
        Ok(Mlp::of_parts(wide, down, width, config))
    }

    /// A layer of these matrices.
    pub fn of_parts(wide: Linear, down: Linear, width: usize, config: &Config) -> Mlp {
        Mlp {
            wide,
            down,
            width,
            activation: config.activation,
            is_gated: config.is_gated,
        }
    }

    /// Its two matrices.
    pub fn matrices(&self) -> [&Matrix; 2] {
        [self.wide.matrix(), self.down.matrix()]
    }

    /// Reads `scratch.normed`, leaves the result in `scratch.out`.
    pub fn forward(&self, device: &Device, scratch: &mut Scratch) -> Result<(), RunError> {
        let Scratch {
            activations,
            normed,
            wide,
            inner,
            out,
            ..
        } = scratch;
        let buffers = MlpBuffers {
            activations,
            wide,
            inner,
        };
        self.forward_rows(device, normed, out, buffers)
    }

    /// The result for each row of `x`.
    pub fn forward_rows(
        &self,
        device: &Device,
        x: &[f32],
        out: &mut Vec<f32>,
        buffers: MlpBuffers,
    ) -> Result<(), RunError> {
        let MlpBuffers {
            activations,
            wide,
            inner,
        } = buffers;
        if self.is_gated {
            self.wide.forward(device, x, wide, activations)?;
            inner.resize(wide.len() / 2, 0.0);
            self.gate(device, wide, inner);
        } else {
            self.wide.forward(device, x, inner, activations)?;
            self.activate(device, inner);
        }
        self.down.forward(device, inner, out, activations)
    }

    /// Writes the activation of each row of `wide` to `inner`.
    fn gate(&self, device: &Device, wide: &[f32], inner: &mut [f32]) {
        let spans = || wide.chunks(ROWS_PER_PIECE * 2 * self.width);
        let inner = DisjointMut::new(inner);
        device.run(spans().len(), &|piece| {
            let Some(wide) = spans().nth(piece) else {
                return;
            };
            // SAFETY: every piece has rows of its own.
            let inner = unsafe { inner.part(piece * ROWS_PER_PIECE * self.width, wide.len() / 2) };
            elementwise::gate(device.isa, self.activation, wide, self.width, inner);
        });
    }

    /// Applies the nonlinearity to each row.
    fn activate(&self, device: &Device, inner: &mut [f32]) {
        let span = ROWS_PER_PIECE * self.width;
        let (len, pieces) = (inner.len(), inner.len().div_ceil(span));
        let inner = DisjointMut::new(inner);
        device.run(pieces, &|piece| {
            let from = piece * span;
            // SAFETY: every piece has rows of its own.
            let rows = unsafe { inner.part(from, span.min(len - from)) };
            elementwise::activate(device.isa, self.activation, rows);
        });
    }
}
