//! Models whose matrices are stored as codes of a table: packed as they are, they give nearly the
//! logits of the decoded weights.

use candle_core::quantized::GgmlDType;
use engine::check;

use crate::gguf_files::{EXACT, difference, logits, open, wide};
use crate::write_gguf::GgufFile;

/// ggml's number and name of each format, weights and bytes of a block, and where it has an f16
/// that scales all of it.
const FORMATS: [(u32, &str, usize, usize, Option<usize>); 16] = [
    (11, "Q3_K", 256, 110, Some(108)),
    (16, "IQ2_XXS", 256, 66, Some(0)),
    (17, "IQ2_XS", 256, 74, Some(0)),
    (18, "IQ3_XXS", 256, 98, Some(0)),
    (19, "IQ1_S", 256, 50, Some(0)),
    (20, "IQ4_NL", 32, 18, Some(0)),
    (21, "IQ3_S", 256, 110, Some(0)),
    (22, "IQ2_S", 256, 82, Some(0)),
    (23, "IQ4_XS", 256, 136, Some(0)),
    (29, "IQ1_M", 256, 56, None),
    (34, "TQ1_0", 256, 54, Some(52)),
    (35, "TQ2_0", 256, 66, Some(64)),
    (39, "MXFP4", 32, 17, None),
    (40, "NVFP4", 64, 36, None),
    (41, "Q1_0", 128, 18, Some(0)),
    (42, "Q2_0", 64, 18, Some(0)),
];

const MATRICES: [(&str, usize); 7] = [
    ("token_embd", 320),
    ("blk.0.attn_q", 128),
    ("blk.0.attn_k", 64),
    ("blk.0.attn_v", 64),
    ("blk.0.ffn_gate", 256),
    ("blk.0.ffn_up", 256),
    ("blk.0.ffn_down", 256),
];

/// Arbitrary blocks of `count` weights, scaled to a reasonable size.
fn blocks(kind: u32, count: usize) -> Vec<u8> {
    let (_, name, weights, size, scale) = FORMATS.iter().find(|one| one.0 == kind).unwrap();
    let mut seed = kind;
    let mut next = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 24) as u8
    };
    let mut bytes: Vec<u8> = (0..count / weights * size).map(|_| next()).collect();
    for block in bytes.chunks_exact_mut(*size) {
        match (*name, scale) {
            (_, Some(at)) => {
                block[*at..at + 2].copy_from_slice(&half::f16::from_f32(0.003).to_le_bytes())
            }
            ("MXFP4", _) => block[0] = 120 + block[0] % 4,
            ("NVFP4", _) => block[..4]
                .iter_mut()
                .for_each(|scale| *scale = 0x10 + *scale % 8),
            // IQ1_M: 0x1c00 is a scale of 1/256, in the highest bits of four words.
            _ => [0x00, 0x00, 0xc0, 0x10]
                .iter()
                .enumerate()
                .for_each(|(i, high)| {
                    block[49 + 2 * i] = block[49 + 2 * i] & 15 | high;
                }),
        }
    }
    bytes
}

/// The one-layer model with all matrices of width 256 in this format.
fn model(kind: u32) -> GgufFile {
    let mut file = wide(GgmlDType::F32, false);
    for (name, rows) in MATRICES {
        let name = format!("{name}.weight");
        file.retain(|one| one != name);
        file.raw_tensor(&name, &[rows, 256], kind, blocks(kind, rows * 256));
    }
    file
}

#[test]
fn packed_codes_give_the_logits_of_the_decoded_weights() {
    for (kind, name, ..) in FORMATS {
        let bytes = model(kind).write().bytes;
        let exact = logits(open(&bytes, &EXACT));
        let packed = logits(open(&bytes, &engine::LoadOptions::default()));
        let size = |values: &mut dyn Iterator<Item = f32>| {
            values
                .map(|value| f64::from(value).powi(2))
                .sum::<f64>()
                .sqrt()
        };
        let error = size(&mut packed.iter().zip(&exact).map(|(a, b)| a - b));
        let error = error / size(&mut exact.iter().copied());
        assert!(error < 0.03, "{name}: {error}");
        assert!(exact.iter().any(|value| *value != 0.0), "{name}");
    }
}

#[test]
fn codes_take_half_a_byte_and_their_scales() {
    for (kind, name, ..) in FORMATS {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.gguf");
        std::fs::write(&path, model(kind).write().bytes).unwrap();
        let found = check(&path).unwrap();
        let mut kinds = found.tensors.iter().map(|tensor| tensor.dtype.as_str());
        assert!(kinds.any(|kind| kind == name), "{name}");
        let weights: usize = MATRICES.iter().map(|(_, rows)| rows * 256).sum();
        // Attention's output has rows of 128 floats, which become int8; norms are f32.
        let others = 256 * 128 * 17 / 16 + 4 * (3 * 256 + 2 * 32);
        let of_codes = found.info.weight_bytes as usize - others;
        assert!(
            (weights * 9 / 16..=weights * 10 / 16).contains(&of_codes),
            "{name}: {of_codes}"
        );
    }
}

#[test]
fn a_tensor_may_have_a_factor_besides() {
    let plain = logits(open(&model(40).write().bytes, &EXACT));
    let mut file = model(40);
    for part in ["ffn_gate", "ffn_down"] {
        let part = format!("blk.0.{part}");
        file.tensor(&format!("{part}.scale"), &[1], GgmlDType::F32, &[2.0]);
        file.tensor(&format!("{part}.input_scale"), &[1], GgmlDType::F32, &[7.0]);
    }
    let bytes = file.write().bytes;
    let exact = logits(open(&bytes, &EXACT));
    assert!(
        difference(&exact, &plain) > 0.01,
        "the factors change nothing"
    );
    let packed = logits(open(&bytes, &engine::LoadOptions::default()));
    let rounded = logits(open(
        &model(40).write().bytes,
        &engine::LoadOptions::default(),
    ));
    let off = difference(&packed, &exact);
    assert!(off < 2.0 * difference(&rounded, &plain) + 0.01, "{off}");
    let mut wrong = model(40);
    wrong.tensor("blk.0.ffn_up.scale", &[3], GgmlDType::F32, &[1.0; 3]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    std::fs::write(&path, wrong.write().bytes).unwrap();
    let error = check(&path).unwrap_err().to_string();
    assert!(error.contains("blk.0.ffn_up.weight"), "{error}");
}

#[test]
fn rows_are_whole_blocks() {
    let mut file = model(20);
    file.claim("blk.0.ffn_up.weight", &[4096, 16]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    std::fs::write(&path, file.write().bytes).unwrap();
    let error = check(&path).unwrap_err().to_string();
    assert!(error.contains("not whole blocks of 32"), "{error}");
}
