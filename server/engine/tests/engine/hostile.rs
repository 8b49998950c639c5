//! GGUF files that are truncated, malicious or randomly corrupted: a clear error in under a second,
//! little memory, no panic.
//!
//! A mutation that happens to leave a sound file must give a model that runs.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use candle_core::quantized::GgmlDType;
use engine::{Cancel, Engine, GenerateOptions, LoadError, LoadOptions, Session, check};
use proptest::prelude::*;

use crate::memory;
use crate::write_gguf::{GgufFile, WrittenGguf};

/// More than a valid file of this size takes; far less than any false field asks for.
const MAX_MEMORY: usize = 64 << 20;

fn base() -> WrittenGguf {
    GgufFile::of_fixture("qwen3", GgmlDType::Q8_0).write()
}

/// Opens the bytes as a file, and runs the model if there is one. Panics if it takes too long or
/// too much.
fn survive(bytes: &[u8], what: &str) -> Result<(), LoadError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    std::fs::write(&path, bytes).unwrap();
    let begin = Instant::now();
    let (result, peak) = memory::peak(|| {
        let checked = check(&path).map(|_| ());
        let opened = Engine::open(
            &path,
            &LoadOptions {
                threads: 1,
                ..Default::default()
            },
        );
        assert!(
            checked.is_err() <= opened.is_err(),
            "{what}: opened, though check refused it"
        );
        opened
    });
    assert!(
        begin.elapsed() < Duration::from_secs(2),
        "{what}: {:?}",
        begin.elapsed()
    );
    assert!(peak < MAX_MEMORY, "{what}: {peak} bytes");
    let engine = result?;
    engine
        .tokenizer()
        .encode("def f(x):\n\treturn 'é🦙'  # <|fim_middle|>");
    let options = GenerateOptions {
        max_tokens: 2,
        ..Default::default()
    };
    let last = engine.info().vocab_size as u32 - 1;
    // Weights that are not numbers give an error here, which is an answer too.
    let _ =
        Session::new(Arc::new(engine)).generate(&[1, last], &options, &Cancel::new(), &mut |_| {
            ControlFlow::Continue(())
        });
    Ok(())
}

#[test]
fn a_sound_file_opens() {
    survive(&base().bytes, "sound").unwrap();
}

#[test]
fn a_file_cut_short_is_refused() {
    let base = base();
    let header = (0..base.data).step_by(97);
    let data = (base.data..base.bytes.len()).step_by(9973);
    for len in header.chain(data).chain([
        1,
        3,
        4,
        7,
        8,
        15,
        16,
        23,
        24,
        base.data - 1,
        base.bytes.len() - 32,
    ]) {
        let result = survive(&base.bytes[..len], &format!("cut at {len}"));
        assert!(result.is_err(), "cut at {len}");
    }
}

#[test]
fn every_field_may_be_false() {
    let base = base();
    let values: [u64; 12] = [
        0,
        1,
        2,
        7,
        255,
        65_535,
        1 << 31,
        u64::from(u32::MAX),
        1 << 40,
        1 << 62,
        1 << 63,
        u64::MAX,
    ];
    let mut refused = 0;
    for field in &base.fields {
        for value in values {
            let mut bytes = base.bytes.clone();
            let width = field.len().min(8);
            bytes[field.start..field.start + width].copy_from_slice(&value.to_le_bytes()[..width]);
            let what = format!("{value:#x} at {field:?}");
            refused += usize::from(survive(&bytes, &what).is_err());
        }
    }
    // Nearly all false fields matter; those in names of settings that are not read do not.
    assert!(
        refused * 10 > base.fields.len() * values.len() * 8,
        "{refused} of {}",
        base.fields.len() * values.len()
    );
}

