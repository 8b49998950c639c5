//! A mixture of experts within a pass (arXiv 1701.06538): for each token, a gate chooses some of
//! the experts, and only these are computed.
//!
//! A pair is a token and one of its experts. Few pairs are computed one by one; many are sorted by
//! expert first, so that an expert's weights are read once for several tokens.

use super::{GpuPass, ProductInput};
use crate::GpuError;
use crate::error::require;
use crate::formats::BLOCK;
use crate::matrix::{GpuMatrix, GpuVector, MatrixPart};
use crate::products::groups_of_rows;
use crate::recorder::Dispatch;
use crate::sources::{FEW_TOKENS, Kernel, MAX_EXPERTS, MAX_USED_EXPERTS};
use crate::tokens::saturated;

/// How the scores of experts become weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpertGateKind {
    /// Softmax over all experts.
    Softmax,
    /// Softmax over the chosen ones.
    SoftmaxOfChosen,
    /// The logistic function of each.
    Sigmoid,
}

/// How experts are chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExpertChoice {
    /// Experts of the layer, at most [`MAX_EXPERTS`].
    pub count: usize,
    /// Experts of a token, at most [`MAX_USED_EXPERTS`].
    pub used: usize,
    /// How their scores become weights.
    pub gate: ExpertGateKind,
    /// Whether the weights of a token are divided by their sum.
    pub is_normalized: bool,
    /// The factor of the weights.
    pub factor: f32,
}

/// A matrix of each expert, stacked.
#[derive(Clone, Copy)]
pub struct ExpertMatrix<'a> {
    /// The matrices of all experts.
    pub matrix: &'a GpuMatrix,
    /// A value for each row.
    pub bias: Option<&'a GpuVector>,
    /// Rows of one expert.
    pub rows: usize,
}

/// The experts of the tokens of a pass.
#[derive(Clone, Copy)]
pub(crate) struct ChosenExperts {
    count: usize,
    used: usize,
}

