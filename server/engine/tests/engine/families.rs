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

use crate::family_file::family_file;
pub use crate::family_file::weights_of;
use crate::fixture;

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
        let file = family_file(&family.json, |_| GgmlDType::F32);
        std::fs::write(family.path(), file.write().bytes).unwrap();
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
