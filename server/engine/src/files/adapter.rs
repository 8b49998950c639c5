//! Reads a LoRA adapter (arXiv 2106.09685): for some matrices of a model, two small ones whose
//! product is added to them.
//!
//! An adapter is a GGUF, as llama.cpp's convert_lora_to_gguf.py writes it, or a folder of PEFT with
//! `adapter_config.json` and `adapter_model.safetensors`. Here its matrices get the names of a
//! GGUF's tensors; whether a model can use them all is known when it has been loaded.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use serde_json::Value;

use super::gguf::Gguf;
use super::kind::refused;
use super::low_rank::{Adapter, LowRank};
use super::safetensors::{parse, shard_tensors};
use super::tensors::TensorNames;
use super::{MappedFile, RawTensor};
use crate::LoadError;

const MAX_CONFIG: u64 = 1 << 20;
/// Columns of the small matrices at most.
const MAX_RANK: usize = 1024;
/// What PEFT puts before the names of a model's own tensors.
const PREFIX: &str = "base_model.model.";

/// What an adapter must know of the model that it changes.
#[derive(Clone, Copy)]
pub struct BaseModel<'a> {
    /// The architecture's name in a GGUF.
    pub architecture: &'static str,
    /// The names of its tensors in a folder.
    pub names: TensorNames,
    /// Whether its file has the rows of queries and keys in the order of a folder.
    pub has_folder_rows: bool,
    /// The matrices that an adapter may change, and their shapes.
    pub matrices: &'a [(String, [usize; 2])],
}

/// The two small matrices of a part while the file is read.
#[derive(Default)]
struct Pair<'a> {
    a: Option<RawTensor<'a>>,
    b: Option<RawTensor<'a>>,
}

/// Reads the adapter at `path` for a model.
pub fn open(path: &Path, base: BaseModel) -> Result<Adapter, LoadError> {
    let is_weights = path.file_name().is_some_and(|name| name == WEIGHTS);
    let folder = match path.parent().filter(|_| is_weights) {
        Some(folder) => folder,
        None => path,
    };
    if matches!(path.try_exists(), Ok(false)) {
        return Err(LoadError::Missing(path.to_path_buf()));
    }
    let parts = match folder.is_dir() {
        true => read_folder(folder, base)?,
        false => read_gguf(path, base)?,
    };
    if parts.is_empty() {
        return refused("it changes nothing; name another adapter, or none");
    }
    let adapter = Adapter::new(path.to_path_buf(), parts);
    adapter.check(base.matrices)?;
    Ok(adapter)
}

/// The name of the weights in a folder of PEFT.
const WEIGHTS: &str = "adapter_model.safetensors";

fn read_gguf(path: &Path, base: BaseModel) -> Result<BTreeMap<String, LowRank>, LoadError> {
    let file = MappedFile::map(path)?;
    let gguf = Gguf::read(&file)?;
    if gguf.text("general.type") != Some("adapter") || gguf.text("adapter.type") != Some("lora") {
        return refused("it is not a LoRA adapter");
    }
    let own = gguf.text("general.architecture").unwrap_or_default();
    if own != base.architecture {
        return refused(format!(
            "it was made for a {own} model, and this is a {} model; name the model that it was \
             made for",
            base.architecture
        ));
    }
    if gguf.array("adapter.alora.invocation_tokens").is_some() {
        return refused("it acts only after certain tokens, which nigh does not support");
    }
    let alpha = gguf.number("adapter.lora.alpha").unwrap_or_default();
    let (tensors, summary) = gguf.tensors()?;
    let mut pairs: BTreeMap<String, Pair> = BTreeMap::new();
    for tensor in &summary {
        let raw = tensors.named(&tensor.name).cloned();
        let pair = |end: &str| Some(tensor.name.strip_suffix(end)?.to_owned());
        if let Some(name) = pair(".weight.lora_a") {
            pairs.entry(name).or_default().a = raw;
        } else if let Some(name) = pair(".weight.lora_b") {
            pairs.entry(name).or_default().b = raw;
        } else {
            return refused(format!(
                "it holds {}, which is not a part of a LoRA adapter",
                tensor.name
            ));
        }
    }
    // No alpha means that the product is taken as it is.
    let factor = |rank: usize| match alpha {
        0.0 => 1.0,
        alpha => alpha / rank as f64,
    };
    join(pairs, factor)
}

