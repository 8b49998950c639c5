//! Weights as the GPU takes them.
//!
//! Formats that have a kernel keep the bits of the file. Those with a table of values, such as
//! IQ4_XS, MXFP4 and Q3_K, become codes of four bits with scales as f32: no weight changes. All
//! others (Q2_K, floats of eight bits) are rounded to Q8_0, as the CPU rounds them to int8; with
//! [`Weights::Exact`], they become f32.

use std::borrow::Cow;

use gpu::{CodeTable, GpuMatrix, MatrixSource, WeightFormat};
use half::f16;
use kernels::CodeFormat;

use super::device::{BLOCK, GpuBackend};
use crate::files::dtype::FormatDecoder;
use crate::files::{Format, RawTensor, not_numbers};
use crate::{LoadError, TensorInfo, Weights};

/// Weights in a format of the GPU.
struct GpuWeights<'a> {
    format: WeightFormat,
    bytes: Cow<'a, [u8]>,
}

/// Bytes of a model's tensors on a GPU, for comparing them with its memory before anything is
/// uploaded. What is smaller than a matrix counts as f32.
pub fn gpu_weight_bytes(tensors: &[TensorInfo], weights: Weights) -> u64 {
    let bytes = |tensor: &TensorInfo| {
        let [.., cols] = tensor.shape[..] else {
            return 4;
        };
        let count = tensor.weight_count();
        let format = Format::of_name(&tensor.dtype);
        match format.filter(|_| tensor.shape.len() > 1) {
            Some(format) => gpu_format(format, weights).gpu_bytes(count as usize / cols, cols),
            None => 4 * count,
        }
    };
    tensors.iter().map(bytes).sum()
}

/// The format in which the weights of a format are on a GPU.
fn gpu_format(format: Format, weights: Weights) -> WeightFormat {
    if let FormatDecoder::Codes(codes) = format.decoder {
        return WeightFormat::Codes(CodeTable {
            values: *codes.codebook().values(),
            has_two_scales: codes.has_two_scales(),
        });
    }
    let mut native = WeightFormat::ALL.into_iter();
    let native = native.find(|own| format!("{own:?}") == format.name);
    native.unwrap_or(match weights {
        Weights::Exact => WeightFormat::F32,
        Weights::Packed => WeightFormat::Q8_0,
    })
}

impl GpuBackend {
    /// Uploads matrices of as many columns, stacked.
    pub(super) fn matrix(
        &self,
        raws: &[RawTensor],
        weights: Weights,
    ) -> Result<GpuMatrix, LoadError> {
        let cols = raws.first().and_then(|raw| raw.shape.last()).copied();
        let converted = raws.iter().map(|raw| converted(raw, weights));
        let converted = converted.collect::<Result<Vec<_>, _>>()?;
        let sources = raws.iter().zip(&converted);
        let sources: Vec<MatrixSource> = sources
            .map(|(raw, own)| MatrixSource {
                format: own.format,
                rows: raw.shape[0],
                bytes: &own.bytes,
            })
            .collect();
        Ok(self.gpu.matrix(&sources, cols.unwrap_or(BLOCK))?)
    }
}

fn converted<'a>(raw: &RawTensor<'a>, weights: Weights) -> Result<GpuWeights<'a>, LoadError> {
    if let FormatDecoder::Codes(format) = raw.format.decoder {
        return codes(raw, format);
    }
    let format = gpu_format(raw.format, weights);
    if raw.scale.is_none() && format!("{format:?}") == raw.format.name {
        return match is_finite(format, raw.bytes) {
            true => Ok(GpuWeights {
                format,
                bytes: Cow::Borrowed(raw.bytes),
            }),
            false => Err(not_numbers()),
        };
    }
    let values = raw.to_f32()?;
    if !values.iter().all(|value| value.is_finite()) {
        return Err(not_numbers());
    }
    Ok(match weights {
        Weights::Exact => GpuWeights {
            format: WeightFormat::F32,
            bytes: Cow::Owned(bytemuck::cast_slice(&values).to_vec()),
        },
        Weights::Packed => GpuWeights {
            format: WeightFormat::Q8_0,
            bytes: Cow::Owned(q8_0(&values)),
        },
    })
}

/// Codes of four bits, and the scales of each block.
fn codes<'a>(raw: &RawTensor, format: CodeFormat) -> Result<GpuWeights<'a>, LoadError> {
    let has_two_scales = format.has_two_scales();
    let mut bytes = Vec::new();
    let mut are_finite = true;
    for (row, own) in raw.bytes.chunks_exact(raw.row_bytes()).enumerate() {
        let factor = raw.row_factor(row);
        format.for_each(own, |_, block| {
            let pairs = (0..BLOCK / 2).map(|i| block.codes[i] | block.codes[i + BLOCK / 2] << 4);
            bytes.extend(pairs);
            let scales = block.scales.map(|scale| scale * factor);
            are_finite &= scales.iter().all(|scale| scale.is_finite());
            let count = if has_two_scales { 2 } else { 1 };
            bytes.extend_from_slice(bytemuck::cast_slice(&scales[..count]));
        });
    }
    match are_finite {
        true => Ok(GpuWeights {
            format: gpu_format(raw.format, Weights::Packed),
            bytes: Cow::Owned(bytes),
        }),
        false => Err(not_numbers()),
    }
}

