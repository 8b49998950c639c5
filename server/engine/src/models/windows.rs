//! Which layers attend to a window of the last tokens, and how wide it is.
//!
//! Names are those of transformers' configurations and of llama.cpp's `llama-arch.cpp`.

use serde_json::Value;

use super::{Config, RopeConfig};
use crate::LoadError;
use crate::files::RawConfig;

/// Layers of this kind attend to a window.
const WINDOWED: &str = "sliding_attention";
/// Layers of this kind attend to everything.
const FULL: &str = "full_attention";

/// The positions that a token in a window attends to, its own included.
pub fn window(settings: &RawConfig) -> Result<Option<usize>, LoadError> {
    match settings.number("sliding_window") {
        None | Some(0.0) => Ok(None),
        Some(_) => settings
            .size("sliding_window", None, 1..=16_777_216)
            .map(Some),
    }
}

/// Gives a window to all layers.
pub fn set_all(settings: &RawConfig, config: &mut Config) -> Result<(), LoadError> {
    let window = window(settings)?;
    config
        .layers
        .iter_mut()
        .for_each(|layer| layer.window = window);
    Ok(())
}

/// Gives a window to all layers but each `period`th, or to those that the file names.
pub fn set_periodic(
    settings: &RawConfig,
    config: &mut Config,
    window: Option<usize>,
    period: usize,
) -> Result<(), LoadError> {
    let period = settings.size("sliding_window_pattern", Some(period), 1..=512)?;
    set(settings, config, window, |i| i % period < period - 1)
}

/// Qwen's: where windows are switched on, the layers from `max_window_layers` on have one.
pub fn set_upper(settings: &RawConfig, config: &mut Config) -> Result<(), LoadError> {
    if !settings.flag("use_sliding_window", false) {
        return Ok(());
    }
    let window = window(settings)?;
    let layers = config.num_hidden_layers;
    let first = settings.size("max_window_layers", Some(layers), 0..=512)?;
    set(settings, config, window, |i| i >= first)
}

/// Rotates queries and keys in another way in the layers that have a window.
pub fn rotate_apart(config: &mut Config, rope: RopeConfig) {
    let number = config.ropes.len();
    config.ropes.push(rope);
    let windowed = config
        .layers
        .iter_mut()
        .filter(|layer| layer.window.is_some());
    windowed.for_each(|layer| layer.rope = Some(number));
}

/// Gives a window to the layers that the file names, or else to those that `is_usual` says.
fn set(
    settings: &RawConfig,
    config: &mut Config,
    window: Option<usize>,
    is_usual: impl Fn(usize) -> bool,
) -> Result<(), LoadError> {
    let listed = listed(settings)?;
    for (i, layer) in config.layers.iter_mut().enumerate() {
        let is_windowed = match &listed {
            Some(layers) => layers.get(i).copied().unwrap_or(false),
            None => is_usual(i),
        };
        layer.window = window.filter(|_| is_windowed);
    }
    Ok(())
}

/// For each layer whether it has a window, where the file lists them.
fn listed(settings: &RawConfig) -> Result<Option<Vec<bool>>, LoadError> {
    if let Some(flags) = settings.gguf_flags("attention.sliding_window_pattern") {
        return Ok(Some(flags));
    }
    let Some(kinds) = settings.json("layer_types").and_then(Value::as_array) else {
        return Ok(None);
    };
    let is_windowed = |kind: &Value| match kind.as_str() {
        Some(WINDOWED) => Ok(true),
        Some(FULL) => Ok(false),
        _ => Err(LoadError::Unsupported(format!(
            "it has layers of the type {kind}, which nigh does not support; use another model"
        ))),
    };
    kinds
        .iter()
        .map(is_windowed)
        .collect::<Result<_, _>>()
        .map(Some)
}
