//! A mixture of experts on the GPU; `layers/experts.rs` says what it computes.

use gpu::{
    ExpertChoice, ExpertGateKind, ExpertMatrix, GateKind, GpuMatrix, GpuPass, GpuVector,
    ProductInput, ProductOutput,
};

use super::device::{GpuBackend, run_error};
use super::linear::GpuLinear;
use super::mlp::{GpuMlp, gate_kind};
use crate::backend::WeightSource;
use crate::models::{Bias, ExpertGate, ExpertsConfig};
use crate::{LoadError, RunError};

/// The gate, the experts, and perhaps one that computes every token.
pub struct GpuExperts {
    /// Scores of all experts.
    router: GpuLinear,
    choice: ExpertChoice,
    /// Added to weights when experts are chosen.
    selection_bias: Option<GpuVector>,
    /// Gates and values.
    wide: [StackedExperts; 2],
    down: StackedExperts,
    kind: GateKind,
    shared: Option<GpuMlp>,
    /// The factor of what is added to the residual stream.
    factor: f32,
}

/// A matrix of each expert.
struct StackedExperts {
    matrix: GpuMatrix,
    bias: Option<GpuVector>,
    rows: usize,
}

impl StackedExperts {
    fn load(
        backend: &GpuBackend,
        source: WeightSource,
        name: &str,
        experts: ExpertsConfig,
        shape: [usize; 2],
    ) -> Result<StackedExperts, LoadError> {
        let (count, tensors) = (experts.count, source.tensors);
        let part = |expert| tensors.expert(name, [expert, count], shape);
        let raws = (0..count).map(part).collect::<Result<Vec<_>, _>>()?;
        let bias = match experts.bias {
            Bias::Never => None,
            _ => {
                let bias = tensors.get(&format!("{name}.bias"), &[count, shape[0]])?;
                Some(backend.vector(&bias.to_f32()?)?)
            }
        };
        Ok(StackedExperts {
            matrix: backend.matrix(&raws, source.weights)?,
            bias,
            rows: shape[0],
        })
    }

    fn of_pass(&self) -> ExpertMatrix<'_> {
        ExpertMatrix {
            matrix: &self.matrix,
            bias: self.bias.as_ref(),
            rows: self.rows,
        }
    }
}

impl GpuExperts {
    /// Reads the tensors that `layers/experts.rs` names.
    pub fn load(
        backend: &GpuBackend,
        source: WeightSource,
        name: &str,
        experts: ExpertsConfig,
    ) -> Result<GpuExperts, LoadError> {
        let config = source.config;
        let (hidden, width, count) = (config.hidden_size, experts.width, experts.count);
        let stacked = |part: &str, shape: [usize; 2]| {
            let name = format!("{name}.ffn_{part}_exps");
            StackedExperts::load(backend, source, &name, experts, shape)
        };
        let router = format!("{name}.ffn_gate_inp");
        let selection_bias = match experts.has_selection_bias {
            true => {
                let name = format!("{name}.exp_probs_b.bias");
                Some(backend.vector(&source.tensors.vector(&name, count)?)?)
            }
            false => None,
        };
        let shared = match experts.shared_width {
            0 => None,
            width => Some(GpuMlp::load(backend, source, name, "_shexp", width)?),
        };
        Ok(GpuExperts {
            router: GpuLinear::load_f32(backend, source, &router, [count, hidden])?,
            choice: choice(experts),
            selection_bias,
            wide: [
                stacked("gate", [width, hidden])?,
                stacked("up", [width, hidden])?,
            ],
            down: stacked("down", [hidden, width])?,
            kind: gate_kind(config.activation),
            shared,
            factor: config.scales.residual,
        })
    }

    /// Records the layer.
    pub fn record(&self, pass: &mut GpuPass) -> Result<(), RunError> {
        if let Some(shared) = &self.shared {
            shared.record(pass)?;
        }
        self.router
            .product(pass, ProductInput::Normed, ProductOutput::Wide)?;
        self.record_chosen(pass).map_err(run_error)
    }

    fn record_chosen(&self, pass: &mut GpuPass) -> Result<(), gpu::GpuError> {
        pass.choose_experts(self.choice, self.selection_bias.as_ref())?;
        let wide = self.wide.each_ref().map(StackedExperts::of_pass);
        pass.expert_products(&wide, ProductInput::Normed)?;
        pass.gate(self.kind)?;
        pass.expert_products(&[self.down.of_pass()], ProductInput::Inner)?;
        pass.add_experts(self.factor)
    }
}

fn choice(experts: ExpertsConfig) -> ExpertChoice {
    ExpertChoice {
        count: experts.count,
        used: experts.used,
        gate: match experts.gate {
            ExpertGate::Softmax => ExpertGateKind::Softmax,
            ExpertGate::SoftmaxOfChosen => ExpertGateKind::SoftmaxOfChosen,
            ExpertGate::Sigmoid => ExpertGateKind::Sigmoid,
        },
        is_normalized: experts.is_normalized,
        factor: experts.scale,
    }
}
