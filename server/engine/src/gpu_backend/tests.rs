//! Every family on the GPU against the same on the CPU, and which families these are.
//!
//! Keys and values are f16 on both, and rounded apart where a number is on the edge; so logits may
//! differ by 1e-4 of their size where all products are f32 ([`EXACT`]). Where activations are
//! rounded to int8, they differ by some 1e-2 ([`ROUNDED`]), and a gate chooses another expert now
//! and then; so what counts there is the median of all tokens.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use candle_core::quantized::GgmlDType;
use gpu::{Gpu, GpuOptions, adapters};
use kernels::{Isa, ThreadPool};
use serde_json::Value;

use super::{GpuBackend, gpu_refusal};
use crate::backend::Backend;
use crate::checked_model::{CheckedModel, with_checked};
use crate::cpu::{Cpu, CpuDecoder};
use crate::decoder::Decoder;
use crate::layers::PositionRange;
use crate::{Cancel, LoadError, LoadOptions, Weights};

#[allow(dead_code, reason = "the tests of the engine use the rest")]
#[path = "../../tests/engine/family_file.rs"]
mod family_file;
#[allow(dead_code, reason = "the tests of the engine use the rest")]
#[path = "../../tests/engine/write_gguf.rs"]
mod write_gguf;

/// The relative error of logits where all products are f32; 8e-5 was measured.
const EXACT: f32 = 2e-4;
/// The same where activations are rounded to int8; 3.3e-2 was measured.
const ROUNDED: f32 = 0.05;
/// Tokens of all branches.
const BRANCHED: usize = 11;
/// Positions of a model under test.
const CONTEXT: usize = 256;

/// All recorded families, and why the GPU does not compute some.
const FAMILIES: &[(&str, Option<&str>)] = &[
    ("deepseek2", Some("latent attention")),
    ("fused-qkv", None),
    ("gemma", None),
    ("gemma2", None),
    ("gemma3", None),
    ("gpt-oss", None),
    ("granite", None),
    ("granite-hybrid", Some("recurrent layers")),
    ("lfm2", Some("recurrent layers")),
    ("lora", None),
    ("mellum2", None),
    ("mistral3", None),
    ("mixtral", None),
    ("phi3", None),
    ("phi3-longrope", None),
    ("qwen35", Some("recurrent layers")),
    ("qwen35moe", Some("recurrent layers")),
    ("qwen3moe", None),
    ("qwen3next", Some("recurrent layers")),
    ("seed-oss", None),
    ("smollm3", None),
    ("starcoder2", None),
];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// The device to test, opened; none where there is none and none is required.
fn open(int8: bool) -> Option<Gpu> {
    let mode = std::env::var("NIGH_GPU_TEST").unwrap_or_default();
    let adapter = adapters(true).into_iter().next().filter(|_| mode != "off");
    assert!(mode != "require" || adapter.is_some(), "no GPU here");
    let options = GpuOptions {
        int8,
        ..GpuOptions::default()
    };
    adapter.map(|adapter| Gpu::open(&adapter, &options).unwrap())
}

/// A recorded family as a file in a folder.
struct Family {
    json: Value,
    folder: tempfile::TempDir,
}

