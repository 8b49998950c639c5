//! Feed-forward layers on the GPU: one for all tokens, or experts.

use gpu::GpuPass;

use super::device::GpuBackend;
use super::experts::GpuExperts;
use super::mlp::GpuMlp;
use crate::backend::WeightSource;
use crate::models::LayerConfig;
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
