//! Grouped-query attention (arXiv 2305.13245) with optional biases, optional norms of queries and
//! keys, and an optional gate for each head's result.
//!
//! One product gives queries, keys, values and gates. Keys and values go into the cache, and
//! `heads` computes what the queries attend to.

use kernels::elementwise;

use super::heads::{AttentionHeads, TokenQueries};
use super::{Device, Linear, Matrix, Norm, PositionRange, Rope, Scratch};
use crate::files::{RawTensor, Tensors};
use crate::kv_cache::KvCache;
use crate::models::{Config, LayerConfig, Temperature};
use crate::{LoadError, RunError, Weights};

/// The projections of one layer.
pub struct Attention {
    qkv: Linear,
    output: Linear,
    norms: Option<(Norm, Norm)>,
    heads: AttentionHeads,
    /// Gates follow the values in a row.
    is_gated: bool,
    rotary_dim: usize,
    temperature: Option<Temperature>,
}

impl Attention {
    /// Reads `attn_q`, `attn_k`, `attn_v` (or `attn_qkv`), `attn_output` and perhaps `attn_q_norm`,
    /// `attn_k_norm` and `attn_sinks` under `name`. With gates, each head's rows in `attn_q` are
    /// those of its query and of its gate.
    pub fn load(
        tensors: &Tensors,
        name: &str,
        config: &Config,
        layer: LayerConfig,
        weights: Weights,
    ) -> Result<Attention, LoadError> {
        let Config {
            hidden_size,
            num_attention_heads: count,
            num_key_value_heads: kv_count,
            head_dim,
            ..
        } = *config;
        let part = |part: &str| format!("{name}.{part}");
        let (q, k, v) = (part("attn_q"), part("attn_k"), part("attn_v"));
        let (fused, output) = (part("attn_qkv"), part("attn_output"));
        let (rows, kv_rows) = (count * head_dim, kv_count * head_dim);
        let apart = [
            (q.as_str(), rows),
            (k.as_str(), kv_rows),
            (v.as_str(), kv_rows),
        ];
        let together = [(fused.as_str(), rows + 2 * kv_rows)];
        let names = match tensors.find(&format!("{fused}.weight")) {
            Some(_) => &together[..],
            None => &apart[..],
        };
        let norm = |name: &str| Norm::load(tensors, &part(name), head_dim, config.norm);
        let norms = match config.qk_norm {
            true => Some((norm("attn_q_norm")?, norm("attn_k_norm")?)),
            false => None,
        };
        let sinks = match config.sinks {
            true => tensors.vector(&part("attn_sinks.weight"), count)?,
            false => Vec::new(),
        };
        let qkv = match config.is_attention_gated {
            true => gated(tensors, apart, config, weights)?,
            false => Linear::load(tensors, names, hidden_size, weights)?,
        };
        Ok(Attention {
            qkv,
            output: Linear::load(tensors, &[(&output, hidden_size)], rows, weights)?,
            norms,
            heads: AttentionHeads {
                count,
                kv_count,
                key_dim: head_dim,
                value_dim: head_dim,
                scale: config.scales.attention,
                soft_cap: config.scales.attention_cap,
                window: layer.window,
                sinks,
            },
            is_gated: config.is_attention_gated,
            rotary_dim: config.rotary_dim,
            temperature: config.scales.temperature,
        })
    }

    /// Its two matrices.
    pub fn matrices(&self) -> [&Matrix; 2] {
        [self.qkv.matrix(), self.output.matrix()]
    }

