//! What a user may set, with its defaults; one struct per section, checked when it arrives.
//!
//! Settings come from the command line, from `initializationOptions` and from `workspace/didChangeConfiguration`, never
//! from a file of the workspace. What decides which model runs (`model`) is read once, at the start: an editor merges a
//! workspace's own settings into later ones, and a repository must not choose what runs on its reader's machine.

use serde::Deserialize;
use serde_json::Value;
use std::path::PathBuf;

/// All settings.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Settings {
    /// Which model runs and with what.
    pub model: ModelSettings,
    /// When and how much is completed.
    pub completion: CompletionSettings,
}

/// Which model runs and with what.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct ModelSettings {
    /// A `.gguf` file or a folder with safetensors; the embedded model if absent.
    pub path: Option<PathBuf>,
    /// Threads for the model; 0 lets the engine choose.
    pub threads: usize,
    /// Tokens a prompt may take; 0 means the default.
    pub prompt_tokens: usize,
}

/// When and how much is completed.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct CompletionSettings {
    /// Whether anything is completed.
    pub enabled: bool,
    /// Language ids in which nothing is completed.
    pub disabled_languages: Vec<String>,
    /// Completions less certain than this (0 to 1) are shown only when asked for by hand.
    pub min_confidence: f32,
    /// The most tokens of a completion that ends with its line.
    pub line_tokens: usize,
    /// The most tokens of a completion that fills a block.
    pub block_tokens: usize,
}

impl Default for CompletionSettings {
    fn default() -> Self {
        let limits = features::Limits::default();
        Self {
            enabled: true,
            disabled_languages: Vec::new(),
            min_confidence: 0.35,
            line_tokens: limits.line_tokens,
            block_tokens: limits.block_tokens,
        }
    }
}

impl Settings {
    /// Reads settings as an editor sends them, bare or under the key `nigh`. The error tells which one is wrong.
    pub fn from_json(value: &Value) -> Result<Self, String> {
        let section = value.get("nigh").unwrap_or(value);
        if section.is_null() {
            return Ok(Self::default());
        }
        let settings: Self = serde_json::from_value(section.clone())
            .map_err(|error| format!("the settings of nigh were not taken over: {error}"))?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), String> {
        let completion = &self.completion;
        let between = |name: &str, value: usize, low: usize, high: usize| {
            let message = format!("`{name}` must be between {low} and {high}, not {value}");
            if (low..=high).contains(&value) { Ok(()) } else { Err(message) }
        };
        between("completion.lineTokens", completion.line_tokens, 1, 512)?;
        between("completion.blockTokens", completion.block_tokens, 1, 2048)?;
        between("model.threads", self.model.threads, 0, 256)?;
        between("model.promptTokens", self.model.prompt_tokens, 0, 65536)?;
        if !(0.0..=1.0).contains(&completion.min_confidence) {
            return Err(format!(
                "`completion.minConfidence` must be between 0 and 1, not {}",
                completion.min_confidence
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_come_bare_or_under_their_name() {
        for value in [json!({"completion": {"enabled": false}}), json!({"nigh": {"completion": {"enabled": false}}})] {
            assert!(!Settings::from_json(&value).unwrap().completion.enabled);
        }
        assert_eq!(Settings::from_json(&Value::Null), Ok(Settings::default()));
    }

    #[test]
    fn a_wrong_setting_is_named() {
        for (value, named) in [
            (json!({"completion": {"enable": true}}), "enable"),
            (json!({"completion": {"minConfidence": 2}}), "completion.minConfidence"),
            (json!({"completion": {"lineTokens": 0}}), "completion.lineTokens"),
            (json!([1, 2]), "settings"),
        ] {
            let error = Settings::from_json(&value).unwrap_err();
            assert!(error.contains(named), "{error}");
        }
    }
}
