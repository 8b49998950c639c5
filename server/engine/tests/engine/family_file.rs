//! The file of a recorded family: its weights are computed from the names of the tensors, as they
//! were when it was recorded.

use candle_core::quantized::GgmlDType;
use serde_json::Value;

use super::write_gguf::GgufFile;

/// The model as a file; `dtype` gives the type of the matrix with each name.
pub fn family_file(json: &Value, dtype: impl Fn(&str) -> GgmlDType) -> GgufFile {
    let architecture = json["architecture"].as_str().unwrap();
    let mut file = GgufFile::default();
    file.text("general.architecture", architecture);
    for (key, value) in json["metadata"].as_object().unwrap() {
        let key = format!("{architecture}.{key}");
        match value {
            Value::String(text) => file.text(&key, text),
            Value::Bool(flag) => file.flag(&key, *flag),
            Value::Array(numbers) => {
                let numbers = numbers.iter().map(|n| n.as_i64().unwrap() as i32);
                file.numbers(&key, &numbers.collect::<Vec<_>>());
            }
            Value::Number(number) if number.is_f64() => {
                file.float(&key, number.as_f64().unwrap() as f32);
            }
            number => file.number(&key, number.as_u64().unwrap() as u32),
        }
    }
    let texts = |name: &str| -> Vec<String> {
        let list = json[name].as_array().unwrap().iter();
        list.map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let tokens = texts("tokens");
    let kind = |token: &String| if token.starts_with("<|") { 3 } else { 1 };
    file.text("tokenizer.ggml.model", "gpt2");
    file.text("tokenizer.ggml.pre", "gpt-2");
    file.numbers(
        "tokenizer.ggml.token_type",
        &tokens.iter().map(kind).collect::<Vec<_>>(),
    );
    file.texts("tokenizer.ggml.tokens", &tokens);
    file.texts("tokenizer.ggml.merges", &texts("merges"));
    for (name, shape) in json["tensors"].as_object().unwrap() {
        let shape = shape.as_array().unwrap().iter();
        let shape: Vec<usize> = shape.map(|d| d.as_u64().unwrap() as usize).collect();
        let values = weights_of(name, &shape);
        let dtype = match shape.len() {
            1 => GgmlDType::F32,
            _ => dtype(name),
        };
        file.tensor(name, &shape, dtype, &values);
    }
    file
}

/// The values of a tensor, as `weights` in `record_families.py` computes them.
pub fn weights_of(name: &str, shape: &[usize]) -> Vec<f32> {
    let seed = crc32fast::hash(name.as_bytes());
    let (centre, spread) = if name.ends_with("ssm_a") {
        (-0.75, 0.5)
    } else if name.starts_with("rope_") {
        (1.5, 0.5)
    } else if name.contains("norm") && name.ends_with("weight") {
        (1.0, 0.25)
    } else if name.contains("conv") {
        (0.0, 0.5)
    } else if shape.len() == 1 || name.ends_with("bias") {
        (0.0, 0.25)
    } else if name.starts_with("token_embd") || name.starts_with("output") {
        (0.0, 0.5)
    } else {
        (0.0, 0.1875)
    };
    let value = |i: usize| {
        let mut x = (i as u32).wrapping_mul(2_654_435_761).wrapping_add(seed);
        for (shift, factor) in [(16, 0x7feb_352d_u32), (15, 0x846c_a68b)] {
            x = (x ^ x >> shift).wrapping_mul(factor);
        }
        x ^= x >> 16;
        centre + spread * ((x >> 8) as f32 / (1 << 23) as f32 - 1.0)
    };
    (0..shape.iter().product()).map(value).collect()
}
