//! Runs the source over the user's text: what the columns of its matrices are multiplied with, and
//! what it says there.
//!
//! `mod` asks for the importance of columns, `mix` how far a model with one matrix rounded is from
//! the source.

use crate::cache::Cache;
use crate::decoder::Decoder;
use crate::engine::Opened;
use kernels::elementwise;
use crate::layers::{Inputs, Scratch};
use crate::tokenizer::Role;
use crate::{Cancel, QuantizeError};

/// Tokens that see each other.
pub const WINDOW: usize = 512;
/// Tokens that are run at most: more change the importance little.
const MOST_TOKENS: usize = 1 << 16;
/// Fewer say nothing of how the model is used.
const LEAST_TOKENS: usize = 256;
/// Tokens computed at a time; bounds the memory of a large vocabulary's logits.
const BLOCK: usize = 32;
/// Log-probabilities kept for comparing, and tokens they are of at most.
const KEPT: usize = 1 << 25;
const MOST_KEPT_TOKENS: usize = 1024;

/// The text as the model reads it.
pub struct Calibration {
    windows: Vec<Vec<u32>>,
}

impl Calibration {
    /// Cuts the texts into windows; of very much text windows all over it are taken.
    pub fn new(opened: &Opened, texts: &[String]) -> Result<Calibration, QuantizeError> {
        let tokenizer = &opened.tokenizer;
        let bos = tokenizer
            .named(Role::Bos)
            .filter(|_| tokenizer.adds_bos())
            .map(|(id, _)| id);
        let length = WINDOW.min(opened.info.context_length);
        let mut windows = Vec::new();
        for text in texts {
            let ids: Vec<u32> = bos.into_iter().chain(tokenizer.encode(text)).collect();
            windows.extend(ids.chunks(length).map(<[u32]>::to_vec));
        }
        let calibration = Calibration {
            windows: spread(windows, MOST_TOKENS / WINDOW),
        };
        match calibration.tokens() {
            tokens if tokens < LEAST_TOKENS => Err(QuantizeError::LittleText {
                tokens,
                least: LEAST_TOKENS,
            }),
            _ => Ok(calibration),
        }
    }

    /// Tokens in all.
    pub fn tokens(&self) -> usize {
        self.windows.iter().map(Vec::len).sum()
    }

    /// Counts what goes into the matrices of `decoder`. `on` hears of every window.
    pub fn inputs(
        &self,
        decoder: &Decoder,
        on: &mut dyn FnMut(usize, usize),
    ) -> Result<Inputs, QuantizeError> {
        let mut run = Run::new(decoder);
        run.scratch.inputs = Some(Inputs::default());
        for (i, window) in self.windows.iter().enumerate() {
            on(i, self.windows.len());
            run.logits(decoder, window, &mut |_| ())?;
        }
        Ok(run.scratch.inputs.unwrap_or_default())
    }

    /// A part of the windows, small enough to keep what the model says there.
    pub fn sample(&self, vocab: usize) -> Calibration {
        let tokens = (KEPT / vocab.max(1)).clamp(64, MOST_KEPT_TOKENS);
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
    pub fn log_probabilities(&self, decoder: &Decoder) -> Result<Vec<f32>, QuantizeError> {
        let mut all = Vec::new();
        self.each(decoder, &mut |row| {
            let norm = elementwise::log_sum_exp(decoder.isa(), row);
            all.extend(row.iter().map(|v| v - norm));
        })?;
        Ok(all)
    }

    /// The mean divergence (Kullback-Leibler, nats a token) of what `decoder` says from
    /// `reference`.
    pub fn divergence(&self, decoder: &Decoder, reference: &[f32]) -> Result<f64, QuantizeError> {
        let (mut references, mut sum) = (reference.chunks_exact(decoder.vocab_size()), 0.0);
        self.each(decoder, &mut |row| {
            let norm = elementwise::log_sum_exp(decoder.isa(), row);
            let pairs = references.next().into_iter().flatten().zip(row);
            sum += pairs
                .map(|(p, v)| f64::from(p.exp() * (p - (v - norm))))
                .sum::<f64>();
        })?;
        Ok((sum / self.tokens().max(1) as f64).max(0.0))
    }

    fn each(&self, decoder: &Decoder, on_row: &mut dyn FnMut(&[f32])) -> Result<(), QuantizeError> {
        let mut run = Run::new(decoder);
        self.windows
            .iter()
            .try_for_each(|window| run.logits(decoder, window, on_row))
    }
}

/// At most `most` of the windows, evenly spread.
fn spread(windows: Vec<Vec<u32>>, most: usize) -> Vec<Vec<u32>> {
    let count = windows.len();
    let taken = |i: &usize| (i + 1) * most / count > i * most / count;
    windows
        .into_iter()
        .enumerate()
        .filter(|(i, _)| count <= most || taken(i))
        .map(|(_, window)| window)
        .collect()
}

/// What a decoder needs to run, kept from window to window.
struct Run {
    cache: Cache,
    scratch: Scratch,
    logits: Vec<f32>,
}

impl Run {
    fn new(decoder: &Decoder) -> Run {
        Run {
            cache: decoder.cache(),
            scratch: Scratch::default(),
            logits: Vec::new(),
        }
    }

    /// Gives the logits of each token of a window, which sees nothing of the one before.
    fn logits(
        &mut self,
        decoder: &Decoder,
        window: &[u32],
        on: &mut dyn FnMut(&[f32]),
    ) -> Result<(), QuantizeError> {
        let Run {
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
    fn of_many_windows_some_from_everywhere_are_taken() {
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
