//! Why something did not work on a GPU.

/// Why something did not work on a GPU.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GpuError {
    /// The device lacks something that the kernels need, or refused to open.
    #[error("this GPU cannot be used: {0}")]
    Unsupported(String),
    /// More memory than the limit allows or the device has. The device stays usable.
    #[error("the memory of the GPU does not suffice: {0}")]
    OutOfMemory(String),
    /// The device is gone: unplugged, reset, suspended or closed. Open it again.
    #[error("the GPU was lost: {0}")]
    Lost(String),
    /// The driver refused a call.
    #[error("the GPU's driver failed: {0}")]
    Driver(String),
    /// A call with shapes or numbers that do not fit together; nothing was run.
    #[error("a wrong call: {0}")]
    Invalid(String),
    /// The caller has cancelled the pass.
    #[error("cancelled")]
    Cancelled,
}

/// An error of the caller unless `holds`.
pub(crate) fn require(holds: bool, what: impl FnOnce() -> String) -> Result<(), GpuError> {
    if holds {
        Ok(())
    } else {
        Err(GpuError::Invalid(what()))
    }
}
