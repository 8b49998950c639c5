//! Writes small GGUF files, and remembers where every field of the header stands, so that a test
//! can overwrite it.

use std::ops::Range;

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use safetensors::SafeTensors;
use serde_json::Value;

use crate::fixture;

/// A file under construction.
#[derive(Clone, Default)]
pub struct GgufFile {
    pairs: Vec<(String, Vec<u8>)>,
    tensors: Vec<Entry>,
}

#[derive(Clone)]
struct Entry {
    name: String,
    /// Outermost first.
    shape: Vec<usize>,
    kind: u32,
    data: Vec<u8>,
}

/// The bytes of a file and its header's fields.
pub struct Written {
    pub bytes: Vec<u8>,
    /// Counts, lengths, types, dimensions and offsets.
    pub fields: Vec<Range<usize>>,
    /// Where the tensors' data begin.
    pub data: usize,
}

fn text(value: &str) -> Vec<u8> {
    [&(value.len() as u64).to_le_bytes(), value.as_bytes()].concat()
}

impl GgufFile {
    fn pair(&mut self, key: &str, kind: u32, value: &[u8]) {
        self.pairs
            .push((key.to_owned(), [&kind.to_le_bytes(), value].concat()));
    }

    pub fn text(&mut self, key: &str, value: &str) {
        self.pair(key, 8, &text(value));
    }

    pub fn number(&mut self, key: &str, value: u32) {
        self.pair(key, 4, &value.to_le_bytes());
    }

    pub fn float(&mut self, key: &str, value: f32) {
        self.pair(key, 6, &value.to_le_bytes());
    }

    pub fn flag(&mut self, key: &str, value: bool) {
        self.pair(key, 7, &[u8::from(value)]);
    }

    pub fn texts(&mut self, key: &str, values: &[String]) {
        let items: Vec<u8> = values.iter().flat_map(|v| text(v)).collect();
        self.pair(
            key,
            9,
            &[
                &8u32.to_le_bytes()[..],
                &(values.len() as u64).to_le_bytes(),
                &items,
            ]
            .concat(),
        );
    }

    pub fn numbers(&mut self, key: &str, values: &[i32]) {
        let items: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.pair(
            key,
            9,
            &[
                &5u32.to_le_bytes()[..],
                &(values.len() as u64).to_le_bytes(),
                &items,
            ]
            .concat(),
        );
    }

    fn drop_pair(&mut self, key: &str) {
        let pairs = self.pairs.len();
        self.pairs.retain(|(k, _)| k != key);
        assert_eq!(self.pairs.len(), pairs - 1, "{key} was not there");
    }

    pub fn set_number(&mut self, key: &str, value: u32) {
        self.drop_pair(key);
        self.number(key, value);
    }

    pub fn set_text(&mut self, key: &str, value: &str) {
        self.drop_pair(key);
        self.text(key, value);
    }

    pub fn set_texts(&mut self, key: &str, values: &[String]) {
        self.drop_pair(key);
        self.texts(key, values);
    }

    pub fn set_numbers(&mut self, key: &str, values: &[i32]) {
        self.drop_pair(key);
        self.numbers(key, values);
    }

    /// Puts a tensor last and gives it another shape than its data have.
    pub fn claim(&mut self, name: &str, shape: &[usize]) {
        let at = self
            .tensors
            .iter()
            .position(|entry| entry.name == name)
            .unwrap();
        let mut entry = self.tensors.remove(at);
        entry.shape = shape.to_vec();
        self.tensors.push(entry);
    }

    /// Says that a tensor is stored in the type with this number of ggml's.
    pub fn retype(&mut self, name: &str, kind: u32) {
        self.tensors
            .iter_mut()
            .find(|entry| entry.name == name)
            .unwrap()
            .kind = kind;
    }

