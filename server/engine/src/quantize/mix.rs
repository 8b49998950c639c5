//! Which matrices of a mixed file get more bits.
//!
//! Without calibration, the same as with llama.cpp (`use_more_bits` in its `llama-quant.cpp`): the
//! head, and the value and down projections of the first, the last and every third layer. With
//! calibration, every matrix is rounded by itself, the predictions of that model are compared with
//! the source's, and the same number of bytes goes where it saves most.

use candle_core::quantized::GgmlDType;

use super::calibrate::Calibration;
use super::encode::encode;
use super::quant_type::storable;
use super::source::SourceTensor;
use crate::checked_model::CheckedModel;
use crate::cpu::CpuDecoder;
use crate::files::{Format, RawTensor};
use crate::layers::MatrixGroup;
use crate::{QuantizeError, Weights};

/// The types of a mixed file, and the damage relative to the first: each bit quarters the squared
/// error.
const LEVELS: [(GgmlDType, f64); 3] = [
    (GgmlDType::Q4K, 1.0),
    (GgmlDType::Q5K, 1.0 / 4.0),
    (GgmlDType::Q6K, 1.0 / 16.0),
];

/// The type of a tensor without measurements, in a model of `layers` layers.
pub fn default_type(part: &SourceTensor, tied: bool, layers: usize) -> GgmlDType {
    let more = |i: usize| i < layers / 8 || i >= 7 * layers / 8 || (i - layers / 8) % 3 == 2;
    match part.matrix_group(tied) {
        Some(MatrixGroup::LmHead) => GgmlDType::Q6K,
        Some(MatrixGroup::Attention(i)) if part.name.ends_with("attn_v.weight") && more(i) => {
            GgmlDType::Q6K
        }
        Some(MatrixGroup::MlpDown(i)) if more(i) => GgmlDType::Q6K,
        _ => GgmlDType::Q4K,
    }
}

/// A matrix whose type is to be chosen.
struct TypeChoice {
    part: usize,
    /// The divergence that rounding it to the first level causes, in nats per token.
    damage: f64,
    /// Bytes at each level.
    bytes: [usize; LEVELS.len()],
    level: usize,
}

impl TypeChoice {
    /// Damage saved per byte by the next level, if there is one and it costs at most `left` bytes.
    fn gain(&self, left: usize) -> Option<f64> {
        let cost = self.cost()?;
        let saved = self.damage * (LEVELS[self.level].1 - LEVELS[self.level + 1].1);
        (cost <= left).then(|| saved / cost.max(1) as f64)
    }

    /// Bytes that the next level costs.
    fn cost(&self) -> Option<usize> {
        Some(self.bytes.get(self.level + 1)? - self.bytes[self.level])
    }
}

/// Changes `types` from the default mix to the measured one, without more bytes in total. `decoder`
/// holds the source's weights, and does so again afterwards.
pub fn measure(
    opened: &CheckedModel,
    parts: &[SourceTensor],
    types: &mut [GgmlDType],
    importance: &[Option<Vec<f32>>],
    decoder: &mut CpuDecoder,
    calibration: &Calibration,
    on: &mut dyn FnMut(usize, usize),
) -> Result<(), QuantizeError> {
    let tied = opened.config.tied(&opened.tensors);
    let sample = calibration.sample(decoder.vocab_size());
    let reference = sample.log_probabilities(decoder)?;
    let mut choices = Vec::new();
    let mut budget = 0;
    for (i, part) in parts.iter().enumerate() {
        on(i, parts.len());
        let Some(group) = part
            .matrix_group(tied)
            .filter(|_| storable(LEVELS[0].0, part.cols()) == LEVELS[0].0)
        else {
            continue;
        };
        let raw = part.raw();
        let bytes = LEVELS.map(|(dtype, _)| bytes_of(&raw, dtype));
        budget += bytes_of(&raw, types[i]) - bytes[0];
        let Some(format) = Format::of_dtype(LEVELS[0].0) else {
            continue;
        };
        let coarse = encode(
            &part.name,
            &raw,
            format,
            importance[i].as_deref(),
            decoder.threads(),
        )?;
        let trial = opened.tensors.with(
            &part.source,
            RawTensor::new(format, raw.shape.clone(), &coarse.bytes),
        );
        decoder.reload(&trial, group, Weights::Packed)?;
        let damage = sample.divergence(decoder, &reference)?;
        decoder.reload(&opened.tensors, group, Weights::Packed)?;
        choices.push(TypeChoice {
            part: i,
            damage,
            bytes,
            level: 0,
        });
    }
    spend(&mut choices, budget);
    choices
        .iter()
        .for_each(|choice| types[choice.part] = LEVELS[choice.level].0);
    Ok(())
}

fn bytes_of(raw: &RawTensor, dtype: GgmlDType) -> usize {
    let count: usize = raw.shape.iter().product();
    count / dtype.block_size() * dtype.type_size()
}

/// Raises levels while the budget lasts, always the one that saves most per byte.
fn spend(choices: &mut [TypeChoice], mut budget: usize) {
    let best = |choices: &[TypeChoice], budget| {
        let gains = choices
            .iter()
            .enumerate()
            .filter_map(|(i, choice)| Some((i, choice.gain(budget)?)));
        gains.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(i, _)| i)
    };
    while let Some(i) = best(choices, budget) {
        budget -= choices[i].cost().unwrap_or(0);
        choices[i].level += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(damage: f64, size: usize) -> TypeChoice {
        TypeChoice {
            part: 0,
            damage,
            bytes: [4 * size, 5 * size, 6 * size],
            level: 0,
        }
    }

    fn levels(choices: &mut [TypeChoice], budget: usize) -> Vec<usize> {
        spend(choices, budget);
        choices.iter().map(|choice| choice.level).collect()
    }

    #[test]
    fn bytes_go_where_they_save_most() {
        let choices = || [choice(1.0, 10), choice(0.05, 10), choice(10.0, 1000)];
        assert_eq!(levels(&mut choices(), 0), [0, 0, 0]);
        assert_eq!(levels(&mut choices(), 20), [2, 0, 0]);
        // The large one would be next but is too large; what is left goes to the small one.
        assert_eq!(levels(&mut choices(), 999), [2, 2, 0]);
        assert_eq!(levels(&mut choices(), 1020), [2, 0, 1]);
        assert_eq!(levels(&mut choices(), 5000), [2, 2, 2]);
    }
}
