//! The storage formats of weights, and their conversion to f32.
//!
//! The block formats are ggml's (`ggml-quants.h`). candle-core decodes some, `kernels`
//! those with blocks of 32 and those with a codebook. To read one more format, add a line to
//! [`FORMATS`].

use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{DType, Device};
use kernels::{Block32, CodeFormat, Isa, NativeFormat, decode};

use crate::LoadError;

/// A storage format: its decoder, the number ggml gives it in a file, its name, weights and bytes
/// in one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    pub decoder: FormatDecoder,
    pub ggml: u32,
    pub name: &'static str,
    pub block: usize,
    pub block_bytes: usize,
}

/// What turns the bytes of a format into f32.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormatDecoder {
    /// candle, which can also write the format; or `kernels`, where the blocks have 32 weights.
    Candle(GgmlDType),
    /// The table of codes in `kernels`.
    Codes(CodeFormat),
    /// One float of eight bits a weight, as safetensors have it: a sign, four bits of exponent,
    /// three of mantissa.
    F8E4M3,
}

/// The number of a format that no GGUF has.
const NOT_IN_GGUF: u32 = u32::MAX;

const fn candle(
    dtype: GgmlDType,
    ggml: u32,
    name: &'static str,
    block: usize,
    block_bytes: usize,
) -> Format {
    Format {
        decoder: FormatDecoder::Candle(dtype),
        ggml,
        name,
        block,
        block_bytes,
    }
}

const fn codes(format: CodeFormat, ggml: u32, name: &'static str) -> Format {
    let [block, block_bytes] = format.block();
    Format {
        decoder: FormatDecoder::Codes(format),
        ggml,
        name,
        block,
        block_bytes,
    }
}

/// All formats that can be read.
pub const FORMATS: &[Format] = &[
    candle(GgmlDType::F32, 0, "F32", 1, 4),
    candle(GgmlDType::F16, 1, "F16", 1, 2),
    candle(GgmlDType::Q4_0, 2, "Q4_0", 32, 18),
    candle(GgmlDType::Q4_1, 3, "Q4_1", 32, 20),
    candle(GgmlDType::Q5_0, 6, "Q5_0", 32, 22),
    candle(GgmlDType::Q5_1, 7, "Q5_1", 32, 24),
    candle(GgmlDType::Q8_0, 8, "Q8_0", 32, 34),
    candle(GgmlDType::Q2K, 10, "Q2_K", 256, 84),
    codes(CodeFormat::Q3_K, 11, "Q3_K"),
    candle(GgmlDType::Q4K, 12, "Q4_K", 256, 144),
    candle(GgmlDType::Q5K, 13, "Q5_K", 256, 176),
    candle(GgmlDType::Q6K, 14, "Q6_K", 256, 210),
    codes(CodeFormat::IQ2_XXS, 16, "IQ2_XXS"),
    codes(CodeFormat::IQ2_XS, 17, "IQ2_XS"),
    codes(CodeFormat::IQ3_XXS, 18, "IQ3_XXS"),
    codes(CodeFormat::IQ1_S, 19, "IQ1_S"),
    codes(CodeFormat::IQ4_NL, 20, "IQ4_NL"),
    codes(CodeFormat::IQ3_S, 21, "IQ3_S"),
    codes(CodeFormat::IQ2_S, 22, "IQ2_S"),
    codes(CodeFormat::IQ4_XS, 23, "IQ4_XS"),
    codes(CodeFormat::IQ1_M, 29, "IQ1_M"),
    candle(GgmlDType::BF16, 30, "BF16", 1, 2),
    codes(CodeFormat::TQ1_0, 34, "TQ1_0"),
    codes(CodeFormat::TQ2_0, 35, "TQ2_0"),
    codes(CodeFormat::MXFP4, 39, "MXFP4"),
    codes(CodeFormat::NVFP4, 40, "NVFP4"),
    codes(CodeFormat::Q1_0, 41, "Q1_0"),
    codes(CodeFormat::Q2_0, 42, "Q2_0"),
    Format {
        decoder: FormatDecoder::F8E4M3,
        ggml: NOT_IN_GGUF,
        name: "F8_E4M3",
        block: 1,
        block_bytes: 1,
    },
];

impl Format {
    /// Plain f32.
    pub const F32: Format = FORMATS[0];

