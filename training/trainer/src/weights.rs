//! The model's shape and its weights: one flat f32 vector, and the int8 operands that products
//! read.
//!
//! Llama's shape as SmolLM2 has it: RMSNorm, grouped queries, rotary positions, SwiGLU, tied
//! embeddings. Queries, keys and values are one matrix here, gate and up another; `load` and `save`
//! know Hugging Face's names and layout.

use crate::quantized::{Right, Rounding, block_of};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

/// Dimensions of the model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    pub layers: usize,
    pub width: usize,
    pub queries: usize,
    pub keys: usize,
    pub feed_forward: usize,
    pub vocabulary: usize,
    pub epsilon: f32,
    pub theta: f64,
}

impl Shape {
    /// Reads config.json. Errors name what is missing or does not fit.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let json: serde_json::Value =
            serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
        let number =
            |key: &str| json[key].as_f64().ok_or(format!("{}: no number {key}", path.display()));
        let count = |key: &str| number(key).map(|value| value as usize);
        let shape = Self {
            layers: count("num_hidden_layers")?,
            width: count("hidden_size")?,
            queries: count("num_attention_heads")?,
            keys: count("num_key_value_heads")?,
            feed_forward: count("intermediate_size")?,
            vocabulary: count("vocab_size")?,
            epsilon: number("rms_norm_eps")? as f32,
            theta: number("rope_theta")?,
        };
        let all = [shape.width, shape.feed_forward, shape.vocabulary];
        if all.iter().any(|size| !size.is_multiple_of(64)) || shape.width != shape.queries * 64 {
            return Err(format!(
                "{}: widths must be multiples of 64, heads 64 wide",
                path.display()
            ));
        }
        Ok(shape)
    }

    /// Values in a token's row of queries, keys and values.
    pub fn qkv(&self) -> usize {
        (self.queries + 2 * self.keys) * 64
    }

    /// Multiplications a token takes, forward, without attention.
    pub fn products(&self) -> usize {
        let layer = self.width * (self.qkv() + self.width + 3 * self.feed_forward);
        self.layers * layer + self.width * self.vocabulary
    }
}

/// A matrix: where it lies in the flat weights, [outputs][inputs].
#[derive(Clone, Debug)]
pub struct Matrix {
    pub at: Range<usize>,
    pub outputs: usize,
    pub inputs: usize,
}

/// Where the weights of a layer lie.
#[derive(Clone, Debug)]
pub struct Layer {
    pub attention_norm: Range<usize>,
    pub qkv: Matrix,
    pub output: Matrix,
    pub mlp_norm: Range<usize>,
    pub gate_up: Matrix,
    pub down: Matrix,
}

/// Where all weights lie.
#[derive(Clone, Debug)]
pub struct Layout {
    pub embedding: Matrix,
    pub layers: Vec<Layer>,
    pub norm: Range<usize>,
    pub total: usize,
}

impl Layout {
    pub fn new(shape: &Shape) -> Self {
        let mut total = 0;
        let mut take = |count: usize| {
            total += count;
            total - count..total
        };
        let mut matrix = |outputs, inputs| Matrix { at: take(outputs * inputs), outputs, inputs };
        let embedding = matrix(shape.vocabulary, shape.width);
        let mut layers = Vec::new();
        for _ in 0..shape.layers {
            let qkv = matrix(shape.qkv(), shape.width);
            let output = matrix(shape.width, shape.width);
            let gate_up = matrix(2 * shape.feed_forward, shape.width);
            let down = matrix(shape.width, shape.feed_forward);
            let norms = matrix(2, shape.width).at;
            let middle = norms.start + shape.width;
            let (attention_norm, mlp_norm) = (norms.start..middle, middle..norms.end);
            layers.push(Layer { attention_norm, qkv, output, mlp_norm, gate_up, down });
        }
        let norm = take(shape.width);
        Self { embedding, layers, norm, total }
    }

    /// All matrices, in the order of `Operands`: the embedding, then four a layer.
    pub fn matrices(&self) -> Vec<&Matrix> {
        let layers = self.layers.iter().flat_map(|l| [&l.qkv, &l.output, &l.gate_up, &l.down]);
        std::iter::once(&self.embedding).chain(layers).collect()
    }

