//! What cannot or must not be quantised: existing files, the source itself, and models that a GGUF
//! cannot express.

use engine::{QuantizeError, QuantizeOptions, check};

use crate::fixture;
use crate::quantizing::{logits, options, relative, run, wide_model};

#[test]
fn nothing_is_overwritten_by_default_and_no_partial_file_remains() {
    let folder = tempfile::tempdir().unwrap();
    let source = wide_model(folder.path());
    let files = || std::fs::read_dir(folder.path()).unwrap().count();
    let out = folder.path().join("out.gguf");
    std::fs::write(&out, "mine").unwrap();
    assert!(matches!(
        run(&source, &out, &options("Q8_0")).1,
        Err(QuantizeError::Exists(_))
    ));
    assert_eq!(std::fs::read(&out).unwrap(), b"mine");
    let forced = QuantizeOptions {
        force: true,
        ..options("Q8_0")
    };
    assert!(matches!(
        run(&source, &source, &forced).1,
        Err(QuantizeError::OverSource(_))
    ));
    assert!(matches!(
        run(&source, folder.path(), &forced).1,
        Err(QuantizeError::Folder(_))
    ));
    let inside = fixture("qwen3").join("config.json");
    assert!(matches!(
        run(&fixture("qwen3"), &inside, &forced).1,
        Err(QuantizeError::OverSource(_))
    ));
    let little = QuantizeOptions {
        calibration: vec!["few words".into()],
        force: true,
        ..options("Q4_K")
    };
    assert!(matches!(
        run(&source, &out, &little).1,
        Err(QuantizeError::LittleText { .. })
    ));
    assert_eq!(std::fs::read(&out).unwrap(), b"mine");
    // A weight that is not a number is found while the file is being written.
    let mut bytes = std::fs::read(&source).unwrap();
    let end = bytes.len();
    bytes[end - 4 * 300_000..end - 4 * 300_000 + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    let damaged = folder.path().join("damaged.gguf");
    std::fs::write(&damaged, bytes).unwrap();
    let count = files();
    assert!(matches!(
        run(&damaged, &folder.path().join("new.gguf"), &forced).1,
        Err(QuantizeError::Numbers(_))
    ));
    assert_eq!(files(), count);
    run(&source, &out, &forced).1.unwrap();
    assert!(check(&out).is_ok());
    assert_eq!(files(), count);
}

/// A copy of a recorded folder with a change of one of its JSON files.
fn changed(
    family: &str,
    file: &str,
    change: impl FnOnce(&mut serde_json::Value),
) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(fixture(family)).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    let path = folder.path().join(file);
    let mut json = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    change(&mut json);
    std::fs::write(&path, json.to_string()).unwrap();
    folder
}

#[test]
fn what_a_gguf_cannot_express_is_refused() {
    let refused = |folder: tempfile::TempDir, expected: &str| {
        let out = folder.path().join("out.gguf");
        let error = run(folder.path(), &out, &options("Q8_0"))
            .1
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected) && !out.exists(), "{error}");
    };
    let split = |pattern: &str| {
        serde_json::json!({"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": false},
            {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false},
        ]})
    };
    refused(
        changed("qwen3", "tokenizer.json", |json| {
            json["pre_tokenizer"] = split(r"\s+")
        }),
        "no name for the way",
    );
    let lowercase = serde_json::json!({"type": "Lowercase"});
    refused(
        changed("qwen3", "tokenizer.json", |json| {
            json["normalizer"] = lowercase
        }),
        "split text differently",
    );
    refused(
        changed("llama", "tokenizer.json", |json| {
            json["pre_tokenizer"] = serde_json::Value::Null
        }),
        "byte-level",
    );
    let linear = serde_json::json!({"rope_type": "linear", "factor": 2.0});
    refused(
        changed("qwen3", "config.json", |json| {
            json["rope_parameters"] = linear.clone()
        }),
        "RoPE scaling",
    );
    // A GGUF can express a Llama's scaling.
    let folder = changed("llama", "config.json", |json| {
        json["rope_parameters"] = linear
    });
    let out = tempfile::tempdir().unwrap().path().join("out.gguf");
    std::fs::create_dir_all(out.parent().unwrap()).unwrap();
    run(folder.path(), &out, &options("Q8_0")).1.unwrap();
    assert!(relative(&logits(&out), &logits(folder.path())) < 0.05);
    std::fs::remove_dir_all(out.parent().unwrap()).unwrap();
}

#[test]
fn known_pre_tokenizers_are_named() {
    let qwen = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    let step = |step: &str| serde_json::json!({"type": step, "individual_digits": true, "add_prefix_space": false, "trim_offsets": true});
    let split = serde_json::json!({"type": "Split", "pattern": {"Regex": qwen}, "behavior": "Isolated", "invert": false});
    let bytes = serde_json::json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false});
    for (steps, pre) in [
        (vec![split, bytes], "qwen2"),
        (vec![step("Digits"), step("ByteLevel")], "starcoder"),
    ] {
        let steps = serde_json::json!({"type": "Sequence", "pretokenizers": steps});
        let folder = changed("qwen2", "tokenizer.json", |json| {
            json["pre_tokenizer"] = steps;
            json["normalizer"] = serde_json::json!({"type": "NFC"});
        });
        let out = folder.path().join("out.gguf");
        run(folder.path(), &out, &options("Q8_0")).1.unwrap();
        let bytes = std::fs::read(&out).unwrap();
        let key = b"tokenizer.ggml.pre";
        let at = bytes.windows(key.len()).position(|w| w == key).unwrap() + key.len() + 12;
        assert_eq!(&bytes[at..at + pre.len()], pre.as_bytes());
    }
}
