//! The backward pass: from the losses through the layers to the gradients of all weights.
//!
//! Each product gives two: the gradient of its matrix, summed over the tokens, and that of its
//! inputs. What came in is made again from what the forward pass kept.

use super::{Batch, Model, Network, TOKEN_BLOCK, Target};
use crate::attention;
use crate::layers::{rms_norm_backward, swiglu, swiglu_backward};
use crate::product::multiply;
use crate::quantized::Rounding;
use crate::weights::{Layer, Matrix, Operand};
use std::ops::Range;

impl Network {
    /// `self.logits` holds the gradient of the logits, `self.normed` their inputs.
    pub(super) fn head_backward(
        &mut self,
        model: Model,
        targets: &[Target],
        rows: &[f32],
        d_stream: &mut [f32],
        gradient: &mut [f32],
    ) {
        let (shape, norm) = (self.shape, model.layout.norm.clone());
        let padded = self.logits.len() / shape.vocabulary;
        let mut normed = std::mem::take(&mut self.normed);
        normed.resize(padded * shape.width, 0.0);
        let noise = self.noise();
        self.right.set_rows(&normed, shape.width, TOKEN_BLOCK, Rounding::Nearest);
        self.left.set_columns(&self.logits, shape.vocabulary, TOKEN_BLOCK, noise);
        multiply(&self.left, &self.right, &mut gradient[model.layout.embedding.at.clone()], true);
        self.normed = normed;
        let noise = self.noise();
        let used = targets.len() * shape.vocabulary;
        self.left.set_rows(&self.logits[..used], shape.vocabulary, noise);
        self.d_normed.resize(rows.len(), 0.0);
        multiply(&self.left, &model.operands[0].backward, &mut self.d_normed, false);
        let mut d_rows = vec![0.0; rows.len()];
        let weight = &model.weights[norm.clone()];
        rms_norm_backward(
            rows,
            weight,
            shape.epsilon,
            &self.d_normed,
            &mut d_rows,
            &mut gradient[norm],
        );
        for (target, d_row) in targets.iter().zip(d_rows.chunks_exact(shape.width)) {
            d_stream[target.place * shape.width..][..shape.width].copy_from_slice(d_row);
        }
    }

    pub(super) fn layer_backward(
        &mut self,
        model: Model,
        batch: &Batch,
        at: usize,
        layer: &Layer,
        d_stream: &mut [f32],
        gradient: &mut [f32],
    ) {
        let (shape, tokens) = (self.shape, batch.tokens.len());
        let heads = self.heads();
        let operands = &model.operands[1 + 4 * at..][..4];
        let saved = std::mem::take(&mut self.saved[at]);
        let mut d_wide = std::mem::take(&mut self.d_wide);

        // The feed-forward part.
        self.wide.resize(tokens * shape.feed_forward, 0.0);
        swiglu(&saved.gate_up, shape.feed_forward, &mut self.wide);
        self.right.set_rows(&self.wide, shape.feed_forward, TOKEN_BLOCK, Rounding::Nearest);
        self.weight_gradient(d_stream, &layer.down, gradient);
        let mut d_inner = std::mem::take(&mut self.wide);
        self.input_gradient(d_stream, &layer.down, &operands[3], &mut d_inner);
        d_wide.resize(tokens * 2 * shape.feed_forward, 0.0);
        swiglu_backward(&saved.gate_up, shape.feed_forward, &d_inner, &mut d_wide);
        self.wide = d_inner;
        self.norm(&saved.middle, &model.weights[layer.mlp_norm.clone()]);
        self.right.set_rows(&self.normed, shape.width, TOKEN_BLOCK, Rounding::Nearest);
        self.weight_gradient(&d_wide, &layer.gate_up, gradient);
        self.through_norm(
            &d_wide,
            &layer.gate_up,
            &operands[2],
            (&saved.middle, &layer.mlp_norm),
            model,
            d_stream,
            gradient,
        );

        // The attention part.
        self.right.set_rows(&saved.attended, shape.width, TOKEN_BLOCK, Rounding::Nearest);
        self.weight_gradient(d_stream, &layer.output, gradient);
        let mut d_attended = std::mem::take(&mut self.d_normed);
        self.input_gradient(d_stream, &layer.output, &operands[1], &mut d_attended);
        d_wide.resize(tokens * shape.qkv(), 0.0);
        let attention =
            attention::Saved { qkv: &saved.qkv, out: &saved.attended, sums: &saved.sums };
        attention::backward(
            heads,
            &batch.samples,
            &attention,
            &d_attended,
            &mut d_wide,
            &mut self.scratch,
        );
        self.d_normed = d_attended;
        self.turn(batch, &mut d_wide, true);
        self.norm(&saved.input, &model.weights[layer.attention_norm.clone()]);
        self.right.set_rows(&self.normed, shape.width, TOKEN_BLOCK, Rounding::Nearest);
        self.weight_gradient(&d_wide, &layer.qkv, gradient);
        self.through_norm(
            &d_wide,
            &layer.qkv,
            &operands[0],
            (&saved.input, &layer.attention_norm),
            model,
            d_stream,
            gradient,
        );
        self.d_wide = d_wide;
        self.saved[at] = saved;
    }

    /// Adds the gradient of a matrix whose inputs are in `self.right` and whose outputs have the
    /// gradient `d_outputs`.
    fn weight_gradient(&mut self, d_outputs: &[f32], matrix: &Matrix, gradient: &mut [f32]) {
        let noise = self.noise();
        self.left.set_columns(d_outputs, matrix.outputs, TOKEN_BLOCK, noise);
        multiply(&self.left, &self.right, &mut gradient[matrix.at.clone()], true);
    }

    /// Writes the gradient of a matrix's inputs into `d_inputs`.
    fn input_gradient(
        &mut self,
        d_outputs: &[f32],
        matrix: &Matrix,
        operand: &Operand,
        d_inputs: &mut Vec<f32>,
    ) {
        let noise = self.noise();
        self.left.set_rows(d_outputs, matrix.outputs, noise);
        d_inputs.resize(self.left.rows * matrix.inputs, 0.0);
        multiply(&self.left, &operand.backward, d_inputs, false);
    }

    /// From the outputs of a matrix through the norm before it to the residual stream.
    #[allow(clippy::too_many_arguments)]
    fn through_norm(
        &mut self,
        d_outputs: &[f32],
        matrix: &Matrix,
        operand: &Operand,
        (input, norm): (&[f32], &Range<usize>),
        model: Model,
        d_stream: &mut [f32],
        gradient: &mut [f32],
    ) {
        let mut d_normed = std::mem::take(&mut self.d_normed);
        self.input_gradient(d_outputs, matrix, operand, &mut d_normed);
        let weight = &model.weights[norm.clone()];
        let d_weight = &mut gradient[norm.clone()];
        rms_norm_backward(input, weight, self.shape.epsilon, &d_normed, d_stream, d_weight);
        self.d_normed = d_normed;
    }
}
