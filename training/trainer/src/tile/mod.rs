//! Register tiles of up to 6 rows and 64 columns, which `product` is made of, for the instructions
//! that the program is built with (`-C target-cpu=native`). Each gives
//!
//! - `int8::<R>(part, row, c)`: rows `row` to `row + R` of a block of int8 operands, times their
//!   scales, into c or added to it.
//! - `float::<R>(a, inner, (b, b_step), (c, c_step), add)`: c [R][64] = a [R][inner] *
//!   b [inner][64], or += where `add`. Callers check the extents of all three.

#[cfg(target_feature = "avx2")]
#[cfg_attr(not(test), allow(dead_code, reason = "AVX-512 takes the place of some or all of it"))]
mod avx2;
#[cfg(target_feature = "avx512f")]
mod avx512;
#[cfg(any(test, not(target_feature = "avx2")))]
mod plain;

#[cfg(not(target_feature = "avx2"))]
pub use plain::{float, int8};

#[cfg(all(target_feature = "avx2", not(target_feature = "avx512f")))]
pub use avx2::float;
#[cfg(all(target_feature = "avx2", not(target_feature = "avx512vnni")))]
pub use avx2::int8;
#[cfg(target_feature = "avx512f")]
pub use avx512::float;
#[cfg(target_feature = "avx512vnni")]
pub use avx512::int8;

#[cfg(all(test, target_feature = "avx2"))]
mod tests {
    use super::*;
    use crate::product::{Part, View};
    use crate::quantized::{Left, PANEL, Right, Rounding};

    fn values(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * 7919 + seed * 104_729) % 2003) as f32 / 1001.5 - 1.0).collect()
    }

    fn near(got: &[f32], wanted: &[f32]) {
        for (got, wanted) in got.iter().zip(wanted) {
            assert!((got - wanted).abs() <= 1e-4 * wanted.abs().max(1.0), "{got} {wanted}");
        }
    }

    #[test]
    fn int8_tiles_agree_with_plain_ones() {
        let (rows, inner) = (6, 384);
        // The largest values of both signs, where sums of 16 bits would not do.
        let mut a = values(rows * inner, 1);
        let mut b = values(inner * PANEL, 2);
        a[..inner].fill(1.0);
        a[inner..2 * inner].fill(-1.0);
        b.iter_mut().step_by(3).for_each(|value| *value = value.signum());
        let (mut left, mut right) = (Left::default(), Right::default());
        left.set_rows(&a, inner, Rounding::Nearest);
        right.set_rows(&b, PANEL, left.block, Rounding::Nearest);
        for (at, fresh) in [(0, true), (1, false)] {
            let part = Part { left: &left, right: &right, panel: 0, at, fresh };
            let start = values(rows * PANEL, 3);
            let tiles = [int8::<5>, avx2::int8::<5>, plain::int8::<5>];
            let [got, vectors, wanted] = tiles.map(|tile| {
                let mut c = start.clone();
                tile(&part, 1, &mut c);
                c
            });
            near(&got, &wanted);
            near(&vectors, &wanted);
            assert_eq!((&got[..PANEL], got.len()), (&start[..PANEL], start.len()));
        }
    }

    #[test]
    fn float_tiles_agree_with_plain_ones() {
        let (inner, step) = (9, 80);
        let (a, b) = (values(6 * inner, 1), values(inner * step, 2));
        let view = View { from: &a, row_step: 1, step: 6 };
        for add in [false, true] {
            let tiles = [float::<6>, avx2::float::<6>, plain::float::<6>];
            let [got, vectors, wanted] = tiles.map(|tile| {
                let mut c = values(6 * step, 3);
                tile(view, inner, (&b, step), (&mut c, step), add);
                c
            });
            near(&got, &wanted);
            near(&vectors, &wanted);
        }
    }
}
