//! Sound files and folders that cannot be used: each is refused for what it is, is not called
//! damaged, and says what to do.

use std::path::Path;

use candle_core::quantized::GgmlDType;
use engine::{Engine, LoadError, LoadOptions, check};
use serde_json::{Value, json};

use crate::fixture;
use crate::write_gguf::GgufFile;

fn refusal(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    std::fs::write(&path, bytes).unwrap();
    sound(check(&path).unwrap_err())
}

/// The message, which does not call anything damaged.
fn sound(error: LoadError) -> String {
    let message = error.to_string();
    assert!(!message.contains("damaged"), "{message}");
    message
}

/// A recorded model as a GGUF, changed.
fn changed(change: impl FnOnce(&mut GgufFile)) -> String {
    let mut file = GgufFile::of_fixture("qwen3", GgmlDType::F32);
    change(&mut file);
    refusal(&file.write().bytes)
}

#[track_caller]
fn says(message: &str, words: &[&str]) {
    for word in words {
        assert!(message.contains(word), "{word:?} is not in: {message}");
    }
}

#[test]
fn other_kinds_of_gguf_are_named() {
    let general = |key: &'static str, value: &'static str| changed(|file| file.text(key, value));
    says(
        &general("general.type", "adapter"),
        &["LoRA adapter", "--adapter"],
    );
    says(&general("adapter.type", "lora"), &["LoRA adapter"]);
    says(
        &general("general.type", "mmproj"),
        &["vision projector", "model's own file"],
    );
    says(
        &changed(|file| file.set_text("general.architecture", "clip")),
        &["vision projector"],
    );
    says(&general("general.type", "imatrix"), &["importance matrix"]);
    let split = changed(|file| {
        file.number("split.no", 1);
        file.number("split.count", 3);
        file.retain(|name| name != "token_embd.weight");
    });
    says(&split, &["part 2 of 3", "NAME-00001-of-00003.gguf"]);
    says(
        &changed(|file| file.retain(|_| false)),
        &["vocabulary only"],
    );
}

#[test]
fn embedding_models_and_rerankers_are_named() {
    for pooling in [1, 2, 3] {
        let message = changed(|file| file.number("qwen3.pooling_type", pooling));
        says(
            &message,
            &["embedding model: no completion", "trained for completion"],
        );
    }
    says(
        &changed(|file| file.number("qwen3.pooling_type", 4)),
        &["reranker: no completion"],
    );
    says(
        &changed(|file| file.flag("qwen3.attention.causal", false)),
        &["embedding model: no completion"],
    );
    says(
        &changed(|file| file.set_text("general.architecture", "bert")),
        &["embedding model: no completion"],
    );
    let sound = |change: &dyn Fn(&mut GgufFile)| {
        let mut file = GgufFile::of_fixture("qwen3", GgmlDType::F32);
        change(&mut file);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.gguf");
        std::fs::write(&path, file.write().bytes).unwrap();
        check(&path).unwrap();
    };
    sound(&|file| file.number("qwen3.pooling_type", 0));
    sound(&|file| file.flag("qwen3.attention.causal", true));
}

#[test]
fn architectures_are_called_as_people_call_them() {
    let named = |name: &'static str| changed(|file| file.set_text("general.architecture", name));
    says(
        &named("gemma4"),
        &[
            "Gemma 4 (gemma4) is not supported",
            "use another model, such as",
            "Qwen2.5-Coder",
            "nigh model recommend",
        ],
    );
    says(
        &named("falcon-h1"),
        &["Falcon (falcon-h1)", "not supported"],
    );
    says(
        &named("gpt9"),
        &["\"gpt9\" is not supported", "Qwen2.5-Coder"],
    );
}

#[test]
fn types_are_named_after_the_architecture_is_known() {
    let stored = |kind: u32| changed(|file| file.retype("blk.0.attn_q.weight", kind));
    says(
        &stored(36),
        &[
            "IQ4_NL_4_4",
            "blk.0.attn_q.weight",
            "Q4_K_M",
            "Q8_0",
            "IQ4_XS",
        ],
    );
    says(&stored(31), &["Q4_0_4_4"]);
    says(&stored(28), &["F64"]);
    says(&stored(u32::MAX), &["not known"]);
    says(&stored(99), &["not known (99)"]);
    let both = changed(|file| {
        file.retype("blk.0.attn_q.weight", 28);
        file.retype("blk.1.attn_q.weight", 31);
    });
    says(&both, &["F64, Q4_0_4_4"]);
    let other = changed(|file| {
        file.set_text("general.architecture", "gemma4");
        file.retype("blk.0.attn_q.weight", 31);
    });
    says(&other, &["Gemma 4 (gemma4) is not supported"]);
}

