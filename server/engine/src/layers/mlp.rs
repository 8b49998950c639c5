//! The gated feed-forward layer: down(silu(gate(x)) * up(x)) (arXiv 2002.05202).

use super::{Device, Linear, Matrix, Scratch};
use crate::files::Tensors;
use crate::{LoadError, RunError, Weights};
use kernels::DisjointMut;
use kernels::elementwise;

/// Rows of one piece of parallel work.
const ROWS_PER_PIECE: usize = 16;

/// Gate and up as one matrix, and down.
pub struct Mlp {
    gate_up: Linear,
    down: Linear,
    width: usize,
}

impl Mlp {
    /// Reads `gate_proj`, `up_proj` and `down_proj` under `name`.
    pub fn load(
        tensors: &Tensors,
        name: &str,
        hidden: usize,
        width: usize,
        weights: Weights,
    ) -> Result<Mlp, LoadError> {
        let (gate, up, down) = (
            format!("{name}.gate_proj"),
            format!("{name}.up_proj"),
            format!("{name}.down_proj"),
        );
        let gate_up = Linear::load(tensors, &[(&gate, width), (&up, width)], hidden, weights)?;
        let down = Linear::load(tensors, &[(&down, hidden)], width, weights)?;
        Ok(Mlp {
            gate_up,
            down,
            width,
        })
    }

    /// Its two matrices.
    pub fn matrices(&self) -> [&Matrix; 2] {
        [self.gate_up.matrix(), self.down.matrix()]
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
        self.gate_up.forward(device, normed, wide, activations)?;
        inner.resize(wide.len() / 2, 0.0);
        self.gate(device, wide, inner);
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
            elementwise::silu_gate(device.isa, wide, self.width, inner);
        });
    }
}
