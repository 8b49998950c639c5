//! Reads the sizes of recurrent layers, and which layers are recurrent.
//!
//! Names are those of llama.cpp's `llama-arch.cpp` and of transformers' configurations.

use serde_json::Value;

use super::Config;
use super::recurrent_config::{DeltaNetConfig, Mamba2Config, RecurrentConfig};
use crate::LoadError;
use crate::files::RawConfig;

/// Reads a gated DeltaNet's sizes.
pub fn delta_net(settings: &RawConfig) -> Result<DeltaNetConfig, LoadError> {
    let key_heads = settings.size("linear_num_key_heads", None, 1..=1024)?;
    let value_heads = settings.size("linear_num_value_heads", None, 1..=1024)?;
    let key_dim = settings.size("linear_key_head_dim", None, 1..=256)?;
    let value_dim = value_dim(settings, "linear_value_head_dim", value_heads)?;
    if !value_heads.is_multiple_of(key_heads) {
        return Err(LoadError::Damaged(format!(
            "{value_heads} value heads cannot share {key_heads} key heads evenly"
        )));
    }
    Ok(DeltaNetConfig {
        key_heads,
        value_heads,
        key_dim,
        value_dim,
        taps: settings.size("linear_conv_kernel_dim", None, 2..=16)?,
        are_heads_in_rounds: false,
        is_folder: !settings.is_gguf(),
    })
}

/// Reads a Mamba 2 layer's sizes.
pub fn mamba2(settings: &RawConfig) -> Result<Mamba2Config, LoadError> {
    let heads = settings.size("mamba_n_heads", None, 1..=1024)?;
    let groups = settings.size("mamba_n_groups", None, 1..=heads)?;
    let value_dim = value_dim(settings, "mamba_d_head", heads)?;
    if !heads.is_multiple_of(groups) {
        return Err(LoadError::Damaged(format!(
            "{heads} heads cannot share {groups} groups evenly"
        )));
    }
    Ok(Mamba2Config {
        heads,
        value_dim,
        key_dim: settings.size("mamba_d_state", None, 1..=1024)?,
        groups,
        taps: settings.size("mamba_d_conv", None, 2..=16)?,
    })
}

/// Values of a head: of a GGUF, the width of all heads divided by their number.
fn value_dim(settings: &RawConfig, name: &str, heads: usize) -> Result<usize, LoadError> {
    if !settings.is_gguf() {
        return settings.size(name, None, 1..=1024);
    }
    let all = settings.size("recurrent_width", None, heads..=1 << 18)?;
    match all.is_multiple_of(heads) {
        true => Ok(all / heads),
        false => Err(LoadError::Damaged(format!(
            "{heads} heads cannot share {all} values evenly"
        ))),
    }
}

/// Makes all layers recurrent but each `period`th, or those that the file names.
pub fn set_periodic(
    settings: &RawConfig,
    config: &mut Config,
    recurrent: RecurrentConfig,
    period: usize,
) -> Result<(), LoadError> {
    let period = settings.size("full_attention_interval", Some(period), 1..=512)?;
    let kinds = settings.json("layer_types").and_then(Value::as_array);
    let recurrent_kind = |kind: &Value| kind.as_str() == Some("linear_attention");
    let of_folder = kinds.map(|kinds| kinds.iter().map(recurrent_kind).collect());
    let listed = settings.gguf_flags("attention.recurrent_layers");
    let listed: Option<Vec<bool>> = listed.or(of_folder);
    for (i, layer) in config.layers.iter_mut().enumerate() {
        layer.is_recurrent = match &listed {
            Some(flags) => flags.get(i).copied().unwrap_or(false),
            None => (i + 1) % period != 0,
        };
    }
    config.recurrent = Some(recurrent);
    Ok(())
}

/// Makes the layers recurrent that have no heads of keys and values, as a GGUF lists them.
pub fn set_by_heads(
    settings: &RawConfig,
    config: &mut Config,
    recurrent: RecurrentConfig,
) -> Result<(), LoadError> {
    let missing = || LoadError::Damaged("it does not list which layers have attention".into());
    let heads = settings
        .gguf_numbers("attention.head_count_kv")
        .filter(|heads| heads.len() >= config.layers.len())
        .ok_or_else(missing)?;
    let most = heads.iter().copied().fold(0.0, f64::max);
    let is_odd = |heads: &f64| *heads != 0.0 && *heads != most;
    if !(1.0..=1024.0).contains(&most) || most.fract() != 0.0 || heads.iter().any(is_odd) {
        return Err(LoadError::Unsupported(
            "layers with different numbers of key/value heads".into(),
        ));
    }
    config.num_key_value_heads = most as usize;
    for (layer, heads) in config.layers.iter_mut().zip(heads) {
        layer.is_recurrent = heads == 0.0;
    }
    config.recurrent = Some(recurrent);
    Ok(())
}
