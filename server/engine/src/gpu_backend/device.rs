//! An open GPU as a backend, and what all of its layers need.

use gpu::{Gpu, GpuError, GpuVector, ProductOutput, RowNorm};
use kernels::ThreadPool;

use crate::backend::WeightSource;
use crate::models::{Config, NormKind};
use crate::{LoadError, RunError};

/// Values that rows are multiples of.
pub const BLOCK: usize = 32;

/// An open GPU, and the threads that load weights.
pub struct GpuBackend {
    pub gpu: Gpu,
    pub pool: ThreadPool,
}

/// A norm: root mean square, or with a bias a layer norm.
pub struct GpuNorm {
    pub weight: GpuVector,
    pub bias: Option<GpuVector>,
    pub eps: f32,
}

impl GpuNorm {
    /// As the crate `gpu` takes it.
    pub fn rows(&self) -> RowNorm<'_> {
        RowNorm {
            weight: &self.weight,
            bias: self.bias.as_ref(),
            eps: self.eps,
        }
    }
}

/// A failure of the GPU, which is not the model's.
pub fn run_error(error: GpuError) -> RunError {
    match error {
        GpuError::Cancelled => RunError::Cancelled,
        error => RunError::Gpu(error),
    }
}

/// Where the results of layers go: to a norm, or with their factor to the residual stream.
pub fn layer_output(config: &Config) -> ProductOutput {
    match (config.post_norms, config.scales.residual) {
        (true, _) => ProductOutput::Out,
        (false, 1.0) => ProductOutput::Stream,
        (false, factor) => ProductOutput::Scaled(factor),
    }
}

impl GpuBackend {
    /// Reads a norm of rows or heads of this length.
    pub fn norm_of(
        &self,
        source: WeightSource,
        name: &str,
        len: usize,
    ) -> Result<GpuNorm, LoadError> {
        let (config, tensors) = (source.config.norm, source.tensors);
        let mut weight = tensors.vector(&format!("{name}.weight"), len)?;
        let weights = weight.iter_mut();
        weights.for_each(|weight| *weight += config.offset);
        let bias = match config.kind {
            NormKind::Rms => None,
            NormKind::Layer => Some(tensors.vector(&format!("{name}.bias"), len)?),
        };
        Ok(GpuNorm {
            weight: self.vector(&weight)?,
            bias: bias.map(|bias| self.vector(&bias)).transpose()?,
            eps: config.eps,
        })
    }

    /// Uploads values.
    pub fn vector(&self, values: &[f32]) -> Result<GpuVector, LoadError> {
        Ok(self.gpu.vector(values)?)
    }
}
