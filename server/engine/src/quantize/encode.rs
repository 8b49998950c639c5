//! Quantizes one tensor, and measures the rounding error.
//!
//! The quantizers are candle's (ggml's `ggml-quants.c`). Where the importance of the columns is
//! known, the error is weighted with it. Otherwise K-quants still use the weighted search, with
//! equal weights, because it searches further than the plain one.

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};

use crate::QuantizeError;
use crate::files::{Format, RawTensor};

/// Rows decoded at a time, so that a large matrix needs little memory besides the result.
const CHUNK: usize = 64;

/// The relative squared error above which a result is refused: with 4 bits it is about 0.005.
const MAX_RELATIVE_ERROR: f64 = 0.25;

/// A tensor's new bytes.
pub struct EncodedTensor {
    pub bytes: Vec<u8>,
    /// Sum of the squared rounding errors.
    pub error: f64,
    /// Sum of the squared weights.
    pub energy: f64,
}

/// Encodes `raw` as `format`, rows shared among `threads`. `importance` has a value per column.
pub fn encode(
    name: &str,
    raw: &RawTensor,
    format: Format,
    importance: Option<&[f32]>,
    threads: usize,
) -> Result<EncodedTensor, QuantizeError> {
    let row_bytes = raw.row_bytes();
    let rows = raw.bytes.len() / row_bytes;
    let share = rows.div_ceil(threads.max(1)).next_multiple_of(CHUNK);
    let parts: Vec<Result<EncodedTensor, QuantizeError>> = std::thread::scope(|scope| {
        let part = |(number, bytes)| {
            let first = number * share;
            scope.spawn(move || encode_rows(name, raw, first, bytes, format, importance))
        };
        let parts = raw.bytes.chunks(share * row_bytes).enumerate();
        let parts: Vec<_> = parts.map(part).collect();
        let failed = || Err(QuantizeError::Numbers(name.to_owned()));
        parts
            .into_iter()
            .map(|part| part.join().unwrap_or_else(|_| failed()))
            .collect()
    });
    let mut whole = EncodedTensor {
        bytes: Vec::new(),
        error: 0.0,
        energy: 0.0,
    };
    for part in parts {
        let part = part?;
        whole.bytes.extend(part.bytes);
        whole.error += part.error;
        whole.energy += part.energy;
    }
    // A weight that is not a number, or a scale beyond f16, must not get into a file: the
    // quantizers do not report them.
    let is_valid = whole.error.is_finite() && whole.error <= MAX_RELATIVE_ERROR * whole.energy;
    if is_valid {
        Ok(whole)
    } else {
        Err(QuantizeError::Numbers(name.to_owned()))
    }
}

/// Encodes the rows whose bytes these are; `first` is the number of the first one.
fn encode_rows(
    name: &str,
    raw: &RawTensor,
    first: usize,
    bytes: &[u8],
    format: Format,
    importance: Option<&[f32]>,
) -> Result<EncodedTensor, QuantizeError> {
    let cols = raw.shape.last().copied().unwrap_or(1);
    let mut encoded = EncodedTensor {
        bytes: Vec::new(),
        error: 0.0,
        energy: 0.0,
    };
    for (at, chunk) in bytes.chunks(CHUNK * raw.row_bytes()).enumerate() {
        let before = raw.rows_to_f32(first + at * CHUNK, chunk)?;
        encoded.energy += before.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>();
        if raw.format == format && raw.scale.is_none() {
            encoded.bytes.extend_from_slice(chunk);
            continue;
        }
        let refused = |reason: String| QuantizeError::Type {
            tensor: name.to_owned(),
            reason,
        };
        let Some(dtype) = format.dtype() else {
            return Err(refused(format!("{} can only be read", format.name)));
        };
        let bytes = quantized(&before, cols, dtype, importance);
        let bytes = bytes.map_err(|e| refused(e.to_string()))?;
        let after = format.to_f32(&bytes)?;
        encoded.error += before
            .iter()
            .zip(&after)
            .map(|(a, b)| f64::from(a - b).powi(2))
            .sum::<f64>();
        encoded.bytes.extend(bytes);
    }
    Ok(encoded)
}

