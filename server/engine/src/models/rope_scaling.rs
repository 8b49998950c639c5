//! How a file scales RoPE, from the keys of a GGUF or from `config.json`.
//!
//! Keys and defaults are those of llama.cpp (`llama-model.cpp`, `llama-context.cpp`) and of
//! transformers (`modeling_rope_utils`). Kinds of scaling that are not known are refused.

use serde_json::Value;

use crate::LoadError;
use crate::files::RawConfig;
use crate::layers::{LongRope, Scaling, Yarn};

/// Turns between which YaRN interpolates unless a file says otherwise.
const BETAS: [f32; 2] = [32.0, 1.0];
/// Most divisors of a list: half the widest head.
const MAX_DIVISORS: usize = 4096;

/// A rotation of queries and keys.
#[derive(Clone, Debug)]
pub struct RopeConfig {
    pub theta: f32,
    pub scaling: Scaling,
}

/// The scaling that a file asks for.
pub fn read(settings: &RawConfig) -> Result<Scaling, LoadError> {
    if settings.is_gguf() {
        return of_gguf(settings);
    }
    match rope(settings) {
        Some(rope) => of_json(settings, rope),
        None => Ok(Scaling::None),
    }
}

/// The settings of RoPE: `rope_parameters` in new checkpoints, `rope_scaling` in older ones. Where
/// layers differ, those of the layers that attend to everything.
pub fn rope<'a>(settings: &'a RawConfig) -> Option<&'a Value> {
    let rope = settings
        .json("rope_parameters")
        .or_else(|| settings.json("rope_scaling"))?;
    Some(rope.get("full_attention").unwrap_or(rope))
}

/// The rotation of layers that attend to a window, where a folder has one of their own.
pub fn windowed(settings: &RawConfig) -> Result<Option<RopeConfig>, LoadError> {
    let all = settings.json("rope_parameters");
    let Some(rope) = all.and_then(|all| all.get("sliding_attention")) else {
        return Ok(None);
    };
    let theta = number_or(rope, "rope_theta", 10_000.0)?;
    let scaling = of_json(settings, rope)?;
    Ok(Some(RopeConfig { theta, scaling }))
}

fn unsupported(what: impl Into<String>) -> LoadError {
    LoadError::Unsupported(what.into())
}

fn is_valid(value: f64) -> bool {
    value > 0.0 && value < 1e9
}

/// A GGUF's scaling as llama.cpp reads it: linear unless another type is named, with the factor
/// under its current name or that of 2023. The divisors of LongRoPE are tensors, which are not
/// read here.
fn of_gguf(settings: &RawConfig) -> Result<Scaling, LoadError> {
    let factor = settings
        .value("rope.scaling.factor")
        .or_else(|| settings.value("rope.scale_linear"))
        .filter(|factor| *factor != 0.0)
        .unwrap_or(1.0);
    if !is_valid(factor) {
        let what = format!("RoPE scaling by the factor {factor}");
        return Err(LoadError::Damaged(what));
    }
    let length = settings.value("rope.scaling.attn_factor");
    let length = length.filter(|length| *length != 0.0).unwrap_or(1.0);
    let kind = settings.gguf_text("rope.scaling.type").unwrap_or("linear");
    match kind {
        "yarn" => gguf_yarn(settings, factor as f32),
        "longrope" => gguf_long_rope(settings, length),
        "linear" if length != 1.0 && factor == 1.0 => gguf_long_rope(settings, length),
        "linear" | "none" if length != 1.0 => Err(unsupported(
            "RoPE scaling with an attention factor (rope.scaling.attn_factor), whose type is neither \
             yarn nor longrope",
        )),
        "none" => Ok(Scaling::None),
        "linear" if factor == 1.0 => Ok(Scaling::None),
        "linear" => Ok(Scaling::Linear(factor as f32)),
        kind => Err(unsupported(format!(
            "RoPE scaling of the type {kind:?} in a GGUF; linear, yarn and longrope are supported"
        ))),
    }
}

/// The divisors are tensors of the file, for the family to add; without them all are 1.
fn gguf_long_rope(settings: &RawConfig, length: f64) -> Result<Scaling, LoadError> {
    let original = settings
        .value("rope.scaling.original_context_length")
        .or_else(|| settings.value("context_length"))
        .unwrap_or(2048.0);
    if !is_valid(original) || !is_valid(length) {
        let what = format!("RoPE scaling from {original} positions by {length}");
        return Err(LoadError::Damaged(what));
    }
    Ok(Scaling::LongRope(LongRope {
        short: Vec::new(),
        long: Vec::new(),
        original: original as usize,
        attention_factor: length as f32,
    }))
}

