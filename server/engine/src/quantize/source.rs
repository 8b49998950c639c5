//! The tensors to write, from either kind of source, under their GGUF names.
//!
//! A folder's tensors are renamed, a Llama's query and key rows are put into the order of a GGUF,
//! and RoPE scaling becomes `rope_freqs.weight`. What a GGUF cannot hold is refused here, before
//! anything is computed.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use crate::LoadError;
use crate::checked_model::CheckedModel;
use crate::files::{Format, RawTensor, WeightScale};
use crate::layers::{MatrixGroup, Scaling};
use crate::models;

/// One tensor of the new file.
pub struct SourceTensor<'a> {
    /// Its name in a GGUF.
    pub name: String,
    /// Its name in the source.
    pub source: String,
    format: Format,
    shape: Vec<usize>,
    bytes: Cow<'a, [u8]>,
    /// What the weights are multiplied with.
    scale: Option<Arc<WeightScale>>,
    /// The number of heads whose rows change their order, if they do.
    heads: Option<usize>,
}

impl SourceTensor<'_> {
    /// The tensor as the source has it.
    pub fn raw(&self) -> RawTensor<'_> {
        RawTensor {
            scale: self.scale.clone(),
            ..RawTensor::new(self.format, self.shape.clone(), &self.bytes)
        }
    }

    /// Weights in a row.
    pub fn cols(&self) -> usize {
        self.shape.last().copied().unwrap_or(1)
    }

    /// Whether it is a matrix, which may be rounded.
    pub fn is_matrix(&self) -> bool {
        self.shape.len() > 1
    }

    /// The group it belongs to, if the decoder records its activations. `tied`: the embedding is
    /// the language model head too.
    pub fn matrix_group(&self, tied: bool) -> Option<MatrixGroup> {
        match self.name.as_str() {
            "output.weight" => return Some(MatrixGroup::LmHead),
            "token_embd.weight" => return tied.then_some(MatrixGroup::LmHead),
            _ => {}
        }
        let (layer, part) = self.name.strip_prefix("blk.")?.split_once('.')?;
        let layer = layer.parse().ok()?;
        Some(match part {
            "attn_q.weight" | "attn_k.weight" | "attn_v.weight" => MatrixGroup::Attention(layer),
            "attn_output.weight" => MatrixGroup::AttentionOutput(layer),
            "ffn_gate.weight" | "ffn_up.weight" => MatrixGroup::Mlp(layer),
            "ffn_down.weight" => MatrixGroup::MlpDown(layer),
            _ => return None,
        })
    }

    /// EncodedTensor rows in the order of a GGUF: of a Llama's heads the two halves alternate.
    pub fn reordered(&self, encoded: Vec<u8>) -> Vec<u8> {
        let (Some(heads), rows) = (self.heads, self.shape[0]) else {
            return encoded;
        };
        let (row, head) = (encoded.len() / rows, rows / heads);
        let from = |r: usize| r / head * head + r % 2 * (head / 2) + r % head / 2;
        (0..rows)
            .flat_map(|r| &encoded[from(r) * row..][..row])
            .copied()
            .collect()
    }
}

/// The tensors of the new file, in the source's order.
pub fn tensors<'a>(
    opened: &CheckedModel<'a>,
    from_folder: bool,
) -> Result<Vec<SourceTensor<'a>>, LoadError> {
    let mut tensors = Vec::with_capacity(opened.summary.len());
    let names = models::file_names(&opened.tensors, &opened.config);
    for info in &opened.summary {
        let Some(raw) = opened.tensors.named(&info.name) else {
            continue;
        };
        let name = if from_folder {
            renamed(opened, &names, &info.name)?
        } else {
            Some(info.name.clone())
        };
        let Some(name) = name else { continue };
        let heads = if from_folder {
            reordered_heads(opened, &name)
        } else {
            None
        };
        let (shape, bytes) = (raw.shape.clone(), Cow::Borrowed(raw.bytes));
        tensors.push(SourceTensor {
            name,
            source: info.name.clone(),
            format: raw.format,
            shape,
            bytes,
            scale: raw.scale.clone(),
            heads,
        });
    }
    if from_folder {
        tensors.extend(rope_freqs(opened)?);
    }
    Ok(tensors)
}

/// The GGUF name of a folder's tensor; `None` for what is recomputed or repeats the embedding.
fn renamed(
    opened: &CheckedModel,
    names: &HashMap<String, String>,
    name: &str,
) -> Result<Option<String>, LoadError> {
    let again = name == "lm_head.weight" && opened.config.tied(&opened.tensors);
    if again || name.ends_with(".rotary_emb.inv_freq") {
        return Ok(None);
    }
    let refused = || {
        LoadError::Unsupported(format!(
            "a GGUF of this architecture cannot hold the tensor {name}"
        ))
    };
    names.get(name).cloned().map(Some).ok_or_else(refused)
}

fn is_llama(opened: &CheckedModel) -> bool {
    opened.config.gguf_architecture == "llama"
}

fn reordered_heads(opened: &CheckedModel, name: &str) -> Option<usize> {
    let config = &opened.config;
    match name.rsplit('.').nth(1)? {
        "attn_q" if is_llama(opened) => Some(config.num_attention_heads),
        "attn_k" if is_llama(opened) => Some(config.num_key_value_heads),
        _ => None,
    }
}

/// A GGUF has RoPE scaling as a divisor per frequency, which readers only expect in a Llama.
fn rope_freqs<'a>(opened: &CheckedModel) -> Result<Option<SourceTensor<'a>>, LoadError> {
    let config = &opened.config;
    let rope = config.ropes.first();
    if rope.is_some_and(|rope| matches!(rope.scaling, Scaling::LongRope(_))) {
        return Err(LoadError::Unsupported(
            "RoPE scaling of the type longrope cannot be written to a GGUF".into(),
        ));
    }
    let Some(divisors) = rope.and_then(|r| r.scaling.divisors(config.rotary_dim, r.theta)) else {
        return Ok(None);
    };
    let architecture = config.gguf_architecture;
    let format = Format::of_name("F32")
        .filter(|_| is_llama(opened))
        .ok_or_else(|| {
            LoadError::Unsupported(format!(
                "RoPE scaling of a {architecture} model cannot be written to a GGUF"
            ))
        })?;
    let bytes: Vec<u8> = divisors.iter().flat_map(|d| d.to_le_bytes()).collect();
    let (name, shape) = ("rope_freqs.weight".to_owned(), vec![divisors.len()]);
    Ok(Some(SourceTensor {
        source: name.clone(),
        name,
        format,
        shape,
        bytes: Cow::Owned(bytes),
        scale: None,
        heads: None,
    }))
}
