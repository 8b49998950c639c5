//! The tensors of a file by name, as bytes.
//!
//! The models ask by the names of a GGUF (`blk.3.attn_q.weight`); [`TensorNames`] gives the name in
//! the file. A tensor must have the shape that the configuration implies.

use std::collections::HashMap;
use std::sync::Arc;

use super::low_rank::{Adapter, LowRank};
use super::{Format, WeightScale};
use crate::LoadError;
use crate::packing::Packing;

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

    /// One of `count` equal parts, a matrix of this shape.
    pub fn part(&self, [number, count]: [usize; 2], shape: [usize; 2]) -> RawTensor<'a> {
        let len = self.bytes.len() / count;
        let scale = self.scale.as_ref();
        RawTensor {
            format: self.format,
            shape: shape.to_vec(),
            bytes: &self.bytes[number * len..(number + 1) * len],
            scale: scale.map(|scale| Arc::new(scale.skip_rows(number * shape[0]))),
        }
    }

    /// `count` rows of a matrix from row `first` on, which must exist.
    pub fn rows(&self, first: usize, count: usize) -> RawTensor<'a> {
        let row = self.row_bytes();
        let scale = self.scale.as_ref();
        RawTensor {
            format: self.format,
            shape: vec![count, self.cols()],
            bytes: &self.bytes[first * row..(first + count) * row],
            scale: scale.map(|scale| Arc::new(scale.skip_rows(first))),
        }
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

/// Parts of tensor names: a GGUF's, after `blk.N.` where it belongs to a layer, and another file's,
/// after `model.layers.N.` in a folder. A star is the number of an expert.
pub type NamePairs = &'static [(&'static str, &'static str)];

/// How a file names its tensors.
#[derive(Clone, Copy)]
pub enum TensorNames {
    /// As a GGUF does, but for these.
    Gguf(NamePairs),
    /// As a Llama's folder does, but for these.
    Folder(NamePairs),
}

/// The names in a Llama's folder.
const FOLDER_NAMES: NamePairs = &[
    ("token_embd", "model.embed_tokens"),
    ("output_norm", "model.norm"),
    ("output", "lm_head"),
    ("rope_freqs", "rope_freqs"),
    ("attn_norm", "input_layernorm"),
    ("attn_q", "self_attn.q_proj"),
    ("attn_k", "self_attn.k_proj"),
    ("attn_v", "self_attn.v_proj"),
    ("attn_output", "self_attn.o_proj"),
    ("attn_q_norm", "self_attn.q_norm"),
    ("attn_k_norm", "self_attn.k_norm"),
    ("ffn_norm", "post_attention_layernorm"),
    ("ffn_gate", "mlp.gate_proj"),
    ("ffn_up", "mlp.up_proj"),
    ("ffn_down", "mlp.down_proj"),
    ("ffn_gate_inp", "mlp.gate"),
    ("ffn_gate_exps.*", "mlp.experts.*.gate_proj"),
    ("ffn_up_exps.*", "mlp.experts.*.up_proj"),
    ("ffn_down_exps.*", "mlp.experts.*.down_proj"),
    ("ffn_gate_shexp", "mlp.shared_experts.gate_proj"),
    ("ffn_up_shexp", "mlp.shared_experts.up_proj"),
    ("ffn_down_shexp", "mlp.shared_experts.down_proj"),
];

impl TensorNames {
    /// The name in the file of the tensor that a GGUF calls `name`, if such a file can have it.
    pub fn in_file(self, name: &str) -> Option<String> {
        if let Some(whole) = self.renamed_whole(name) {
            return Some(whole);
        }
        let (stem, kind) = name.rsplit_once('.')?;
        let (layer, part) = match stem.strip_prefix("blk.").and_then(|s| s.split_once('.')) {
            Some((layer, part)) => (Some(layer), part),
            None => (None, stem),
        };
        let (part, prefix) = match self {
            TensorNames::Gguf(own) => {
                let own = renamed(own, part);
                (own.unwrap_or_else(|| part.to_owned()), "blk")
            }
            TensorNames::Folder(own) => {
                let own = renamed(own, part).or_else(|| renamed(FOLDER_NAMES, part));
                (own?, "model.layers")
            }
        };
        Some(match layer {
            Some(layer) => format!("{prefix}.{layer}.{part}.{kind}"),
            None => format!("{part}.{kind}"),
        })
    }
}

