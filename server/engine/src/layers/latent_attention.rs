//! Multi-head latent attention (arXiv 2405.04434): the cache holds one latent vector and one
//! rotated key for each token, shared by all heads.
//!
//! A head's keys and values are products of the latent vector with matrices of the head. Both
//! products are moved: queries are multiplied with the transposed key matrix before, and results
//! with the value matrix after attending to the latent vectors themselves.

use super::heads::{AttentionHeads, TokenQueries};
use super::{Device, Linear, Matrix, Norm, PositionRange, Rope, Scratch};
use crate::files::Tensors;
use crate::kv_cache::KvCache;
use crate::models::{Config, LatentConfig, LayerConfig};
use crate::{LoadError, RunError, Weights};

/// The projections of one layer.
pub struct LatentAttention {
    queries: QueryProjection,
    /// From a token to its latent vector and its rotated key.
    compress: Linear,
    latent_norm: Norm,
    /// For each head: from a query's unrotated part to its product with latent vectors.
    keys: Vec<Matrix>,
    /// For each head: from latent vectors to the values.
    values: Vec<Matrix>,
    output: Linear,
    heads: AttentionHeads,
    latent: LatentConfig,
}

/// From a token to its queries, directly or by way of a latent vector.
struct QueryProjection {
    compress: Option<(Linear, Norm)>,
    expand: Linear,
}

impl QueryProjection {
    fn load(
        tensors: &Tensors,
        name: &str,
        config: &Config,
        latent: LatentConfig,
        weights: Weights,
    ) -> Result<QueryProjection, LoadError> {
        let rows = config.num_attention_heads * (latent.key_dim + latent.rotated_dim);
        let part = |part: &str| format!("{name}.{part}");
        let (hidden, rank) = (config.hidden_size, latent.query_rank);
        if rank == 0 {
            let expand = Linear::load(tensors, &[(&part("attn_q"), rows)], hidden, weights)?;
            return Ok(QueryProjection {
                compress: None,
                expand,
            });
        }
        let compress = Linear::load(tensors, &[(&part("attn_q_a"), rank)], hidden, weights)?;
        let norm = Norm::load(tensors, &part("attn_q_a_norm"), rank, config.norm)?;
        Ok(QueryProjection {
            compress: Some((compress, norm)),
            expand: Linear::load(tensors, &[(&part("attn_q_b"), rows)], rank, weights)?,
        })
    }

    /// Leaves the queries of all rows of `scratch.normed` in `scratch.wide`.
    fn forward(&self, device: &Device, scratch: &mut Scratch) -> Result<(), RunError> {
        let Scratch {
            activations,
            normed,
            wide,
            inner,
            head,
            ..
        } = scratch;
        let Some((compress, norm)) = &self.compress else {
            return self.expand.forward(device, normed, wide, activations);
        };
        compress.forward(device, normed, inner, activations)?;
        norm.forward_in_place(device, inner, head);
        self.expand.forward(device, inner, wide, activations)
    }
}

impl LatentAttention {
    /// Reads `attn_q` (or `attn_q_a` and `attn_q_b`), `attn_kv_a_mqa`, `attn_kv_b` (or `attn_k_b`
    /// and `attn_v_b`), `attn_output` and the norms under `name`.
    pub fn load(
        tensors: &Tensors,
        name: &str,
        config: &Config,
        latent: LatentConfig,
        layer: LayerConfig,
        weights: Weights,
    ) -> Result<LatentAttention, LoadError> {
        let (hidden, count) = (config.hidden_size, config.num_attention_heads);
        let part = |part: &str| format!("{name}.{part}");
        let compressed = latent.rank + latent.rotated_dim;
        let (compress, output) = (part("attn_kv_a_mqa"), part("attn_output"));
        let (keys, values) = head_matrices(tensors, name, count, latent, weights)?;
        Ok(LatentAttention {
            queries: QueryProjection::load(tensors, name, config, latent, weights)?,
            compress: Linear::load(tensors, &[(&compress, compressed)], hidden, weights)?,
            latent_norm: Norm::load(tensors, &part("attn_kv_a_norm"), latent.rank, config.norm)?,
            keys,
            values,
            output: Linear::load(
                tensors,
                &[(&output, hidden)],
                count * latent.value_dim,
                weights,
            )?,
            heads: AttentionHeads {
                count,
                kv_count: 1,
                key_dim: compressed,
                value_dim: latent.rank,
                scale: config.scales.attention,
                soft_cap: config.scales.attention_cap,
                window: layer.window,
                sinks: Vec::new(),
            },
            latent,
        })
    }

