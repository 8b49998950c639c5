//! The backend that computes on a GPU: the layers of dense models on the crate `gpu`.
//!
//! It refuses what the crate cannot compute when a layer is loaded. Weights keep the bits of the
//! file.

use gpu::{
    GateKind, Gpu, GpuCache, GpuCacheShape, GpuError, GpuHeads, GpuMatrix, GpuPass, GpuRotation,
    GpuRows, GpuVector, HeadNorms, MatrixSource, OutputHead, ProductInput, ProductOutput,
    RowWidths, TokenSpan, WeightFormat,
};
use kernels::ThreadPool;
use kernels::elementwise::Activation;

use crate::backend::{Backend, DecoderHead, PassPlace, RunningPass, SequenceCache, WeightSource};
use crate::kv_cache::CacheShape;
use crate::layers::Rope;
use crate::models::{Config, LayerConfig, NormKind, RopeConfig, is_fused};
use crate::{LoadError, RunError};

/// Slots of a cache besides those of its sequence: the tokens of branches.
const BRANCH_SLOTS: usize = 4096;
/// Values that rows are multiples of.
const BLOCK: usize = 32;

/// An open GPU, and the threads that load weights.
pub struct GpuBackend {
    pub gpu: Gpu,
    pub pool: ThreadPool,
}

/// A root-mean-square norm.
pub struct GpuNorm {
    weight: GpuVector,
    eps: f32,
}

/// A matrix and its bias.
pub struct GpuLinear {
    matrix: GpuMatrix,
    bias: Option<GpuVector>,
}

/// Grouped-query attention.
pub struct GpuAttention {
    qkv: GpuLinear,
    output: GpuLinear,
    /// Of queries and of keys.
    norms: Option<[GpuNorm; 2]>,
    heads: GpuHeads,
    /// Its number in the cache.
    number: usize,
}

/// A gated feed-forward layer.
pub struct GpuMlp {
    wide: GpuLinear,
    down: GpuLinear,
    kind: GateKind,
}

fn refused(what: &str) -> LoadError {
    let what = format!("it does not compute {what}");
    LoadError::Gpu(GpuError::Unsupported(what))
}

fn run_error(error: GpuError) -> RunError {
    match error {
        GpuError::Cancelled => RunError::Cancelled,
        error => RunError::Gpu(error),
    }
}

/// The GPU's name of a format.
fn format(name: &str) -> Result<WeightFormat, LoadError> {
    let all = WeightFormat::ALL.into_iter();
    let mut found = all.filter(|format| format!("{format:?}") == name);
    found
        .next()
        .ok_or_else(|| refused(&format!("weights of the type {name}")))
}

impl GpuBackend {
    /// Matrices of `cols` columns, stacked: pairs of name and rows.
    fn linear(
        &self,
        source: WeightSource,
        names: &[(&str, usize)],
        cols: usize,
    ) -> Result<GpuLinear, LoadError> {
        let tensors = source.tensors;
        let mut sources = Vec::new();
        let (mut bias, mut has_bias) = (Vec::new(), false);
        for (name, rows) in names {
            if tensors.low_rank(name, [*rows, cols])?.is_some() {
                return Err(refused("adapters"));
            }
            let raw = tensors.get(&format!("{name}.weight"), &[*rows, cols])?;
            if raw.scale.is_some() {
                return Err(refused("weights with factors"));
            }
            sources.push(MatrixSource {
                format: format(raw.format.name)?,
                rows: *rows,
                bytes: raw.bytes,
            });
            let name = format!("{name}.bias");
            match tensors.find(&name) {
                Some(_) => {
                    bias.extend(tensors.vector(&name, *rows)?);
                    has_bias = true;
                }
                None => bias.resize(bias.len() + rows, 0.0),
            }
        }
        let bias = has_bias.then(|| self.gpu.vector(&bias)).transpose();
        Ok(GpuLinear {
            matrix: self.gpu.matrix(&sources, cols)?,
            bias: bias?,
        })
    }