    /// Reads `scratch.normed` and leaves the result in `scratch.out`. The rows are those of
    /// `ranges`; each range attends to the positions before it and to itself, and writes its keys
    /// and values to the cache.
    pub fn forward(
        &self,
        device: &Device,
        rope: Option<&Rope>,
        layer: usize,
        ranges: &[PositionRange],
        cache: &mut KvCache,
        scratch: &mut Scratch,
    ) -> Result<(), RunError> {
        let Scratch {
            activations,
            normed,
            wide,
            inner,
            out,
            head,
            ..
        } = scratch;
        self.qkv.forward(device, normed, wide, activations)?;
        let width = self.qkv_width();
        let out_width = self.heads.count * self.heads.value_dim;
        inner.resize(wide.len() / width * out_width, 0.0);
        for (start, rows) in PositionRange::rows(ranges) {
            let qkv = &mut wide[rows.start * width..rows.end * width];
            self.write_cache(device, rope, [layer, start], cache, qkv, head);
            let queries = TokenQueries {
                rows: qkv,
                width,
                start,
            };
            let attended = &mut inner[rows.start * out_width..rows.end * out_width];
            self.heads
                .attend(device, cache.layer(layer), queries, attended);
            if self.is_gated {
                let gates = queries.rows.chunks_exact(width);
                for (row, gates) in attended.chunks_exact_mut(out_width).zip(gates) {
                    elementwise::sigmoid_gate(device.isa, row, &gates[width - out_width..]);
                }
            }
        }
        self.output.forward(device, inner, out, activations)
    }

    /// Width of the queries, keys, values and gates of one token.
    fn qkv_width(&self) -> usize {
        let gates = if self.is_gated { self.heads.count } else { 0 };
        (self.heads.count + 2 * self.heads.kv_count + gates) * self.heads.key_dim
    }

    /// Norms and rotates queries and keys in place, and writes keys and values to the cache.
    fn write_cache(
        &self,
        device: &Device,
        rope: Option<&Rope>,
        [layer, start]: [usize; 2],
        cache: &mut KvCache,
        qkv: &mut [f32],
        buffer: &mut Vec<f32>,
    ) {
        let head_dim = self.heads.key_dim;
        for (i, row) in qkv.chunks_exact_mut(self.qkv_width()).enumerate() {
            let position = start + i;
            let (queries, rest) = row.split_at_mut(self.heads.count * head_dim);
            let kv_width = self.heads.kv_count * head_dim;
            let (keys, rest) = rest.split_at_mut(kv_width);
            let values = &rest[..kv_width];
            if let Some((of_queries, of_keys)) = &self.norms {
                of_queries.forward_in_place(device, queries, buffer);
                of_keys.forward_in_place(device, keys, buffer);
            }
            if let Some(rope) = rope {
                for head in queries.chunks_exact_mut(head_dim) {
                    rope.forward(device, &mut head[..self.rotary_dim], position);
                }
                for head in keys.chunks_exact_mut(head_dim) {
                    rope.forward(device, &mut head[..self.rotary_dim], position);
                }
            }
            if let Some(temperature) = self.temperature {
                elementwise::scale(device.isa, queries, temperature.factor(position));
            }
            let pairs = keys
                .chunks_exact(head_dim)
                .zip(values.chunks_exact(head_dim));
            for (h, (key, value)) in pairs.enumerate() {
                cache.write(layer, h, position, key, value);
            }
        }
    }
}

/// Queries, keys, values and gates as one matrix; the names are those of the first three, with the
/// rows of each.
fn gated(
    tensors: &Tensors,
    [q, k, v]: [(&str, usize); 3],
    config: &Config,
    weights: Weights,
) -> Result<Linear, LoadError> {
    let Config {
        hidden_size,
        num_attention_heads: count,
        head_dim,
        ..
    } = *config;
    let get =
        |(name, rows): (&str, usize)| tensors.get(&format!("{name}.weight"), &[rows, hidden_size]);
    let heads = get((q.0, 2 * q.1))?;
    let part = |at: usize| heads.rows(at * head_dim, head_dim);
    let mut rows: Vec<RawTensor> = (0..count).map(|head| part(2 * head)).collect();
    rows.extend([get(k)?.clone(), get(v)?.clone()]);
    rows.extend((0..count).map(|head| part(2 * head + 1)));
    let matrix = Matrix::of_tensors(tensors, q.0.to_owned(), &rows, weights)?;
    Ok(Linear::of_parts(matrix, None))
}