    /// All of its matrices.
    pub fn matrices(&self) -> Vec<&Matrix> {
        let compress = self
            .queries
            .compress
            .iter()
            .map(|(linear, _)| linear.matrix());
        let others = [&self.queries.expand, &self.compress, &self.output];
        compress
            .chain(others.into_iter().map(Linear::matrix))
            .chain(&self.keys)
            .chain(&self.values)
            .collect()
    }

    /// As [`super::Attention::forward`].
    pub fn forward(
        &self,
        device: &Device,
        rope: Option<&Rope>,
        layer: usize,
        ranges: &[PositionRange],
        cache: &mut KvCache,
        scratch: &mut Scratch,
    ) -> Result<(), RunError> {
        self.queries.forward(device, scratch)?;
        self.compress(device, rope, ranges, scratch)?;
        self.absorb_keys(device, rope, ranges, scratch)?;
        let (compressed_width, rank) = (self.heads.key_dim, self.heads.value_dim);
        let (width, out_width) = (self.heads.count * compressed_width, self.heads.count * rank);
        let Scratch {
            wide, inner, out, ..
        } = scratch;
        wide.resize(inner.len() / width * out_width, 0.0);
        // Ranges may have the same positions, so each attends before the next one is written.
        for (start, rows) in PositionRange::rows(ranges) {
            let compressed = &out[rows.start * compressed_width..rows.end * compressed_width];
            for (i, row) in compressed.chunks_exact(compressed_width).enumerate() {
                cache.write(layer, 0, start + i, row, &row[..rank]);
            }
            let queries = TokenQueries {
                rows: &inner[rows.start * width..rows.end * width],
                width,
                start,
            };
            let attended = &mut wide[rows.start * out_width..rows.end * out_width];
            self.heads
                .attend(device, cache.layer(layer), queries, attended);
        }
        self.expand_values(device, scratch)?;
        let Scratch {
            activations,
            inner,
            out,
            ..
        } = scratch;
        self.output.forward(device, inner, out, activations)
    }

    /// Leaves the latent vectors and the rotated keys of the rows of `scratch.normed` in
    /// `scratch.out`, as the cache has them.
    fn compress(
        &self,
        device: &Device,
        rope: Option<&Rope>,
        ranges: &[PositionRange],
        scratch: &mut Scratch,
    ) -> Result<(), RunError> {
        let Scratch {
            activations,
            normed,
            out,
            head,
            ..
        } = scratch;
        self.compress.forward(device, normed, out, activations)?;
        let rows = out.chunks_exact_mut(self.heads.key_dim);
        for (row, position) in rows.zip(PositionRange::positions(ranges)) {
            let (latent, key) = row.split_at_mut(self.latent.rank);
            self.latent_norm.forward_in_place(device, latent, head);
            if let Some(rope) = rope {
                rope.forward(device, key, position);
            }
        }
        Ok(())
    }