/// Blocks of 32 signed bytes, each with a scale.
fn q8_0(values: &[f32]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(values.len() / BLOCK * (BLOCK + 2));
    for block in values.as_chunks::<BLOCK>().0 {
        let largest = block.iter().fold(0f32, |most, value| most.max(value.abs()));
        let scale = f16::from_f32(largest / 127.0);
        let inverse = match scale.to_f32() {
            0.0 => 0.0,
            scale => 1.0 / scale,
        };
        bytes.extend_from_slice(&scale.to_le_bytes());
        let numbers = block.map(|value| (value * inverse).round().clamp(-127.0, 127.0) as i8);
        bytes.extend_from_slice(bytemuck::cast_slice(&numbers));
    }
    bytes
}

/// Whether all scales of blocks are numbers, or all weights where these are floats.
fn is_finite(format: WeightFormat, bytes: &[u8]) -> bool {
    let half = |bytes: &[u8], at: usize| f16::from_le_bytes([bytes[at], bytes[at + 1]]).is_finite();
    let (size, halves): (usize, &[usize]) = match format {
        WeightFormat::F32 => {
            let values = bytes.as_chunks::<4>().0.iter();
            return values.copied().map(f32::from_le_bytes).all(f32::is_finite);
        }
        WeightFormat::BF16 => {
            let exponents = bytes.as_chunks::<2>().0.iter();
            return exponents
                .map(|bits| u16::from_le_bytes(*bits) & 0x7f80)
                .all(|exponent| exponent != 0x7f80);
        }
        WeightFormat::F16 => (2, &[0]),
        WeightFormat::Q4_0 => (18, &[0]),
        WeightFormat::Q5_0 => (22, &[0]),
        WeightFormat::Q8_0 => (34, &[0]),
        WeightFormat::Q4_1 => (20, &[0, 2]),
        WeightFormat::Q5_1 => (24, &[0, 2]),
        WeightFormat::Q4_K => (144, &[0, 2]),
        WeightFormat::Q5_K => (176, &[0, 2]),
        WeightFormat::Q6_K => (210, &[208]),
        WeightFormat::Codes(_) => return true,
    };
    let mut blocks = bytes.chunks_exact(size);
    blocks.all(|block| halves.iter().all(|at| half(block, *at)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn raw<'a>(name: &str, cols: usize, bytes: &'a [u8]) -> RawTensor<'a> {
        RawTensor::new(Format::of_name(name).unwrap(), vec![1, cols], bytes)
    }

    #[test]
    fn every_format_of_a_file_has_one_on_the_gpu() {
        for format in crate::files::dtype::FORMATS {
            let bytes = vec![0; format.bytes_of(256).unwrap()];
            let raw = raw(format.name, 256, &bytes);
            for weights in [Weights::Packed, Weights::Exact] {
                let own = converted(&raw, weights).unwrap();
                let size = own.format.row_bytes(256).unwrap();
                assert_eq!(own.bytes.len(), size, "{} as {:?}", format.name, own.format);
                let tensor = TensorInfo {
                    name: "w".into(),
                    dtype: format.name.into(),
                    shape: vec![2, 3, 256],
                    bytes: 0,
                };
                let bytes = gpu_weight_bytes(&[tensor], weights);
                assert_eq!(bytes, own.format.gpu_bytes(6, 256), "{}", format.name);
            }
        }
    }

    #[test]
    fn weights_that_are_not_numbers_are_refused() {
        for (name, at) in [("Q4_K", 2), ("Q6_K", 208), ("F16", 100), ("IQ4_XS", 0)] {
            let format = Format::of_name(name).unwrap();
            let mut bytes = vec![0; format.bytes_of(256).unwrap()];
            bytes[at..at + 2].copy_from_slice(&f16::NAN.to_le_bytes());
            // A scale of IQ4_XS counts only where its own number is not zero: it is -32 here.
            assert!(converted(&raw(name, 256, &bytes), Weights::Packed).is_err());
        }
        for (name, bits) in [("F32", f32::NAN.to_bits()), ("BF16", 0x7fc0_7fc0)] {
            let bytes = [bits.to_le_bytes(); 32].concat();
            let cols = bytes.len() / Format::of_name(name).unwrap().block_bytes;
            assert!(converted(&raw(name, cols, &bytes), Weights::Packed).is_err());
        }
    }

    #[test]
    fn rounded_weights_are_close() {
        let values: Vec<f32> = (0..64).map(|i| (i as f32 - 20.0) / 7.0).collect();
        let bytes = q8_0(&values);
        let decoded = Format::of_name("Q8_0").unwrap().to_f32(&bytes).unwrap();
        for (value, decoded) in values.iter().zip(decoded) {
            assert!((value - decoded).abs() < 0.03, "{value} {decoded}");
        }
    }
}