impl TensorNames {
    /// The name in a folder of a tensor of a layer that has another ending there, too.
    fn renamed_whole(self, name: &str) -> Option<String> {
        let TensorNames::Folder(own) = self else {
            return None;
        };
        let (layer, part) = name.strip_prefix("blk.")?.split_once('.')?;
        let (_, other) = own.iter().find(|(gguf, _)| *gguf == part)?;
        Some(format!("model.layers.{layer}.{other}"))
    }
}

/// The other name of a part, with the expert's number in place of the star.
fn renamed(pairs: NamePairs, part: &str) -> Option<String> {
    let expert = part
        .rsplit_once('.')
        .filter(|(_, end)| end.parse::<u32>().is_ok());
    let (key, number) = match expert {
        Some((start, number)) => (format!("{start}.*"), number),
        None => (part.to_owned(), ""),
    };
    let found = pairs.iter().find(|(gguf, _)| *gguf == key)?;
    Some(found.1.replace('*', number))
}

/// All tensors of a file.
pub struct Tensors<'a> {
    by_name: HashMap<String, RawTensor<'a>>,
    names: TensorNames,
    adapter: Option<Adapter>,
    /// How their matrices are loaded.
    pub packing: Packing<'a>,
}

impl<'a> Tensors<'a> {
    /// Tensors under the file's own names.
    pub fn new(by_name: HashMap<String, RawTensor<'a>>, names: TensorNames) -> Tensors<'a> {
        Tensors {
            by_name,
            names,
            adapter: None,
            packing: Packing::default(),
        }
    }

    /// Sets what this model's family names differently.
    pub fn set_names(&mut self, gguf: NamePairs, folder: NamePairs) {
        self.names = match self.names {
            TensorNames::Gguf(_) => TensorNames::Gguf(gguf),
            TensorNames::Folder(_) => TensorNames::Folder(folder),
        };
    }

    /// The tensor called `name`, if the file has it.
    pub fn find(&self, name: &str) -> Option<&RawTensor<'a>> {
        self.by_name.get(&self.names.in_file(name)?)
    }

    /// The file's own name of the tensor `name`.
    pub fn name_in_file(&self, name: &str) -> Option<String> {
        self.names.in_file(name)
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
            names: self.names,
            adapter: None,
            packing: Packing::default(),
        }
    }

    /// Sets the adapter that changes these tensors.
    pub fn set_adapter(&mut self, adapter: Option<Adapter>) {
        self.adapter = adapter;
    }

    /// The adapter that changes these tensors.
    pub fn adapter(&self) -> Option<&Adapter> {
        self.adapter.as_ref()
    }

    /// What the adapter adds to the matrix `name`, of this shape.
    pub fn low_rank(&self, name: &str, shape: [usize; 2]) -> Result<Option<&LowRank>, LoadError> {
        match &self.adapter {
            Some(adapter) => adapter.part(name, shape),
            None => Ok(None),
        }
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

    /// The matrix of one expert of `count`: part of a tensor `[count][rows][cols]`, or a tensor of
    /// its own, as the file has it. `name` is that of the whole, `blk.3.ffn_up_exps`.
    pub fn expert(
        &self,
        name: &str,
        [expert, count]: [usize; 2],
        shape: [usize; 2],
    ) -> Result<RawTensor<'a>, LoadError> {
        let all = format!("{name}.weight");
        if self.find(&all).is_none() {
            return self
                .get(&format!("{name}.{expert}.weight"), &shape)
                .cloned();
        }
        let all = self.get(&all, &[count, shape[0], shape[1]])?;
        Ok(all.part([expert, count], shape))
    }

    /// A small tensor as f32: a norm's weight or a bias.
    pub fn vector(&self, name: &str, len: usize) -> Result<Vec<f32>, LoadError> {
        let values = self.get(name, &[len])?.to_f32()?;
        match values.iter().any(|value| value.is_nan()) {
            true => Err(not_numbers()),
            false => Ok(values),
        }
    }
}

/// The error of weights that are not numbers: rounded to int8, they would be numbers like others.
pub fn not_numbers() -> LoadError {
    LoadError::Damaged("it holds weights that are not numbers".into())
}