fn quantized(
    values: &[f32],
    cols: usize,
    dtype: GgmlDType,
    importance: Option<&[f32]>,
) -> candle_core::Result<Vec<u8>> {
    let tensor = Tensor::from_slice(values, (values.len() / cols, cols), &Device::Cpu)?;
    let tensor = if matches!(dtype, GgmlDType::Q4K | GgmlDType::Q5K | GgmlDType::Q6K) {
        let equal = vec![1.0; if importance.is_some() { 0 } else { cols }];
        QTensor::quantize_imatrix(&tensor, importance.unwrap_or(&equal), dtype)?
    } else {
        QTensor::quantize(&tensor, dtype)?
    };
    Ok(tensor.data()?.into_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const COLS: usize = 512;

    fn values(rows: usize) -> Vec<u8> {
        let mut seed = 7u32;
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..rows * COLS)
            .flat_map(|_| (next() + next() + next()).to_le_bytes())
            .collect()
    }

    fn raw(bytes: &[u8]) -> RawTensor<'_> {
        let format = Format::of_name("F32").unwrap();
        RawTensor::new(format, vec![bytes.len() / 4 / COLS, COLS], bytes)
    }

    fn relative(dtype: &str, importance: Option<&[f32]>) -> f64 {
        let bytes = values(100);
        let encoded = encode(
            "x",
            &raw(&bytes),
            Format::of_name(dtype).unwrap(),
            importance,
            3,
        )
        .unwrap();
        (encoded.error / encoded.energy).sqrt()
    }

    #[test]
    fn more_bits_change_a_tensor_less() {
        let errors = ["Q4_K", "Q5_K", "Q6_K", "Q8_0", "F32"].map(|dtype| relative(dtype, None));
        assert!(
            errors.windows(2).all(|pair| pair[1] < 0.65 * pair[0]),
            "{errors:?}"
        );
        assert!(errors[0] < 0.08 && errors[4] == 0.0, "{errors:?}");
    }

    #[test]
    fn the_search_that_is_taken_is_the_better_one() {
        let bytes = values(100);
        let source = raw(&bytes);
        let before = source.format.to_f32(&bytes).unwrap();
        let tensor = Tensor::from_slice(&before, (100, COLS), &Device::Cpu).unwrap();
        for dtype in [GgmlDType::Q4K, GgmlDType::Q5K, GgmlDType::Q6K] {
            let format = Format::of_dtype(dtype).unwrap();
            let error = |quantized: QTensor| {
                let after = format.to_f32(&quantized.data().unwrap()).unwrap();
                before
                    .iter()
                    .zip(&after)
                    .map(|(a, b)| f64::from(a - b).powi(2))
                    .sum::<f64>()
            };
            let plain = error(QTensor::quantize(&tensor, dtype).unwrap());
            let weighted = error(QTensor::quantize_imatrix(&tensor, &[1.0; COLS], dtype).unwrap());
            let taken = encode("x", &source, format, None, 1).unwrap().error;
            assert!(
                taken <= 1.01 * plain.min(weighted),
                "{dtype:?}: {taken}, plain {plain}, weighted {weighted}"
            );
        }
    }

    #[test]
    fn important_columns_are_changed_less() {
        let bytes = values(100);
        let importance: Vec<f32> = (0..COLS)
            .map(|c| if c % 8 == 0 { 100.0 } else { 1.0 })
            .collect();
        for dtype in ["Q4_K", "Q5_K", "Q6_K"] {
            let format = Format::of_name(dtype).unwrap();
            let error = |importance: Option<&[f32]>| {
                let encoded = encode("x", &raw(&bytes), format, importance, 1).unwrap();
                let (before, after) = (
                    raw(&bytes).format.to_f32(&bytes).unwrap(),
                    format.to_f32(&encoded.bytes).unwrap(),
                );
                let pairs = before
                    .iter()
                    .zip(&after)
                    .enumerate()
                    .filter(|(i, _)| i % 8 == 0);
                pairs
                    .map(|(_, (a, b))| f64::from(a - b).powi(2))
                    .sum::<f64>()
            };
            let (plain, weighted) = (error(None), error(Some(&importance)));
            assert!(weighted < 0.8 * plain, "{dtype}: {weighted} of {plain}");
        }
    }

    #[test]
    fn threads_do_not_change_the_bytes() {
        let bytes = values(200);
        let format = Format::of_name("Q4_K").unwrap();
        let with = |threads| {
            encode("x", &raw(&bytes), format, None, threads)
                .unwrap()
                .bytes
        };
        assert_eq!(with(1), with(3));
    }

    #[test]
    fn what_cannot_be_rounded_is_refused() {
        for (bad, dtype) in [
            (f32::NAN, "Q4_K"),
            (f32::INFINITY, "Q8_0"),
            (1e30, "Q6_K"),
            (1e30, "Q8_0"),
        ] {
            let mut bytes = values(2);
            bytes[400..404].copy_from_slice(&bad.to_le_bytes());
            let result = encode("x", &raw(&bytes), Format::of_name(dtype).unwrap(), None, 1);
            assert!(
                matches!(result, Err(QuantizeError::Numbers(_))),
                "{bad} {dtype}"
            );
        }
    }

    #[test]
    fn zeros_stay_zeros() {
        let bytes = vec![0; 4 * 4 * COLS];
        for dtype in ["Q4_K", "Q5_K", "Q6_K", "Q8_0"] {
            for importance in [None, Some(&[1.0; COLS][..])] {
                let format = Format::of_name(dtype).unwrap();
                let encoded = encode("x", &raw(&bytes), format, importance, 1).unwrap();
                assert_eq!(encoded.error, 0.0, "{dtype}");
                assert!(
                    format
                        .to_f32(&encoded.bytes)
                        .unwrap()
                        .iter()
                        .all(|v| *v == 0.0),
                    "{dtype}"
                );
            }
        }
    }
}
