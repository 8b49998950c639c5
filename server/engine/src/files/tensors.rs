//! The tensors of a file by name, as bytes.
//!
//! The models ask by Hugging Face names (`model.layers.3.self_attn.q_proj.weight`); [`gguf_name`]
//! gives the name in a GGUF file. A tensor must have the shape that the configuration implies.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Format, WeightScale};
use crate::LoadError;
use crate::packed_copy::PackedCopy;

/// Bytes at both ends of a tensor that go into the fingerprint.
const FINGERPRINTED: usize = 2048;

/// One tensor: its format, dimensions (outermost first) and bytes, and what its weights are
/// multiplied with.
#[derive(Clone)]
pub struct RawTensor<'a> {
    pub format: Format,
    pub shape: Vec<usize>,
    pub bytes: &'a [u8],
    pub scale: Option<Arc<WeightScale>>,
}

impl<'a> RawTensor<'a> {
    pub fn new(format: Format, shape: Vec<usize>, bytes: &'a [u8]) -> RawTensor<'a> {
        RawTensor {
            format,
            shape,
            bytes,
            scale: None,
        }
    }

    /// Bytes of one row of a matrix.
    pub fn row_bytes(&self) -> usize {
        self.cols() / self.format.block * self.format.block_bytes
    }

    fn cols(&self) -> usize {
        self.shape.last().copied().unwrap_or(1)
    }

    /// The weights of whole rows, whose bytes these are; `first` is the number of the first one.
    pub fn rows_to_f32(&self, first: usize, bytes: &[u8]) -> Result<Vec<f32>, LoadError> {
        let mut values = self.format.to_f32(bytes)?;
        if let Some(scale) = &self.scale {
            scale.apply(first, self.cols(), &mut values);
        }
        Ok(values)
    }

    /// What the weights of a row are multiplied with; all share it, other than by blocks only
    /// floats of eight bits have several.
    pub fn row_factor(&self, row: usize) -> f32 {
        let scale = self.scale.as_ref();
        scale.and_then(|scale| scale.of_row(row)).unwrap_or(1.0)
    }

    /// All weights.
    pub fn to_f32(&self) -> Result<Vec<f32>, LoadError> {
        self.rows_to_f32(0, self.bytes)
    }

    /// Sets what the weights are multiplied with: factors in a tensor of their own, one for each
    /// `block` of rows and columns where they are many.
    pub fn set_scale(
        &mut self,
        name: &str,
        factors: &RawTensor,
        block: [usize; 2],
    ) -> Result<(), LoadError> {
        let rows = self.shape.iter().product::<usize>() / self.cols();
        let shape = [rows, self.cols()];
        let scale = WeightScale::new(name, factors.to_f32()?, &factors.shape, shape, block)?;
        self.scale = Some(Arc::new(scale));
        Ok(())
    }
}

/// All tensors of a file.
pub struct Tensors<'a> {
    by_name: HashMap<String, RawTensor<'a>>,
    rename: fn(&str) -> Option<String>,
    copy: Option<PackedCopy>,
}