    /// Pieces of the flat weights with Hugging Face's names and shapes.
    fn names(&self, shape: &Shape) -> Vec<(String, Vec<usize>, Range<usize>)> {
        let width = shape.width;
        let mut all = vec![
            (
                "model.embed_tokens.weight".to_owned(),
                vec![shape.vocabulary, width],
                self.embedding.at.clone(),
            ),
            ("model.norm.weight".to_owned(), vec![width], self.norm.clone()),
        ];
        for (i, layer) in self.layers.iter().enumerate() {
            let mut add = |name: &str, rows: usize, columns: usize, start: usize| {
                let shape = if rows == 0 { vec![columns] } else { vec![rows, columns] };
                let size = rows.max(1) * columns;
                all.push((format!("model.layers.{i}.{name}.weight"), shape, start..start + size));
            };
            let (queries, keys, ffn) = (shape.queries * 64, shape.keys * 64, shape.feed_forward);
            let qkv = layer.qkv.at.start;
            add("input_layernorm", 0, width, layer.attention_norm.start);
            add("post_attention_layernorm", 0, width, layer.mlp_norm.start);
            add("self_attn.q_proj", queries, width, qkv);
            add("self_attn.k_proj", keys, width, qkv + queries * width);
            add("self_attn.v_proj", keys, width, qkv + (queries + keys) * width);
            add("self_attn.o_proj", width, width, layer.output.at.start);
            add("mlp.gate_proj", ffn, width, layer.gate_up.at.start);
            add("mlp.up_proj", ffn, width, layer.gate_up.at.start + ffn * width);
            add("mlp.down_proj", width, ffn, layer.down.at.start);
        }
        all
    }

    /// Reads model.safetensors (F32 or BF16). Errors name the tensor.
    pub fn load(&self, shape: &Shape, path: &Path) -> Result<Vec<f32>, String> {
        let bytes = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let file =
            SafeTensors::deserialize(&bytes).map_err(|e| format!("{}: {e}", path.display()))?;
        let mut weights = vec![0.0; self.total];
        for (name, wanted, range) in self.names(shape) {
            let tensor =
                file.tensor(&name).map_err(|e| format!("{}: {name}: {e}", path.display()))?;
            if tensor.shape() != wanted {
                return Err(format!(
                    "{}: {name} is {:?}, not {wanted:?}",
                    path.display(),
                    tensor.shape()
                ));
            }
            read_values(&tensor, &mut weights[range])
                .map_err(|e| format!("{}: {name}: {e}", path.display()))?;
        }
        Ok(weights)
    }

    /// Writes model.safetensors in F32.
    pub fn save(&self, shape: &Shape, weights: &[f32], path: &Path) -> Result<(), String> {
        let names = self.names(shape);
        let mut data = HashMap::new();
        for (name, dimensions, range) in &names {
            let bytes = as_bytes(&weights[range.clone()]);
            let view = TensorView::new(Dtype::F32, dimensions.clone(), bytes)
                .map_err(|e| e.to_string())?;
            data.insert(name.clone(), view);
        }
        let about = HashMap::from([("format".to_owned(), "pt".to_owned())]);
        safetensors::serialize_to_file(data, Some(about), path)
            .map_err(|e| format!("{}: {e}", path.display()))
    }
}

fn read_values(tensor: &TensorView, to: &mut [f32]) -> Result<(), String> {
    match tensor.dtype() {
        Dtype::F32 => {
            for (to, from) in to.iter_mut().zip(tensor.data().chunks_exact(4)) {
                *to = f32::from_le_bytes(from.try_into().unwrap());
            }
        }
        Dtype::BF16 => {
            for (to, from) in to.iter_mut().zip(tensor.data().chunks_exact(2)) {
                *to = f32::from_bits(u32::from(u16::from_le_bytes([from[0], from[1]])) << 16);
            }
        }
        other => return Err(format!("{other:?} is neither F32 nor BF16")),
    }
    Ok(())
}

/// The bytes of values, as files hold them (little endian).
pub fn as_bytes(values: &[f32]) -> &[u8] {
    // SAFETY: any f32 is four valid bytes, and u8 needs no alignment.
    unsafe { std::slice::from_raw_parts(values.as_ptr().cast(), values.len() * 4) }
}

/// A matrix as the products read it.
#[derive(Default)]
pub struct Operand {
    /// For outputs = inputs * matrix transposed.
    pub forward: Right,
    /// For the gradient of the inputs.
    pub backward: Right,
}

impl Operand {
    pub fn update(&mut self, weights: &[f32], matrix: &Matrix) {
        let values = &weights[matrix.at.clone()];
        self.forward.set_columns(values, matrix.outputs, Rounding::Nearest);
        self.backward.set_rows(values, matrix.inputs, block_of(matrix.outputs), Rounding::Nearest);
    }
}

/// Recomputes the operands of all matrices, divided among `threads`.
pub fn update_operands(operands: &mut [Operand], layout: &Layout, weights: &[f32], threads: usize) {
    let matrices = layout.matrices();
    let mut shares: Vec<Vec<(&mut Operand, &Matrix)>> = (0..threads).map(|_| Vec::new()).collect();
    let mut loads = vec![0; threads];
    for (operand, matrix) in operands.iter_mut().zip(matrices) {
        let least = (0..threads).min_by_key(|i| loads[*i]).unwrap();
        loads[least] += matrix.at.len();
        shares[least].push((operand, matrix));
    }
    std::thread::scope(|scope| {
        for share in shares {
            scope.spawn(move || {
                share.into_iter().for_each(|(operand, matrix)| operand.update(weights, matrix))
            });
        }
    });
}
