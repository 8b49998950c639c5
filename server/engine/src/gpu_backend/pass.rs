//! The order in which a decoder records its layers, and the end of a pass.

use gpu::{GpuCache, GpuPass, GpuRotation, OutputHead};

use super::attention::GpuAttention;
use super::device::{GpuBackend, GpuNorm, run_error};
use super::feed_forward::GpuFeedForward;
use crate::RunError;
use crate::backend::{DecoderHead, RunningPass, SequenceCache};

impl SequenceCache for GpuCache {
    fn len(&self) -> usize {
        GpuCache::len(self)
    }

    fn advance(&mut self, count: usize) {
        GpuCache::advance(self, count);
    }
}

impl RunningPass<GpuBackend> for GpuPass<'_> {
    fn norm(&mut self, norm: &GpuNorm) -> Result<(), RunError> {
        GpuPass::norm(self, norm.rows()).map_err(run_error)
    }

    fn mix(
        &mut self,
        _number: usize,
        layer: &GpuAttention,
        rope: Option<&GpuRotation>,
    ) -> Result<(), RunError> {
        layer.record(self, rope)
    }

    fn feed_forward(&mut self, _number: usize, layer: &GpuFeedForward) -> Result<(), RunError> {
        layer.record(self)
    }

    /// Without a norm, the layer's last product has added its result, with the same factor.
    fn add(&mut self, norm: Option<&GpuNorm>, factor: f32) -> Result<(), RunError> {
        match norm {
            Some(norm) => self.add_normed(norm.rows(), factor).map_err(run_error),
            None => Ok(()),
        }
    }

    fn finish(self) -> Result<(), RunError> {
        GpuPass::finish(self).map_err(run_error)
    }

    fn logits(
        self,
        wanted: usize,
        head: DecoderHead<GpuBackend>,
        logits: &mut Vec<f32>,
    ) -> Result<(), RunError> {
        let head = OutputHead {
            norm: head.norm.rows(),
            matrix: head.matrix,
            factor: head.scales.logits,
            cap: Some(head.scales.logits_cap).filter(|cap| *cap > 0.0),
        };
        *logits = GpuPass::logits(self, wanted, head).map_err(run_error)?;
        Ok(())
    }
}