    fn norm_of(&self, source: WeightSource, name: &str, len: usize) -> Result<GpuNorm, LoadError> {
        let config = source.config.norm;
        if config.kind != NormKind::Rms {
            return Err(refused("layer norms"));
        }
        let mut weight = source.tensors.vector(&format!("{name}.weight"), len)?;
        weight
            .iter_mut()
            .for_each(|weight| *weight += config.offset);
        Ok(GpuNorm {
            weight: self.gpu.vector(&weight)?,
            eps: config.eps,
        })
    }
}

/// Refuses what no kernel computes.
fn check(config: &Config, layer: LayerConfig) -> Result<(), LoadError> {
    let scales = &config.scales;
    let missing = [
        (config.latent.is_some(), "latent attention"),
        (layer.is_recurrent, "recurrent layers"),
        (layer.has_experts && config.experts.is_some(), "experts"),
        (config.is_attention_gated, "gated attention"),
        (config.sinks, "attention sinks"),
        (config.post_norms, "norms after a layer"),
        (!config.is_gated, "feed-forward layers without a gate"),
        (
            scales.attention_cap > 0.0 || scales.logits_cap > 0.0,
            "soft caps",
        ),
        (scales.temperature.is_some(), "scaled queries"),
        (
            [scales.embedding, scales.residual, scales.logits] != [1.0; 3],
            "factors of the residual stream",
        ),
    ];
    match missing.into_iter().find(|(is_needed, _)| *is_needed) {
        Some((_, what)) => Err(refused(what)),
        None => Ok(()),
    }
}

impl Backend for GpuBackend {
    type Embedding = GpuMatrix;
    type Norm = GpuNorm;
    type Rope = GpuRotation;
    type Mixer = GpuAttention;
    type FeedForward = GpuMlp;
    type Cache = GpuCache;
    type Rows = GpuRows;
    type Running<'a> = GpuPass<'a>;

    fn pool(&self) -> &ThreadPool {
        &self.pool
    }

    fn embedding(&self, source: WeightSource, name: &str) -> Result<GpuMatrix, LoadError> {
        let names = [(name, source.config.vocab_size)];
        let linear = self.linear(source, &names, source.config.hidden_size)?;
        Ok(linear.matrix)
    }

    fn norm(&self, source: WeightSource, name: &str) -> Result<GpuNorm, LoadError> {
        self.norm_of(source, name, source.config.hidden_size)
    }

    fn rope(
        &self,
        config: &Config,
        rope: &RopeConfig,
        context: usize,
    ) -> Result<GpuRotation, LoadError> {
        let (dim, interleaved) = (config.rotary_dim, config.rope_interleaved);
        let rope = Rope::new(dim, context, rope.theta, &rope.scaling, interleaved);
        let (cosines, sines, half, interleaved) = rope.tables();
        let table = self.gpu.rotation(cosines, sines, half, interleaved);
        Ok(table?)
    }

    fn mixer(
        &self,
        source: WeightSource,
        name: &str,
        layer: LayerConfig,
    ) -> Result<GpuAttention, LoadError> {
        let config = source.config;
        check(config, layer)?;
        let part = |part: &str| format!("{name}.{part}");
        let Config {
            hidden_size: hidden,
            num_attention_heads: heads,
            num_key_value_heads: kv_heads,
            head_dim,
            ..
        } = *config;
        let (rows, kv_rows) = (heads * head_dim, kv_heads * head_dim);
        let [q, k, v, all] = ["attn_q", "attn_k", "attn_v", "attn_qkv"].map(part);
        let apart = [
            (q.as_str(), rows),
            (k.as_str(), kv_rows),
            (v.as_str(), kv_rows),
        ];
        let together = [(all.as_str(), rows + 2 * kv_rows)];
        let names = match source.tensors.find(&format!("{all}.weight")) {
            Some(_) => &together[..],
            None => &apart[..],
        };
        let norm = |name: &str| self.norm_of(source, &part(name), head_dim);
        let norms = match config.qk_norm {
            true => Some([norm("attn_q_norm")?, norm("attn_k_norm")?]),
            false => None,
        };
        let output = part("attn_output");
        Ok(GpuAttention {
            qkv: self.linear(source, names, hidden)?,
            output: self.linear(source, &[(&output, hidden)], rows)?,
            norms,
            heads: GpuHeads {
                heads,
                kv_heads,
                head_dim,
                scale: config.scales.attention,
                window: layer.window,
            },
            number: layer.cache,
        })
    }

