//! Which kernel multiplies rows with a matrix, and how many workgroups it needs.

use crate::Gpu;
use crate::formats::BLOCK;
use crate::matrix::{GpuMatrix, GpuVector, MatrixPart};
use crate::recorder::Dispatch;
use crate::rows::InputRows;
use crate::sources::{FEW_TOKENS, Kernel, PRODUCT_TILE};
use crate::tokens::saturated;

/// Where a product goes: to some of the values of each row of a buffer.
#[derive(Clone, Copy)]
pub(crate) struct ProductRows<'a> {
    pub buffer: &'a wgpu::Buffer,
    /// Values of a row, and the first of those that are written.
    pub width: usize,
    pub first: usize,
    /// Whether the product is added to what is there.
    pub adds: bool,
    /// The factor of the product and of its bias.
    pub factor: f32,
}

impl<'a> ProductRows<'a> {
    /// Whole rows of such a width, which are replaced.
    pub fn whole(buffer: &'a wgpu::Buffer, width: usize) -> ProductRows<'a> {
        ProductRows {
            buffer,
            width,
            first: 0,
            adds: false,
            factor: 1.0,
        }
    }
}

/// The dispatches of a product: one for each part of the matrix, or several where one would be more
/// than a piece of work. Only whole rows may have a bias.
pub(crate) fn products(
    gpu: &Gpu,
    matrix: &GpuMatrix,
    bias: Option<&GpuVector>,
    tokens: usize,
    input: &InputRows,
    out: ProductRows,
) -> Vec<Dispatch> {
    let bias_values = bias.map_or(&gpu.shared.nothing, |bias| &bias.buffer.raw);
    let mut all = Vec::new();
    for part in &matrix.parts {
        let is_int8 = gpu.kernel_features().multiplies_int8(part.format);
        let runs = match tokens > FEW_TOKENS {
            true => many(gpu, part, tokens, matrix.cols),
            false => vec![(0, few(gpu, part, tokens, matrix.cols))],
        };
        for (first_tile, run) in runs {
            let run = match is_int8 {
                true => run.bind(4, [&input.rounded.raw, &input.scales.raw]),
                false => run.bind(4, [&input.values.raw]),
            };
            let args = [
                part.rows,
                matrix.cols / BLOCK,
                tokens,
                out.first + part.first,
                out.width,
                usize::from(bias.is_some()),
                usize::from(out.adds),
                first_tile,
            ];
            let mut args = args.map(saturated).to_vec();
            args.push(out.factor.to_bits());
            all.push(
                run.bind(0, part.planes.iter().map(|plane| &plane.raw))
                    .bind(6, [out.buffer, bias_values])
                    .args(&args),
            );
        }
    }
    all
}

/// A product for few tokens, without bindings and arguments.
fn few(gpu: &Gpu, part: &MatrixPart, tokens: usize, cols: usize) -> Dispatch {
    let is_int8 = gpu.kernel_features().multiplies_int8(part.format);
    let kernel = Kernel::few(part.format, tokens);
    let rows = Kernel::rows_of_few(tokens, is_int8);
    let groups = groups_of_rows(gpu, kernel, part.rows.div_ceil(rows));
    Dispatch::new(kernel, [groups, 1, 1]).work(tokens * part.rows * cols)
}

/// Workgroups for so many teams of threads: as many as there may be, if there are more.
pub(crate) fn groups_of_rows(gpu: &Gpu, kernel: Kernel, teams: usize) -> usize {
    // There may be more teams than this, if subgroups are smaller than the largest ones.
    let at_once = match gpu.shared.has_subgroups {
        true => (kernel.threads() / gpu.shared.subgroup_size as usize).max(1),
        false => 1,
    };
    let groups = teams.div_ceil(at_once);
    groups.min(gpu.shared.max_groups as usize)
}

/// A product for many tokens, in runs of so many tiles of rows as one piece of work may have; with
/// the number of the first tile of each.
fn many(gpu: &Gpu, part: &MatrixPart, tokens: usize, cols: usize) -> Vec<(usize, Dispatch)> {
    let tiles = part.rows.div_ceil(PRODUCT_TILE);
    let tile_work = tokens * PRODUCT_TILE * cols;
    let piece = gpu.piece_work() as usize / tile_work.max(1);
    let runs = tiles.div_ceil(piece.clamp(1, gpu.shared.max_groups as usize));
    let run = |number: usize| {
        let (first, end) = (tiles * number / runs, tiles * (number + 1) / runs);
        let groups = [end - first, tokens.div_ceil(PRODUCT_TILE), 1];
        let dispatch = Dispatch::new(Kernel::Many(part.format), groups);
        (first, dispatch.work((end - first) * tile_work))
    };
    (0..runs).map(run).collect()
}