    /// The format with ggml's number `ggml`.
    pub fn of_ggml(ggml: u32) -> Option<Format> {
        FORMATS
            .iter()
            .find(|f| f.ggml == ggml && f.is_in_gguf())
            .copied()
    }

    /// Whether a GGUF may have it.
    pub fn is_in_gguf(&self) -> bool {
        self.ggml != NOT_IN_GGUF
    }

    /// The format that candle calls `dtype`, if it can be read.
    pub fn of_dtype(dtype: GgmlDType) -> Option<Format> {
        FORMATS
            .iter()
            .find(|f| f.decoder == FormatDecoder::Candle(dtype))
            .copied()
    }

    /// candle's name of the format, if candle can write it.
    pub fn dtype(&self) -> Option<GgmlDType> {
        match self.decoder {
            FormatDecoder::Candle(dtype) => Some(dtype),
            _ => None,
        }
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
        let mut values = vec![0.0; count];
        match self.decoder {
            FormatDecoder::Codes(format) => format.decode(bytes, &mut values),
            FormatDecoder::F8E4M3 => {
                for (value, bits) in values.iter_mut().zip(bytes) {
                    *value = e4m3(*bits);
                }
            }
            FormatDecoder::Candle(dtype) => match self.block32() {
                Some(block) => decode(Isa::detect(), block, bytes, &mut values),
                None => return decode_by_candle(self.name, dtype, bytes, count),
            },
        }
        Ok(values)
    }

    /// The format as one that is packed without changing its bits, if it is one.
    pub fn native(&self) -> Option<NativeFormat> {
        if let FormatDecoder::Codes(format) = self.decoder {
            return Some(NativeFormat::Codes(format));
        }
        Some(match self.dtype()? {
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
        Some(match self.dtype()? {
            GgmlDType::Q4_0 => Block32::Q4_0,
            GgmlDType::Q4_1 => Block32::Q4_1,
            GgmlDType::Q5_0 => Block32::Q5_0,
            GgmlDType::Q5_1 => Block32::Q5_1,
            GgmlDType::Q8_0 => Block32::Q8_0,
            _ => return None,
        })
    }
}

fn decode_by_candle(
    name: &str,
    dtype: GgmlDType,
    bytes: &[u8],
    count: usize,
) -> Result<Vec<f32>, LoadError> {
    let decoded = || -> candle_core::Result<Vec<f32>> {
        // A copy, because candle needs its blocks aligned and files do not promise that.
        let storage = QStorage::from_data(bytes.to_vec().into(), &Device::Cpu, dtype)?;
        QTensor::new(storage, count)?
            .dequantize(&Device::Cpu)?
            .to_dtype(DType::F32)?
            .to_vec1()
    };
    decoded().map_err(|e| LoadError::Damaged(format!("{name} values cannot be decoded: {e}")))
}

/// A float of eight bits, of which the exponent has four (E4M3FN: no infinities).
fn e4m3(bits: u8) -> f32 {
    let (exponent, mantissa) = (i32::from(bits >> 3 & 15), f32::from(bits & 7) / 8.0);
    let size = match (bits & 0x7f, exponent) {
        (0x7f, _) => f32::NAN,
        (_, 0) => mantissa / 64.0,
        _ => (1.0 + mantissa) * 2f32.powi(exponent - 7),
    };
    if bits & 0x80 == 0 { size } else { -size }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_each_name_and_number_once_and_the_sizes_of_candle() {
        for (i, one) in FORMATS.iter().enumerate() {
            for other in &FORMATS[..i] {
                assert!(one.name != other.name && one.ggml != other.ggml);
            }
            if let Some(dtype) = one.dtype() {
                let sizes = (dtype.block_size(), dtype.type_size());
                assert_eq!((one.block, one.block_bytes), sizes, "{}", one.name);
            }
        }
        assert_eq!(Format::of_ggml(NOT_IN_GGUF), None);
    }

    #[test]
    fn floats_of_eight_bits_are_those_of_the_standard() {
        let format = Format::of_name("F8_E4M3").unwrap();
        // 1, the largest, the smallest, the smallest with a whole mantissa, and a negative.
        let bytes = [0x38, 0x7e, 0x01, 0x08, 0xc4];
        let values = [1.0, 448.0, 1.0 / 512.0, 1.0 / 64.0, -3.0];
        assert_eq!(format.to_f32(&bytes).unwrap(), values);
        assert!(format.to_f32(&[0x7f]).unwrap()[0].is_nan());
    }
}
