//! The tensors of a decoder and their shapes; a file must have these and no others.
//!
//! Checked before weights are loaded. A tensor that the decoder does not use is refused: the model
//! would not be the one that the decoder computes. Names are those of a GGUF.

use std::collections::{HashMap, HashSet};

use super::config::{Bias, Config, ExpertsConfig, LatentConfig, LayerConfig, NormKind};
use super::recurrent_config::{DeltaNetConfig, Mamba2Config, RecurrentConfig};
use crate::LoadError;
use crate::files::Tensors;

/// Suffixes of tensors that only hold the frequencies of RoPE, which are recomputed.
const IGNORED_SUFFIXES: &[&str] = &[".attn_rot_embd.weight", ".rotary_emb.inv_freq"];

/// What the names of layers that predict further tokens begin with in a folder.
const IGNORED_PREFIX: &str = "mtp.";

/// A tensor that the decoder loads.
struct ExpectedTensor {
    name: String,
    shape: Vec<usize>,
    optional: bool,
}

/// Compares the tensors of a file with those that the decoder will load.
pub fn check(tensors: &Tensors, config: &Config) -> Result<(), LoadError> {
    let expected = Expected::of(tensors, config);
    let known: HashSet<String> = expected.names_in_file().map(|(_, own)| own).collect();
    let unused: Vec<String> = (0..config.unused_layers)
        .map(|i| format!("blk.{}.", config.num_hidden_layers + i))
        .collect();
    let is_ignored = |name: &str| {
        IGNORED_SUFFIXES.iter().any(|end| name.ends_with(end))
            || unused.iter().any(|layer| name.starts_with(layer))
            || name.starts_with(IGNORED_PREFIX)
    };
    let is_stray = |name: &&str| !known.contains(*name) && !is_ignored(name);
    if let Some(stray) = tensors.names().filter(is_stray).min() {
        return Err(LoadError::Unsupported(refusal(stray, config)));
    }
    for ExpectedTensor {
        name,
        shape,
        optional,
    } in &expected.all
    {
        if !optional || tensors.find(name).is_some() {
            tensors.get(name, shape)?;
        }
    }
    Ok(())
}

/// The names in a GGUF of the file's own names, for those that the decoder loads.
pub fn file_names(tensors: &Tensors, config: &Config) -> HashMap<String, String> {
    let expected = Expected::of(tensors, config);
    expected
        .names_in_file()
        .map(|(name, own)| (own, name))
        .collect()
}

/// The matrices of the decoder's layers: their names without `.weight`, and their shapes.
pub fn layer_matrices(tensors: &Tensors, config: &Config) -> Vec<(String, [usize; 2])> {
    let expected = Expected::of(tensors, config).all.into_iter();
    let matrix = |tensor: ExpectedTensor| {
        let name = tensor.name.strip_suffix(".weight")?;
        let shape = <[usize; 2]>::try_from(&*tensor.shape).ok()?;
        name.starts_with("blk.").then(|| (name.to_owned(), shape))
    };
    expected.filter_map(matrix).collect()
}

/// Why a tensor is not accepted.
fn refusal(stray: &str, config: &Config) -> String {
    let stray: String = stray.chars().take(100).collect();
    if stray.ends_with(".bias") {
        return format!(
            "it holds {stray}, a bias that its architecture or its configuration does not have"
        );
    }
    let architecture = config.gguf_architecture;
    format!(
        "it holds {stray}, which no {architecture} model that nigh supports has; use another model"
    )
}

/// All tensors, in the order in which they are loaded.
struct Expected<'a> {
    tensors: &'a Tensors<'a>,
    config: &'a Config,
    all: Vec<ExpectedTensor>,
}