impl Family {
    fn write(name: &str, dtype: impl Fn(&str) -> GgmlDType) -> Family {
        let path = fixtures().join(format!("families/{name}.json"));
        let json: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = family_file::family_file(&json, dtype);
        std::fs::write(folder.path().join("model.gguf"), file.write().bytes).unwrap();
        Family { json, folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("model.gguf")
    }

    fn tokens(&self) -> Vec<u32> {
        let ids = self.json["input"].as_array().unwrap().iter();
        ids.map(|id| id.as_u64().unwrap() as u32).collect()
    }

    /// Writes the adapter that was recorded with it.
    fn adapter(&self) -> Option<PathBuf> {
        let shapes = self.json["adapter"].as_object()?;
        let mut file = write_gguf::GgufFile::default();
        let architecture = self.json["architecture"].as_str().unwrap();
        file.text("general.architecture", architecture);
        file.text("general.type", "adapter");
        file.text("adapter.type", "lora");
        let alpha = self.json["alpha"].as_f64().unwrap();
        file.float("adapter.lora.alpha", alpha as f32);
        for (name, shape) in shapes {
            let shape = shape.as_array().unwrap().iter();
            let shape: Vec<usize> = shape.map(|d| d.as_u64().unwrap() as usize).collect();
            let values = family_file::weights_of(name, &shape);
            file.tensor(name, &shape, GgmlDType::F32, &values);
        }
        let path = self.folder.path().join("adapter.gguf");
        std::fs::write(&path, file.write().bytes).unwrap();
        Some(path)
    }
}

/// The logits after each token of some blocks, which follow each other.
fn in_blocks<B: Backend>(decoder: &Decoder<B>, blocks: &[&[u32]]) -> Vec<f32> {
    let (mut cache, mut rows) = (decoder.cache().unwrap(), decoder.rows().unwrap());
    let (mut all, mut logits, cancel) = (Vec::new(), Vec::new(), Cancel::new());
    for block in blocks {
        let wanted = block.len();
        let run = decoder.forward(block, wanted, &mut cache, &mut rows, &mut logits, &cancel);
        run.unwrap();
        all.extend_from_slice(&logits);
    }
    all
}

/// The logits of three branches after a prefix, one of which begins earlier.
fn in_branches<B: Backend>(decoder: &Decoder<B>, tokens: &[u32]) -> Vec<f32> {
    let (mut cache, mut rows) = (decoder.cache().unwrap(), decoder.rows().unwrap());
    let (mut logits, cancel) = (Vec::new(), Cancel::new());
    let (prefix, rest) = tokens.split_at(tokens.len() / 2);
    let run = decoder.forward(prefix, 0, &mut cache, &mut rows, &mut logits, &cancel);
    run.unwrap();
    let start = prefix.len();
    let ranges = [(start, 5), (start, 2), (start - 3, 4)];
    let ranges = ranges.map(|(start, len)| PositionRange { start, len });
    let branches = &rest[..BRANCHED];
    let run = decoder.forward_branches(
        branches,
        &ranges,
        &mut cache,
        &mut rows,
        &mut logits,
        &cancel,
    );
    run.unwrap();
    logits
}

/// How far logits are off, relative to their size.
#[derive(Clone, Copy, Debug, Default)]
struct Errors {
    all: f32,
    /// Of all tokens.
    median: f32,
}

impl Errors {
    fn of(got: &[f32], want: &[f32], tokens: usize) -> Errors {
        assert_eq!(got.len(), want.len());
        let width = want.len() / tokens;
        let rows = got.chunks_exact(width).zip(want.chunks_exact(width));
        let mut rows: Vec<f32> = rows.map(|(got, want)| relative_error(got, want)).collect();
        rows.sort_by(f32::total_cmp);
        Errors {
            all: relative_error(got, want),
            median: rows[tokens / 2],
        }
    }

