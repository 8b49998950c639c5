//! A GGUF gives the logits of the folder it was made from, in every format and from every source of
//! bytes.

use std::path::Path;
use std::sync::Arc;

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use engine::{Cancel, Engine, FileKind, LoadOptions, Session, TokenRole, Weights, check};

use crate::fixture;
use crate::write_gguf::GgufFile;

pub const EXACT: LoadOptions = LoadOptions {
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

pub fn logits(engine: Engine) -> Vec<f32> {
    let tokens: Vec<u32> = (0..40).map(|i| (i * 37 + 5) % 320).collect();
    Session::new(Arc::new(engine))
        .logits(&tokens, 0, &Cancel::new())
        .unwrap()
        .concat()
}

pub fn open(bytes: &[u8], options: &LoadOptions) -> Engine {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    std::fs::write(&path, bytes).unwrap();
    Engine::open(&path, options).unwrap()
}

pub fn difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max)
}

#[test]
fn a_gguf_is_the_folder_it_was_made_from() {
    for family in ["qwen3", "qwen2", "llama"] {
        let folder = logits(Engine::open(&fixture(family), &EXACT).unwrap());
        for dtype in [GgmlDType::F32, GgmlDType::BF16] {
            let file = logits(open(
                &GgufFile::of_fixture(family, dtype).write().bytes,
                &EXACT,
            ));
            let difference = difference(&file, &folder);
            assert!(difference < 1e-4, "{family} {dtype:?}: {difference}");
        }
    }
}

#[test]
fn bytes_of_the_program_are_a_file_too() {
    let bytes = GgufFile::of_fixture("qwen3", GgmlDType::Q8_0).write().bytes;
    let file = open(&bytes, &LoadOptions::default());
    let embedded = Engine::from_bytes(bytes.leak(), &LoadOptions::default()).unwrap();
    assert_eq!(
        embedded.tokenizer().named(TokenRole::FimPrefix),
        file.tokenizer().named(TokenRole::FimPrefix)
    );
    assert!(file.tokenizer().named(TokenRole::FimPrefix).is_some());
    assert_eq!(logits(embedded), logits(file));
}

#[test]
fn a_packed_copy_gives_the_same_logits_and_is_no_other_models() {
    let folder = tempfile::tempdir().unwrap();
    let copies = LoadOptions {
        copies: Some(folder.path().into()),
        ..LoadOptions::default()
    };
    for (copies_before, dtype) in [GgmlDType::Q4_0, GgmlDType::Q6K].into_iter().enumerate() {
        let bytes = wide(dtype, false).write().bytes;
        let packed = open(&bytes, &copies);
        assert!(packed.write_copy(folder.path()).unwrap().is_some());
        let mapped = open(&bytes, &copies);
        assert_eq!(
            mapped.write_copy(folder.path()).unwrap(),
            None,
            "it came from the copy"
        );
        assert_eq!(mapped.info().weight_bytes, packed.info().weight_bytes);
        assert_eq!(logits(mapped), logits(packed));
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            copies_before + 1
        );
    }
    let exact = open(&wide(GgmlDType::Q4_0, false).write().bytes, &EXACT);
    assert_eq!(
        exact.write_copy(folder.path()).unwrap(),
        None,
        "f32 is not packed"
    );
}

#[test]
fn a_model_goes_on_with_the_copy_of_its_weights() {
    let folder = tempfile::tempdir().unwrap();
    let (file, copies) = (
        folder.path().join("model.gguf"),
        folder.path().join("copies"),
    );
    std::fs::write(&file, wide(GgmlDType::Q4_0, false).write().bytes).unwrap();
    let open = || Arc::new(Engine::open(&file, &LoadOptions::default()).unwrap());
    let (engine, other) = (open(), open());
    assert!(!engine.use_copy(&copies).unwrap(), "there is none");
    engine.write_copy(&copies).unwrap().unwrap();
    let (tokens, cancel) = ([1, 2, 3, 4, 5, 6], Cancel::new());
    let mut session = Session::new(Arc::clone(&engine));
    session.logits(&tokens[..3], 2, &cancel).unwrap();
    assert!(engine.use_copy(&copies).unwrap());
    assert_eq!(
        engine.write_copy(&copies).unwrap(),
        None,
        "its weights are the copy's"
    );
    let mut whole = Session::new(Arc::clone(&other));
    whole.logits(&tokens[..3], 2, &cancel).unwrap();
    let last = |session: &mut Session| session.logits(&tokens, 5, &cancel).unwrap();
    assert_eq!(last(&mut session), last(&mut whole));
    // Another model of that name is none of it.
    std::fs::write(&file, wide(GgmlDType::Q6K, false).write().bytes).unwrap();
    open().write_copy(&copies).unwrap().unwrap();
    assert!(!other.use_copy(&copies).unwrap());
    assert!(
        other.write_copy(&copies).unwrap().is_some(),
        "its weights are its own"
    );
}

