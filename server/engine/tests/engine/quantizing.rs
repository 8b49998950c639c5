//! Quantised files hold the right model from every kind of source, and are close to it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::quantized::GgmlDType;
use engine::{
    Cancel, Engine, LoadOptions, QuantType, QuantizeError, QuantizeOptions, QuantizeProgress,
    QuantizeReport, Session, TokenRole, Weights, check, quantize,
};

use crate::fixture;
use crate::gguf_files::wide;
use crate::write_gguf::GgufFile;

const EXACT: LoadOptions = LoadOptions {
    weights: Weights::Exact,
    threads: 1,
    repeatable: true,
    max_context: 512,
    copies: None,
    adapter: None,
    large: u64::MAX,
    memory: None,
    watch: None,
};

pub fn options(name: &str) -> QuantizeOptions {
    QuantizeOptions {
        quant_type: QuantType::of_name(name).unwrap(),
        calibration: Vec::new(),
        force: false,
        threads: 2,
    }
}

pub fn logits(path: &Path) -> Vec<f32> {
    let tokens: Vec<u32> = (0..40).map(|i| (i * 37 + 5) % 290).collect();
    let engine = Engine::open(path, &EXACT).unwrap();
    Session::new(Arc::new(engine))
        .logits(&tokens, 0, &Cancel::new())
        .unwrap()
        .concat()
}

pub fn relative(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    let squares = |x: &mut dyn Iterator<Item = f32>| x.map(|v| f64::from(v * v)).sum::<f64>();
    (squares(&mut a.iter().zip(b).map(|(a, b)| a - b)) / squares(&mut b.iter().copied())).sqrt()
}

/// The notes and the result of quantising `source` to `out`.
pub fn run(
    source: &Path,
    out: &Path,
    options: &QuantizeOptions,
) -> (Vec<String>, Result<QuantizeReport, QuantizeError>) {
    let mut notes = Vec::new();
    let result = quantize(source, out, options, &mut |progress| {
        if let QuantizeProgress::Note(note) = progress {
            notes.push(note);
        }
    });
    (notes, result)
}

/// A folder with a one-layer model of width 256 as f32, and what it is quantised to.
pub fn wide_model(folder: &Path) -> PathBuf {
    let path = folder.join("wide.gguf");
    std::fs::write(&path, wide(GgmlDType::F32, false).write().bytes).unwrap();
    path
}

fn text() -> String {
    (0..200)
        .map(|i| format!("def add{i}(a, b):\n    return a + b * {i}\n\n"))
        .collect()
}

#[test]
fn every_family_is_read_from_a_folder_and_from_a_gguf() {
    for family in ["qwen3", "qwen2", "llama"] {
        let folder = tempfile::tempdir().unwrap();
        let float = folder.path().join("float.gguf");
        std::fs::write(
            &float,
            GgufFile::of_fixture(family, GgmlDType::F32).write().bytes,
        )
        .unwrap();
        let want = logits(&fixture(family));
        let files = [fixture(family), float].map(|source| {
            let out = folder.path().join(format!("{}.out.gguf", source.is_dir()));
            let (notes, result) = run(&source, &out, &options("Q8_0"));
            let quantized = result.unwrap();
            assert!(notes.is_empty(), "{family}: {notes:?}");
            assert_eq!(quantized.bytes, std::fs::metadata(&out).unwrap().len());
            let error = relative(&logits(&out), &want);
            assert!(error < 0.05, "{family} from {}: {error}", source.display());
            let tokenizer = |path: &Path| {
                let tokenizer = Engine::open(path, &EXACT).unwrap();
                let tokenizer = tokenizer.tokenizer();
                let roles = [
                    TokenRole::Eos,
                    TokenRole::FimPrefix,
                    TokenRole::FimSuffix,
                    TokenRole::FimMiddle,
                ];
                (
                    tokenizer.encode(&text()),
                    roles.map(|role| tokenizer.named(role)),
                )
            };
            assert_eq!(tokenizer(&out), tokenizer(&source), "{family}");
            out
        });
        // Both ways lead to the same numbers, whatever order rows and names had.
        assert_eq!(logits(&files[0]), logits(&files[1]), "{family}");
    }
}

#[test]
fn fewer_bits_are_smaller_and_less_exact() {
    let folder = tempfile::tempdir().unwrap();
    let source = wide_model(folder.path());
    let want = logits(&source);
    let mut last = (u64::MAX, 0.0);
    for (kind, most) in [
        ("Q8_0", 0.02),
        ("Q6_K", 0.06),
        ("Q5_K", 0.12),
        ("Q4_K_M", 0.25),
        ("Q4_K", 0.25),
    ] {
        let out = folder.path().join(format!("{kind}.gguf"));
        let quantized = run(&source, &out, &options(kind)).1.unwrap();
        let error = relative(&logits(&out), &want);
        assert!(
            quantized.bytes < last.0 && error > last.1 && error < most,
            "{kind}: {quantized:?} {error}"
        );
        last = (quantized.bytes, error);
        let kinds = &quantized.types;
        let errors: Vec<f64> = kinds
            .values()
            .map(|written| written.relative_error())
            .collect();
        assert_eq!(kinds["F32"].relative_error(), 0.0, "{kind}");
        assert!(errors.iter().all(|e| *e < 0.1), "{kind}: {errors:?}");
        // Norms stay as they are.
        for tensor in check(&out).unwrap().tensors {
            assert_eq!(
                tensor.dtype == "F32",
                tensor.shape.len() == 1,
                "{kind}: {}",
                tensor.name
            );
        }
    }
}

