//! Folders whose matrices are floats of eight bits with factors: they give the logits of the same
//! weights in f32.

use std::collections::HashMap;
use std::path::Path;

use engine::check;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde_json::{Value, json};

use crate::fixture;
use crate::unusual::{difference, logits};

/// A tensor to write: type, shape, bytes.
type Tensor = (Dtype, Vec<usize>, Vec<u8>);

/// What the bits of an E4M3 mean; only finite ones are used here.
fn value(bits: u8) -> f32 {
    let (exponent, mantissa) = (i32::from(bits >> 3 & 15), f32::from(bits & 7) / 8.0);
    let size = match exponent {
        0 => mantissa / 64.0,
        _ => (1.0 + mantissa) * 2f32.powi(exponent - 7),
    };
    if bits < 128 { size } else { -size }
}

/// How many factors a matrix has, by its rows and columns.
#[derive(Clone, Copy)]
enum Factors {
    One,
    Rows,
    Blocks(usize, usize),
}

/// The factors' shape, and the number of the factor of a weight.
fn factors(how: Factors, rows: usize, cols: usize) -> (Vec<usize>, Box<dyn Fn(usize) -> usize>) {
    match how {
        Factors::One => (vec![1], Box::new(|_| 0)),
        Factors::Rows => (vec![rows, 1], Box::new(move |i| i / cols)),
        Factors::Blocks(down, across) => {
            let width = cols.div_ceil(across);
            let number = move |i: usize| i / cols / down * width + i % cols / across;
            (vec![rows.div_ceil(down), width], Box::new(number))
        }
    }
}

/// Writes the recorded Qwen3 with matrices of arbitrary such floats, or with what they mean in f32.
fn write(folder: &Path, how: Factors, name: &str, decoded: bool, config: impl Fn(&mut Value)) {
    let recorded = fixture("qwen3");
    let read = |name: &str| std::fs::read(recorded.join(name)).unwrap();
    let mut settings: Value = serde_json::from_slice(&read("config.json")).unwrap();
    config(&mut settings);
    std::fs::write(folder.join("config.json"), settings.to_string()).unwrap();
    std::fs::write(folder.join("tokenizer.json"), read("tokenizer.json")).unwrap();
    let weights = read("model.safetensors");
    let mut all: HashMap<String, Tensor> = HashMap::new();
    for (tensor, view) in SafeTensors::deserialize(&weights).unwrap().iter() {
        let shape = view.shape().to_vec();
        if shape.len() < 2 || tensor.contains("embed") {
            all.insert(tensor.into(), (view.dtype(), shape, view.data().to_vec()));
            continue;
        }
        let (rows, cols) = (shape[0], shape[1]);
        // Signs, small exponents, all mantissas.
        let bits: Vec<u8> = (0..rows * cols)
            .map(|i| (i * 7919 % 256) as u8 & 0x9f | 0x20)
            .collect();
        let (own, number) = factors(how, rows, cols);
        let count: usize = own.iter().product();
        let factors: Vec<f32> = (0..count).map(|i| 0.02 + 0.001 * (i % 40) as f32).collect();
        let f32s = |values: &[f32]| values.iter().flat_map(|v| v.to_le_bytes()).collect();
        if decoded {
            let values = bits.iter().enumerate();
            let values: Vec<f32> = values
                .map(|(i, b)| value(*b) * factors[number(i)])
                .collect();
            all.insert(tensor.into(), (Dtype::F32, shape, f32s(&values)));
        } else {
            let part = tensor.strip_suffix("weight").unwrap();
            all.insert(format!("{part}{name}"), (Dtype::F32, own, f32s(&factors)));
            let activations = (Dtype::F32, vec![1], f32s(&[3.0]));
            all.insert(format!("{part}input_scale"), activations);
            all.insert(tensor.into(), (Dtype::F8_E4M3, shape, bits));
        }
    }
    let views = all.iter().map(|(name, (dtype, shape, bytes))| {
        (name, TensorView::new(*dtype, shape.clone(), bytes).unwrap())
    });
    let bytes = safetensors::serialize(views, None).unwrap();
    std::fs::write(folder.join("model.safetensors"), bytes).unwrap();
}

#[test]
fn factors_are_for_a_matrix_its_rows_or_its_blocks() {
    for (how, name, quantised) in [
        (
            Factors::One,
            "weight_scale",
            json!({"quant_method": "modelopt", "quant_algo": "FP8"}),
        ),
        (
            Factors::Rows,
            "weight_scale",
            json!({"quant_method": "compressed-tensors", "format": "float-quantized"}),
        ),
        (
            Factors::Blocks(16, 48),
            "weight_scale_inv",
            json!({"quant_method": "fp8", "weight_block_size": [16, 48]}),
        ),
        (
            Factors::Blocks(128, 128),
            "weight_scale_inv",
            json!({"quant_method": "fp8"}),
        ),
    ] {
        let folders = [true, false].map(|decoded| {
            let folder = tempfile::tempdir().unwrap();
            write(folder.path(), how, name, decoded, |config| {
                if !decoded {
                    config["quantization_config"] = quantised.clone();
                }
            });
            folder
        });
        let [want, found] = folders.map(|folder| logits(folder.path()));
        let off = difference(&found, &want);
        assert!(off < 1e-4, "{quantised}: {off}");
    }
}

#[test]
fn other_quantised_folders_are_refused() {
    let refusal = |how: Factors, quantised: Value| {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), how, "weight_scale_inv", false, |config| {
            config["quantization_config"] = quantised.clone();
        });
        check(folder.path()).unwrap_err().to_string()
    };
    let int8 = json!({"quant_method": "compressed-tensors", "format": "int-quantized"});
    assert!(refusal(Factors::One, int8).contains("quantised with compressed-tensors"));
    let wrong = json!({"quant_method": "fp8", "weight_block_size": [16, 16]});
    let error = refusal(Factors::Blocks(16, 48), wrong);
    assert!(error.contains("factors of the tensor"), "{error}");
}
