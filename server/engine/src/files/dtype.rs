//! The storage formats of weights, and their conversion to f32.
//!
//! The block formats are ggml's (`ggml-quants.h`). candle-core decodes them; `kernels` has faster
//! decoders for the formats with blocks of 32. To read one more format, add a line to [`FORMATS`].

use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{DType, Device};
use kernels::{Block32, Isa, NativeFormat, decode};

use crate::LoadError;

/// A storage format: candle's type, the number ggml gives it in a file, its name, weights and bytes
/// in one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    pub dtype: GgmlDType,
    pub ggml: u32,
    pub name: &'static str,
    pub block: usize,
    pub block_bytes: usize,
}

const fn format(
    dtype: GgmlDType,
    ggml: u32,
    name: &'static str,
    block: usize,
    block_bytes: usize,
) -> Format {
    Format {
        dtype,
        ggml,
        name,
        block,
        block_bytes,
    }
}

/// All formats that can be read.
pub const FORMATS: &[Format] = &[
    format(GgmlDType::F32, 0, "F32", 1, 4),
    format(GgmlDType::F16, 1, "F16", 1, 2),
    format(GgmlDType::Q4_0, 2, "Q4_0", 32, 18),
    format(GgmlDType::Q4_1, 3, "Q4_1", 32, 20),
    format(GgmlDType::Q5_0, 6, "Q5_0", 32, 22),
    format(GgmlDType::Q5_1, 7, "Q5_1", 32, 24),
    format(GgmlDType::Q8_0, 8, "Q8_0", 32, 34),
    format(GgmlDType::Q2K, 10, "Q2_K", 256, 84),
    format(GgmlDType::Q3K, 11, "Q3_K", 256, 110),
    format(GgmlDType::Q4K, 12, "Q4_K", 256, 144),
    format(GgmlDType::Q5K, 13, "Q5_K", 256, 176),
    format(GgmlDType::Q6K, 14, "Q6_K", 256, 210),
    format(GgmlDType::BF16, 30, "BF16", 1, 2),
];

impl Format {
    /// Plain f32.
    pub const F32: Format = FORMATS[0];

    /// The format with ggml's number `ggml`.
    pub fn of_ggml(ggml: u32) -> Option<Format> {
        FORMATS.iter().find(|f| f.ggml == ggml).copied()
    }

    /// The format that candle calls `dtype`, if it can be read.
    pub fn of_dtype(dtype: GgmlDType) -> Option<Format> {
        FORMATS.iter().find(|f| f.dtype == dtype).copied()
    }

    /// Whether weights are stored as floats rather than in quantized blocks.
    pub fn is_float(&self) -> bool {
        self.block == 1
    }

    /// The format with this name, as GGUF tools and safetensors spell it.
    pub fn of_name(name: &str) -> Option<Format> {
        FORMATS.iter().find(|f| f.name == name).copied()
    }

    /// Bytes of `count` weights, if `count` is whole blocks and the product fits.
    pub fn bytes_of(&self, count: usize) -> Option<usize> {
        if count.is_multiple_of(self.block) {
            (count / self.block).checked_mul(self.block_bytes)
        } else {
            None
        }
    }

    /// Decodes whole blocks into f32.
    pub fn to_f32(self, bytes: &[u8]) -> Result<Vec<f32>, LoadError> {
        let count = bytes.len() / self.block_bytes * self.block;
        if let Some(block) = self.block32() {
            let mut values = vec![0.0; count];
            decode(Isa::detect(), block, bytes, &mut values);
            return Ok(values);
        }
        let decode_by_candle = || -> candle_core::Result<Vec<f32>> {
            // A copy, because candle needs its blocks aligned and files do not promise that.
            let storage = QStorage::from_data(bytes.to_vec().into(), &Device::Cpu, self.dtype)?;
            QTensor::new(storage, count)?
                .dequantize(&Device::Cpu)?
                .to_dtype(DType::F32)?
                .to_vec1()
        };
        decode_by_candle()
            .map_err(|e| LoadError::Damaged(format!("{} values cannot be decoded: {e}", self.name)))
    }

    /// The format as one that is packed without changing its bits, if it is one.
    pub fn native(&self) -> Option<NativeFormat> {
        Some(match self.dtype {
            GgmlDType::Q4_0 => NativeFormat::Q4_0,
            GgmlDType::Q4_1 => NativeFormat::Q4_1,
            GgmlDType::Q5_0 => NativeFormat::Q5_0,
            GgmlDType::Q5_1 => NativeFormat::Q5_1,
            GgmlDType::Q8_0 => NativeFormat::Q8_0,
            GgmlDType::Q4K => NativeFormat::Q4_K,
            GgmlDType::Q5K => NativeFormat::Q5_K,
            GgmlDType::Q6K => NativeFormat::Q6_K,
            _ => return None,
        })
    }

    /// The format as one with blocks of 32 weights, if it is one.
    fn block32(&self) -> Option<Block32> {
        Some(match self.dtype {
            GgmlDType::Q4_0 => Block32::Q4_0,
            GgmlDType::Q4_1 => Block32::Q4_1,
            GgmlDType::Q5_0 => Block32::Q5_0,
            GgmlDType::Q5_1 => Block32::Q5_1,
            GgmlDType::Q8_0 => Block32::Q8_0,
            _ => return None,
        })
    }
}
