//! Models that differ from most of their family: biases where few have them. A GGUF does not say
//! that it has biases.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::quantized::GgmlDType;
use engine::{Cancel, Engine, LoadOptions, Session, Weights, check};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde_json::{Value, json};

use crate::fixture;
use crate::write_gguf::GgufFile;

const EXACT: LoadOptions = LoadOptions {
    weights: Weights::Exact,
    threads: 1,
    repeatable: true,
    max_context: 512,
    copies: None,
    adapter: None,
    large: u64::MAX,
    memory: None,
    watch: None,
};

/// The parts of a layer that may have biases, as a folder and as a GGUF names them, and their rows
/// in the recorded Llama.
const PARTS: [(&str, &str, usize); 7] = [
    ("self_attn.q_proj", "attn_q", 64),
    ("self_attn.k_proj", "attn_k", 32),
    ("self_attn.v_proj", "attn_v", 32),
    ("self_attn.o_proj", "attn_output", 64),
    ("mlp.gate_proj", "ffn_gate", 96),
    ("mlp.up_proj", "ffn_up", 96),
    ("mlp.down_proj", "ffn_down", 64),
];
const LAYERS: usize = 2;
const HEAD: usize = 16;

pub fn logits(path: &Path) -> Vec<f32> {
    let tokens: Vec<u32> = (0..40).map(|i| (i * 37 + 5) % 320).collect();
    let engine = Arc::new(Engine::open(path, &EXACT).unwrap());
    Session::new(engine)
        .logits(&tokens, 0, &Cancel::new())
        .unwrap()
        .concat()
}

pub fn difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max)
}

/// What is added to the outputs of a part of a layer.
fn bias(layer: usize, part: usize) -> Vec<f32> {
    let value = |i: usize| ((i * 31 + part * 17 + layer * 7) % 23) as f32 / 46.0 - 0.25;
    (0..PARTS[part].2).map(value).collect()
}

/// A recorded model's folder with other settings and more tensors.
pub fn folder(
    inside: &Path,
    family: &str,
    change: impl FnOnce(&mut Value),
    more: &[(String, Vec<f32>)],
) -> PathBuf {
    let folder = inside.join(family);
    std::fs::create_dir(&folder).unwrap();
    for entry in std::fs::read_dir(fixture(family)).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
    }
    let mut config: Value =
        serde_json::from_slice(&std::fs::read(folder.join("config.json")).unwrap()).unwrap();
    change(&mut config);
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
    if more.is_empty() {
        return folder;
    }
    let weights = std::fs::read(fixture(family).join("model.safetensors")).unwrap();
    let recorded = SafeTensors::deserialize(&weights).unwrap();
    let bytes: Vec<Vec<u8>> = more
        .iter()
        .map(|(_, v)| v.iter().flat_map(|v| v.to_le_bytes()).collect())
        .collect();
    let mut tensors: HashMap<String, TensorView> = recorded
        .iter()
        .map(|(n, view)| (n.to_owned(), view))
        .collect();
    for ((name, values), bytes) in more.iter().zip(&bytes) {
        tensors.insert(
            name.clone(),
            TensorView::new(Dtype::F32, vec![values.len()], bytes).unwrap(),
        );
    }
    std::fs::write(
        folder.join("model.safetensors"),
        safetensors::serialize(tensors, None).unwrap(),
    )
    .unwrap();
    folder
}

/// The biases of the parts that `has` names, as a folder has them.
fn biases(has: impl Fn(usize) -> bool) -> Vec<(String, Vec<f32>)> {
    let parts = (0..LAYERS).flat_map(|layer| (0..PARTS.len()).map(move |part| (layer, part)));
    let named = |(layer, part): (usize, usize)| {
        (
            format!("model.layers.{layer}.{}.bias", PARTS[part].0),
            bias(layer, part),
        )
    };
    parts.filter(|(_, part)| has(*part)).map(named).collect()
}

/// The same in a Llama's GGUF, where the halves of a head of queries or keys alternate.
fn gguf(inside: &Path, has: impl Fn(usize) -> bool) -> PathBuf {
    let mut file = GgufFile::of_fixture("llama", GgmlDType::F32);
    for layer in 0..LAYERS {
        for (part, (_, name, rows)) in PARTS.iter().enumerate().filter(|(part, _)| has(*part)) {
            let plain = bias(layer, part);
            let turned = |r: usize| plain[r / HEAD * HEAD + r % 2 * (HEAD / 2) + r % HEAD / 2];
            let values = if part < 2 {
                (0..*rows).map(turned).collect()
            } else {
                plain.clone()
            };
            file.tensor(
                &format!("blk.{layer}.{name}.bias"),
                &[*rows],
                GgmlDType::F32,
                &values,
            );
        }
    }
    let path = inside.join("model.gguf");
    std::fs::write(&path, file.write().bytes).unwrap();
    path
}

fn with_biases(config: &mut Value) {
    (config["attention_bias"], config["mlp_bias"]) = (json!(true), json!(true));
}

#[test]
fn a_gguf_has_the_biases_of_its_folder() {
    let inside = tempfile::tempdir().unwrap();
    let want = logits(&folder(
        inside.path(),
        "llama",
        with_biases,
        &biases(|_| true),
    ));
    let found = logits(&gguf(inside.path(), |_| true));
    // As far as keys and values in f16 allow.
    assert!(
        difference(&found, &want) < 2e-3,
        "{}",
        difference(&found, &want)
    );
    assert!(
        difference(&found, &logits(&fixture("llama"))) > 0.1,
        "the biases change nothing"
    );
}

#[test]
fn each_single_bias_of_a_gguf_counts() {
    let plain = logits(&fixture("llama"));
    // What is added to a key turns with its position; like that of a query it changes what is
    // attended to.
    for (part, (name, ..)) in PARTS.iter().enumerate() {
        let inside = tempfile::tempdir().unwrap();
        let changed = difference(&logits(&gguf(inside.path(), |one| one == part)), &plain);
        assert!(changed > 1e-3, "{name}: {changed}");
    }
}

#[test]
fn the_switches_of_a_folder_agree_with_its_tensors() {
    let refused = |change: fn(&mut Value), has: fn(usize) -> bool| {
        let inside = tempfile::tempdir().unwrap();
        check(&folder(inside.path(), "llama", change, &biases(has)))
            .unwrap_err()
            .to_string()
    };
    let none = |_: &mut Value| {};
    assert!(refused(none, |part| part == 0).contains("self_attn.q_proj.bias"));
    assert!(refused(none, |part| part == 6).contains("mlp.down_proj.bias"));
    assert!(refused(with_biases, |part| part != 3).contains("self_attn.o_proj.bias is missing"));
    assert!(refused(with_biases, |part| part < 4).contains("mlp.gate_proj.bias is missing"));
}
