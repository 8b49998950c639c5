//! Malicious folders: shards outside, impossible sizes, tokenizers made to break their reader.

use std::path::Path;
use std::time::{Duration, Instant};

use engine::{LoadError, Tokenizer, check};
use serde_json::{Value, json};

use crate::{fixture, memory};

/// A copy of a recorded model, changed.
struct Copy {
    folder: tempfile::TempDir,
}

impl Copy {
    fn of(family: &str) -> Copy {
        let folder = tempfile::tempdir().unwrap();
        for entry in std::fs::read_dir(fixture(family)).unwrap() {
            let path = entry.unwrap().path();
            std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
        Copy { folder }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&std::fs::read(self.path(name)).unwrap()).unwrap()
    }

    fn change(self, name: &str, change: impl FnOnce(&mut Value)) -> Copy {
        let mut json = self.json(name);
        change(&mut json);
        std::fs::write(self.path(name), json.to_string()).unwrap();
        self
    }

    fn check(&self) -> Result<(), LoadError> {
        within_bounds(|| check(self.folder.path()).map(|_| ()))
    }
}

fn within_bounds<T>(work: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let (result, peak) = memory::peak(work);
    assert!(
        begin.elapsed() < Duration::from_secs(2),
        "{:?}",
        begin.elapsed()
    );
    assert!(peak < 256 << 20, "{peak} bytes");
    result
}

#[test]
fn shards_are_plain_names() {
    for name in [
        "../../etc/passwd",
        "/etc/passwd",
        "a/b.safetensors",
        "..",
        ".",
        "",
        "C:\\x",
        "a\\b",
        "x\0y",
    ] {
        let copy = Copy::of("qwen2").change("model.safetensors.index.json", |index| {
            index["weight_map"]["model.norm.weight"] = json!(name);
        });
        let error = copy.check().unwrap_err().to_string();
        assert!(error.contains("plain file name"), "{name:?}: {error}");
    }
    for wrong in [json!(null), json!([]), json!({"model.norm.weight": 5})] {
        let copy = Copy::of("qwen2").change("model.safetensors.index.json", |index| {
            index["weight_map"] = wrong
        });
        assert!(copy.check().is_err());
    }
}

#[test]
fn settings_are_checked() {
    let wrong = [
        ("hidden_size", json!(0)),
        ("hidden_size", json!(-64)),
        ("hidden_size", json!(1e300)),
        ("hidden_size", json!(65)),
        ("num_hidden_layers", json!(100_000_000)),
        ("num_attention_heads", json!(0)),
        ("num_attention_heads", json!(7)),
        ("num_key_value_heads", json!(3)),
        ("head_dim", json!(1)),
        ("head_dim", json!(1u64 << 40)),
        ("intermediate_size", json!("96")),
        ("max_position_embeddings", json!(0)),
        ("rms_norm_eps", json!(-1)),
        (
            "rope_parameters",
            json!({"rope_type": "yarn", "rope_theta": 1e6}),
        ),
        (
            "rope_parameters",
            json!({"rope_type": "llama3", "rope_theta": 1e6, "factor": 0}),
        ),
        ("rope_parameters", json!({"rope_theta": -5})),
        ("architectures", json!(["Nobody"])),
        ("architectures", json!(5)),
        ("hidden_act", json!("gelu")),
        ("tie_word_embeddings", json!(false)),
    ];
    for (name, value) in wrong {
        let copy = Copy::of("qwen3").change("config.json", |config| config[name] = value.clone());
        assert!(copy.check().is_err(), "{name}: {value}");
    }
    let long =
        Copy::of("qwen3").change("config.json", |config| config["rms_norm_eps"] = json!(null));
    long.check().unwrap();
}

#[test]
fn safetensors_headers_are_checked() {
    let sound = std::fs::read(fixture("qwen3").join("model.safetensors")).unwrap();
    let mut cases: Vec<Vec<u8>> = (0..sound.len())
        .step_by(4999)
        .map(|len| sound[..len].to_vec())
        .collect();
    for length in [0, 1, 7, 1 << 20, 1 << 32, u64::MAX] {
        let mut bytes = sound.clone();
        bytes[..8].copy_from_slice(&u64::to_le_bytes(length));
        cases.push(bytes);
    }
    let header = |json: Value| {
        let json = json.to_string();
        [
            &(json.len() as u64).to_le_bytes()[..],
            json.as_bytes(),
            &[0; 64],
        ]
        .concat()
    };
    let tensor = |shape: Value, offsets: Value| json!({"x": {"dtype": "F32", "shape": shape, "data_offsets": offsets}});
    cases.push(header(tensor(json!([4, 4]), json!([0, 1u64 << 40]))));
    cases.push(header(tensor(json!([1u64 << 62, 16]), json!([0, 64]))));
    cases.push(header(tensor(json!([-1]), json!([0, 64]))));
    cases.push(header(tensor(json!([16]), json!([64, 0]))));
    for bytes in cases {
        let copy = Copy::of("qwen3");
        std::fs::write(copy.path("model.safetensors"), &bytes).unwrap();
        assert!(copy.check().is_err(), "{} bytes", bytes.len());
    }
}

