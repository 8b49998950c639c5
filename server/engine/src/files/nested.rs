//! A language model that is a part of a model with vision or audio: its settings and its tensors.
//!
//! `safetensors` uses both where `config.json` has a `text_config`. Names are those of
//! transformers.

use serde_json::Value;

/// What the names of the language model's tensors begin with, and begin with here.
const PREFIXES: &[(&str, &str)] = &[
    ("language_model.model.", "model."),
    ("language_model.lm_head.", "lm_head."),
    ("model.language_model.", "model."),
];
/// Parts that are not the language model.
const OTHER_PARTS: &[&str] = &[
    "model.visual.",
    "model.vision_",
    "model.audio_",
    "model.multi_modal_projector.",
    "model.embed_vision.",
    "model.embed_audio.",
    "model.connector.",
];

/// Whether the language model is a part of this model.
pub fn is_nested(config: &Value) -> bool {
    config["text_config"].is_object()
}

/// The settings of the language model: its own, and those of the whole that it does not have.
pub fn settings(config: Value) -> Value {
    let Some(own) = config["text_config"].as_object().cloned() else {
        return config;
    };
    let mut settings = config;
    let architectures = settings["architectures"].clone();
    if let Some(all) = settings.as_object_mut() {
        all.remove("text_config");
        all.extend(own.into_iter().filter(|(_, value)| !value.is_null()));
        // The tensors have the layout of the whole.
        all.insert("architectures".to_owned(), architectures);
    }
    settings
}

/// The name that a tensor of the language model has in a model of its own; `None` for others.
pub fn name(name: &str) -> Option<String> {
    for (prefix, here) in PREFIXES {
        if let Some(rest) = name.strip_prefix(prefix) {
            return Some(format!("{here}{rest}"));
        }
    }
    let own = name.starts_with("model.") || name.starts_with("lm_head.");
    let other = OTHER_PARTS.iter().any(|part| name.starts_with(part));
    (own && !other).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tensors_of_the_language_model_are_called_as_in_a_model_of_its_own() {
        for (inside, own) in [
            ("language_model.model.norm.weight", "model.norm.weight"),
            ("language_model.lm_head.weight", "lm_head.weight"),
            ("model.language_model.norm.weight", "model.norm.weight"),
            (
                "model.layers.0.mlp.up_proj.weight",
                "model.layers.0.mlp.up_proj.weight",
            ),
            ("lm_head.weight", "lm_head.weight"),
        ] {
            assert_eq!(name(inside).as_deref(), Some(own));
        }
        for other in [
            "vision_tower.x.weight",
            "model.visual.blocks.0.weight",
            "model.vision_tower.x.weight",
            "multi_modal_projector.weight",
            "mtp.fc.weight",
        ] {
            assert_eq!(name(other), None);
        }
    }

    #[test]
    fn settings_of_the_whole_are_kept_where_the_part_has_none() {
        let config = json!({
            "architectures": ["Whole"], "tie_word_embeddings": true, "hidden_size": 1,
            "text_config": {"architectures": ["Part"], "hidden_size": 64, "rope_scaling": null},
        });
        assert!(is_nested(&config));
        let own = json!({
            "architectures": ["Whole"], "tie_word_embeddings": true, "hidden_size": 64,
        });
        assert_eq!(settings(config), own);
        let plain = json!({"architectures": ["Plain"]});
        assert!(!is_nested(&plain));
        assert_eq!(settings(plain.clone()), plain);
    }
}