    /// Leaves all tensors out but those that `keep` names.
    pub fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.tensors.retain(|entry| keep(&entry.name));
    }

    /// Adds a tensor in one of ggml's types.
    pub fn tensor(&mut self, name: &str, shape: &[usize], dtype: GgmlDType, values: &[f32]) {
        let tensor = Tensor::from_slice(values, shape, &Device::Cpu).unwrap();
        let data = QTensor::quantize(&tensor, dtype)
            .unwrap()
            .data()
            .unwrap()
            .into_owned();
        let kind = match dtype {
            GgmlDType::F32 => 0,
            GgmlDType::F16 => 1,
            GgmlDType::Q4_0 => 2,
            GgmlDType::Q4_1 => 3,
            GgmlDType::Q5_0 => 6,
            GgmlDType::Q5_1 => 7,
            GgmlDType::Q8_0 => 8,
            GgmlDType::Q4K => 12,
            GgmlDType::Q5K => 13,
            GgmlDType::Q6K => 14,
            GgmlDType::BF16 => 30,
            other => panic!("no number for {other:?}"),
        };
        self.tensors.push(Entry {
            name: name.to_owned(),
            shape: shape.to_vec(),
            kind,
            data,
        });
    }

    /// The file's bytes.
    pub fn write(&self) -> Written {
        let mut bytes = b"GGUF".to_vec();
        let mut fields = Vec::new();
        let mut put = |bytes: &mut Vec<u8>, field: &[u8]| {
            fields.push(bytes.len()..bytes.len() + field.len());
            bytes.extend_from_slice(field);
        };
        put(&mut bytes, &3u32.to_le_bytes());
        put(&mut bytes, &(self.tensors.len() as u64).to_le_bytes());
        put(&mut bytes, &(self.pairs.len() as u64).to_le_bytes());
        for (key, value) in &self.pairs {
            put(&mut bytes, &(key.len() as u64).to_le_bytes());
            bytes.extend_from_slice(key.as_bytes());
            put(&mut bytes, &value[..4]);
            // Of arrays the element type and the length, of texts the length, of numbers the
            // number.
            let head = match value[0] {
                9 => 16,
                8 => 12,
                _ => value.len(),
            };
            put(&mut bytes, &value[4..head.min(8)]);
            if head > 8 {
                put(&mut bytes, &value[8..head]);
            }
            bytes.extend_from_slice(&value[head..]);
        }
        let mut offset = 0;
        for entry in &self.tensors {
            put(&mut bytes, &(entry.name.len() as u64).to_le_bytes());
            bytes.extend_from_slice(entry.name.as_bytes());
            put(&mut bytes, &(entry.shape.len() as u32).to_le_bytes());
            for &dimension in entry.shape.iter().rev() {
                put(&mut bytes, &(dimension as u64).to_le_bytes());
            }
            put(&mut bytes, &entry.kind.to_le_bytes());
            put(&mut bytes, &(offset as u64).to_le_bytes());
            offset += entry.data.len().next_multiple_of(32);
        }
        bytes.resize(bytes.len().next_multiple_of(32), 0);
        let data = bytes.len();
        for entry in &self.tensors {
            bytes.extend_from_slice(&entry.data);
            bytes.resize(data + (bytes.len() - data).next_multiple_of(32), 0);
        }
        Written {
            bytes,
            fields,
            data,
        }
    }

    /// The recorded model of a family as llama.cpp's converter would write it, its matrices in
    /// `dtype`.
    pub fn of_fixture(family: &str, dtype: GgmlDType) -> GgufFile {
        let folder = fixture(family);
        let json = |name: &str| -> Value {
            serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap()
        };
        let config = json("config.json");
        let mut file = GgufFile::default();
        file.settings(family, &config);
        file.vocabulary(&json("tokenizer.json"));
        let mut names: Vec<_> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|e| e.unwrap().path())
            .collect();
        names.retain(|p| {
            p.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with("model")
                && p.extension().unwrap() == "safetensors"
        });
        names.sort();
        for path in names {
            let bytes = std::fs::read(path).unwrap();
            for (name, view) in SafeTensors::deserialize(&bytes).unwrap().iter() {
                let values: Vec<f32> = view
                    .data()
                    .as_chunks::<2>()
                    .0
                    .iter()
                    .map(|b| half::bf16::from_le_bytes(*b).to_f32())
                    .collect();
                let heads = if name.contains("q_proj") {
                    "num_attention_heads"
                } else {
                    "num_key_value_heads"
                };
                let turned =
                    family == "llama" && (name.contains("q_proj") || name.contains("k_proj"));
                let values = if turned {
                    neighbours(&values, config[heads].as_u64().unwrap() as usize)
                } else {
                    values
                };
                let dtype = if view.shape().len() == 1 {
                    GgmlDType::F32
                } else {
                    dtype
                };
                file.tensor(&gguf_name(name), view.shape(), dtype, &values);
            }
        }
        if family == "llama" {
            file.tensor(
                "rope_freqs.weight",
                &[8],
                GgmlDType::F32,
                &llama3_divisors(&config),
            );
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

/// A Llama's rows as its GGUF has them: those of a head's two halves alternate.
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

/// What the converter writes for `rope_type: llama3`: each frequency's divisor, by the wavelength
/// (Llama 3's own code).
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