fn gguf_yarn(settings: &RawConfig, factor: f32) -> Result<Scaling, LoadError> {
    let number = |key: &str, default: f64| match settings.value(&format!("rope.scaling.{key}")) {
        None => Ok(default as f32),
        Some(value) if is_valid(value) => Ok(value as f32),
        Some(value) => {
            let what = format!("RoPE scaling whose {key} is {value}");
            Err(LoadError::Damaged(what))
        }
    };
    let context = settings.value("context_length").unwrap_or(2048.0);
    // DeepSeek-V2 has a tenth there, and both of its lengths are the same.
    let is_deepseek = settings.architecture()? == "deepseek2";
    let times = settings
        .value("rope.scaling.yarn_log_multiplier")
        .filter(|times| *times != 0.0);
    let length = match times {
        Some(_) if is_deepseek => 1.0,
        Some(times) => {
            Yarn::attention_factor(factor, 1.0) / Yarn::attention_factor(factor, times as f32)
        }
        None => number(
            "yarn_attn_factor",
            Yarn::attention_factor(factor, 1.0).into(),
        )?,
    };
    Ok(Scaling::Yarn(Yarn {
        factor,
        original: number("original_context_length", context)?,
        beta_fast: number("yarn_beta_fast", BETAS[0].into())?,
        beta_slow: number("yarn_beta_slow", BETAS[1].into())?,
        truncate: true,
        attention_factor: length * number("attn_factor", 1.0)?,
    }))
}

fn of_json(settings: &RawConfig, rope: &Value) -> Result<Scaling, LoadError> {
    let number = |name: &str| number(rope, name);
    let kind = rope["rope_type"].as_str().or_else(|| rope["type"].as_str());
    match kind {
        None if rope["factor"].as_f64().is_some_and(|factor| factor != 1.0) => {
            Err(unsupported("RoPE scaling by a factor, without a type"))
        }
        None | Some("default") => Ok(Scaling::None),
        Some("linear") => Ok(Scaling::Linear(number("factor")?)),
        Some("yarn") => json_yarn(settings, rope),
        Some("longrope" | "su") => json_long_rope(settings, rope),
        Some("llama3") => {
            let low = number("low_freq_factor")?;
            let high = number("high_freq_factor")?;
            if low >= high {
                return Err(LoadError::Damaged(
                    "RoPE scaling with low_freq_factor not below high_freq_factor".into(),
                ));
            }
            let original = number("original_max_position_embeddings")?;
            Ok(Scaling::Llama3 {
                factor: number("factor")?,
                low,
                high,
                original,
            })
        }
        Some(kind) => Err(unsupported(format!(
            "RoPE scaling of the type {kind:?}; linear, llama3, yarn and longrope are supported"
        ))),
    }
}

fn number(rope: &Value, name: &str) -> Result<f32, LoadError> {
    match rope[name].as_f64() {
        Some(value) if is_valid(value) => Ok(value as f32),
        _ => Err(LoadError::Damaged(format!(
            "RoPE scaling without a valid {name}"
        ))),
    }
}

/// A number, or `default` where there is none.
fn number_or(rope: &Value, name: &str, default: f32) -> Result<f32, LoadError> {
    match rope[name].is_null() {
        true => Ok(default),
        false => number(rope, name),
    }
}

/// The positions that a model was first trained on: named with the scaling, or next to it.
fn original(settings: &RawConfig, rope: &Value) -> Result<f32, LoadError> {
    let name = "original_max_position_embeddings";
    let outside = settings
        .number(name)
        .or_else(|| settings.number("max_position_embeddings"));
    number_or(rope, name, outside.unwrap_or(2048.0) as f32)
}

fn json_yarn(settings: &RawConfig, rope: &Value) -> Result<Scaling, LoadError> {
    let factor = number(rope, "factor")?;
    let times = ["mscale", "mscale_all_dim"].map(|name| rope[name].as_f64().unwrap_or_default());
    let length = match times.map(|times| Yarn::attention_factor(factor, times as f32)) {
        [own, all] if !times.contains(&0.0) => own / all,
        _ => Yarn::attention_factor(factor, 1.0),
    };
    Ok(Scaling::Yarn(Yarn {
        factor,
        original: original(settings, rope)?,
        beta_fast: number_or(rope, "beta_fast", BETAS[0])?,
        beta_slow: number_or(rope, "beta_slow", BETAS[1])?,
        truncate: rope["truncate"].as_bool().unwrap_or(true),
        attention_factor: number_or(rope, "attention_factor", length)?,
    }))
}

fn json_long_rope(settings: &RawConfig, rope: &Value) -> Result<Scaling, LoadError> {
    let list = |name: &str| -> Result<Vec<f32>, LoadError> {
        let wrong = || LoadError::Damaged(format!("RoPE scaling without a valid {name}"));
        let values = rope[name].as_array().ok_or_else(wrong)?;
        let values: Vec<f32> = values
            .iter()
            .filter_map(Value::as_f64)
            .filter(|value| is_valid(*value))
            .map(|value| value as f32)
            .collect();
        let is_whole = rope[name].as_array().map(Vec::len) == Some(values.len());
        let fits = is_whole && (1..=MAX_DIVISORS).contains(&values.len());
        fits.then_some(values).ok_or_else(wrong)
    };
    let original = original(settings, rope)?;
    let context = settings.number("max_position_embeddings");
    let factor = number_or(rope, "factor", context.unwrap_or(2048.0) as f32 / original)?;
    let length = match factor > 1.0 {
        true => (1.0 + factor.ln() / original.ln()).sqrt(),
        false => 1.0,
    };
    Ok(Scaling::LongRope(LongRope {
        short: list("short_factor")?,
        long: list("long_factor")?,
        original: original as usize,
        attention_factor: number_or(rope, "attention_factor", length)?,
    }))
}
