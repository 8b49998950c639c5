//! Which kernel multiplies rows with a matrix, and how many workgroups it needs.

use crate::Gpu;
use crate::formats::BLOCK;
use crate::matrix::{GpuMatrix, GpuVector, MatrixPart};
use crate::recorder::Dispatch;
use crate::rows::InputRows;
use crate::sources::{FEW_TOKENS, Kernel, PRODUCT_TILE};
use crate::tokens::saturated;

/// The dispatches of a product, one for each part of the matrix. `adds` is 1 where it is added to
/// `out` and 0 where it replaces what is there; rows of `out` are as wide as the matrix has rows.
pub(crate) fn products<'a>(
    gpu: &'a Gpu,
    matrix: &'a GpuMatrix,
    bias: Option<&'a GpuVector>,
    [tokens, adds]: [usize; 2],
    input: &'a InputRows,
    out: &'a wgpu::Buffer,
) -> impl Iterator<Item = Dispatch> + use<'a> {
    let bias_values = bias.map_or(&gpu.shared.nothing, |bias| &bias.buffer.raw);
    matrix.parts.iter().map(move |part| {
        let is_int8 = gpu.kernel_features().multiplies_int8(part.format);
        let dispatch = dispatch(gpu, part, tokens, is_int8);
        let dispatch = match is_int8 {
            true => dispatch.bind(4, [&input.rounded.raw, &input.scales.raw]),
            false => dispatch.bind(4, [&input.values.raw]),
        };
        let args = [
            part.rows,
            matrix.cols / BLOCK,
            tokens,
            part.first,
            matrix.rows,
            usize::from(bias.is_some()),
            adds,
        ];
        dispatch
            .bind(0, part.planes.iter().map(|plane| &plane.raw))
            .bind(6, [out, bias_values])
            .args(&args.map(saturated))
            .work(tokens * part.rows * matrix.cols)
    })
}

/// A product with a part of a matrix, without bindings and arguments.
fn dispatch(gpu: &Gpu, part: &MatrixPart, tokens: usize, is_int8: bool) -> Dispatch {
    if tokens > FEW_TOKENS {
        let tiles = [
            part.rows.div_ceil(PRODUCT_TILE),
            tokens.div_ceil(PRODUCT_TILE),
            1,
        ];
        return Dispatch::new(Kernel::Many(part.format), tiles);
    }
    let kernel = Kernel::few(part.format, tokens);
    let rows = Kernel::rows_of_few(tokens, is_int8);
    // There may be more teams than this, if subgroups are smaller than the largest ones.
    let teams = match gpu.shared.has_subgroups {
        true => (kernel.threads() / gpu.shared.subgroup_size as usize).max(1),
        false => 1,
    };
    let groups = part
        .rows
        .div_ceil(rows * teams)
        .min(gpu.shared.max_groups as usize);
    Dispatch::new(kernel, [groups, 1, 1])
}
