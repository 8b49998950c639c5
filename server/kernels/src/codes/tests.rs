//! Every format against the values of the Python package `gguf`, and against arbitrary bytes.

use super::*;

/// Those of `cases.bin`, in its order, then the others.
pub const ALL: [CodeFormat; 16] = [
    CodeFormat::IQ4_NL,
    CodeFormat::IQ4_XS,
    CodeFormat::MXFP4,
    CodeFormat::NVFP4,
    CodeFormat::Q3_K,
    CodeFormat::IQ3_S,
    CodeFormat::IQ3_XXS,
    CodeFormat::IQ2_S,
    CodeFormat::IQ2_XS,
    CodeFormat::IQ2_XXS,
    CodeFormat::IQ1_S,
    CodeFormat::IQ1_M,
    CodeFormat::TQ1_0,
    CodeFormat::TQ2_0,
    CodeFormat::Q1_0,
    CodeFormat::Q2_0,
];

/// How many formats are recorded.
const RECORDED: usize = 14;

/// The recorded weights of each format.
const WEIGHTS: usize = 256;

/// The bytes of each format, and what they mean.
pub fn cases() -> Vec<(CodeFormat, Vec<u8>, Vec<f32>)> {
    let mut rest: &[u8] = include_bytes!("cases.bin");
    let mut take = |bytes: usize| rest.split_off(..bytes).unwrap();
    let case = |format: CodeFormat| {
        let [weights, size] = format.block();
        let bytes = take(WEIGHTS / weights * size).to_vec();
        let values = take(WEIGHTS * 4).as_chunks::<4>().0.iter();
        let values = values.map(|bytes| f32::from_le_bytes(*bytes)).collect();
        (format, bytes, values)
    };
    let cases = ALL[..RECORDED].iter().copied().map(case).collect();
    assert!(rest.is_empty());
    cases
}

#[test]
fn every_format_is_decoded_as_the_reference_does() {
    for (format, bytes, want) in cases() {
        let mut got = vec![f32::NAN; WEIGHTS];
        format.decode(&bytes, &mut got);
        for (i, (got, want)) in got.iter().zip(&want).enumerate() {
            let off = (got - want).abs();
            assert!(off <= want.abs() * 1e-6, "{format:?} {i}: {got} {want}");
        }
        assert!(want.iter().any(|value| *value != 0.0));
    }
}

#[test]
fn types_of_one_and_two_bits_are_decoded_as_ggml_writes_them() {
    // By hand: a scale of 0.5, then the bits 0xb1 and 0x1b.
    let block = |byte: u8, count| [vec![0x00, 0x38], vec![byte; count]].concat();
    let mut out = [0.0; 128];
    CodeFormat::Q1_0.decode(&block(0xb1, 16), &mut out);
    let signs = [0.5, -0.5, -0.5, -0.5, 0.5, 0.5, -0.5, 0.5];
    assert!(out.as_chunks::<8>().0.iter().all(|eight| *eight == signs));
    let mut out = [0.0; 64];
    CodeFormat::Q2_0.decode(&block(0x1b, 16), &mut out);
    assert!(
        out.as_chunks::<4>()
            .0
            .iter()
            .all(|four| *four == [1.0, 0.5, 0.0, -0.5])
    );
}

#[test]
fn arbitrary_bytes_have_codes_below_16() {
    let mut seed = 3u32;
    for format in ALL {
        for fill in [0, 0xff, 1] {
            let next = |_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                if fill == 1 { (seed >> 24) as u8 } else { fill }
            };
            let bytes: Vec<u8> = (0..format.block()[1] * 40).map(next).collect();
            let mut blocks = 0;
            format.for_each(&bytes, |at, block| {
                assert_eq!(at, blocks);
                assert!(block.codes.iter().all(|code| *code < 16), "{format:?}");
                blocks += 1;
            });
            assert_eq!(blocks, format.block()[0] / BLOCK * 40);
        }
    }
}

#[test]
fn a_block_that_is_cut_off_is_left_out() {
    for format in ALL {
        let mut out = [7.0; WEIGHTS];
        format.decode(&vec![0; format.block()[1] - 1], &mut out);
        assert_eq!(out, [7.0; WEIGHTS]);
    }
}
