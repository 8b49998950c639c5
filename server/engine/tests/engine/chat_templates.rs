//! Where the chat template of a model is found, and where its special tokens are in a text.

use std::fs;
use std::path::Path;

use candle_core::quantized::GgmlDType;
use engine::Tokenizer;

use crate::fixture;
use crate::write_gguf::GgufFile;

fn template(path: &Path) -> Option<String> {
    let tokenizer = Tokenizer::open(path).unwrap();
    tokenizer.chat_template().map(str::to_owned)
}

#[test]
fn a_folder_has_it_in_its_settings_or_in_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    for file in fs::read_dir(fixture("qwen3")).unwrap() {
        let file = file.unwrap().path();
        fs::copy(&file, path.join(file.file_name().unwrap())).unwrap();
    }
    assert_eq!(template(path), None);
    for (settings, expected) in [
        (r#"{"chat_template": "one"}"#, Some("one")),
        (
            r#"{"chat_template": [{"name": "tool_use", "template": "two"},
                {"name": "default", "template": "three"}]}"#,
            Some("three"),
        ),
        (
            r#"{"chat_template": [{"name": "rag", "template": "four"}]}"#,
            None,
        ),
        (r#"{"chat_template": 5}"#, None),
        (r#"{"chat_template": " "}"#, None),
        ("{", None),
    ] {
        fs::write(path.join("tokenizer_config.json"), settings).unwrap();
        assert_eq!(template(path).as_deref(), expected, "{settings}");
    }
    fs::write(path.join("chat_template.jinja"), "five").unwrap();
    assert_eq!(template(path).as_deref(), Some("five"));
    let huge = "x".repeat((256 << 10) + 1);
    fs::write(path.join("chat_template.jinja"), huge).unwrap();
    assert_eq!(template(path), None, "a template that large is none");
}

#[test]
fn a_gguf_has_it_in_its_metadata() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chat.gguf");
    let mut file = GgufFile::of_fixture("qwen3", GgmlDType::F32);
    file.text("tokenizer.chat_template", "{{ messages }}");
    fs::write(&path, file.write().bytes).unwrap();
    assert_eq!(template(&path).as_deref(), Some("{{ messages }}"));
}

#[test]
fn special_tokens_are_found_in_a_text_of_the_model() {
    let tokenizer = Tokenizer::open(&fixture("qwen3")).unwrap();
    let text = "a<|fim_prefix|><|fim_middle|>\u{e9}<|other|><|endoftext|";
    let found = tokenizer.find_specials(text);
    let spelt: Vec<&str> = found.into_iter().map(|range| &text[range]).collect();
    assert_eq!(spelt, ["<|fim_prefix|>", "<|fim_middle|>"]);
    assert!(tokenizer.find_specials("").is_empty());
}
