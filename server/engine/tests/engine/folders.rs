//! Compares the folders of every family with the log-probabilities that transformers computed for a
//! tiny model of it; `tests/record_folders.py` records them.
//!
//! A fixture has the configuration and the names and shapes of the tensors; the weights are
//! computed here from the names, as they were when it was recorded.

use std::path::Path;
use std::sync::Arc;

use engine::{Cancel, Engine, LoadOptions, Session, Weights};
use safetensors::tensor::{Dtype, TensorView};
use serde_json::Value;

use crate::families::{log_softmax, weights_of};
use crate::fixture;

/// The families that are recorded.
const RECORDED: &[&str] = &[
    "mixtral",
    "qwen3moe",
    "starcoder2",
    "granite",
    "gemma",
    "gemma2",
    "gemma3",
    "phi3",
    "smollm3",
    "seed-oss",
    "deepseek2",
    "mistral3",
    "mellum2",
    "qwen3next",
    "qwen35",
];

/// Of the recorded rows and columns, every one of so many is compared.
const ROW_STEP: usize = 3;
const COLUMN_STEP: usize = 7;

fn recorded(name: &str) -> Value {
    let path = fixture("folders").join(format!("{name}.json"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Writes the model as a folder.
fn write(folder: &Path, recorded: &Value) {
    let config = recorded["config"].to_string();
    std::fs::write(folder.join("config.json"), config).unwrap();
    let tokenizer = fixture("qwen3").join("tokenizer.json");
    std::fs::copy(tokenizer, folder.join("tokenizer.json")).unwrap();
    let centre = recorded["norms_around"].as_f64().unwrap() as f32;
    let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = recorded["tensors"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, shape)| {
            let shape = shape.as_array().unwrap().iter();
            let shape: Vec<usize> = shape.map(|d| d.as_u64().unwrap() as usize).collect();
            let mut values = weights_of(name, &shape);
            let adds_one = name.contains("norm") && !name.ends_with("linear_attn.norm.weight");
            if adds_one && name.ends_with("weight") {
                values.iter_mut().for_each(|value| *value += centre - 1.0);
            }
            (name.clone(), shape, bytemuck::cast_slice(&values).to_vec())
        })
        .collect();
    let views = tensors.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap();
        (name.clone(), view)
    });
    let bytes = safetensors::serialize(views, None).unwrap();
    std::fs::write(folder.join("model.safetensors"), bytes).unwrap();
}

#[test]
fn log_probabilities_are_those_of_transformers() {
    for name in RECORDED {
        let recorded = recorded(name);
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &recorded);
        let options = LoadOptions {
            weights: Weights::Exact,
            threads: 1,
            ..Default::default()
        };
        let engine = Engine::open(folder.path(), &options);
        let engine = engine.unwrap_or_else(|error| panic!("{name}: {error}"));
        let ids = recorded["input"].as_array().unwrap().iter();
        let tokens: Vec<u32> = ids.map(|id| id.as_u64().unwrap() as u32).collect();
        let mut session = Session::new(Arc::new(engine));
        let rows = session.logits(&tokens, 0, &Cancel::new()).unwrap();
        let (mut sum, mut largest, mut count) = (0.0, 0f32, 0);
        let wanted = recorded["log_probabilities"].as_array().unwrap();
        for (row, wanted) in rows.iter().step_by(ROW_STEP).zip(wanted) {
            let ours = log_softmax(row).into_iter().step_by(COLUMN_STEP);
            for (ours, theirs) in ours.zip(wanted.as_array().unwrap()) {
                let difference = (ours - theirs.as_f64().unwrap() as f32).abs();
                (sum, count) = (sum + difference, count + 1);
                largest = largest.max(difference);
            }
        }
        let mean = sum / count as f32;
        assert!(count > 400, "{name}: {count} numbers");
        // As far as keys and values in f16 allow.
        assert!(mean < 0.005 && largest < 0.05, "{name}: {mean} {largest}");
    }
}
