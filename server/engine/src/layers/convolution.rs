//! The short causal convolution of recurrent layers: each channel is a weighted sum of its values
//! for the last few tokens.

use kernels::{DisjointMut, causal_convolution};

use super::Device;
use crate::LoadError;
use crate::files::Tensors;
use crate::models::ConvolutionConfig;

/// Tokens of one piece of parallel work.
const TOKENS_PER_PIECE: usize = 16;

/// The weights of a convolution.
pub struct Convolution {
    /// `[tap][channels]`, the oldest token's first.
    weights: Vec<f32>,
    /// Empty where there is none.
    bias: Vec<f32>,
    channels: usize,
}

impl Convolution {
    /// Reads `name` + `.weight`, `[channels][taps]`, and `name` + `.bias` where the file has it.
    pub fn load(
        tensors: &Tensors,
        name: &str,
        config: ConvolutionConfig,
    ) -> Result<Convolution, LoadError> {
        let ConvolutionConfig { channels, taps, .. } = config;
        let by_channel = tensors.get(&format!("{name}.weight"), &config.shape())?;
        let by_channel = by_channel.to_f32()?;
        let mut weights = vec![0.0; by_channel.len()];
        for (channel, own) in by_channel.chunks_exact(taps).enumerate() {
            for (tap, weight) in own.iter().enumerate() {
                weights[tap * channels + channel] = *weight;
            }
        }
        let bias = format!("{name}.bias");
        let bias = match tensors.find(&bias) {
            Some(_) => tensors.vector(&bias, channels)?,
            None => Vec::new(),
        };
        Ok(Convolution {
            weights,
            bias,
            channels,
        })
    }

    /// Convolves the channels of consecutive tokens, which begin the rows of `inputs`, each of
    /// `width` values. `last` holds the tokens before, and afterwards the last ones. The result is
    /// `[tokens][channels]`; `rows` is a buffer.
    pub fn forward(
        &self,
        device: &Device,
        inputs: impl Iterator<Item = impl AsRef<[f32]>>,
        last: &mut [f32],
        rows: &mut Vec<f32>,
        out: &mut Vec<f32>,
    ) {
        let channels = self.channels;
        rows.clear();
        rows.extend_from_slice(last);
        inputs.for_each(|row| rows.extend_from_slice(&row.as_ref()[..channels]));
        out.resize(rows.len() - last.len(), 0.0);
        let span = TOKENS_PER_PIECE * channels;
        let tokens = out.len();
        let shared = DisjointMut::new(out);
        device.run(tokens.div_ceil(span), &|piece| {
            let from = piece * span;
            // SAFETY: every piece has tokens of its own.
            let out = unsafe { shared.part(from, span.min(tokens - from)) };
            let rows = &rows[from..];
            let weights = &self.weights;
            causal_convolution(device.isa, rows, weights, &self.bias, channels, out);
        });
        last.copy_from_slice(&rows[rows.len() - last.len()..]);
    }
}
