//! Weights of a folder in floats of eight bits, whose factors are tensors of their own.
//!
//! `folder_kind` asks whether they are such, `safetensors` puts the factors to their tensors. Names
//! are those of DeepSeek-V3 and transformers (`fp8`), of compressed-tensors and of ModelOpt.

use std::collections::HashMap;

use serde_json::Value;

use super::dtype::FormatDecoder;
use super::{RawTensor, weight_scale};
use crate::LoadError;

/// What follows a part's name in the name of its factors.
const FACTORS: &[&str] = &["weight_scale_inv", "weight_scale", "qscale_weight"];
/// What follows it in names of factors of activations, which are not rounded to such floats here.
const OF_ACTIVATIONS: &[&str] = &[
    "input_scale",
    "activation_scale",
    "qscale_act",
    "k_scale",
    "v_scale",
];

/// Whether the weights that `config.json` calls quantised are such floats.
pub fn is_read(config: &Value) -> bool {
    let how = &config["quantization_config"];
    let format = how["format"].as_str().unwrap_or_default();
    match how["quant_method"].as_str() {
        Some("fp8") => true,
        Some("compressed-tensors") => format == "float-quantized",
        Some("modelopt") => how["quant_algo"] == "FP8",
        _ => false,
    }
}

/// Puts the factors to the tensors of floats of eight bits.
pub fn put_factors(
    tensors: &mut HashMap<String, RawTensor>,
    config: &Value,
) -> Result<(), LoadError> {
    let is_float8 = |(_, raw): &(&String, &RawTensor)| raw.format.decoder == FormatDecoder::F8E4M3;
    let part = |(name, _): (&String, &RawTensor)| name.strip_suffix(".weight").map(str::to_owned);
    let parts: Vec<String> = tensors.iter().filter(is_float8).filter_map(part).collect();
    if parts.is_empty() {
        return Ok(());
    }
    let block = block(config);
    for part in parts {
        let name = format!("{part}.weight");
        for factors in FACTORS {
            let factors = tensors.remove(&format!("{part}.{factors}"));
            if let (Some(factors), Some(raw)) = (factors, tensors.get_mut(&name)) {
                raw.set_scale(&name, &factors, block)?;
            }
        }
    }
    tensors.retain(|name, _| !OF_ACTIVATIONS.iter().any(|end| name.ends_with(end)));
    Ok(())
}

/// Rows and columns that share a factor.
fn block(config: &Value) -> [usize; 2] {
    let side = |i: usize| config["quantization_config"]["weight_block_size"][i].as_u64();
    match (side(0), side(1)) {
        (Some(rows), Some(cols)) => [rows, cols].map(|side| side.min(1 << 20) as usize),
        _ => weight_scale::BLOCK,
    }
}
