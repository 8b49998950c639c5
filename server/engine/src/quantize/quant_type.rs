//! The types a model can be quantised to, and the type that a matrix of a given width can have.
//!
//! To add a type: a line in [`QUANT_TYPES`]. The numbers of whole files are llama.cpp's
//! (`LLAMA_FTYPE_*`).

use candle_core::quantized::GgmlDType;

/// A type that a whole file can be quantised to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuantType {
    /// Its name, as tools and file names spell it.
    pub name: &'static str,
    /// The file's number for it, `general.file_type`.
    pub(super) file_type: u32,
    /// The type of every matrix, or of most.
    pub(super) dtype: GgmlDType,
    /// The type of the head, and of the embedding that it may be tied to.
    pub(super) head: GgmlDType,
    /// Some matrices get more bits.
    pub(super) mixed: bool,
}

const fn k_quant(name: &'static str, file_type: u32, dtype: GgmlDType, mixed: bool) -> QuantType {
    QuantType {
        name,
        file_type,
        dtype,
        head: dtype,
        mixed,
    }
}

/// A type with blocks of 32, which fit rows of nearly any width; the head gets more bits.
const fn block32(name: &'static str, file_type: u32, dtype: GgmlDType) -> QuantType {
    QuantType {
        name,
        file_type,
        dtype,
        head: GgmlDType::Q8_0,
        mixed: false,
    }
}

/// All types, the largest first.
pub const QUANT_TYPES: &[QuantType] = &[
    k_quant("Q8_0", 7, GgmlDType::Q8_0, false),
    k_quant("Q6_K", 18, GgmlDType::Q6K, false),
    block32("Q5_1", 9, GgmlDType::Q5_1),
    k_quant("Q5_K", 16, GgmlDType::Q5K, false),
    block32("Q5_0", 8, GgmlDType::Q5_0),
    block32("Q4_1", 3, GgmlDType::Q4_1),
    k_quant("Q4_K_M", 15, GgmlDType::Q4K, true),
    k_quant("Q4_K", 14, GgmlDType::Q4K, false),
    block32("Q4_0", 2, GgmlDType::Q4_0),
];

impl QuantType {
    /// The type with this name, however it is capitalised.
    pub fn of_name(name: &str) -> Option<QuantType> {
        QUANT_TYPES
            .iter()
            .find(|one| one.name.eq_ignore_ascii_case(name))
            .copied()
    }
}

/// `wanted` if rows of `cols` weights are whole blocks of it, else the next type for which they
/// are: among those with smaller blocks, the one llama.cpp takes (`tensor_type_fallback` in its
/// `llama-quant.cpp`).
pub(super) fn storable(wanted: GgmlDType, cols: usize) -> GgmlDType {
    let smaller = match wanted {
        GgmlDType::Q4K => GgmlDType::Q5_0,
        GgmlDType::Q5K => GgmlDType::Q5_1,
        _ => GgmlDType::Q8_0,
    };
    let fits = |dtype: &GgmlDType| cols.is_multiple_of(dtype.block_size());
    [wanted, smaller]
        .into_iter()
        .find(fits)
        .unwrap_or(GgmlDType::F32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_are_no_whole_blocks_get_a_type_with_smaller_ones() {
        assert_eq!(storable(GgmlDType::Q4K, 512), GgmlDType::Q4K);
        assert_eq!(storable(GgmlDType::Q4K, 576), GgmlDType::Q5_0);
        assert_eq!(storable(GgmlDType::Q5K, 576), GgmlDType::Q5_1);
        assert_eq!(storable(GgmlDType::Q6K, 96), GgmlDType::Q8_0);
        assert_eq!(storable(GgmlDType::Q5_1, 576), GgmlDType::Q5_1);
        assert_eq!(storable(GgmlDType::Q8_0, 40), GgmlDType::F32);
    }
}
