//! How much memory a model needs, and whether that much is free.
//!
//! Packed weights that a process owns must all fit. Of a mapped copy, the system keeps what is
//! read: a dense model reads all of it for every token, a mixture of experts reads a few experts,
//! which come from the disk where they do not fit.

use kernels::{NativeFormat, QuantScheme, TILE};

use crate::files::Format;
use crate::{LoadError, TensorInfo, Weights};

/// Of the experts of a mapped mixture, one of so many must fit into memory. Those that are chosen
/// often then stay there: a token uses one of 16 in models with 128 experts, one of 4 in those with
/// 8.
const EXPERTS_SHARE: u64 = 4;
/// Weights that take more than one of so many bytes of the free memory are large, too.
const LARGE_SHARE: u64 = 4;

/// Bytes of a model's weights in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemoryNeeds {
    /// All of its weights.
    pub weights: u64,
    /// The weights of experts, which a token does not read all.
    pub experts: u64,
}

impl MemoryNeeds {
    /// Those of a file's tensors.
    pub fn of(tensors: &[TensorInfo], weights: Weights) -> MemoryNeeds {
        let bytes = |tensor: &TensorInfo| weight_bytes(tensor, weights);
        let experts = tensors.iter().filter(|tensor| is_expert(&tensor.name));
        MemoryNeeds {
            weights: tensors.iter().map(bytes).sum(),
            experts: experts.map(bytes).sum(),
        }
    }

    /// What must fit into memory where the weights are mapped from a packed copy.
    pub fn mapped(&self) -> u64 {
        self.weights - self.experts + self.experts / EXPERTS_SHARE
    }

    /// Whether the copy is to be written while the weights are packed; `large` as in
    /// `LoadOptions`.
    pub fn are_large(&self, large: u64, free: Option<u64>) -> bool {
        self.weights >= large || free.is_some_and(|free| self.weights > free / LARGE_SHARE)
    }
}

/// Whether a tensor belongs to some of the experts of a layer; the names are those of a GGUF, of
/// one matrix of a copy or of a folder.
pub fn is_expert(name: &str) -> bool {
    name.contains("_exps.") || name.contains(".experts.")
}

/// Refuses weights that need more memory than is available.
pub fn check_memory(needed: u64, free: Option<u64>) -> Result<(), LoadError> {
    let Some(free) = free.filter(|&free| needed > free) else {
        return Ok(());
    };
    let (needed, free) = (needed >> 20, free >> 20);
    Err(LoadError::Unsupported(format!(
        "its weights take {needed} MiB of memory and {free} MiB are free; use a smaller model"
    )))
}

impl TensorInfo {
    /// Bytes of the tensor in memory, as [`Weights::Packed`] keeps it.
    pub(crate) fn packed_bytes(&self) -> u64 {
        weight_bytes(self, Weights::Packed)
    }

    /// Weights of the tensor.
    pub(crate) fn weight_count(&self) -> u64 {
        self.shape.iter().product::<usize>() as u64
    }
}

/// Bytes of a tensor in memory.
fn weight_bytes(tensor: &TensorInfo, weights: Weights) -> u64 {
    let count = tensor.weight_count();
    if weights == Weights::Exact || tensor.shape.len() < 2 {
        return 4 * count;
    }
    let native = Format::of_name(&tensor.dtype).and_then(|format| format.native());
    let scheme = native.map_or(QuantScheme::INT8, NativeFormat::scheme);
    count * scheme.tile_bytes() as u64 / TILE as u64
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn tensor(name: &str, shape: &[usize]) -> TensorInfo {
        TensorInfo {
            name: name.into(),
            dtype: "Q8_0".into(),
            shape: shape.to_vec(),
            bytes: 0,
        }
    }

    #[test]
    fn a_mixture_of_experts_needs_a_share_of_its_experts() {
        let tensors = [
            tensor("token_embd.weight", &[64, 32]),
            tensor("blk.0.ffn_up_exps.weight", &[8, 64, 32]),
            tensor("model.layers.1.mlp.experts.3.up_proj.weight", &[64, 32]),
            tensor("blk.0.ffn_up_shexp.weight", &[64, 32]),
        ];
        let one = tensors[0].packed_bytes();
        let needs = MemoryNeeds::of(&tensors, Weights::Packed);
        assert_eq!((needs.weights, needs.experts), (11 * one, 9 * one));
        assert_eq!(needs.mapped(), 2 * one + 9 * one / 4);
        let dense = MemoryNeeds::of(&tensors[..1], Weights::Packed);
        assert_eq!(dense.mapped(), dense.weights);
    }

    #[test]
    fn large_is_what_takes_long_or_much_of_the_memory() {
        let needs = MemoryNeeds {
            weights: 1000,
            experts: 0,
        };
        assert!(needs.are_large(1000, None) && needs.are_large(1 << 30, Some(3999)));
        assert!(!needs.are_large(1001, None) && !needs.are_large(1 << 30, Some(4000)));
        assert!(check_memory(1000, Some(1000)).is_ok() && check_memory(1000, None).is_ok());
        let error = check_memory(3 << 20, Some(2 << 20))
            .unwrap_err()
            .to_string();
        assert!(error.contains("take 3 MiB") && error.contains("2 MiB are free"));
    }
}