#[test]
fn rows_that_are_not_whole_blocks_get_smaller_blocks_and_a_note() {
    let folder = tempfile::tempdir().unwrap();
    let source = wide_model(folder.path());
    let out = folder.path().join("out.gguf");
    let (notes, result) = run(&source, &out, &options("Q4_K"));
    let kinds = result.unwrap().types;
    assert_eq!((kinds["Q5_0"].tensors, kinds["Q4_K"].tensors), (1, 7));
    assert_eq!(
        notes,
        ["rows of 128 weights are not whole blocks of 256: Q5_0 is used for them (tensors: 1)"]
    );
}

#[test]
fn blocks_of_32_fit_every_row_and_the_head_gets_more_bits() {
    let folder = tempfile::tempdir().unwrap();
    let source = wide_model(folder.path());
    let want = logits(&source);
    let mut last = 0.0;
    for (kind, most) in [
        ("Q5_1", 0.12),
        ("Q5_0", 0.15),
        ("Q4_1", 0.25),
        ("Q4_0", 0.3),
    ] {
        let out = folder.path().join(format!("{kind}.gguf"));
        let (notes, result) = run(&source, &out, &options(kind));
        let kinds = result.unwrap().types;
        assert_eq!(
            (kinds["Q8_0"].tensors, kinds[kind].tensors, notes.len()),
            (1, 7, 0),
            "{kind}: {notes:?}"
        );
        let error = relative(&logits(&out), &want);
        assert!(error > last && error < most, "{kind}: {error}");
        last = error;
    }
}

#[test]
fn calibration_improves_the_model_without_more_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let source = wide_model(folder.path());
    let sizes = ["Q4_K", "Q4_K_M"].map(|kind| {
        let (plain, calibrated) = (
            folder.path().join("plain.gguf"),
            folder.path().join("calibrated.gguf"),
        );
        let forced = QuantizeOptions {
            force: true,
            ..options(kind)
        };
        let before = run(&source, &plain, &forced).1.unwrap();
        let after = run(
            &source,
            &calibrated,
            &QuantizeOptions {
                calibration: vec![text()],
                ..forced
            },
        )
        .1
        .unwrap();
        assert!(
            after.bytes <= before.bytes,
            "{kind}: {} {}",
            after.bytes,
            before.bytes
        );
        let error = |path: &Path| {
            let ids = Engine::open(path, &EXACT)
                .unwrap()
                .tokenizer()
                .encode(&text())[..256]
                .to_vec();
            let run = |path: &Path| {
                let engine = Arc::new(Engine::open(path, &EXACT).unwrap());
                Session::new(engine)
                    .logits(&ids, 0, &Cancel::new())
                    .unwrap()
                    .concat()
            };
            relative(&run(path), &run(&source))
        };
        let (plain, calibrated) = (error(&plain), error(&calibrated));
        assert!(calibrated < plain, "{kind}: {calibrated} {plain}");
        after.bytes
    });
    assert!(sizes[0] < sizes[1]);
}

#[test]
fn a_quantised_source_gives_a_warning_and_keeps_its_metadata() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.gguf");
    let mut file = wide(GgmlDType::Q8_0, false);
    file.text("general.author", "somebody");
    file.number("general.file_type", 7);
    file.number("general.alignment", 32);
    file.numbers("my.numbers", &[1, -2]);
    std::fs::write(&source, file.write().bytes).unwrap();
    let out = folder.path().join("out.gguf");
    // Of a type that needs no text it says so instead of running over it.
    let text = QuantizeOptions {
        calibration: vec!["few words".into()],
        ..options("Q8_0")
    };
    let (notes, result) = run(&source, &folder.path().join("q8_0.gguf"), &text);
    assert!(
        result.is_ok() && notes.iter().any(|note| note.contains("not needed")),
        "{notes:?}"
    );
    let (notes, result) = run(&source, &out, &options("Q6_K"));
    result.unwrap();
    assert!(notes[0].contains("quantised already (Q8_0)"), "{notes:?}");
    let bytes = std::fs::read(&out).unwrap();
    let after = |key: &str, len: usize| {
        let at = bytes
            .windows(key.len())
            .position(|w| w == key.as_bytes())
            .map(|at| at + key.len());
        at.map(|at| bytes[at..at + len].to_vec())
    };
    assert_eq!(after("general.author", 20).unwrap()[12..], *b"somebody");
    assert_eq!(
        after("general.file_type", 8).unwrap(),
        [4, 0, 0, 0, 18, 0, 0, 0]
    );
    assert_eq!(
        after("my.numbers", 24).unwrap()[16..],
        [1, 0, 0, 0, 254, 255, 255, 255]
    );
    assert_eq!(after("general.alignment", 1), None);
    let (a, b) = (check(&source).unwrap().info, check(&out).unwrap().info);
    assert_eq!(
        (a.name, a.licence, a.context_length),
        (b.name, b.licence, b.context_length)
    );
}