impl<'a> Expected<'a> {
    fn of(tensors: &'a Tensors<'a>, config: &'a Config) -> Expected<'a> {
        let mut expected = Expected {
            tensors,
            config,
            all: Vec::new(),
        };
        expected.add_ends();
        for (i, layer) in config.layers.iter().enumerate() {
            expected.add_layer(&format!("blk.{i}"), *layer);
        }
        expected
    }

    /// The names of all tensors, and what the file calls them.
    fn names_in_file(&self) -> impl Iterator<Item = (String, String)> {
        let pair =
            |one: &ExpectedTensor| Some((one.name.clone(), self.tensors.name_in_file(&one.name)?));
        self.all.iter().filter_map(pair)
    }

    fn add(&mut self, name: String, shape: &[usize], optional: bool) {
        self.all.push(ExpectedTensor {
            name,
            shape: shape.into(),
            optional,
        });
    }

    fn add_norm(&mut self, name: String, len: usize) {
        self.add(format!("{name}.weight"), &[len], false);
        if self.config.norm.kind == NormKind::Layer {
            self.add(format!("{name}.bias"), &[len], false);
        }
    }

    fn add_matrix(&mut self, name: String, [rows, cols]: [usize; 2], bias: Bias) {
        self.add(format!("{name}.weight"), &[rows, cols], false);
        if bias != Bias::Never {
            self.add(format!("{name}.bias"), &[rows], bias == Bias::Optional);
        }
    }

    fn add_ends(&mut self) {
        let (config, hidden) = (self.config, self.config.hidden_size);
        self.add(
            "token_embd.weight".into(),
            &[config.vocab_size, hidden],
            false,
        );
        self.add_norm("output_norm".into(), hidden);
        // A tied head may be in the file as well.
        let tied = config.tied(self.tensors);
        self.add("output.weight".into(), &[config.vocab_size, hidden], tied);
        for name in ["rope_freqs", "rope_factors_long", "rope_factors_short"] {
            self.add(format!("{name}.weight"), &[config.rotary_dim / 2], true);
        }
    }

    fn add_layer(&mut self, name: &str, layer: LayerConfig) {
        let (config, hidden) = (self.config, self.config.hidden_size);
        self.add_norm(format!("{name}.attn_norm"), hidden);
        self.add_norm(format!("{name}.ffn_norm"), hidden);
        if config.post_norms {
            self.add_norm(format!("{name}.post_attention_norm"), hidden);
            self.add_norm(format!("{name}.post_ffw_norm"), hidden);
        }
        let recurrent = config.recurrent.filter(|_| layer.is_recurrent);
        match (recurrent, config.latent) {
            (Some(recurrent), _) => self.add_recurrent(name, recurrent),
            (None, Some(latent)) => self.add_latent_attention(name, latent),
            (None, None) => self.add_attention(name),
        }
        match config.experts {
            Some(experts) if layer.has_experts => self.add_experts(name, experts),
            _ => self.add_mlp(name, "", config.intermediate_size),
        }
    }

    fn add_attention(&mut self, name: &str) {
        let config = self.config;
        let hidden = config.hidden_size;
        let head_dim = config.head_dim;
        let (q, kv) = (
            config.num_attention_heads * head_dim,
            config.num_key_value_heads * head_dim,
        );
        if config.qk_norm {
            self.add(format!("{name}.attn_q_norm.weight"), &[head_dim], false);
            self.add(format!("{name}.attn_k_norm.weight"), &[head_dim], false);
        }
        if config.sinks {
            let heads = config.num_attention_heads;
            self.add(format!("{name}.attn_sinks.weight"), &[heads], false);
        }
        let fused = format!("{name}.attn_qkv");
        if self.tensors.find(&format!("{fused}.weight")).is_some() {
            self.add_matrix(fused, [q + 2 * kv, hidden], config.qkv_bias);
        } else {
            let rows = if config.is_attention_gated { 2 * q } else { q };
            self.add_matrix(format!("{name}.attn_q"), [rows, hidden], config.qkv_bias);
            self.add_matrix(format!("{name}.attn_k"), [kv, hidden], config.qkv_bias);
            self.add_matrix(format!("{name}.attn_v"), [kv, hidden], config.qkv_bias);
        }
        self.add_matrix(
            format!("{name}.attn_output"),
            [hidden, q],
            config.output_bias,
        );
    }

    fn add_recurrent(&mut self, name: &str, recurrent: RecurrentConfig) {
        match recurrent {
            RecurrentConfig::DeltaNet(own) => self.add_delta_net(name, own),
            RecurrentConfig::Mamba2(own) => self.add_mamba2(name, own),
            RecurrentConfig::ShortConvolution(own) => {
                let channels = own.channels;
                let hidden = self.config.hidden_size;
                let name = format!("{name}.shortconv");
                let input = [3 * channels, hidden];
                self.add_matrix(format!("{name}.in_proj"), input, Bias::Never);
                self.add(format!("{name}.conv.weight"), &own.shape(), false);
                self.add_matrix(format!("{name}.out_proj"), [hidden, channels], Bias::Never);
            }
        }
    }

    fn add_delta_net(&mut self, name: &str, own: DeltaNetConfig) {
        let hidden = self.config.hidden_size;
        let channels = own.channels();
        let heads = own.value_heads;
        let values = own.values();
        let has = |part: &str| {
            let name = format!("{name}.{part}.weight");
            self.tensors.find(&name).is_some()
        };
        let is_fused = has("ssm_in");
        let are_rates_fused = has("ssm_ba");
        let mut add = |part: &str, shape: &[usize]| {
            self.add(format!("{name}.{part}"), shape, false);
        };
        if is_fused {
            add("ssm_in.weight", &[channels + values, hidden]);
        } else {
            add("attn_qkv.weight", &[channels, hidden]);
            add("attn_gate.weight", &[values, hidden]);
        }
        if are_rates_fused {
            add("ssm_ba.weight", &[2 * heads, hidden]);
        } else {
            add("ssm_beta.weight", &[heads, hidden]);
            add("ssm_alpha.weight", &[heads, hidden]);
        }
        add("ssm_conv1d.weight", &own.convolution().shape());
        add("ssm_a", &[heads]);
        add("ssm_dt.bias", &[heads]);
        add("ssm_norm.weight", &[own.value_dim]);
        add("ssm_out.weight", &[hidden, values]);
    }

    fn add_mamba2(&mut self, name: &str, own: Mamba2Config) {
        let hidden = self.config.hidden_size;
        let values = own.values();
        let convolution = own.convolution();
        let mut add = |part: &str, shape: &[usize], optional: bool| {
            self.add(format!("{name}.{part}"), shape, optional);
        };
        add("ssm_in.weight", &[own.rows(), hidden], false);
        add("ssm_conv1d.weight", &convolution.shape(), false);
        add("ssm_conv1d.bias", &[convolution.channels], true);
        add("ssm_dt.bias", &[own.heads], false);
        add("ssm_a", &[own.heads, 1], false);
        add("ssm_d", &[own.heads, 1], false);
        let norm = [own.groups, values / own.groups];
        add("ssm_norm.weight", &norm, false);
        add("ssm_out.weight", &[hidden, values], false);
    }

    fn add_latent_attention(&mut self, name: &str, latent: LatentConfig) {
        let hidden = self.config.hidden_size;
        let heads = self.config.num_attention_heads;
        let LatentConfig {
            rank,
            query_rank,
            key_dim,
            rotated_dim,
            value_dim,
        } = latent;
        let queries = heads * (key_dim + rotated_dim);
        let mut add = |part: &str, shape: &[usize]| {
            self.add(format!("{name}.{part}.weight"), shape, false);
        };
        if query_rank > 0 {
            add("attn_q_a", &[query_rank, hidden]);
            add("attn_q_a_norm", &[query_rank]);
            add("attn_q_b", &[queries, query_rank]);
        } else {
            add("attn_q", &[queries, hidden]);
        }
        add("attn_kv_a_mqa", &[rank + rotated_dim, hidden]);
        add("attn_kv_a_norm", &[rank]);
        add("attn_output", &[hidden, heads * value_dim]);
        if self
            .tensors
            .find(&format!("{name}.attn_kv_b.weight"))
            .is_some()
        {
            let rows = heads * (key_dim + value_dim);
            self.add(format!("{name}.attn_kv_b.weight"), &[rows, rank], false);
        } else {
            self.add(
                format!("{name}.attn_k_b.weight"),
                &[heads, rank, key_dim],
                false,
            );
            self.add(
                format!("{name}.attn_v_b.weight"),
                &[heads, value_dim, rank],
                false,
            );
        }
    }

    /// The feed-forward layer of this width; `end` follows the names of its parts.
    fn add_mlp(&mut self, name: &str, end: &str, width: usize) {
        let (config, hidden) = (self.config, self.config.hidden_size);
        let up = format!("{name}.ffn_up{end}");
        let down = format!("{name}.ffn_down{end}");
        let both = [2 * width, hidden];
        if config.is_gated && is_fused(self.tensors, &up, both) {
            self.add_matrix(up, both, config.mlp_bias);
        } else {
            if config.is_gated {
                let gate = format!("{name}.ffn_gate{end}");
                self.add_matrix(gate, [width, hidden], config.mlp_bias);
            }
            self.add_matrix(up, [width, hidden], config.mlp_bias);
        }
        self.add_matrix(down, [hidden, width], config.mlp_bias);
    }

    fn add_experts(&mut self, name: &str, experts: ExpertsConfig) {
        let count = experts.count;
        let hidden = self.config.hidden_size;
        self.add_matrix(
            format!("{name}.ffn_gate_inp"),
            [count, hidden],
            experts.bias,
        );
        if experts.has_selection_bias {
            self.add(format!("{name}.exp_probs_b.bias"), &[count], false);
        }
        let wide = [experts.width, hidden];
        for (part, [rows, cols]) in [
            ("gate", wide),
            ("up", wide),
            ("down", [hidden, experts.width]),
        ] {
            let name = format!("{name}.ffn_{part}_exps");
            let all = format!("{name}.weight");
            if self.tensors.find(&all).is_some() {
                self.add(all, &[count, rows, cols], false);
            } else {
                for expert in 0..count {
                    self.add(format!("{name}.{expert}.weight"), &[rows, cols], false);
                }
            }
            if experts.bias != Bias::Never {
                self.add(format!("{name}.bias"), &[count, rows], false);
            }
        }
        if experts.is_shared_gated {
            let shape = experts.shared_gate_shape(hidden);
            self.add(format!("{name}.ffn_gate_inp_shexp.weight"), &shape, false);
        }
        if experts.shared_width > 0 {
            self.add_mlp(name, "_shexp", experts.shared_width);
        }
    }
}

/// Whether the file has the gate of a feed-forward layer before the matrix `up`.
pub fn is_fused(tensors: &Tensors, up: &str, both: [usize; 2]) -> bool {
    let found = tensors.find(&format!("{up}.weight"));
    found.is_some_and(|raw| raw.shape == both)
}
