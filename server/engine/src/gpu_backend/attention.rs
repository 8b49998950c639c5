//! Grouped-query attention on the GPU; `layers/attention.rs` says what it computes.

use gpu::{
    GpuHeads, GpuPass, GpuRotation, GpuVector, HeadNorms, HeadTemperature, HeadWeights,
    ProductInput, ProductOutput,
};

use super::device::{GpuBackend, GpuNorm, layer_output, run_error};
use super::linear::GpuLinear;
use crate::backend::WeightSource;
use crate::models::{Config, LayerConfig};
use crate::{LoadError, RunError};

/// The attention of a layer.
pub struct GpuAttention {
    qkv: GpuLinear,
    output: GpuLinear,
    /// Of queries and of keys.
    norms: Option<[GpuNorm; 2]>,
    sinks: Option<GpuVector>,
    heads: GpuHeads,
    /// Its number in the cache.
    number: usize,
    to: ProductOutput,
}

impl GpuAttention {
    /// Reads the tensors that `layers/attention.rs` names.
    pub fn load(
        backend: &GpuBackend,
        source: WeightSource,
        name: &str,
        layer: LayerConfig,
    ) -> Result<GpuAttention, LoadError> {
        let (config, tensors) = (source.config, source.tensors);
        let part = |part: &str| format!("{name}.{part}");
        let (heads, head_dim) = (config.num_attention_heads, config.head_dim);
        let (rows, kv_rows) = (heads * head_dim, config.num_key_value_heads * head_dim);
        let [q, k, v, all] = ["attn_q", "attn_k", "attn_v", "attn_qkv"].map(part);
        let apart = [
            (q.as_str(), rows),
            (k.as_str(), kv_rows),
            (v.as_str(), kv_rows),
        ];
        let together = [(all.as_str(), rows + 2 * kv_rows)];
        let names = match tensors.find(&format!("{all}.weight")) {
            Some(_) => &together[..],
            None => &apart[..],
        };
        let norm = |name: &str| backend.norm_of(source, &part(name), head_dim);
        let norms = match config.qk_norm {
            true => Some([norm("attn_q_norm")?, norm("attn_k_norm")?]),
            false => None,
        };
        let sinks = match config.sinks {
            true => {
                let sinks = tensors.vector(&part("attn_sinks.weight"), heads)?;
                Some(backend.vector(&sinks)?)
            }
            false => None,
        };
        let output = [(&*part("attn_output"), config.hidden_size)];
        Ok(GpuAttention {
            qkv: GpuLinear::load(backend, source, names, config.hidden_size)?,
            output: GpuLinear::load(backend, source, &output, rows)?,
            norms,
            sinks,
            heads: heads_of(config, layer),
            number: layer.cache,
            to: layer_output(config),
        })
    }

    /// Records the layer.
    pub fn record(&self, pass: &mut GpuPass, rope: Option<&GpuRotation>) -> Result<(), RunError> {
        let norms = self.norms.as_ref().map(|[query, key]| HeadNorms {
            query: &query.weight,
            key: &key.weight,
            eps: query.eps,
        });
        let weights = HeadWeights {
            norms,
            rotation: rope,
            sinks: self.sinks.as_ref(),
        };
        self.qkv
            .product(pass, ProductInput::Normed, ProductOutput::Wide)?;
        let attend = pass.attend(self.number, &self.heads, weights);
        attend.map_err(run_error)?;
        self.output.product(pass, ProductInput::Inner, self.to)
    }
}

fn heads_of(config: &Config, layer: LayerConfig) -> GpuHeads {
    let scales = &config.scales;
    GpuHeads {
        heads: config.num_attention_heads,
        kv_heads: config.num_key_value_heads,
        head_dim: config.head_dim,
        scale: scales.attention,
        window: layer.window,
        soft_cap: Some(scales.attention_cap).filter(|cap| *cap > 0.0),
        temperature: scales.temperature.map(|own| HeadTemperature {
            scale: own.scale,
            length: own.length,
        }),
    }
}