#[test]
fn files_that_are_no_gguf_are_named() {
    says(
        &refusal(b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n"),
        &["Git LFS", "git lfs pull"],
    );
    says(&refusal(b"\n<!DOCTYPE html><html></html>"), &["web page"]);
    says(
        &refusal(b"PK\x03\x04 and so on"),
        &["zip archive", "PyTorch"],
    );
    let shard = std::fs::read(fixture("qwen3").join("model.safetensors")).unwrap();
    says(&refusal(&shard), &["safetensors", "folder"]);
    let missing = sound(check(Path::new("/nowhere/model.gguf")).unwrap_err());
    says(&missing, &["no file or folder /nowhere/model.gguf"]);
    assert_eq!(missing.matches("nowhere").count(), 1, "{missing}");
}

/// The refusal of a folder with these files.
fn folder(files: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    sound(check(folder.path()).unwrap_err())
}

#[test]
fn folders_of_another_layout_are_explained() {
    says(&folder(&[]), &["no config.json", "GGUF file"]);
    says(
        &folder(&[("a.gguf", ""), ("b.gguf", "")]),
        &["GGUF files", "a.gguf, b.gguf"],
    );
    says(
        &folder(&[
            ("snapshots/0a1b/config.json", "{}"),
            ("snapshots/0a1c/config.json", "{}"),
        ]),
        &["several revisions", "0a1b, 0a1c"],
    );
    says(
        &folder(&[("adapter_config.json", "{}"), ("config.json", "{}")]),
        &["LoRA adapter"],
    );
    says(
        &folder(&[("config.json", "{}"), ("pytorch_model.bin", "")]),
        &["model.safetensors", "pytorch_model.bin"],
    );
    says(
        &folder(&[("config.json", "{}"), ("consolidated.safetensors", "")]),
        &["consolidated.safetensors"],
    );
    says(
        &folder(&[
            ("config.json", "{}"),
            ("model.safetensors", ""),
            ("vocab.json", "{}"),
        ]),
        &["no tokenizer.json", "AutoTokenizer"],
    );
}

/// A recorded folder with other settings, or with one more file.
fn settings(change: impl FnOnce(&mut Value), more: &[&str]) -> String {
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(fixture("llama")).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, copy.path().join(path.file_name().unwrap())).unwrap();
    }
    let config = copy.path().join("config.json");
    let mut json: Value = serde_json::from_slice(&std::fs::read(&config).unwrap()).unwrap();
    change(&mut json);
    std::fs::write(config, json.to_string()).unwrap();
    more.iter()
        .for_each(|name| std::fs::write(copy.path().join(name), "[]").unwrap());
    check(copy.path()).unwrap_err().to_string()
}

#[test]
fn folders_of_other_uses_and_types_are_explained() {
    says(
        &settings(|_| {}, &["modules.json"]),
        &["embedding model: no completion"],
    );
    let awq = json!({"quant_method": "awq", "bits": 4});
    says(
        &settings(|config| config["quantization_config"] = awq, &[]),
        &["quantised with awq", "Q4_K_M"],
    );
    says(
        &settings(|config| config["quantization"] = json!({"bits": 4}), &[]),
        &["quantised with MLX"],
    );
    let nested = json!(["Qwen3_5MoeForConditionalGeneration"]);
    says(
        &settings(|config| config["architectures"] = nested, &[]),
        &[
            "Qwen3.5 as a mixture of experts, as a folder (Qwen3_5MoeForConditionalGeneration) is not supported",
        ],
    );
}

#[test]
fn unsupported_settings_are_refused() {
    for (key, value) in [
        ("embedding_scale", 12.0),
        ("residual_scale", 0.22),
        ("attention.scale", 0.0156),
        ("logit_scale", 8.0),
        ("final_logit_softcapping", 30.0),
    ] {
        says(
            &changed(|file| file.float(&format!("qwen3.{key}"), value)),
            &[key, "does not support"],
        );
    }
    says(
        &changed(|file| file.number("qwen3.expert_count", 4)),
        &["mixture of experts"],
    );
    for (key, value) in [
        ("embedding_multiplier", json!(12.0)),
        ("attention_multiplier", json!(0.0156)),
        ("logits_scaling", json!(8)),
        ("num_local_experts", json!(8)),
        (
            "layer_types",
            json!(["full_attention", "sliding_attention"]),
        ),
    ] {
        let word = match key {
            "layer_types" => "sliding_attention",
            "num_local_experts" => "a mixture of experts",
            _ => key,
        };
        says(
            &settings(|config| config[key] = value, &[]),
            &[word, "does not support"],
        );
    }
    says(
        &settings(
            |config| config["rope_parameters"] = json!({"factor": 4.0}),
            &[],
        ),
        &["factor, without a type"],
    );
}

#[test]
fn the_vocabulary_is_as_large_as_the_settings_say() {
    let error = settings(|config| config["vocab_size"] = json!(319), &[]);
    says(&error, &["vocab_size is 319", "320 rows"]);
    let mut file = GgufFile::of_fixture("qwen3", GgmlDType::F32);
    file.number("qwen3.vocab_size", 400);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    std::fs::write(&path, file.write().bytes).unwrap();
    says(
        &check(&path).unwrap_err().to_string(),
        &["vocab_size is 400", "320 rows"],
    );
}

#[test]
fn unused_tensors_are_refused_by_name() {
    let with =
        |name: &'static str| changed(|file| file.tensor(name, &[64], GgmlDType::F32, &[0.1; 64]));
    for name in [
        "blk.0.attn_sinks.weight",
        "blk.1.post_attention_norm.weight",
        "blk.2.attn_norm.weight",
        "cls.weight",
    ] {
        says(&with(name), &[name]);
    }
    says(&with("blk.0.attn_norm.bias"), &["blk.0.attn_norm.bias"]);
    // Queries, keys and values are one tensor or three, not both.
    says(&with("blk.0.attn_qkv.weight"), &["blk.0.attn_k.weight"]);
}

#[test]
fn weights_that_are_not_numbers_are_refused() {
    for dtype in [GgmlDType::F32, GgmlDType::Q8_0] {
        let mut bytes = GgufFile::of_fixture("qwen3", dtype).write().bytes;
        // In the middle are matrices; 100 bytes hold a whole weight, or the scale of a block.
        let middle = bytes.len() / 2;
        bytes[middle..middle + 100].fill(0xff);
        let error = Engine::from_bytes(bytes.leak(), &LoadOptions::default()).unwrap_err();
        assert!(
            error.to_string().contains("weights that are not numbers"),
            "{dtype:?}: {error}"
        );
    }
}
