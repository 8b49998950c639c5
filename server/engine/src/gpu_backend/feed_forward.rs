//! Feed-forward layers on the GPU; `layers/mlp.rs` says what they compute.

use gpu::{GateKind, GpuPass, ProductInput, ProductOutput};
use kernels::elementwise::Activation;

use super::experts::GpuExperts;
use super::linear::GpuLinear;
use super::{GpuBackend, layer_output, run_error};
use crate::backend::WeightSource;
use crate::models::{LayerConfig, is_fused};
use crate::{LoadError, RunError};

/// A layer that looks at each token by itself.
pub enum GpuFeedForward {
    Mlp(Box<GpuMlp>),
    Experts(Box<GpuExperts>),
}

impl GpuFeedForward {
    /// Reads the layer of the kind that `layer` has.
    pub fn load(
        backend: &GpuBackend,
        source: WeightSource,
        name: &str,
        layer: LayerConfig,
    ) -> Result<GpuFeedForward, LoadError> {
        match source.config.experts {
            Some(experts) if layer.has_experts => {
                let layer = GpuExperts::load(backend, source, name, experts)?;
                Ok(GpuFeedForward::Experts(Box::new(layer)))
            }
            _ => {
                let width = source.config.intermediate_size;
                let layer = GpuMlp::load(backend, source, name, "", width)?;
                Ok(GpuFeedForward::Mlp(Box::new(layer)))
            }
        }
    }

    /// Records the layer.
    pub fn record(&self, pass: &mut GpuPass) -> Result<(), RunError> {
        match self {
            GpuFeedForward::Mlp(layer) => layer.record(pass),
            GpuFeedForward::Experts(layer) => layer.record(pass),
        }
    }
}

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
        self.wide
            .product(pass, ProductInput::Normed, ProductOutput::Wide)?;
        let activated = match self.is_gated {
            true => pass.gate(self.kind),
            false => pass.activate(self.kind),
        };
        activated.map_err(run_error)?;
        self.down.product(pass, ProductInput::Inner, self.to)
    }
}
