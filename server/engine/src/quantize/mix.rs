//! Which matrices of a mixed file get more bits.
//!
//! Without calibration those that llama.cpp gives them (`use_more_bits` in its `llama-quant.cpp`):
//! the head, and values and down of the first, the last and every third layer. With calibration
//! every matrix is rounded alone, what the model then says is compared with what the source says,
//! and the same bytes go where they save most.

use candle_core::quantized::GgmlDType;

use super::calibrate::Calibration;
use super::encode::encode;
use super::kind::storable;
use super::source::Part;
use crate::decoder::Decoder;
use crate::engine::Opened;
use crate::files::{Format, Raw};
use crate::layers::Joint;
use crate::{QuantizeError, Weights};

/// The types of a mixed file, and what is left of the damage of the first one: each bit quarters
/// the squared error.
const LEVELS: [(GgmlDType, f64); 3] = [
    (GgmlDType::Q4K, 1.0),
    (GgmlDType::Q5K, 1.0 / 4.0),
    (GgmlDType::Q6K, 1.0 / 16.0),
];

/// The usual type of a part, in a model of `layers` layers.
pub fn usual(part: &Part, tied: bool, layers: usize) -> GgmlDType {
    let more = |i: usize| i < layers / 8 || i >= 7 * layers / 8 || (i - layers / 8) % 3 == 2;
    match part.joint(tied) {
        Some(Joint::Head) => GgmlDType::Q6K,
        Some(Joint::Attention(i)) if part.name.ends_with("attn_v.weight") && more(i) => {
            GgmlDType::Q6K
        }
        Some(Joint::MlpDown(i)) if more(i) => GgmlDType::Q6K,
        _ => GgmlDType::Q4K,
    }
}

/// A matrix whose type is to be chosen.
struct Choice {
    part: usize,
    /// What rounding it to the first level does to the model, nats a token.
    damage: f64,
    /// Bytes at each level.
    bytes: [usize; LEVELS.len()],
    level: usize,
}

impl Choice {
    /// Damage saved per byte by one level more, if there is one and it costs at most `left` bytes.
    fn gain(&self, left: usize) -> Option<f64> {
        let cost = self.cost()?;
        let saved = self.damage * (LEVELS[self.level].1 - LEVELS[self.level + 1].1);
        (cost <= left).then(|| saved / cost.max(1) as f64)
    }

    /// Bytes of one level more.
    fn cost(&self) -> Option<usize> {
        Some(self.bytes.get(self.level + 1)? - self.bytes[self.level])
    }
}

/// Gives each part of `types` (the usual mix) the type that serves the model best; the sum of bytes
/// does not grow. `decoder` holds the source, and does so again afterwards.
pub fn measure(
    opened: &Opened,
    parts: &[Part],
    types: &mut [GgmlDType],
    importance: &[Option<Vec<f32>>],
    decoder: &mut Decoder,
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
        let Some(joint) = part
            .joint(tied)
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
            Raw {
                format,
                shape: raw.shape.clone(),
                bytes: &coarse.bytes,
            },
        );
        decoder.reload(&trial, joint, Weights::Packed)?;
        let damage = sample.divergence(decoder, &reference)?;
        decoder.reload(&opened.tensors, joint, Weights::Packed)?;
        choices.push(Choice {
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

fn bytes_of(raw: &Raw, dtype: GgmlDType) -> usize {
    let count: usize = raw.shape.iter().product();
    count / dtype.block_size() * dtype.type_size()
}

/// Raises levels, the one that saves most per byte first, while the budget lasts.
fn spend(choices: &mut [Choice], mut budget: usize) {
    let best = |choices: &[Choice], budget| {
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

    fn choice(damage: f64, size: usize) -> Choice {
        Choice {
            part: 0,
            damage,
            bytes: [4 * size, 5 * size, 6 * size],
            level: 0,
        }
    }

    fn levels(choices: &mut [Choice], budget: usize) -> Vec<usize> {
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