#[test]
fn errors_name_the_false_field() {
    let error = |change: &dyn Fn(&mut GgufFile)| {
        let mut file = GgufFile::of_fixture("qwen3", GgmlDType::Q8_0);
        change(&mut file);
        survive(&file.write().bytes, "false field")
            .unwrap_err()
            .to_string()
    };
    for (alignment, sound) in [
        (0u32, false),
        (3, false),
        (33, false),
        (1 << 31, false),
        (32, true),
    ] {
        let mut file = GgufFile::of_fixture("qwen3", GgmlDType::Q8_0);
        file.number("general.alignment", alignment);
        assert_eq!(
            survive(&file.write().bytes, "alignment").is_ok(),
            sound,
            "alignment {alignment}"
        );
    }
    assert!(error(&|f| f.number("qwen3.block_count", 2)).contains("twice"));
    assert!(error(&|f| f.set_number("qwen3.block_count", 3)).contains("blk.2."));
    assert!(
        error(&|f| f.set_number("qwen3.attention.head_count", 0)).contains("num_attention_heads")
    );
    assert!(error(&|f| f.set_number("qwen3.attention.head_count_kv", 3)).contains("evenly"));
    assert!(error(&|f| f.set_number("qwen3.embedding_length", 1 << 20)).contains("hidden_size"));
    assert!(error(&|f| f.set_text("general.architecture", "gpt9")).contains("gpt9"));
    assert!(error(&|f| f.set_text("tokenizer.ggml.model", "bert")).contains("bert"));
    assert!(error(&|f| f.set_text("tokenizer.ggml.pre", "nobody")).contains("nobody"));
    assert!(error(&|f| f.text("qwen3.rope.scaling.type", "ntk")).contains("ntk"));
    assert!(
        error(&|f| f.tensor("token_embd.weight", &[1], GgmlDType::F32, &[0.0])).contains("twice")
    );
    assert!(error(&|f| f.set_texts("tokenizer.ggml.merges", &["a".into()])).contains("halves"));
    assert!(error(&|f| f.set_texts("tokenizer.ggml.tokens", &[])).contains("vocabulary"));
    // Merges of tokens that do not exist are left out, and markers stay markers whatever the file
    // calls them.
    let mut file = GgufFile::of_fixture("qwen3", GgmlDType::Q8_0);
    file.set_texts(
        "tokenizer.ggml.merges",
        &[format!("{} b", "a".repeat(100_000)), "a a".into()],
    );
    file.set_numbers("tokenizer.ggml.token_type", &[4; 294]);
    survive(&file.write().bytes, "merges").unwrap();
}

#[test]
fn things_that_are_no_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [
        ("empty", &b""[..]),
        ("short", b"GG"),
        ("zip", b"PK\x03\x04 something else entirely"),
    ] {
        std::fs::write(folder.path().join(name), bytes).unwrap();
        assert!(check(&folder.path().join(name)).is_err(), "{name}");
    }
    assert!(check(folder.path()).is_err());
    #[cfg(unix)]
    assert!(check(std::path::Path::new("/dev/zero")).is_err());
}

/// A file with a hole can be as large as it says and still be small on disk.
#[test]
#[cfg(target_os = "linux")]
fn a_sparse_giant_is_refused_before_it_is_loaded() {
    let mut file = GgufFile::of_fixture("qwen3", GgmlDType::Q8_0);
    file.claim("token_embd.weight", &[1 << 31, 64]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    std::fs::write(&path, file.write().bytes).unwrap();
    std::fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(1 << 40)
        .unwrap();
    let begin = Instant::now();
    let (result, peak) = memory::peak(|| Engine::open(&path, &LoadOptions::default()));
    let error = result.unwrap_err().to_string();
    assert!(error.contains("smaller model"), "{error}");
    assert_eq!(
        check(&path).unwrap_err().to_string().split(" and ").next(),
        error.split(" and ").next()
    );
    assert!(peak < MAX_MEMORY && begin.elapsed() < Duration::from_secs(1));
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn random_bytes_in_the_header_do_no_harm(
        flips in prop::collection::vec((0usize..1 << 20, any::<u8>()), 1..8),
    ) {
        let mut file = base();
        for (at, byte) in flips {
            file.bytes[at % file.data] = byte;
        }
        let _ = survive(&file.bytes, "flips");
    }

    #[test]
    fn random_bytes_anywhere_do_no_harm(
        flips in prop::collection::vec((0usize..1 << 20, any::<u8>()), 1..64),
    ) {
        let mut file = base();
        let len = file.bytes.len();
        for (at, byte) in flips {
            file.bytes[at % len] = byte;
        }
        let _ = survive(&file.bytes, "flips");
    }
}
