//! The end of a pass: logits of its last tokens, as whole rows or as what is likeliest.

use super::{GpuPass, RowNorm};
use crate::GpuError;
use crate::error::require;
use crate::matrix::GpuMatrix;
use crate::picks::{self, PickedLogits};
use crate::products::{ProductRows, products};
use crate::recorder::Dispatch;
use crate::rows::GpuRows;
use crate::sources::Kernel;
use crate::steps::Step;
use crate::tokens::saturated;

/// What makes logits of the residual stream.
#[derive(Clone, Copy)]
pub struct OutputHead<'a> {
    /// The last norm.
    pub norm: RowNorm<'a>,
    /// A row for each token of the vocabulary.
    pub matrix: &'a GpuMatrix,
    /// The factor of logits.
    pub factor: f32,
    /// Limits logits softly.
    pub cap: Option<f32>,
}

impl GpuPass<'_> {
    /// Ends with the logits after the last `wanted` tokens, `[wanted][vocabulary]`.
    pub fn logits(mut self, wanted: usize, head: OutputHead) -> Result<Vec<f32>, GpuError> {
        let count = wanted * head.matrix.rows;
        self.run_head(wanted, head)?;
        let GpuRows { gpu, logits, .. } = &mut *self.rows;
        let bytes = self
            .recorder
            .read(logits.at_least(gpu, 4 * count as u64)?, 4 * count)?;
        let mut logits: Vec<f32> = bytemuck::pod_collect_to_vec(&bytes);
        gpu.spoil(logits.iter_mut());
        Ok(logits)
    }

    /// Ends with what is likeliest after the last tokens, as many as `wanted` has; each may ask for
    /// the logit of a token.
    pub fn picks(
        mut self,
        wanted: &[Option<u32>],
        head: OutputHead,
    ) -> Result<Vec<PickedLogits>, GpuError> {
        let vocabulary = head.matrix.rows;
        let is_known = wanted
            .iter()
            .flatten()
            .all(|token| (*token as usize) < vocabulary);
        require(is_known, || {
            format!("a token that is not one of {vocabulary}")
        })?;
        self.run_head(wanted.len(), head)?;
        let GpuRows {
            gpu,
            logits,
            wanted: asked,
            picked,
            ..
        } = &mut *self.rows;
        let logits = logits.at_least(gpu, 4 * (wanted.len() * vocabulary) as u64)?;
        let asked = asked.at_least(gpu, 4 * wanted.len() as u64)?;
        let tokens: Vec<u32> = wanted
            .iter()
            .map(|token| token.unwrap_or(u32::MAX))
            .collect();
        let queue = &gpu.shared.queue;
        gpu.step(Step::Submit)?;
        gpu.guarded(|| queue.write_buffer(&asked.raw, 0, bytemuck::cast_slice(&tokens)))?;
        let chunks = vocabulary.div_ceil(picks::CHUNK);
        let row_words = chunks * picks::CHUNK_WORDS;
        let bytes = 4 * wanted.len() * row_words;
        let picked = picked.at_least(gpu, bytes as u64)?;
        let dispatch = Dispatch::new(Kernel::Pick, [chunks, wanted.len(), 1])
            .bind(0, [&logits.raw, &asked.raw, &picked.raw])
            .args(&[saturated(vocabulary)]);
        self.recorder.push(dispatch)?;
        let words = self.recorder.read(picked, bytes)?;
        let words: Vec<u32> = bytemuck::pod_collect_to_vec(&words);
        let rows = words.chunks_exact(row_words).zip(wanted);
        let mut all: Vec<PickedLogits> = rows
            .map(|(row, wanted)| picks::merge(row, vocabulary, *wanted))
            .collect();
        gpu.spoil(all.iter_mut().flat_map(PickedLogits::values_mut));
        Ok(all)
    }

    /// Records the logits after the last tokens.
    fn run_head(&mut self, wanted: usize, head: OutputHead) -> Result<(), GpuError> {
        let OutputHead {
            norm,
            matrix,
            factor,
            cap,
        } = head;
        let stream = self.rows.widths.stream;
        let is_valid = wanted > 0 && wanted <= self.tokens.count && matrix.cols == stream;
        require(is_valid, || {
            let GpuMatrix { rows, cols, .. } = matrix;
            format!(
                "logits of {wanted} of {} tokens by {rows} x {cols}",
                self.tokens.count
            )
        })?;
        self.norm_last(norm, wanted)?;
        let GpuRows { gpu, logits, .. } = &mut *self.rows;
        let out = logits
            .at_least(gpu, 4 * (wanted * matrix.rows) as u64)?
            .raw
            .clone();
        let input = &self.rows.of_tokens()?.normed;
        let gpu = self.recorder.gpu.clone();
        let rows = ProductRows {
            factor,
            ..ProductRows::whole(&out, matrix.rows)
        };
        for dispatch in products(&gpu, matrix, None, wanted, input, rows) {
            self.recorder.push(dispatch)?;
        }
        let Some(cap) = cap else { return Ok(()) };
        let groups = matrix.rows.div_ceil(Kernel::Cap.threads());
        let dispatch = Dispatch::new(Kernel::Cap, [groups, wanted, 1])
            .bind(0, [&out])
            .args(&[saturated(matrix.rows), cap.to_bits()]);
        self.recorder.push(dispatch)
    }
}
