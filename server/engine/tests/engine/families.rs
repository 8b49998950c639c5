//! Compares every family with the log-probabilities that llama.cpp computed for a tiny model of it;
//! `tests/record_families.py` records them.
//!
//! A fixture describes a model; its weights are computed here from the names of the tensors, as
//! they were when it was recorded.

use std::path::PathBuf;
use std::sync::Arc;

use candle_core::quantized::GgmlDType;
use engine::{Cancel, Engine, LoadError, LoadOptions, Session, Weights};
use serde_json::Value;

use crate::fixture;
use crate::write_gguf::GgufFile;

/// The families that are recorded.
pub const RECORDED: &[&str] = &[
    "qwen3moe",
    "mixtral",
    "fused-qkv",
    "starcoder2",
    "granite",
    "gemma",
    "gemma2",
    "gemma3",
    "phi3",
    "phi3-longrope",
    "smollm3",
    "mellum2",
    "mistral3",
    "gpt-oss",
    "seed-oss",
    "deepseek2",
    "qwen35",
    "qwen35moe",
    "qwen3next",
    "granite-hybrid",
    "lfm2",
];

/// Of the recorded rows and columns, every one of so many is compared.
const ROW_STEP: usize = 3;
const COLUMN_STEP: usize = 7;

/// A recorded family.
pub struct Family {
    name: &'static str,
    pub json: Value,
    folder: tempfile::TempDir,
}

impl Family {
    pub fn read(name: &'static str) -> Family {
        let path = fixture("families").join(format!("{name}.json"));
        let json: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let family = Family { name, json, folder };
        std::fs::write(family.path(), family.file().write().bytes).unwrap();
        family
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join(format!("{}.gguf", self.name))
    }

    pub fn open(&self, weights: Weights) -> Arc<Engine> {
        let options = LoadOptions {
            weights,
            threads: 2,
            repeatable: true,
            ..Default::default()
        };
        self.open_with(&options).unwrap()
    }

    pub fn open_with(&self, options: &LoadOptions) -> Result<Arc<Engine>, LoadError> {
        Engine::open(&self.path(), options).map(Arc::new)
    }

    pub fn tokens(&self) -> Vec<u32> {
        let ids = self.json["input"].as_array().unwrap();
        ids.iter().map(|id| id.as_u64().unwrap() as u32).collect()
    }

    /// The model as a file.
    fn file(&self) -> GgufFile {
        let json = &self.json;
        let architecture = json["architecture"].as_str().unwrap();
        let mut file = GgufFile::default();
        file.text("general.architecture", architecture);
        for (key, value) in json["metadata"].as_object().unwrap() {
            let key = format!("{architecture}.{key}");
            match value {
                Value::String(text) => file.text(&key, text),
                Value::Bool(flag) => file.flag(&key, *flag),
                Value::Array(numbers) => {
                    let numbers = numbers.iter().map(|n| n.as_i64().unwrap() as i32);
                    file.numbers(&key, &numbers.collect::<Vec<_>>());
                }
                Value::Number(number) if number.is_f64() => {
                    file.float(&key, number.as_f64().unwrap() as f32);
                }
                number => file.number(&key, number.as_u64().unwrap() as u32),
            }
        }
        let texts = |name: &str| -> Vec<String> {
            let list = json[name].as_array().unwrap().iter();
            list.map(|text| text.as_str().unwrap().to_owned()).collect()
        };
        let tokens = texts("tokens");
        let kind = |token: &String| if token.starts_with("<|") { 3 } else { 1 };
        file.text("tokenizer.ggml.model", "gpt2");
        file.text("tokenizer.ggml.pre", "gpt-2");
        file.numbers(
            "tokenizer.ggml.token_type",
            &tokens.iter().map(kind).collect::<Vec<_>>(),
        );
        file.texts("tokenizer.ggml.tokens", &tokens);
        file.texts("tokenizer.ggml.merges", &texts("merges"));
        for (name, shape) in json["tensors"].as_object().unwrap() {
            let shape = shape.as_array().unwrap().iter();
            let shape: Vec<usize> = shape.map(|d| d.as_u64().unwrap() as usize).collect();
            let values = weights_of(name, &shape);
            file.tensor(name, &shape, GgmlDType::F32, &values);
        }
        file
    }
}

/// The values of a tensor, as `weights` in `record_families.py` computes them.
pub fn weights_of(name: &str, shape: &[usize]) -> Vec<f32> {
    let seed = crc32fast::hash(name.as_bytes());
    let (centre, spread) = if name.ends_with("ssm_a") {
        (-0.75, 0.5)
    } else if name.starts_with("rope_") {
        (1.5, 0.5)
    } else if name.contains("norm") && name.ends_with("weight") {
        (1.0, 0.25)
    } else if name.contains("conv") {
        (0.0, 0.5)
    } else if shape.len() == 1 || name.ends_with("bias") {
        (0.0, 0.25)
    } else if name.starts_with("token_embd") || name.starts_with("output") {
        (0.0, 0.5)
    } else {
        (0.0, 0.1875)
    };
    let value = |i: usize| {
        let mut x = (i as u32).wrapping_mul(2_654_435_761).wrapping_add(seed);
        for (shift, factor) in [(16, 0x7feb_352d_u32), (15, 0x846c_a68b)] {
            x = (x ^ x >> shift).wrapping_mul(factor);
        }
        x ^= x >> 16;
        centre + spread * ((x >> 8) as f32 / (1 << 23) as f32 - 1.0)
    };
    (0..shape.iter().product()).map(value).collect()
}