    /// The larger of both.
    fn or(self, other: Errors) -> Errors {
        Errors {
            all: self.all.max(other.all),
            median: self.median.max(other.median),
        }
    }
}

/// The size of the differences, relative to that of what is wanted.
fn relative_error(got: &[f32], want: &[f32]) -> f32 {
    let pairs = got.iter().zip(want);
    let off: f32 = pairs.map(|(got, want)| (got - want).powi(2)).sum();
    let size: f32 = want.iter().map(|want| want.powi(2)).sum();
    (off / size).sqrt()
}

/// Compares both backends at once, in blocks, step by step and in branches; returns the largest
/// errors.
fn compare(gpu: &Gpu, checked: &CheckedModel, tokens: &[u32]) -> Result<Errors, LoadError> {
    let pool = || ThreadPool::new(1).unwrap();
    let isa = Isa::detect_repeatable();
    let cpu = Cpu { isa, pool: pool() };
    let (config, weights) = (checked.config.clone(), Weights::Exact);
    let tensors = &checked.tensors;
    let cpu = CpuDecoder::load(cpu, tensors, config.clone(), weights, CONTEXT)?;
    let backend = GpuBackend {
        gpu: gpu.clone(),
        pool: pool(),
    };
    let gpu = Decoder::load(backend, tensors, config, weights, CONTEXT)?;
    let want = in_blocks(&cpu, &[tokens]);
    let steps: Vec<&[u32]> = tokens.chunks(1).collect();
    let (first, rest) = tokens.split_at(tokens.len() / 2 + 3);
    let mut errors = Errors::default();
    for blocks in [&[tokens][..], &[first, rest], &steps] {
        errors = errors.or(Errors::of(&in_blocks(&gpu, blocks), &want, tokens.len()));
    }
    let (got, want) = (in_branches(&gpu, tokens), in_branches(&cpu, tokens));
    Ok(errors.or(Errors::of(&got, &want, BRANCHED)))
}

fn errors_of(gpu: &Gpu, family: &Family) -> Errors {
    let options = LoadOptions {
        adapter: family.adapter(),
        ..LoadOptions::default()
    };
    let errors = with_checked(&family.path(), &options, |checked| {
        compare(gpu, &checked, &family.tokens())
    });
    errors.unwrap()
}

#[test]
fn logits_of_every_family_are_those_of_the_cpu() {
    let Some(gpu) = open(true) else { return };
    for (name, refused) in FAMILIES {
        if refused.is_none() {
            let family = Family::write(name, |_| GgmlDType::F32);
            let errors = errors_of(&gpu, &family);
            assert!(errors.all < EXACT, "{name}: {errors:?}");
        }
    }
}

#[test]
fn logits_of_folders_are_those_of_the_cpu() {
    let Some(gpu) = open(true) else { return };
    for name in ["qwen3", "qwen2", "llama"] {
        let tokens: Vec<u32> = (0..70).map(|i| (i * 37 + 5) % 250).collect();
        let errors = with_checked(&fixtures().join(name), &LoadOptions::default(), |checked| {
            compare(&gpu, &checked, &tokens)
        });
        let errors = errors.unwrap();
        assert!(errors.all < EXACT, "{name}: {errors:?}");
    }
}

#[test]
fn quantized_weights_have_the_values_of_the_cpu() {
    let types = [GgmlDType::Q8_0, GgmlDType::Q4_0, GgmlDType::BF16];
    for (int8, bound) in [(false, EXACT), (true, ROUNDED)] {
        let Some(gpu) = open(int8) else { return };
        for name in ["fused-qkv", "gemma2", "gpt-oss", "qwen3moe"] {
            for dtype in types {
                let family = Family::write(name, |_| dtype);
                let errors = errors_of(&gpu, &family);
                let error = if int8 { errors.median } else { errors.all };
                assert!(error < bound, "{name} {dtype:?} {int8}: {errors:?}");
            }
        }
    }
}

#[test]
fn every_family_is_computed_or_refused_with_a_reason() {
    let mut listed = BTreeMap::new();
    for (name, refused) in FAMILIES {
        let family = Family::write(name, |_| GgmlDType::F32);
        let reason = with_checked(&family.path(), &LoadOptions::default(), |checked| {
            Ok(gpu_refusal(&checked.config))
        });
        let reason = reason.unwrap();
        match (refused, &reason) {
            (None, None) => {}
            (Some(what), Some(reason)) => assert!(reason.contains(what), "{name}: {reason}"),
            _ => panic!("{name}: {reason:?}"),
        }
        listed.insert(format!("{name}.json"), ());
    }
    let files = std::fs::read_dir(fixtures().join("families")).unwrap();
    let files = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let files: BTreeMap<String, ()> = files.map(|file| (file, ())).collect();
    assert_eq!(listed, files);
}

#[test]
fn the_page_about_models_says_what_the_gpu_computes() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/models.md");
    let page = std::fs::read_to_string(page).unwrap();
    for (name, refused) in FAMILIES {
        let family = Family::write(name, |_| GgmlDType::F32);
        let architecture = family.json["architecture"].as_str().unwrap();
        let mut rows = page.lines().filter(|line| {
            let cell = format!("| `{architecture}` |");
            line.starts_with(&cell)
        });
        let row = rows.next();
        let row = row.unwrap_or_else(|| panic!("docs/models.md has no row for {architecture}"));
        let says = match refused {
            Some(what) => format!("| no: {what} |"),
            None => "| yes |".to_owned(),
        };
        assert!(row.ends_with(&says), "{row} does not end with {says}");
    }
}

#[test]
fn a_refused_model_uploads_nothing() {
    let Some(gpu) = open(true) else { return };
    let family = Family::write("lfm2", |_| GgmlDType::F32);
    let before = gpu.memory_used();
    let loaded = with_checked(&family.path(), &LoadOptions::default(), |checked| {
        let backend = GpuBackend {
            gpu: gpu.clone(),
            pool: ThreadPool::new(1).unwrap(),
        };
        let config = checked.config.clone();
        Decoder::load(backend, &checked.tensors, config, Weights::Packed, CONTEXT).map(drop)
    });
    let error = loaded.unwrap_err().to_string();
    assert!(error.contains("recurrent layers"), "{error}");
    assert_eq!(gpu.memory_used(), before);
}