    fn feed_forward(
        &self,
        source: WeightSource,
        name: &str,
        _layer: LayerConfig,
    ) -> Result<GpuMlp, LoadError> {
        let (hidden, width) = (source.config.hidden_size, source.config.intermediate_size);
        let part = |part: &str| format!("{name}.{part}");
        let [gate, up, down] = ["ffn_gate", "ffn_up", "ffn_down"].map(part);
        let apart = [(gate.as_str(), width), (up.as_str(), width)];
        let together = [(up.as_str(), 2 * width)];
        let names = match is_fused(source.tensors, &up, [2 * width, hidden]) {
            true => &together[..],
            false => &apart[..],
        };
        Ok(GpuMlp {
            wide: self.linear(source, names, hidden)?,
            down: self.linear(source, &[(&down, hidden)], width)?,
            kind: match source.config.activation {
                Activation::Silu => GateKind::Silu,
                Activation::Gelu => GateKind::Gelu,
                _ => return Err(refused("this activation")),
            },
        })
    }

    fn cache(&self, shape: CacheShape, context: usize) -> Result<GpuCache, RunError> {
        let shape = GpuCacheShape {
            layers: shape.layers,
            kv_heads: shape.heads,
            head_dim: shape.key_dim,
            max_slots: context + BRANCH_SLOTS,
        };
        self.gpu.cache(shape).map_err(run_error)
    }

    fn rows(&self, config: &Config) -> Result<GpuRows, RunError> {
        let (queries, width) = (
            config.num_attention_heads * config.head_dim,
            config.intermediate_size,
        );
        let qkv = queries + 2 * config.num_key_value_heads * config.head_dim;
        let widths = RowWidths {
            stream: config.hidden_size,
            wide: qkv.max(2 * width).next_multiple_of(BLOCK),
            inner: queries.max(width),
            queries,
        };
        self.gpu.rows(widths).map_err(run_error)
    }

    fn begin<'a>(
        &'a self,
        tokens: &[u32],
        embedding: &GpuMatrix,
        _scale: f32,
        place: PassPlace<'a, GpuBackend>,
    ) -> Result<GpuPass<'a>, RunError> {
        let PassPlace {
            pass,
            cache,
            rows,
            cancel,
        } = place;
        let spans = pass.ranges.iter().map(|range| TokenSpan {
            start: range.start,
            len: range.len,
        });
        let spans: Vec<TokenSpan> = spans.collect();
        let is_cancelled = || cancel.is_cancelled();
        let begun = self
            .gpu
            .begin(tokens, &spans, embedding, cache, rows, is_cancelled);
        begun.map_err(run_error)
    }
}

impl SequenceCache for GpuCache {
    fn len(&self) -> usize {
        GpuCache::len(self)
    }

    fn advance(&mut self, count: usize) {
        GpuCache::advance(self, count);
    }
}