/// The log-probabilities of these logits.
pub fn log_softmax(logits: &[f32]) -> Vec<f32> {
    let top = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = logits.iter().map(|v| (v - top).exp()).sum();
    logits.iter().map(|v| v - top - sum.ln()).collect()
}

/// The mean and the largest difference from what was recorded.
pub fn differences(family: &Family, logits: &[Vec<f32>]) -> (f32, f32) {
    let recorded = family.json["log_probabilities"].as_array().unwrap();
    let (mut sum, mut largest, mut count) = (0.0, 0f32, 0);
    for (row, recorded) in logits.iter().step_by(ROW_STEP).zip(recorded) {
        let recorded = recorded.as_array().unwrap();
        let ours = log_softmax(row);
        assert_eq!(recorded.len(), ours.len().div_ceil(COLUMN_STEP));
        for (ours, theirs) in ours.iter().step_by(COLUMN_STEP).zip(recorded) {
            let difference = (ours - theirs.as_f64().unwrap() as f32).abs();
            sum += difference;
            largest = largest.max(difference);
            count += 1;
        }
    }
    assert!(count > 400, "{}: {count} numbers", family.name);
    (sum / count as f32, largest)
}

fn logits(engine: &Arc<Engine>, tokens: &[u32]) -> Vec<Vec<f32>> {
    let mut session = Session::new(engine.clone());
    session.logits(tokens, 0, &Cancel::new()).unwrap()
}

#[test]
fn log_probabilities_are_those_of_llama_cpp() {
    for name in RECORDED {
        let family = Family::read(name);
        let logits = logits(&family.open(Weights::Exact), &family.tokens());
        let (mean, largest) = differences(&family, &logits);
        // As far as keys and values in f16 allow.
        assert!(mean < 0.005 && largest < 0.05, "{name}: {mean} {largest}");
    }
}

#[test]
fn packed_weights_are_close() {
    for name in RECORDED {
        let family = Family::read(name);
        let engine = family.open_with(&LoadOptions::default()).unwrap();
        let logits = logits(&engine, &family.tokens());
        let (mean, largest) = differences(&family, &logits);
        // Rounding makes a gate choose another expert now and then.
        assert!(mean < 0.2, "{name}: {mean} {largest}");
    }
}

#[test]
fn token_by_token_equals_all_at_once() {
    for name in RECORDED {
        let family = Family::read(name);
        let (engine, tokens) = (family.open(Weights::Packed), family.tokens());
        let whole = logits(&engine, &tokens);
        let mut session = Session::new(engine);
        for n in 1..=tokens.len() {
            let row = session.logits(&tokens[..n], n - 1, &Cancel::new()).unwrap();
            // Products of packed weights are the same however many rows there are, but the gate of
            // experts is f32.
            let difference = crate::reference::largest_difference(&row[0], &whole[n - 1]);
            assert!(difference < 1e-2, "{name} at {n}: {difference}");
        }
    }
}

#[test]
fn a_sequence_that_is_cut_back_is_like_a_fresh_one() {
    for name in RECORDED {
        let family = Family::read(name);
        let (engine, tokens) = (family.open(Weights::Packed), family.tokens());
        let mut session = Session::new(engine.clone());
        session.logits(&tokens, 0, &Cancel::new()).unwrap();
        let other = [&tokens[..25], &[3, 4, 5]].concat();
        let cut = session.logits(&other, 20, &Cancel::new()).unwrap();
        let fresh = logits(&engine, &other);
        for (cut, fresh) in cut.iter().zip(&fresh[20..]) {
            let difference = crate::reference::largest_difference(cut, fresh);
            assert!(difference < 1e-2, "{name}: {difference}");
        }
    }
}

#[test]
fn a_cancelled_pass_changes_nothing() {
    for name in RECORDED {
        let family = Family::read(name);
        let (engine, tokens) = (family.open(Weights::Packed), family.tokens());
        let mut session = Session::new(engine.clone());
        session.logits(&tokens[..20], 19, &Cancel::new()).unwrap();
        // Cancelled at the first token, and again where a part of the layers has run.
        for passes in [0, 1] {
            let cancel = Cancel::new();
            let cancelled = std::thread::scope(|scope| {
                let pass = scope.spawn(|| session.logits(&tokens, 20, &cancel));
                std::thread::sleep(std::time::Duration::from_micros(300 * passes));
                cancel.cancel();
                pass.join().unwrap()
            });
            if let Ok(rows) = cancelled {
                assert_eq!(rows.len(), tokens.len() - 20);
            }
        }
        let after = session.logits(&tokens, 20, &Cancel::new()).unwrap();
        let fresh = logits(&engine, &tokens);
        for (after, fresh) in after.iter().zip(&fresh[20..]) {
            let difference = crate::reference::largest_difference(after, fresh);
            assert!(difference < 1e-2, "{name}: {difference}");
        }
    }
}

#[test]
fn continuations_that_are_scored_together_do_not_see_each_other() {
    for name in RECORDED {
        let family = Family::read(name);
        let (engine, tokens) = (family.open(Weights::Packed), family.tokens());
        let (prompt, rest) = tokens.split_at(20);
        let continuations = [
            rest[..8].to_vec(),
            rest[8..14].to_vec(),
            rest[5..12].to_vec(),
        ];
        let score = |continuations: &[Vec<u32>]| {
            let mut session = Session::new(engine.clone());
            let scored = session.score(prompt, continuations, &Cancel::new());
            scored.unwrap()
        };
        let together = score(&continuations);
        for (i, continuation) in continuations.iter().enumerate() {
            let single = score(std::slice::from_ref(continuation));
            let difference = crate::reference::largest_difference(&together[i], &single[0]);
            assert!(difference < 1e-2, "{name} {i}: {difference}");
        }
    }
}
