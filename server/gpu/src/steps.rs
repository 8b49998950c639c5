//! The steps of a pass that may fail. In tests, and with the feature `faults`, `faults` counts them
//! and lets them fail; otherwise nothing is left of this.

#[cfg(not(any(test, feature = "faults")))]
use crate::{Gpu, GpuError};

/// A step at which something may go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A buffer is made.
    Allocate,
    /// A run of a kernel is recorded.
    Dispatch,
    /// Copies or dispatches are submitted.
    Submit,
    /// A wait for a submission begins.
    Wait,
    /// Logits have been read.
    #[cfg(any(test, feature = "faults"))]
    Logits,
}

#[cfg(not(any(test, feature = "faults")))]
impl Gpu {
    /// Comes before every step; whether the device hangs in it.
    pub(crate) fn step(&self, _: Step) -> Result<bool, GpuError> {
        Ok(false)
    }

    /// Comes after logits have been read.
    pub(crate) fn spoil<'a>(&self, _: impl Iterator<Item = &'a mut f32>) {}
}
