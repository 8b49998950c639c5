//! The layers that look at other tokens, of whichever kind a model has.

use super::attention::Attention;
use super::delta_net::DeltaNet;
use super::latent_attention::LatentAttention;
use super::mamba2::Mamba2;
use super::short_convolution::ShortConvolution;
use super::{Device, Matrix, Pass, Rope, Scratch};
use crate::files::Tensors;
use crate::kv_cache::KvCache;
use crate::models::{Config, LayerConfig, RecurrentConfig};
use crate::{LoadError, RunError, Weights};

/// A layer that looks at other tokens.
pub struct TokenMixer {
    kind: MixerKind,
    /// Its number among the layers of attention, or among the recurrent ones.
    number: usize,
}

enum MixerKind {
    Attention(Box<Attention>),
    Latent(Box<LatentAttention>),
    DeltaNet(Box<DeltaNet>),
    Mamba2(Box<Mamba2>),
    ShortConvolution(Box<ShortConvolution>),
}

impl TokenMixer {
    /// Reads the layer of the kind that `layer` has, whose tensors are under `name`.
    pub fn load(
        tensors: &Tensors,
        name: &str,
        config: &Config,
        layer: LayerConfig,
        weights: Weights,
    ) -> Result<TokenMixer, LoadError> {
        let recurrent = config.recurrent.filter(|_| layer.is_recurrent);
        let kind = match (recurrent, config.latent) {
            (Some(RecurrentConfig::DeltaNet(own)), _) => {
                let layer = DeltaNet::load(tensors, name, config, own, weights)?;
                MixerKind::DeltaNet(Box::new(layer))
            }
            (Some(RecurrentConfig::Mamba2(own)), _) => {
                let layer = Mamba2::load(tensors, name, config, own, weights)?;
                MixerKind::Mamba2(Box::new(layer))
            }
            (Some(RecurrentConfig::ShortConvolution(own)), _) => {
                let layer = ShortConvolution::load(tensors, name, config, own, weights)?;
                MixerKind::ShortConvolution(Box::new(layer))
            }
            (None, Some(latent)) => {
                let layer = LatentAttention::load(tensors, name, config, latent, layer, weights)?;
                MixerKind::Latent(Box::new(layer))
            }
            (None, None) => {
                let layer = Attention::load(tensors, name, config, layer, weights)?;
                MixerKind::Attention(Box::new(layer))
            }
        };
        let number = layer.cache;
        Ok(TokenMixer { kind, number })
    }

    /// Its packed matrices.
    pub fn matrices(&self) -> Vec<&Matrix> {
        match &self.kind {
            MixerKind::Attention(layer) => layer.matrices().to_vec(),
            MixerKind::Latent(layer) => layer.matrices(),
            MixerKind::DeltaNet(layer) => layer.matrices().to_vec(),
            MixerKind::Mamba2(layer) => layer.matrices().to_vec(),
            MixerKind::ShortConvolution(layer) => layer.matrices().to_vec(),
        }
    }

    /// Reads `scratch.normed` and leaves the result in `scratch.out`.
    pub fn forward(
        &self,
        device: &Device,
        rope: Option<&Rope>,
        pass: Pass,
        cache: &mut KvCache,
        scratch: &mut Scratch,
    ) -> Result<(), RunError> {
        let number = self.number;
        let ranges = pass.ranges;
        match &self.kind {
            MixerKind::Attention(layer) => {
                layer.forward(device, rope, number, ranges, cache, scratch)
            }
            MixerKind::Latent(layer) => layer.forward(device, rope, number, ranges, cache, scratch),
            MixerKind::DeltaNet(layer) => layer.forward(device, number, pass, cache, scratch),
            MixerKind::Mamba2(layer) => layer.forward(device, number, pass, cache, scratch),
            MixerKind::ShortConvolution(layer) => {
                layer.forward(device, number, pass, cache, scratch)
            }
        }
    }
}
