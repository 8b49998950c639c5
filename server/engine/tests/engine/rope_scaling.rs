//! Models whose RoPE is scaled. A GGUF spells a linear factor in three ways, and has YaRN's
//! settings under other names than a folder.

use std::path::Path;

use candle_core::quantized::GgmlDType;
use engine::{Engine, LoadOptions};
use serde_json::{Value, json};

use crate::fixture;
use crate::unusual::{difference, folder, logits};
use crate::write_gguf::GgufFile;

/// A recorded model as a GGUF with more settings.
fn scaled(family: &str, change: impl Fn(&mut GgufFile)) -> Vec<f32> {
    let inside = tempfile::tempdir().unwrap();
    let mut file = GgufFile::of_fixture(family, GgmlDType::F32);
    change(&mut file);
    let path = inside.path().join("model.gguf");
    std::fs::write(&path, file.write().bytes).unwrap();
    logits(&path)
}

#[test]
fn a_linear_factor_is_followed_whatever_its_key() {
    let inside = tempfile::tempdir().unwrap();
    let linear = |config: &mut Value| {
        config["rope_parameters"]["rope_type"] = json!("linear");
        config["rope_parameters"]["factor"] = json!(4.0);
    };
    let want = logits(&folder(inside.path(), "qwen2", linear, &[]));
    let plain = logits(&fixture("qwen2"));
    assert!(
        difference(&want, &plain) > 0.01,
        "the factor changes nothing"
    );
    let spelt: [&dyn Fn(&mut GgufFile); 3] = [
        &|file| {
            file.text("qwen2.rope.scaling.type", "linear");
            file.float("qwen2.rope.scaling.factor", 4.0);
        },
        &|file| file.float("qwen2.rope.scaling.factor", 4.0),
        &|file| file.float("qwen2.rope.scale_linear", 4.0),
    ];
    for (i, change) in spelt.into_iter().enumerate() {
        let found = scaled("qwen2", change);
        assert!(
            difference(&found, &want) < 1e-4,
            "spelling {i}: {}",
            difference(&found, &want)
        );
    }
    let without: [&dyn Fn(&mut GgufFile); 2] = [
        &|file| {
            file.text("qwen2.rope.scaling.type", "none");
            file.float("qwen2.rope.scaling.factor", 4.0);
        },
        &|file| file.float("qwen2.rope.scaling.factor", 0.0),
    ];
    for change in without {
        assert!(difference(&scaled("qwen2", change), &plain) < 1e-4);
    }
}

#[test]
fn a_factor_applies_as_well_as_divisors() {
    // The recorded Llama's file has a divisor for each frequency.
    let doubled = scaled("llama", |file| file.float("llama.rope.scaling.factor", 2.0));
    let plain = scaled("llama", |_| {});
    assert!(difference(&doubled, &plain) > 0.01);
}

/// The recorded Qwen2 as a folder with these RoPE settings.
fn with_rope(settings: Value) -> Result<Vec<f32>, String> {
    let inside = tempfile::tempdir().unwrap();
    let change = |config: &mut Value| {
        for (name, value) in settings.as_object().unwrap() {
            config["rope_parameters"][name] = value.clone();
        }
    };
    let path = folder(inside.path(), "qwen2", change, &[]);
    open(&path).map(|()| logits(&path))
}

fn open(path: &Path) -> Result<(), String> {
    let opened = Engine::open(path, &LoadOptions::default());
    opened.map(|_| ()).map_err(|error| error.to_string())
}

