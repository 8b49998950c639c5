//! How much memory the statistics of one column may take.
//!
//! A file may have two columns or two thousand, read by several threads; the whole stays the same.

/// The bytes of all statistics together, about.
const WHOLE: usize = 64 << 20;

/// The sizes of one column's statistics.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SketchLimits {
    /// Different values that are counted exactly.
    pub values: usize,
    /// Values kept for the quantiles.
    pub sample: usize,
    /// Hashes kept to prove that no two values are equal.
    pub keys: usize,
}

impl SketchLimits {
    /// The sizes for so many columns, each with so many states at once.
    pub(crate) fn new(columns: usize, states: usize) -> Self {
        let share = WHOLE / columns.max(1) / states.max(1);
        Self {
            values: (share / 700).clamp(32, 1024),
            sample: (share / 64).clamp(256, 20_000),
            keys: (share / 64).clamp(256, 1 << 17),
        }
    }
}