/// A one-layer Qwen3 of width 256 whose matrices went through `dtype`, in that format or as the f32
/// that it decodes to.
pub fn wide(dtype: GgmlDType, decoded: bool) -> GgufFile {
    let mut seed = 1u32;
    let mut random = |count: usize, size: f32| -> Vec<f32> {
        let next = |_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..count).map(next).map(|v| v * size).collect()
    };
    let fixture = GgufFile::of_fixture("qwen3", GgmlDType::F32);
    let mut file = fixture.header_for_width_256();
    for (name, rows, cols) in [
        ("token_embd", 320, 256),
        ("blk.0.attn_q", 128, 256),
        ("blk.0.attn_k", 64, 256),
        ("blk.0.attn_v", 64, 256),
        ("blk.0.attn_output", 256, 128),
        ("blk.0.ffn_gate", 256, 256),
        ("blk.0.ffn_up", 256, 256),
        ("blk.0.ffn_down", 256, 256),
    ] {
        let values = random(rows * cols, 0.2);
        let dtype = if cols % 256 == 0 {
            dtype
        } else {
            GgmlDType::F32
        };
        let tensor = Tensor::from_vec(values.clone(), (rows, cols), &Device::Cpu).unwrap();
        let through = QTensor::quantize(&tensor, dtype)
            .unwrap()
            .dequantize(&Device::Cpu)
            .unwrap();
        let through: Vec<f32> = through.flatten_all().unwrap().to_vec1().unwrap();
        let (dtype, values) = if decoded {
            (GgmlDType::F32, through)
        } else {
            (dtype, values)
        };
        file.tensor(&format!("{name}.weight"), &[rows, cols], dtype, &values);
    }
    for (name, len) in [
        ("output_norm", 256),
        ("blk.0.attn_norm", 256),
        ("blk.0.ffn_norm", 256),
    ] {
        file.tensor(
            &format!("{name}.weight"),
            &[len],
            GgmlDType::F32,
            &vec![1.0; len],
        );
    }
    for name in ["blk.0.attn_q_norm.weight", "blk.0.attn_k_norm.weight"] {
        file.tensor(name, &[32], GgmlDType::F32, &[1.0; 32]);
    }
    file
}

#[test]
fn every_format_is_decoded_as_it_was_meant() {
    let formats = [
        GgmlDType::F32,
        GgmlDType::F16,
        GgmlDType::BF16,
        GgmlDType::Q4_0,
        GgmlDType::Q4_1,
        GgmlDType::Q5_0,
        GgmlDType::Q5_1,
        GgmlDType::Q8_0,
        GgmlDType::Q4K,
        GgmlDType::Q5K,
        GgmlDType::Q6K,
    ];
    for dtype in formats {
        let (coded, decoded) = (
            wide(dtype, false).write().bytes,
            wide(dtype, true).write().bytes,
        );
        let exact = logits(open(&coded, &EXACT));
        let difference = difference(&exact, &logits(open(&decoded, &EXACT)));
        assert!(difference < 1e-4, "{dtype:?}: {difference}");
        // As int8 they differ by rounding only.
        let int8 = logits(open(&coded, &LoadOptions::default()));
        let squares = |x: &mut dyn Iterator<Item = f32>| x.map(|v| f64::from(v * v)).sum::<f64>();
        let error = squares(&mut int8.iter().zip(&exact).map(|(a, b)| a - b))
            / squares(&mut exact.iter().copied());
        assert!(error.sqrt() < 0.03, "{dtype:?}: {}", error.sqrt());
    }
}

#[test]
fn check_reports_what_is_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    std::fs::write(
        &path,
        GgufFile::of_fixture("qwen3", GgmlDType::Q8_0).write().bytes,
    )
    .unwrap();
    let found = check(&path).unwrap();
    assert_eq!(
        (found.info.name.as_str(), found.info.licence.as_deref()),
        ("tiny qwen3", Some("MIT"))
    );
    assert_eq!(
        (found.info.architecture.as_str(), found.info.file_kind),
        ("qwen3", FileKind::Gguf)
    );
    assert_eq!(
        (
            found.info.vocab_size,
            found.info.layers,
            found.info.context_length
        ),
        (320, 2, 512)
    );
    let embedding = found
        .tensors
        .iter()
        .find(|t| t.name == "token_embd.weight")
        .unwrap();
    assert_eq!(
        (
            embedding.dtype.as_str(),
            embedding.shape.as_slice(),
            embedding.bytes
        ),
        ("Q8_0", &[320, 64][..], 21_760)
    );
    assert_eq!(
        check(&fixture("qwen2")).unwrap().info.file_kind,
        FileKind::Safetensors
    );
    assert!(check(Path::new("/nowhere/model.gguf")).is_err());
}
