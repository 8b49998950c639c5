//! The recorded models as GGUF files, as llama.cpp's converter would write them.

use std::path::{Path, PathBuf};

use candle_core::quantized::GgmlDType;
use safetensors::SafeTensors;
use serde_json::Value;

use crate::fixture;
use crate::write_gguf::GgufFile;

impl GgufFile {
    /// The recorded model of a family, its matrices in `dtype`.
    pub fn of_fixture(family: &str, dtype: GgmlDType) -> GgufFile {
        let folder = fixture(family);
        let json = |name: &str| -> Value {
            serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap()
        };
        let config = json("config.json");
        let mut file = GgufFile::default();
        file.settings(family, &config);
        file.vocabulary(&json("tokenizer.json"));
        for path in weight_files(&folder) {
            let bytes = std::fs::read(path).unwrap();
            for (name, view) in SafeTensors::deserialize(&bytes).unwrap().iter() {
                let mut values: Vec<f32> = bf16_values(view.data());
                if family == "llama" && (name.contains("q_proj") || name.contains("k_proj")) {
                    let heads = if name.contains("q_proj") {
                        "num_attention_heads"
                    } else {
                        "num_key_value_heads"
                    };
                    values = neighbours(&values, config[heads].as_u64().unwrap() as usize);
                }
                let dtype = match view.shape().len() {
                    1 => GgmlDType::F32,
                    _ => dtype,
                };
                file.tensor(&gguf_name(name), view.shape(), dtype, &values);
            }
        }
        if family == "llama" {
            let divisors = llama3_divisors(&config);
            file.tensor("rope_freqs.weight", &[8], GgmlDType::F32, &divisors);
        }
        file
    }

    /// The settings and the vocabulary of this file for one layer of width 256, without tensors.
    pub fn header_for_width_256(&self) -> GgufFile {
        let mut file = GgufFile {
            pairs: self.pairs.clone(),
            tensors: Vec::new(),
        };
        file.pairs.retain(|(key, _)| {
            !["block_count", "embedding_length", "feed_forward_length"]
                .iter()
                .any(|k| key.ends_with(k))
        });
        file.number("qwen3.block_count", 1);
        file.number("qwen3.embedding_length", 256);
        file.number("qwen3.feed_forward_length", 256);
        file
    }

    fn settings(&mut self, family: &str, config: &Value) {
        self.text("general.architecture", family);
        self.text("general.name", &format!("tiny {family}"));
        self.text("general.license", "MIT");
        let pairs = [
            ("block_count", "num_hidden_layers"),
            ("context_length", "max_position_embeddings"),
            ("embedding_length", "hidden_size"),
            ("feed_forward_length", "intermediate_size"),
            ("attention.head_count", "num_attention_heads"),
            ("attention.head_count_kv", "num_key_value_heads"),
        ];
        for (key, name) in pairs {
            self.number(
                &format!("{family}.{key}"),
                config[name].as_u64().unwrap() as u32,
            );
        }
        if let Some(head_dim) = config["head_dim"].as_u64() {
            self.number(&format!("{family}.attention.key_length"), head_dim as u32);
        }
        self.float(&format!("{family}.attention.layer_norm_rms_epsilon"), 1e-6);
        let theta = config["rope_parameters"]["rope_theta"].as_f64().unwrap();
        self.float(&format!("{family}.rope.freq_base"), theta as f32);
    }

    fn vocabulary(&mut self, json: &Value) {
        let mut tokens: Vec<(u64, String)> = json["model"]["vocab"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(token, id)| (id.as_u64().unwrap(), token.clone()))
            .collect();
        tokens.sort();
        let tokens: Vec<String> = tokens.into_iter().map(|(_, token)| token).collect();
        let kinds: Vec<i32> = tokens
            .iter()
            .map(|t| if t.starts_with("<|") { 3 } else { 1 })
            .collect();
        let merges = json["model"]["merges"].as_array().unwrap();
        let merges: Vec<String> = merges
            .iter()
            .map(|m| format!("{} {}", m[0].as_str().unwrap(), m[1].as_str().unwrap()))
            .collect();
        self.text("tokenizer.ggml.model", "gpt2");
        self.text("tokenizer.ggml.pre", "gpt-2");
        self.texts("tokenizer.ggml.tokens", &tokens);
        self.numbers("tokenizer.ggml.token_type", &kinds);
        self.texts("tokenizer.ggml.merges", &merges);
        self.number("tokenizer.ggml.eos_token_id", 0);
    }
}

/// The safetensors files of a folder, in order.
fn weight_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with("model") && name.ends_with(".safetensors")
    });
    paths.sort();
    paths
}

fn bf16_values(bytes: &[u8]) -> Vec<f32> {
    let values = bytes.as_chunks::<2>().0.iter();
    values
        .map(|bytes| half::bf16::from_le_bytes(*bytes).to_f32())
        .collect()
}

/// A Llama's rows in the order of a GGUF: those of a head's two halves alternate.
fn neighbours(values: &[f32], heads: usize) -> Vec<f32> {
    let cols = 64;
    let head = values.len() / heads;
    let half = head / cols / 2;
    let row = |r: usize| {
        let (first, within) = (r / (2 * half) * (2 * half), r % (2 * half));
        let from = first + within % 2 * half + within / 2;
        &values[from * cols..(from + 1) * cols]
    };
    (0..values.len() / cols).flat_map(row).copied().collect()
}

/// The divisor of each frequency for `rope_type: llama3`, by the wavelength (Llama 3's own code).
fn llama3_divisors(config: &Value) -> Vec<f32> {
    let rope = &config["rope_parameters"];
    let number = |name: &str| rope[name].as_f64().unwrap();
    let (factor, low, high) = (
        number("factor"),
        number("low_freq_factor"),
        number("high_freq_factor"),
    );
    let (original, theta) = (
        number("original_max_position_embeddings"),
        number("rope_theta"),
    );
    let divisor = |i: i32| {
        let wavelength = 2.0 * std::f64::consts::PI * theta.powf(f64::from(i) / 8.0);
        if wavelength < original / high {
            1.0
        } else if wavelength > original / low {
            factor
        } else {
            let smooth = (original / wavelength - low) / (high - low);
            1.0 / ((1.0 - smooth) / factor + smooth)
        }
    };
    (0..8).map(|i| divisor(i) as f32).collect()
}

fn gguf_name(name: &str) -> String {
    let replacements = [
        ("model.layers.", "blk."),
        ("model.embed_tokens", "token_embd"),
        ("model.norm", "output_norm"),
        ("lm_head", "output"),
        ("input_layernorm", "attn_norm"),
        ("post_attention_layernorm", "ffn_norm"),
        ("self_attn.q_norm", "attn_q_norm"),
        ("self_attn.k_norm", "attn_k_norm"),
        ("self_attn.q_proj", "attn_q"),
        ("self_attn.k_proj", "attn_k"),
        ("self_attn.v_proj", "attn_v"),
        ("self_attn.o_proj", "attn_output"),
        ("mlp.gate_proj", "ffn_gate"),
        ("mlp.up_proj", "ffn_up"),
        ("mlp.down_proj", "ffn_down"),
    ];
    replacements
        .iter()
        .fold(name.to_owned(), |name, (from, to)| name.replace(from, to))
}
