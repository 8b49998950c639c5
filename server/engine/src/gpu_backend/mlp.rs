//! The feed-forward layer with a gate, and the one without; `layers/mlp.rs` has what they compute.

use gpu::{GateKind, GpuPass, ProductInput, ProductOutput};
use kernels::elementwise::Activation;

use super::device::{GpuBackend, layer_output, run_error};
use super::linear::GpuLinear;
use crate::backend::WeightSource;
use crate::models::is_fused;
use crate::{LoadError, RunError};

/// The GPU's name of a nonlinearity.
pub fn gate_kind(activation: Activation) -> GateKind {
    match activation {
        Activation::Silu => GateKind::Silu,
        Activation::Gelu => GateKind::Gelu,
        Activation::ClampedSwiglu => GateKind::ClampedSwiglu,
    }
}

/// Gate and up as one matrix, or up without a gate, and down.
pub struct GpuMlp {
    wide: GpuLinear,
    down: GpuLinear,
    kind: GateKind,
    is_gated: bool,
    to: ProductOutput,
}

impl GpuMlp {
    /// Reads the tensors that `layers/mlp.rs` names; `end` follows their names.
    pub fn load(
        backend: &GpuBackend,
        source: WeightSource,
        name: &str,
        end: &str,
        width: usize,
    ) -> Result<GpuMlp, LoadError> {
        let config = source.config;
        let hidden = config.hidden_size;
        let part = |part: &str| format!("{name}.{part}{end}");
        let [gate, up, down] = ["ffn_gate", "ffn_up", "ffn_down"].map(part);
        let names = match config.is_gated {
            true if is_fused(source.tensors, &up, [2 * width, hidden]) => {
                vec![(up.as_str(), 2 * width)]
            }
            true => vec![(gate.as_str(), width), (up.as_str(), width)],
            false => vec![(up.as_str(), width)],
        };
        Ok(GpuMlp {
            wide: GpuLinear::load(backend, source, &names, hidden)?,
            down: GpuLinear::load(backend, source, &[(&down, hidden)], width)?,
            kind: gate_kind(config.activation),
            is_gated: config.is_gated,
            to: layer_output(config),
        })
    }

    /// Records the layer.
    pub fn record(&self, pass: &mut GpuPass) -> Result<(), RunError> {
        match self.is_gated {
            true => self.wide.gated_product(pass, self.kind)?,
            false => {
                let (from, to) = (ProductInput::Normed, ProductOutput::Wide);
                self.wide.product(pass, from, to)?;
                pass.activate(self.kind).map_err(run_error)?;
            }
        }
        self.down.product(pass, ProductInput::Inner, self.to)
    }
}