fn tokenizer(change: impl FnOnce(&mut Value)) -> Result<Tokenizer, LoadError> {
    let copy = Copy::of("qwen3").change("tokenizer.json", change);
    within_bounds(|| Tokenizer::open(copy.folder.path()))
}

#[test]
fn tokenizers_made_to_break_their_reader_are_refused() {
    let wrong: Vec<(&str, &str, Value)> = vec![
        ("model", "type", json!("Unigram")),
        ("model", "vocab", json!({"a": -1})),
        ("model", "vocab", json!({"a": 4_000_000_000u64})),
        ("model", "vocab", json!([["a", 1]])),
        ("model", "merges", json!(["ab"])),
        ("model", "merges", json!([[1, 2]])),
        ("model", "continuing_subword_prefix", json!("##########")),
        ("model", "end_of_word_suffix", json!("</w>")),
        (
            "",
            "added_tokens",
            json!([{"id": 4_000_000_000u64, "content": "x", "special": false}]),
        ),
        ("", "added_tokens", json!([{"id": 1}])),
        (
            "",
            "normalizer",
            json!({"type": "Precompiled", "precompiled_charsmap": "AAAA"}),
        ),
        (
            "",
            "normalizer",
            json!({"type": "Replace", "pattern": {"String": "a"}, "content": "a".repeat(1000)}),
        ),
        (
            "",
            "normalizer",
            json!({"type": "Sequence", "normalizers": vec![json!({"type": "Prepend", "prepend": "a"}); 40]}),
        ),
        (
            "",
            "pre_tokenizer",
            json!({"type": "Split", "pattern": {"Regex": "(("}, "behavior": "Isolated", "invert": false}),
        ),
        (
            "",
            "pre_tokenizer",
            json!({"type": "Split", "pattern": {"Regex": "((((a{99}){99}){99}){99}){99}"}, "behavior": "Isolated", "invert": false}),
        ),
        (
            "",
            "pre_tokenizer",
            json!({"type": "FixedLength", "length": 0}),
        ),
        ("", "pre_tokenizer", json!(5)),
    ];
    for (part, name, value) in wrong {
        let result = tokenizer(|json| {
            if part.is_empty() {
                json[name] = value.clone()
            } else {
                json[part][name] = value.clone()
            }
        });
        assert!(
            result.is_err(),
            "{name}: {}",
            value.to_string().chars().take(80).collect::<String>()
        );
    }
    let copy = Copy::of("qwen3");
    for text in [
        "[".repeat(100_000),
        "{\"a\":".repeat(50_000),
        String::new(),
        "[0,".repeat(6_000_000),
    ] {
        std::fs::write(copy.path("tokenizer.json"), text).unwrap();
        assert!(within_bounds(|| Tokenizer::open(copy.folder.path())).is_err());
    }
}

#[test]
fn what_is_not_used_cannot_harm() {
    let tokenizer = tokenizer(|json| {
        json["padding"] = json!({"strategy": {"Fixed": 1u64 << 40}, "direction": "Right", "pad_to_multiple_of": null,
            "pad_id": 0, "pad_type_id": 0, "pad_token": "x"});
        json["truncation"] =
            json!({"max_length": 0, "stride": 5, "strategy": "LongestFirst", "direction": "Right"});
        json["post_processor"] =
            json!({"type": "TemplateProcessing", "single": [], "pair": [], "special_tokens": {}});
        json["model"]["dropout"] = json!(0.9);
        let mut long = vec![json!(["a".repeat(1000), "b".repeat(1000)])];
        long.extend(json["model"]["merges"].as_array().unwrap().clone());
        json["model"]["merges"] = json!(long);
    });
    let tokenizer = tokenizer.unwrap();
    let reference = Tokenizer::open(&fixture("qwen3")).unwrap();
    let text = "def café(x):\r\n\treturn  x*10\n".repeat(200);
    let ids = within_bounds(|| tokenizer.encode(&text));
    assert_eq!(ids, reference.encode(&text));
}

#[test]
fn a_regex_that_gives_up_still_encodes() {
    let tokenizer = tokenizer(|json| {
        json["pre_tokenizer"] = json!({"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": "(?=(a+)+\\1b)a"}, "behavior": "Isolated", "invert": false},
            {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false}]});
    });
    let tokenizer = tokenizer.unwrap();
    let text = "a".repeat(40);
    let ids = tokenizer.encode(&text);
    assert_eq!(tokenizer.decode(&ids), text);
}

#[test]
fn a_folder_without_its_files_is_refused() {
    for missing in ["config.json", "tokenizer.json", "model.safetensors"] {
        let copy = Copy::of("qwen3");
        std::fs::remove_file(copy.path(missing)).unwrap();
        let error = copy.check().unwrap_err().to_string();
        assert!(error.contains(missing), "{error}");
    }
    assert!(check(Path::new("/nowhere/at/all")).is_err());
}