#[test]
fn a_gguf_scales_by_yarn_as_its_folder_does() {
    let yarn =
        json!({"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 4096});
    let want = with_rope(yarn.clone()).unwrap();
    let gguf = |more: &dyn Fn(&mut GgufFile)| {
        scaled("qwen2", |file| {
            file.text("qwen2.rope.scaling.type", "yarn");
            file.float("qwen2.rope.scaling.factor", 4.0);
            file.number("qwen2.rope.scaling.original_context_length", 4096);
            more(file);
        })
    };
    let off = difference(&gguf(&|_| ()), &want);
    assert!(off < 1e-4, "{off}");
    let linear = with_rope(json!({"rope_type": "linear", "factor": 4.0})).unwrap();
    assert!(difference(&want, &linear) > 1e-3);
    // Each setting counts, and means the same in both.
    for (name, key, value) in [
        ("attention_factor", "yarn_attn_factor", 1.5),
        ("beta_fast", "yarn_beta_fast", 4.0),
        ("beta_slow", "yarn_beta_slow", 8.0),
    ] {
        let mut settings = yarn.clone();
        settings[name] = json!(value);
        let changed = with_rope(settings).unwrap();
        assert!(difference(&changed, &want) > 1e-4, "{name}");
        let key = format!("qwen2.rope.scaling.{key}");
        let found = gguf(&|file| file.float(&key, value));
        assert!(difference(&found, &changed) < 1e-4, "{key}");
    }
    // As with an attention factor of 1: the tokens of a Ministral say so by a multiplier of 1.
    let plain = with_rope(json!({
        "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 4096,
        "mscale": 1.0, "mscale_all_dim": 1.0,
    }));
    let found = gguf(&|file| file.float("qwen2.rope.scaling.yarn_log_multiplier", 1.0));
    assert!(difference(&found, &plain.unwrap()) < 1e-4);
}

#[test]
fn long_contexts_have_divisors_of_their_own() {
    let lists = |short: f32, long: f32, original: usize| {
        with_rope(json!({
            "rope_type": "longrope", "short_factor": vec![short; 8], "long_factor": vec![long; 8],
            "original_max_position_embeddings": original, "attention_factor": 1.0,
        }))
    };
    let linear = with_rope(json!({"rope_type": "linear", "factor": 4.0})).unwrap();
    // The context of these tests has 512 tokens.
    assert!(difference(&lists(4.0, 1.0, 512).unwrap(), &linear) < 1e-4);
    assert!(difference(&lists(1.0, 4.0, 511).unwrap(), &linear) < 1e-4);
    assert!(difference(&lists(1.0, 4.0, 512).unwrap(), &linear) > 1e-3);
    for wrong in [json!([]), json!("4"), json!([1.0, 0.0]), json!([1.0, "2"])] {
        let error = with_rope(json!({
            "rope_type": "longrope", "short_factor": wrong, "long_factor": [1.0],
        }));
        assert!(error.unwrap_err().contains("short_factor"), "{wrong}");
    }
}

#[test]
fn scaling_that_makes_no_sense_is_refused() {
    for settings in [
        json!({"rope_type": "yarn"}),
        json!({"rope_type": "yarn", "factor": 0}),
        json!({"rope_type": "yarn", "factor": 2, "beta_fast": -1}),
        json!({"rope_type": "dynamic", "factor": 2}),
    ] {
        let error = with_rope(settings.clone()).unwrap_err();
        assert!(error.contains("RoPE scaling"), "{settings}: {error}");
    }
    let refused = |change: &dyn Fn(&mut GgufFile)| {
        let inside = tempfile::tempdir().unwrap();
        let mut file = GgufFile::of_fixture("qwen2", GgmlDType::F32);
        change(&mut file);
        let path = inside.path().join("model.gguf");
        std::fs::write(&path, file.write().bytes).unwrap();
        open(&path).unwrap_err()
    };
    let scaling = "qwen2.rope.scaling";
    assert!(refused(&|file| file.text(&format!("{scaling}.type"), "x")).contains("\"x\""));
    assert!(refused(&|file| file.float(&format!("{scaling}.factor"), -1.0)).contains("-1"));
    let wrong = refused(&|file| {
        file.text(&format!("{scaling}.type"), "yarn");
        file.float(&format!("{scaling}.yarn_beta_slow"), -1.0);
    });
    assert!(wrong.contains("yarn_beta_slow is -1"), "{wrong}");
    let both = refused(&|file| {
        file.float(&format!("{scaling}.factor"), 2.0);
        file.float(&format!("{scaling}.attn_factor"), 1.2);
    });
    assert!(both.contains("attn_factor"), "{both}");
}
