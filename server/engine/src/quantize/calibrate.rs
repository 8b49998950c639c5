//! Runs the source model over calibration text, for activation statistics and log-probabilities.
//!
//! `mod` asks for the importance of columns, `mix` for the divergence of a model with one rounded
//! matrix from the source.

use crate::checked_model::CheckedModel;
use crate::cpu::CpuDecoder;
use crate::kv_cache::KvCache;
use crate::layers::{ActivationStats, Scratch};
use crate::tokenizer::TokenRole;
use crate::{Cancel, QuantizeError};

/// Tokens that attend to each other.
pub const WINDOW: usize = 512;
/// Most tokens that are run: more change the importance little.
const MAX_TOKENS: usize = 1 << 16;
/// Fewer tokens say nothing about how the model is used.
const MIN_TOKENS: usize = 256;
/// Tokens computed at a time; bounds the memory of a large vocabulary's logits.
const BLOCK: usize = 32;
/// Log-probabilities kept for comparison.
const MAX_SAMPLE_LOGPROBS: usize = 1 << 25;
/// Tokens they belong to at most.
const MAX_SAMPLE_TOKENS: usize = 1024;

/// The text as the model reads it.
pub struct Calibration {
    windows: Vec<Vec<u32>>,
}

impl Calibration {
    /// Cuts the texts into windows; of too much text, evenly spread windows are taken.
    pub fn new(opened: &CheckedModel, texts: &[String]) -> Result<Calibration, QuantizeError> {
        let tokenizer = &opened.tokenizer;
        let bos = tokenizer
            .named(TokenRole::Bos)
            .filter(|_| tokenizer.adds_bos())
            .map(|(id, _)| id);
        let length = WINDOW.min(opened.info.context_length);
        let mut windows = Vec::new();
        for text in texts {
            let ids: Vec<u32> = bos.into_iter().chain(tokenizer.encode(text)).collect();
            windows.extend(ids.chunks(length).map(<[u32]>::to_vec));
        }
        let calibration = Calibration {
            windows: spread(windows, MAX_TOKENS / WINDOW),
        };
        match calibration.tokens() {
            tokens if tokens < MIN_TOKENS => Err(QuantizeError::LittleText {
                tokens,
                least: MIN_TOKENS,
            }),
            _ => Ok(calibration),
        }
    }

    /// Tokens in all.
    pub fn tokens(&self) -> usize {
        self.windows.iter().map(Vec::len).sum()
    }

    /// Statistics of the activations of `decoder`. `on_window` is called with every window's number
    /// and the number of windows.
    pub fn activation_stats(
        &self,
        decoder: &CpuDecoder,
        on_window: &mut dyn FnMut(usize, usize),
    ) -> Result<ActivationStats, QuantizeError> {
        let mut run = CalibrationRun::new(decoder);
        run.scratch.activation_stats = Some(ActivationStats::default());
        for (i, window) in self.windows.iter().enumerate() {
            on_window(i, self.windows.len());
            run.logits(decoder, window, &mut |_| ())?;
        }
        Ok(run.scratch.activation_stats.unwrap_or_default())
    }

    /// A part of the windows, small enough to keep the model's log-probabilities for it.
    pub fn sample(&self, vocab: usize) -> Calibration {
        let tokens = (MAX_SAMPLE_LOGPROBS / vocab.max(1)).clamp(64, MAX_SAMPLE_TOKENS);
        // Many short pieces see more of the text than a few long ones.
        let length = 128.min(tokens);
        let pieces = self
            .windows
            .iter()
            .flat_map(|window| window.chunks(length))
            .map(<[u32]>::to_vec);
        Calibration {
            windows: spread(pieces.collect(), tokens / length),
        }
    }

    /// The logits of every token, less their log-sum-exp: `[token][vocab]`.
    pub fn log_probabilities(&self, decoder: &CpuDecoder) -> Result<Vec<f32>, QuantizeError> {
        let mut all = Vec::new();
        self.each(decoder, &mut |row| {
            let norm = decoder.log_sum_exp(row);
            all.extend(row.iter().map(|v| v - norm));
        })?;
        Ok(all)
    }

    /// The mean Kullback-Leibler divergence of `decoder`'s predictions from `reference`, in nats
    /// per token.
    pub fn divergence(
        &self,
        decoder: &CpuDecoder,
        reference: &[f32],
    ) -> Result<f64, QuantizeError> {
        let (mut references, mut sum) = (reference.chunks_exact(decoder.vocab_size()), 0.0);
        self.each(decoder, &mut |row| {
            let norm = decoder.log_sum_exp(row);
            let pairs = references.next().into_iter().flatten().zip(row);
            sum += pairs
                .map(|(p, v)| f64::from(p.exp() * (p - (v - norm))))
                .sum::<f64>();
        })?;
        Ok((sum / self.tokens().max(1) as f64).max(0.0))
    }

    fn each(
        &self,
        decoder: &CpuDecoder,
        on_row: &mut dyn FnMut(&[f32]),
    ) -> Result<(), QuantizeError> {
        let mut run = CalibrationRun::new(decoder);
        self.windows
            .iter()
            .try_for_each(|window| run.logits(decoder, window, on_row))
    }
}

/// At most `max` of the windows, evenly spread.
fn spread(windows: Vec<Vec<u32>>, max: usize) -> Vec<Vec<u32>> {
    let count = windows.len();
    let taken = |i: &usize| (i + 1) * max / count > i * max / count;
    windows
        .into_iter()
        .enumerate()
        .filter(|(i, _)| count <= max || taken(i))
        .map(|(_, window)| window)
        .collect()
}

/// The buffers of a decoder's run, kept from window to window.
struct CalibrationRun {
    cache: KvCache,
    scratch: Scratch,
    logits: Vec<f32>,
}

impl CalibrationRun {
    fn new(decoder: &CpuDecoder) -> CalibrationRun {
        CalibrationRun {
            cache: decoder.kv_cache(),
            scratch: Scratch::default(),
            logits: Vec::new(),
        }
    }

    /// Calls `on` with the logits after each token of a window; windows do not attend to each
    /// other.
    fn logits(
        &mut self,
        decoder: &CpuDecoder,
        window: &[u32],
        on: &mut dyn FnMut(&[f32]),
    ) -> Result<(), QuantizeError> {
        let CalibrationRun {
            cache,
            scratch,
            logits,
        } = self;
        cache.truncate(0);
        for block in window.chunks(BLOCK) {
            decoder.forward(block, block.len(), cache, scratch, logits, &Cancel::new())?;
            logits.chunks_exact(decoder.vocab_size()).for_each(&mut *on);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_windows_some_are_taken_evenly_spread() {
        let windows: Vec<Vec<u32>> = (0..100).map(|i| vec![i]).collect();
        let taken: Vec<u32> = spread(windows.clone(), 7).concat();
        assert_eq!(taken.len(), 7);
        assert!(
            taken
                .windows(2)
                .all(|pair| (13..=16).contains(&(pair[1] - pair[0]))),
            "{taken:?}"
        );
        assert_eq!(spread(windows.clone(), 100), windows);
    }
}