    /// From the queries in `scratch.wide`, `[tokens][heads][key + rotated]`, to those for latent
    /// vectors in `scratch.inner`, `[tokens][heads][rank + rotated]`.
    fn absorb_keys(
        &self,
        device: &Device,
        rope: Option<&Rope>,
        ranges: &[PositionRange],
        scratch: &mut Scratch,
    ) -> Result<(), RunError> {
        let Scratch {
            activations,
            wide,
            inner,
            head,
            product,
            ..
        } = scratch;
        let LatentConfig {
            rank,
            key_dim,
            rotated_dim,
            ..
        } = self.latent;
        let width = key_dim + rotated_dim;
        inner.resize(wide.len() / width * self.heads.key_dim, 0.0);
        for (h, matrix) in self.keys.iter().enumerate() {
            head.clear();
            for token in wide.chunks_exact(self.heads.count * width) {
                head.extend_from_slice(&token[h * width..][..key_dim]);
            }
            matrix.forward(device, head, product, activations)?;
            for (token, position) in PositionRange::positions(ranges).enumerate() {
                let at = token * self.heads.count + h;
                let to = &mut inner[at * self.heads.key_dim..][..self.heads.key_dim];
                let (latent, rotated) = to.split_at_mut(rank);
                latent.copy_from_slice(&product[token * rank..][..rank]);
                rotated.copy_from_slice(&wide[at * width + key_dim..][..rotated_dim]);
                if let Some(rope) = rope {
                    rope.forward(device, rotated, position);
                }
            }
        }
        Ok(())
    }

    /// From results in `scratch.wide`, `[tokens][heads][rank]`, to values in `scratch.inner`,
    /// `[tokens][heads][value]`.
    fn expand_values(&self, device: &Device, scratch: &mut Scratch) -> Result<(), RunError> {
        let Scratch {
            activations,
            wide,
            inner,
            head,
            product,
            ..
        } = scratch;
        let (count, rank, value_dim) = (self.heads.count, self.latent.rank, self.latent.value_dim);
        let tokens = wide.len() / (count * rank);
        inner.resize(tokens * count * value_dim, 0.0);
        for (h, matrix) in self.values.iter().enumerate() {
            head.clear();
            for token in wide.chunks_exact(count * rank) {
                head.extend_from_slice(&token[h * rank..][..rank]);
            }
            matrix.forward(device, head, product, activations)?;
            for (token, values) in product.chunks_exact(value_dim).enumerate() {
                inner[(token * count + h) * value_dim..][..value_dim].copy_from_slice(values);
            }
        }
        Ok(())
    }
}

/// The key matrices, transposed to `[rank][key]`, and the value matrices, `[value][rank]`, of all
/// heads.
fn head_matrices(
    tensors: &Tensors,
    name: &str,
    count: usize,
    latent: LatentConfig,
    weights: Weights,
) -> Result<(Vec<Matrix>, Vec<Matrix>), LoadError> {
    let LatentConfig {
        rank,
        key_dim,
        value_dim,
        ..
    } = latent;
    let both = format!("{name}.attn_kv_b.weight");
    let rows = key_dim + value_dim;
    let (mut keys, mut values) = (Vec::new(), Vec::new());
    for h in 0..count {
        let label = |part: &str| format!("{name}.{part}.{h}");
        let (key, value) = (label("attn_k_b"), label("attn_v_b"));
        if tensors.find(&both).is_some() {
            let whole = tensors.get(&both, &[count * rows, rank])?;
            let own = whole.part([h, count], [rows, rank]).to_f32()?;
            let (of_key, of_value) = own.split_at(key_dim * rank);
            let of_key = transposed(of_key, rank);
            keys.push(Matrix::of_values(tensors, key, &of_key, key_dim, weights)?);
            values.push(Matrix::of_values(tensors, value, of_value, rank, weights)?);
            continue;
        }
        let part = |part: &str, shape| tensors.expert(&format!("{name}.{part}"), [h, count], shape);
        let (of_key, of_value) = (
            part("attn_k_b", [rank, key_dim])?,
            part("attn_v_b", [value_dim, rank])?,
        );
        keys.push(Matrix::of_tensors(tensors, key, &[of_key], weights)?);
        values.push(Matrix::of_tensors(tensors, value, &[of_value], weights)?);
    }
    Ok((keys, values))
}

/// The transpose of a matrix of `cols` columns.
fn transposed(matrix: &[f32], cols: usize) -> Vec<f32> {
    let rows = matrix.len() / cols;
    let value = |i: usize| matrix[i % rows * cols + i / rows];
    (0..matrix.len()).map(value).collect()
}
