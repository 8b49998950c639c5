//! The gated short convolution of LFM2 (arXiv 2511.23404): a recurrent layer that remembers only
//! its last few inputs.
//!
//! One product gives two gates and a value. The first gate is multiplied with the value before the
//! convolution, the second after it.

use kernels::elementwise;

use super::convolution::Convolution;
use super::{Device, Linear, Matrix, Pass, PositionRange, Scratch};
use crate::files::Tensors;
use crate::kv_cache::KvCache;
use crate::models::{Config, ConvolutionConfig};
use crate::{LoadError, RunError, Weights};

/// The weights of one layer.
pub struct ShortConvolution {
    /// Both gates and the value.
    projection: Linear,
    convolution: Convolution,
    output: Linear,
    channels: usize,
}

impl ShortConvolution {
    /// Reads `shortconv.in_proj`, `shortconv.conv` and `shortconv.out_proj` under `name`.
    pub fn load(
        tensors: &Tensors,
        name: &str,
        model: &Config,
        config: ConvolutionConfig,
        weights: Weights,
    ) -> Result<ShortConvolution, LoadError> {
        let hidden = model.hidden_size;
        let channels = config.channels;
        let part = |part: &str| format!("{name}.shortconv.{part}");
        let input = part("in_proj");
        let output = part("out_proj");
        Ok(ShortConvolution {
            projection: Linear::load(tensors, &[(&input, 3 * channels)], hidden, weights)?,
            convolution: Convolution::load(tensors, &part("conv"), config)?,
            output: Linear::load(tensors, &[(&output, hidden)], channels, weights)?,
            channels,
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
        let channels = self.channels;
        inner.clear();
        for (_, tokens) in PositionRange::rows(pass.ranges) {
            let width = 3 * channels;
            let wide = &mut wide[tokens.start * width..tokens.end * width];
            for row in wide.chunks_exact_mut(width) {
                let (gates, value) = row.split_at_mut(2 * channels);
                elementwise::multiply(device.isa, &mut gates[..channels], value);
            }
            pass.with_state(cache, number, |state| {
                let inputs = wide.chunks_exact(width);
                let last = &mut state.convolution;
                self.convolution.forward(device, inputs, last, rows, mixed);
            });
            for (row, wide) in mixed
                .chunks_exact_mut(channels)
                .zip(wide.chunks_exact(width))
            {
                elementwise::multiply(device.isa, row, &wide[channels..2 * channels]);
            }
            inner.extend_from_slice(mixed);
        }
        self.output.forward(device, inner, out, activations)
    }
}