impl<'a> Tensors<'a> {
    /// Tensors under the file's own names; `rename` maps Hugging Face names to them.
    pub fn new(
        by_name: HashMap<String, RawTensor<'a>>,
        rename: fn(&str) -> Option<String>,
    ) -> Tensors<'a> {
        Tensors {
            by_name,
            rename,
            copy: None,
        }
    }

    /// The tensor called `name`, if the file has it.
    pub fn find(&self, name: &str) -> Option<&RawTensor<'a>> {
        self.by_name.get(&(self.rename)(name)?)
    }

    /// The file's own name of the tensor `name`.
    pub fn name_in_file(&self, name: &str) -> Option<String> {
        (self.rename)(name)
    }

    /// The names of all tensors as the file has them.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.by_name.keys().map(String::as_str)
    }

    /// The tensor with the file's own name `name`.
    pub fn named(&self, name: &str) -> Option<&RawTensor<'a>> {
        self.by_name.get(name)
    }

    /// The same tensors with the one named `name` in the file replaced.
    pub fn with<'b>(&'b self, name: &str, raw: RawTensor<'b>) -> Tensors<'b> {
        let mut by_name: HashMap<String, RawTensor<'b>> = self.by_name.clone();
        by_name.insert(name.to_owned(), raw);
        Tensors {
            by_name,
            rename: self.rename,
            copy: None,
        }
    }

    /// Sets the packed copy, from which matrices are taken if it has them.
    pub fn set_copy(&mut self, copy: Option<PackedCopy>) {
        self.copy = copy;
    }

    /// The packed copy of these tensors.
    pub fn copy(&self) -> Option<&PackedCopy> {
        self.copy.as_ref()
    }

    /// Identifies these tensors: a checksum over names, formats, shapes and both ends of each.
    pub fn fingerprint(&self) -> u32 {
        let mut tensors: Vec<_> = self.by_name.iter().collect();
        tensors.sort_unstable_by_key(|(name, _)| *name);
        let mut sum = crc32fast::Hasher::new();
        for (name, tensor) in tensors {
            let (bytes, shape) = (tensor.bytes, &tensor.shape);
            sum.update(format!("{name} {} {shape:?}", tensor.format.name).as_bytes());
            sum.update(&bytes[..bytes.len().min(FINGERPRINTED)]);
            sum.update(&bytes[bytes.len().saturating_sub(FINGERPRINTED)..]);
            if let Some(scale) = &tensor.scale {
                sum.update(format!("{scale:?}").as_bytes());
            }
        }
        sum.finalize()
    }

    /// The tensor called `name`, which must have this shape.
    pub fn get(&self, name: &str, shape: &[usize]) -> Result<&RawTensor<'a>, LoadError> {
        let shown = || self.name_in_file(name).unwrap_or_else(|| name.to_owned());
        let raw = self
            .find(name)
            .ok_or_else(|| LoadError::Damaged(format!("the tensor {} is missing", shown())))?;
        if raw.shape != shape {
            let (name, found) = (shown(), &raw.shape);
            return Err(LoadError::Damaged(format!(
                "the tensor {name} has the shape {found:?}, but the configuration says {shape:?}"
            )));
        }
        Ok(raw)
    }

    /// A small tensor as f32: a norm's weight or a bias.
    pub fn vector(&self, name: &str, len: usize) -> Result<Vec<f32>, LoadError> {
        self.get(name, &[len])?.to_f32()
    }
}

/// The GGUF spelling of a Hugging Face tensor name.
pub fn gguf_name(name: &str) -> Option<String> {
    let fixed = match name {
        "model.embed_tokens.weight" => "token_embd.weight",
        "model.norm.weight" => "output_norm.weight",
        "lm_head.weight" => "output.weight",
        "rope_freqs.weight" => "rope_freqs.weight",
        _ => "",
    };
    if !fixed.is_empty() {
        return Some(fixed.into());
    }
    let (layer, rest) = name.strip_prefix("model.layers.")?.split_once('.')?;
    let (part, kind) = rest.rsplit_once('.')?;
    let part = match part {
        "input_layernorm" => "attn_norm",
        "self_attn.q_proj" => "attn_q",
        "self_attn.k_proj" => "attn_k",
        "self_attn.v_proj" => "attn_v",
        "self_attn.o_proj" => "attn_output",
        "self_attn.q_norm" => "attn_q_norm",
        "self_attn.k_norm" => "attn_k_norm",
        "post_attention_layernorm" => "ffn_norm",
        "mlp.gate_proj" => "ffn_gate",
        "mlp.up_proj" => "ffn_up",
        "mlp.down_proj" => "ffn_down",
        _ => return None,
    };
    Some(format!("blk.{layer}.{part}.{kind}"))
}