fn read_folder(folder: &Path, base: BaseModel) -> Result<BTreeMap<String, LowRank>, LoadError> {
    let config = parse(&folder.join("adapter_config.json"), MAX_CONFIG)?;
    check_config(&config)?;
    if !base.has_folder_rows {
        return refused(
            "it is a folder, and this model is a GGUF whose rows have another order; convert the \
             adapter with llama.cpp's convert_lora_to_gguf.py",
        );
    }
    let file = MappedFile::map(&folder.join(WEIGHTS))?;
    let mut pairs: BTreeMap<String, Pair> = BTreeMap::new();
    for (name, raw) in shard_tensors(&file)? {
        let own = name.strip_prefix(PREFIX).unwrap_or(&name);
        let (own, is_a) = match own.strip_suffix(".lora_A.weight") {
            Some(own) => (own, true),
            None => (own.strip_suffix(".lora_B.weight").unwrap_or(own), false),
        };
        let is_same = |(matrix, _): &&(String, [usize; 2])| {
            let in_folder = base.names.in_file(&format!("{matrix}.weight"));
            in_folder.is_some_and(|in_folder| in_folder.strip_suffix(".weight") == Some(own))
        };
        let Some((matrix, _)) = base.matrices.iter().find(is_same) else {
            let name: String = name.chars().take(200).collect();
            return refused(format!(
                "it holds {name}, which nigh cannot change in this model; merge the adapter into \
                 the model"
            ));
        };
        let pair = pairs.entry(matrix.clone()).or_default();
        *(if is_a { &mut pair.a } else { &mut pair.b }) = Some(raw);
    }
    let alpha = config["lora_alpha"].as_f64().unwrap_or(8.0);
    let is_stable = config["use_rslora"].as_bool() == Some(true);
    let factor = |rank: usize| match is_stable {
        true => alpha / (rank as f64).sqrt(),
        false => alpha / rank as f64,
    };
    join(pairs, factor)
}

/// Refuses the kinds of adapter that add more than a product of two matrices.
fn check_config(config: &Value) -> Result<(), LoadError> {
    let is_set = |name: &str| match &config[name] {
        Value::Bool(flag) => *flag,
        Value::Object(map) => !map.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Null => false,
        _ => true,
    };
    let kind = config["peft_type"].as_str().unwrap_or("LORA");
    let bias = config["bias"].as_str().unwrap_or("none");
    let unread = [
        "use_dora",
        "alpha_pattern",
        "fan_in_fan_out",
        "modules_to_save",
    ];
    let unread = unread.into_iter().find(|name| is_set(name));
    let what = match (kind, bias, unread) {
        ("LORA", "none", None) => return Ok(()),
        ("LORA", "none", Some(unread)) => format!("it uses {unread}"),
        ("LORA", bias, _) => format!("it changes biases ({bias})"),
        (kind, ..) => format!("its kind is {kind}"),
    };
    refused(format!(
        "{what}, which nigh does not support; merge the adapter into the model"
    ))
}

/// Checks the pairs, and multiplies the second matrices with the factor for their rank.
fn join(
    pairs: BTreeMap<String, Pair>,
    factor: impl Fn(usize) -> f64,
) -> Result<BTreeMap<String, LowRank>, LoadError> {
    let damaged =
        |name: &str| LoadError::Damaged(format!("it lacks two matching matrices for {name}"));
    let mut parts = BTreeMap::new();
    for (name, pair) in pairs {
        let (Some(a), Some(b)) = (pair.a, pair.b) else {
            return Err(damaged(&name));
        };
        let (&[rank, columns], &[rows, other]) = (a.shape.as_slice(), b.shape.as_slice()) else {
            return Err(damaged(&name));
        };
        if rank != other || rank > MAX_RANK {
            return Err(damaged(&name));
        }
        let factor = factor(rank) as f32;
        let mut b = b.to_f32()?;
        b.iter_mut().for_each(|value| *value *= factor);
        let a = a.to_f32()?;
        if !a.iter().chain(&b).all(|value| value.is_finite()) {
            return Err(LoadError::Damaged(format!(
                "{name} holds values that are not numbers"
            )));
        }
        let part = LowRank {
            a,
            b,
            rank,
            rows,
            columns,
            is_used: AtomicBool::new(false),
        };
        parts.insert(name, part);
    }
    Ok(parts)
}
