//! Root-mean-square norm (arXiv 1910.07467).

use super::Device;
use crate::LoadError;
use crate::files::Tensors;
use kernels::elementwise;

/// The norm's weight and its epsilon.
pub struct RmsNorm {
    weight: Vec<f32>,
    eps: f32,
}

impl RmsNorm {
    /// Reads `name` + `.weight` of `len` values.
    pub fn load(tensors: &Tensors, name: &str, len: usize, eps: f32) -> Result<RmsNorm, LoadError> {
        Ok(RmsNorm {
            weight: tensors.vector(&format!("{name}.weight"), len)?,
            eps,
        })
    }

    /// Norms each row of `x` into `out`.
    pub fn forward(&self, device: &Device, x: &[f32], out: &mut Vec<f32>) {
        out.resize(x.len(), 0.0);
        elementwise::rms_norm(device.isa, x, &self.weight, self.eps, out);
    }

    /// Norms one row of at most 256 values in place.
    pub fn forward_head(&self, device: &Device, row: &mut [f32]) {
        let mut copy = [0f32; 256];
        let copy = &mut copy[..row.len()];
        copy.copy_from_slice(row);
        elementwise::rms_norm(device.isa, copy, &self.weight, self.eps, row);
    }
}