impl RunningPass<GpuBackend> for GpuPass<'_> {
    fn norm(&mut self, norm: &GpuNorm) -> Result<(), RunError> {
        GpuPass::norm(self, &norm.weight, norm.eps).map_err(run_error)
    }

    fn mix(
        &mut self,
        _number: usize,
        layer: &GpuAttention,
        rope: Option<&GpuRotation>,
    ) -> Result<(), RunError> {
        let norms = layer.norms.as_ref().map(|[query, key]| HeadNorms {
            query: &query.weight,
            key: &key.weight,
            eps: query.eps,
        });
        product(self, &layer.qkv, ProductInput::Normed, ProductOutput::Wide)?;
        self.attend(layer.number, &layer.heads, norms, rope)
            .map_err(run_error)?;
        product(
            self,
            &layer.output,
            ProductInput::Inner,
            ProductOutput::Stream,
        )
    }

    fn feed_forward(&mut self, _number: usize, layer: &GpuMlp) -> Result<(), RunError> {
        product(self, &layer.wide, ProductInput::Normed, ProductOutput::Wide)?;
        self.gate(layer.kind).map_err(run_error)?;
        product(
            self,
            &layer.down,
            ProductInput::Inner,
            ProductOutput::Stream,
        )
    }

    /// The products have added it.
    fn add(&mut self, _norm: Option<&GpuNorm>, _factor: f32) -> Result<(), RunError> {
        Ok(())
    }

    fn finish(self) -> Result<(), RunError> {
        GpuPass::finish(self).map_err(run_error)
    }

    fn logits(
        self,
        wanted: usize,
        head: DecoderHead<GpuBackend>,
        logits: &mut Vec<f32>,
    ) -> Result<(), RunError> {
        let head = OutputHead {
            norm: &head.norm.weight,
            eps: head.norm.eps,
            matrix: head.matrix,
        };
        *logits = GpuPass::logits(self, wanted, head).map_err(run_error)?;
        Ok(())
    }
}

fn product(
    pass: &mut GpuPass,
    layer: &GpuLinear,
    input: ProductInput,
    output: ProductOutput,
) -> Result<(), RunError> {
    let product = pass.product(&layer.matrix, layer.bias.as_ref(), input, output);
    product.map_err(run_error)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::checked_model::with_checked;
    use crate::cpu::{Cpu, CpuDecoder};
    use crate::decoder::Decoder;
    use crate::{Cancel, LoadOptions, Weights};
    use gpu::{GpuOptions, adapters};
    use kernels::Isa;
    use std::path::Path;

    fn run<B: Backend>(decoder: &Decoder<B>, blocks: &[&[u32]]) -> Vec<f32> {
        let (mut cache, mut rows) = (decoder.cache().unwrap(), decoder.rows().unwrap());
        let mut all = Vec::new();
        for block in blocks {
            let mut logits = Vec::new();
            let cancel = Cancel::new();
            decoder
                .forward(
                    block,
                    block.len(),
                    &mut cache,
                    &mut rows,
                    &mut logits,
                    &cancel,
                )
                .unwrap();
            all.extend(logits);
        }
        all
    }

    #[test]
    fn logits_are_those_of_the_cpu() {
        let Some(adapter) = adapters(true).into_iter().next() else {
            return;
        };
        let gpu = Gpu::open(&adapter, &GpuOptions::default()).unwrap();
        for family in ["qwen3", "qwen2", "llama"] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("tests/fixtures")
                .join(family);
            with_checked(&path, &LoadOptions::default(), |checked| {
                let pool = || ThreadPool::new(1).unwrap();
                let cpu = Cpu {
                    isa: Isa::detect_repeatable(),
                    pool: pool(),
                };
                let (config, context) = (checked.config.clone(), 256);
                let weights = Weights::Exact;
                let cpu =
                    CpuDecoder::load(cpu, &checked.tensors, config.clone(), weights, context)?;
                let backend = GpuBackend {
                    gpu: gpu.clone(),
                    pool: pool(),
                };
                let gpu = Decoder::load(backend, &checked.tensors, config, weights, context)?;
                let tokens: Vec<u32> = (0..70).map(|i| (i * 37 + 5) % 250).collect();
                let want = run(&cpu, &[&tokens]);
                let steps: Vec<&[u32]> = tokens.chunks(1).collect();
                for got in [
                    run(&gpu, &[&tokens]),
                    run(&gpu, &[&tokens[..40], &tokens[40..]]),
                    run(&gpu, &steps),
                ] {
                    let off = got
                        .iter()
                        .zip(&want)
                        .map(|(a, b)| (a - b).powi(2))
                        .sum::<f32>();
                    let size = want.iter().map(|b| b.powi(2)).sum::<f32>();
                    println!("{family}: {}", (off / size).sqrt());
                    assert!(
                        (off / size).sqrt() < 0.03,
                        "{family}: {}",
                        (off / size).sqrt()
                    );
                }
                Ok(())
            })
            .unwrap();
        }
    }
}