impl GpuPass<'_> {
    /// Chooses the experts of each token by the wide rows, the scores of all experts. `bias` is
    /// added to the weights when experts are chosen (arXiv 2412.19437).
    pub fn choose_experts(
        &mut self,
        choice: ExpertChoice,
        bias: Option<&GpuVector>,
    ) -> Result<(), GpuError> {
        let ExpertChoice { count, used, .. } = choice;
        let is_valid = (1..=MAX_EXPERTS).contains(&count)
            && (1..=count.min(MAX_USED_EXPERTS)).contains(&used)
            && self.wide == count
            && self.wide_rows == self.tokens.count
            && bias.is_none_or(|bias| bias.len == count);
        require(is_valid, || {
            format!("{choice:?} by scores of {}", self.wide)
        })?;
        let gpu = self.recorder.gpu.clone();
        let tokens = self.tokens.count;
        let bytes = 4 * (tokens * used) as u64;
        let chosen = self.rows.chosen.at_least(&gpu, bytes)?.raw.clone();
        let weights = self.rows.expert_weights.at_least(&gpu, bytes)?.raw.clone();
        let scores = &self.rows.of_tokens()?.wide.raw;
        let nothing = &gpu.shared.nothing;
        let bias_values = bias.map_or(nothing, |bias| &bias.buffer.raw);
        let kind = match choice.gate {
            ExpertGateKind::Softmax => 0,
            ExpertGateKind::SoftmaxOfChosen => 1,
            ExpertGateKind::Sigmoid => 2,
        };
        let dispatch = Dispatch::new(Kernel::Choose, [tokens, 1, 1])
            .bind(0, [scores, bias_values, &chosen, &weights])
            .args(&[
                saturated(count),
                saturated(used),
                kind,
                u32::from(bias.is_some()),
                u32::from(choice.is_normalized),
                choice.factor.to_bits(),
            ]);
        self.recorder.push(dispatch)?;
        self.chosen = Some(ChosenExperts { count, used });
        if tokens <= FEW_TOKENS {
            return Ok(());
        }
        let bytes = 4 * (count + 1 + tokens * used) as u64;
        let pairs = &self.rows.pairs.at_least(&gpu, bytes)?.raw;
        let dispatch = Dispatch::new(Kernel::SortPairs, [1, 1, 1])
            .bind(0, [&chosen, pairs])
            .args(&[saturated(tokens * used), saturated(count)]);
        self.recorder.push(dispatch)
    }

    /// Products of the chosen experts, to the wide rows: a row for each pair of token and expert,
    /// in which the results of all `matrices` follow each other.
    pub fn expert_products(
        &mut self,
        matrices: &[ExpertMatrix],
        input: ProductInput,
    ) -> Result<(), GpuError> {
        let Some(chosen) = self.chosen else {
            return Err(GpuError::Invalid("no experts are chosen".into()));
        };
        let width: usize = matrices.iter().map(|matrix| matrix.rows).sum();
        require(
            width > 0 && width * chosen.used <= self.rows.widths.wide,
            || format!("{} rows of {width} of experts", chosen.used),
        )?;
        let mut first = 0;
        for matrix in matrices {
            self.expert_product(*matrix, input, chosen, [first, width])?;
            first += matrix.rows;
        }
        self.wide = width;
        self.wide_rows = self.tokens.count * chosen.used;
        Ok(())
    }

    fn expert_product(
        &mut self,
        matrix: ExpertMatrix,
        input: ProductInput,
        chosen: ChosenExperts,
        [first, width]: [usize; 2],
    ) -> Result<(), GpuError> {
        let pairs = self.tokens.count * chosen.used;
        let (input_width, sharing) = match input {
            ProductInput::Normed if self.is_normed => (self.rows.widths.stream, chosen.used),
            ProductInput::Inner if self.inner_rows == pairs => (self.inner, 1),
            _ => (0, 1),
        };
        let GpuMatrix { rows, cols, .. } = *matrix.matrix;
        let is_valid = cols == input_width
            && rows == matrix.rows * chosen.count
            && matrix.bias.is_none_or(|bias| bias.len == rows);
        require(is_valid, || {
            let count = chosen.count;
            format!("{count} experts of {rows} x {cols} with an input of {input_width}")
        })?;
        for part in &matrix.matrix.parts {
            let dispatch = self.expert_dispatch(matrix, part, chosen, input)?;
            let args = [
                matrix.rows,
                cols / BLOCK,
                part.first,
                part.rows,
                first,
                width,
                sharing,
                usize::from(matrix.bias.is_some()),
                chosen.count,
            ];
            let work = pairs * matrix.rows * cols;
            self.recorder
                .push(dispatch.args(&args.map(saturated)).work(work))?;
        }
        Ok(())
    }

    /// A product of a part of the experts' matrices, without arguments.
    fn expert_dispatch(
        &mut self,
        matrix: ExpertMatrix,
        part: &MatrixPart,
        chosen: ChosenExperts,
        input: ProductInput,
    ) -> Result<Dispatch, GpuError> {
        let gpu = self.recorder.gpu.clone();
        let pairs = self.tokens.count * chosen.used;
        let is_sorted = self.tokens.count > FEW_TOKENS;
        let (lists, count) = match is_sorted {
            true => (&mut self.rows.pairs, chosen.count + 1 + pairs),
            false => (&mut self.rows.chosen, pairs),
        };
        let lists = lists.at_least(&gpu, 4 * count as u64)?.raw.clone();
        let format = part.format;
        let is_int8 = gpu.kernel_features().multiplies_int8(format);
        let kernel = Kernel::Experts { format, is_sorted };
        let rows_of_team = Kernel::rows_of_few(Kernel::pairs_of_experts(is_sorted), is_int8);
        let groups = groups_of_rows(&gpu, kernel, matrix.rows.div_ceil(rows_of_team));
        let runs = if is_sorted { chosen.count } else { pairs };
        let rows = self.rows.of_tokens()?;
        let input = match input {
            ProductInput::Normed => &rows.normed,
            ProductInput::Inner => &rows.inner,
        };
        let dispatch = Dispatch::new(kernel, [groups, runs, 1]);
        let dispatch = match is_int8 {
            true => dispatch.bind(4, [&input.rounded.raw, &input.scales.raw]),
            false => dispatch.bind(4, [&input.values.raw]),
        };
        let nothing = &gpu.shared.nothing;
        let bias = matrix.bias.map_or(nothing, |bias| &bias.buffer.raw);
        Ok(dispatch
            .bind(0, part.planes.iter().map(|plane| &plane.raw))
            .bind(6, [&rows.wide.raw, bias, &lists]))
    }

    /// Adds the wide rows, what each token's experts computed times their weights, to the residual
    /// stream, all times `factor`.
    pub fn add_experts(&mut self, factor: f32) -> Result<(), GpuError> {
        let width = self.rows.widths.stream;
        let tokens = self.tokens.count;
        let used = self.chosen.map_or(0, |chosen| chosen.used);
        let is_valid = used > 0 && self.wide == width && self.wide_rows == tokens * used;
        require(is_valid, || {
            format!("{} rows of {} of experts", self.wide_rows, self.wide)
        })?;
        let gpu = self.recorder.gpu.clone();
        let bytes = 4 * (tokens * used) as u64;
        let weights = self.rows.expert_weights.at_least(&gpu, bytes)?.raw.clone();
        let rows = self.rows.of_tokens()?;
        let groups = (width / 4).div_ceil(Kernel::AddExperts.threads());
        let dispatch = Dispatch::new(Kernel::AddExperts, [groups, tokens, 1])
            .bind(0, [&rows.wide.raw, &weights, &rows.stream.raw])
            .args(&[saturated(width / 4), saturated(used), factor.to_bits()]);
        self.recorder.push(dispatch)
    }
}
