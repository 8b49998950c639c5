//! Models as people have them: split into files, as the only file of a folder, in a download cache,
//! part of a model with vision. All give the logits of the model in one file or folder.

use std::collections::HashMap;
use std::path::Path;

use candle_core::quantized::GgmlDType;
use engine::{Tokenizer, check};
use safetensors::tensor::SafeTensors;
use serde_json::{Value, json};

use crate::fixture;
use crate::unusual::{difference, logits};
use crate::write_gguf::GgufFile;

/// Writes the parts under their names.
fn write(folder: &Path, parts: &[GgufFile]) {
    for (number, part) in parts.iter().enumerate() {
        let name = name(number, parts.len());
        std::fs::write(folder.join(name), part.write().bytes).unwrap();
    }
}

fn name(number: usize, count: usize) -> String {
    format!("tiny-{:05}-of-{count:05}.gguf", number + 1)
}

#[test]
fn a_split_model_is_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    let whole = GgufFile::of_fixture("qwen3", GgmlDType::F32);
    let one = folder.path().join("whole.gguf");
    std::fs::write(&one, whole.write().bytes).unwrap();
    let want = logits(&one);
    let parts = folder.path().join("parts");
    std::fs::create_dir(&parts).unwrap();
    write(&parts, &whole.split(3));
    for path in [
        parts.clone(),
        parts.join(name(0, 3)),
        parts.join(name(2, 3)),
    ] {
        assert_eq!(difference(&logits(&path), &want), 0.0, "{path:?}");
        let tokens = Tokenizer::open(&path).unwrap().vocab_size();
        assert_eq!(tokens, Tokenizer::open(&one).unwrap().vocab_size());
    }
    let found = check(&parts).unwrap();
    assert_eq!(found.tensors.len(), check(&one).unwrap().tensors.len());
    assert_eq!(found.info.name, "tiny qwen3");
}

/// The refusal of these parts, called `name`.
fn refusal(parts: &[GgufFile]) -> String {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), parts);
    let first = folder.path().join(name(0, parts.len()));
    check(&first).unwrap_err().to_string()
}

#[test]
fn parts_that_do_not_belong_together_are_refused() {
    let whole = GgufFile::of_fixture("qwen3", GgmlDType::F32);
    let swapped = || {
        let mut parts = whole.split(3);
        parts.swap(1, 2);
        parts
    };
    assert!(refusal(&swapped()).contains("the file named part 2 of 3 is part 3 of 3"));
    let few = |count: u32| {
        let mut parts = whole.split(2);
        parts[0].set_number("split.tensors.count", count);
        refusal(&parts)
    };
    assert!(few(9).contains("should hold 9"));
    let mut twice = whole.split(2);
    let again = twice[0].tensors[0].clone();
    twice[1].tensors.push(again);
    twice[0].set_number("split.tensors.count", whole.tensors.len() as u32 + 1);
    assert!(refusal(&twice).contains("occurs twice"));
    let single = vec![whole.clone(), whole.split(2)[1].clone()];
    assert!(refusal(&single).contains("part 1 of 2 is part 1 of 1"));
}

#[test]
fn a_model_is_found_in_its_folder_and_its_cache() {
    let inside = tempfile::tempdir().unwrap();
    let cache = inside.path().join("models--tiny--qwen3");
    let snapshot = cache.join("snapshots/0a1b");
    std::fs::create_dir_all(&snapshot).unwrap();
    let file = GgufFile::of_fixture("qwen3", GgmlDType::F32).write().bytes;
    std::fs::write(snapshot.join("tiny.gguf"), file).unwrap();
    std::fs::write(snapshot.join("README.md"), "").unwrap();
    let want = logits(&snapshot.join("tiny.gguf"));
    for path in [&cache, &snapshot] {
        assert_eq!(difference(&logits(path), &want), 0.0, "{path:?}");
    }
}

/// The recorded Qwen3 as part of a model: its settings are nested, its tensors have a prefix.
fn nested(folder: &Path, prefix: &str, change: fn(&mut Value)) {
    let recorded = fixture("qwen3");
    let read = |name: &str| std::fs::read(recorded.join(name)).unwrap();
    let own: Value = serde_json::from_slice(&read("config.json")).unwrap();
    let mut config = json!({
        "architectures": own["architectures"], "text_config": own, "vision_config": {"depth": 2},
    });
    change(&mut config);
    std::fs::write(folder.join("config.json"), config.to_string()).unwrap();
    std::fs::write(folder.join("tokenizer.json"), read("tokenizer.json")).unwrap();
    let weights = read("model.safetensors");
    let recorded = SafeTensors::deserialize(&weights).unwrap();
    let mut tensors: HashMap<String, _> = HashMap::new();
    for (name, view) in recorded.iter() {
        let name = match prefix {
            "model.language_model." => name.replace("model.", prefix),
            _ => format!("{prefix}{name}"),
        };
        tensors.insert(name, view);
    }
    let vision = recorded.tensor("model.norm.weight").unwrap();
    tensors.insert("vision_tower.norm.weight".into(), vision.clone());
    tensors.insert("model.visual.norm.weight".into(), vision);
    let bytes = safetensors::serialize(tensors, None).unwrap();
    std::fs::write(folder.join("model.safetensors"), bytes).unwrap();
}

#[test]
fn the_language_model_of_a_model_with_vision_is_read() {
    let want = logits(&fixture("qwen3"));
    for prefix in ["language_model.", "model.language_model."] {
        let folder = tempfile::tempdir().unwrap();
        nested(folder.path(), prefix, |_| ());
        assert_eq!(difference(&logits(folder.path()), &want), 0.0, "{prefix}");
    }
    let folder = tempfile::tempdir().unwrap();
    nested(folder.path(), "other.", |_| ());
    let error = check(folder.path()).unwrap_err().to_string();
    assert!(error.contains("no token embedding"), "{error}");
}
