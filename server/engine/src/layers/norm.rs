//! Root-mean-square norm (arXiv 1910.07467) and layer norm (arXiv 1607.06450).

use super::Device;
use crate::LoadError;
use crate::files::Tensors;
use crate::models::{NormConfig, NormKind};
use kernels::elementwise;

/// The norm's weight, its bias and its epsilon.
pub struct Norm {
    weight: Vec<f32>,
    /// Empty where there is none.
    bias: Vec<f32>,
    config: NormConfig,
}

impl Norm {
    /// Reads `name` + `.weight` of `len` values and, for a layer norm, `name` + `.bias`.
    pub fn load(
        tensors: &Tensors,
        name: &str,
        len: usize,
        config: NormConfig,
    ) -> Result<Norm, LoadError> {
        let mut weight = tensors.vector(&format!("{name}.weight"), len)?;
        weight.iter_mut().for_each(|w| *w += config.offset);
        let bias = match config.kind {
            NormKind::Rms => Vec::new(),
            NormKind::Layer => tensors.vector(&format!("{name}.bias"), len)?,
        };
        Ok(Norm {
            weight,
            bias,
            config,
        })
    }

    /// Norms each row of `x` into `out`.
    pub fn forward(&self, device: &Device, x: &[f32], out: &mut Vec<f32>) {
        out.resize(x.len(), 0.0);
        let (weight, eps) = (&self.weight, self.config.eps);
        match self.config.kind {
            NormKind::Rms => elementwise::rms_norm(device.isa, x, weight, eps, out),
            NormKind::Layer => elementwise::layer_norm(device.isa, x, weight, &self.bias, eps, out),
        }
    }

    /// Norms each row of `x` in place, with `copy` as a buffer.
    pub fn forward_in_place(&self, device: &Device, x: &mut [f32], copy: &mut Vec<f32>) {
        copy.clear();
        copy.extend_from_slice(x);
        let (weight, eps) = (&self.weight, self.config.eps);
        match self.config.kind {
            NormKind::Rms => elementwise::rms_norm(device.isa, copy, weight, eps, x),
            NormKind::Layer => {
                elementwise::layer_norm(device.isa, copy, weight, &self.bias, eps, x)
            }
        }
    }
}
