//! The arithmetic of a GPU: what `kernels` is for a CPU, through Vulkan or Metal.
//!
//! `engine` finds devices with [`adapters`], opens one as a [`Gpu`] and uploads a model's matrices
//! and vectors. A forward pass of some tokens is a [`GpuPass`]: from [`Gpu::begin`] on, its methods
//! record the operations of a decoder in the order of its layers, and its last one gives logits
//! back. The positions of a sequence stay in a [`GpuCache`], intermediate rows in [`GpuRows`]. This
//! crate knows nothing of models, files or tokenizers.
//!
//! Every failure is a [`GpuError`], a device that is lost in the middle too. After
//! [`GpuError::Lost`], all that was made with a device is of no use: open another.
//!
//! Inside: `adapter`, `device` and `recorder` speak to wgpu, `device_memory` to Vulkan. `formats`
//! splits the blocks of files into planes, `matrix` uploads them. `sources` puts the texts in
//! `kernels/` together to WGSL; `pipelines` compiles them when they are first needed, and
//! `kernel_file` keeps them on disk. With the feature `faults`, tests let a device fail.
//!
//! To add a format: a variant in `formats` with its planes, and a text in `kernels/formats/`. To
//! add a kernel: a text, a variant of `Kernel` in `sources`, and a method of the pass.

mod adapter;
mod bind_groups;
mod buffers;
mod cache;
mod device;
mod device_memory;
mod error;
#[cfg(any(test, feature = "faults"))]
mod faults;
mod formats;
mod kernel_file;
mod matrix;
mod memory;
mod pacing;
mod pass;
mod picks;
mod pipelines;
mod products;
mod recorder;
mod rows;
mod sources;
mod steps;
#[cfg(test)]
mod tests;
mod tokens;
mod turns;

pub use adapter::{GpuAdapter, GpuKind, adapters};
pub use cache::{GpuCache, GpuCacheShape};
pub use device::{Gpu, GpuOptions};
pub use device_memory::GpuMemory;
pub use error::GpuError;
#[cfg(any(test, feature = "faults"))]
pub use faults::GpuFault;
pub use formats::{CodeTable, WeightFormat};
pub use matrix::{GpuLowRank, GpuMatrix, GpuRotation, GpuVector, MatrixSource};
pub use pass::{
    ExpertChoice, ExpertGateKind, ExpertMatrix, GpuEmbedding, GpuHeads, GpuPass, HeadNorms,
    HeadTemperature, HeadWeights, OutputHead, ProductInput, ProductOutput, RowNorm,
};
pub use picks::{PickedLogits, TOP};
pub use rows::{GpuRows, RowWidths};
pub use sources::{GateKind, MAX_EXPERTS, MAX_USED_EXPERTS};
pub use tokens::{MAX_TOKENS, TokenSpan};
