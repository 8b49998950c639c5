//! The arithmetic of a CPU: int8 matrix products, attention and elementwise operations on slices.
//!
//! `engine`'s layers call these with a [`Device`], whose instruction set is chosen at run time from
//! what the machine supports, so one binary serves all machines. This crate knows nothing of
//! models, files or tokens, and depends on no other crate of ours.
//!
//! `tile` has the layout of packed weights and `packed_matrix` their memory; `native_format` and
//! `matrix_writer` fill it; `block32` and `codes` decode ggml's blocks to f32. `amx`, `avx512`,
//! `avx_vnni`, `avx2`, `neon_i8mm`, `neon` and `portable` have one inner product each;
//! `elementwise`, `attention` and `recurrence` are written once and compiled per instruction set.
//! To add an instruction set: one file, one variant of [`Isa`], one line in each `match` on it.
//! `tests/emulated.sh` tests the ARM kernels on any machine.
//!
//! Only `engine`'s layers, its cache and its `machine` call these. The crate `gpu` is the same for
//! a GPU.

#[cfg(target_arch = "x86_64")]
mod amx;
#[cfg(target_arch = "x86_64")]
mod amx_tiles;
mod attention;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod avx_vnni;
#[cfg(target_arch = "x86_64")]
mod bf16_panels;
mod block32;
mod cancel;
mod codebook;
mod codes;
mod device;
mod disjoint;
pub mod elementwise;
mod isa;
mod matmul;
mod matrix_writer;
mod native_format;
#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(target_arch = "aarch64")]
mod neon_i8mm;
mod operands;
mod packed_matrix;
mod portable;
mod recurrence;
mod thread_pool;
mod tile;
mod unpack;

pub use attention::{KvHead, PANEL, Visible, attend};
pub use block32::{Block32, decode};
pub use cancel::Cancel;
pub use codebook::Codebook;
pub use codes::{CodeBlock, CodeFormat};
pub use device::Device;
pub use disjoint::DisjointMut;
pub use isa::Isa;
pub use matmul::matmul;
pub use matrix_writer::MatrixWriter;
pub use native_format::NativeFormat;
pub use operands::QuantizedActivations;
pub use packed_matrix::PackedMatrix;
pub use recurrence::{StateStep, advance_state, causal_convolution};
pub use thread_pool::ThreadPool;
pub use tile::{BLOCK, Bits, QuantScheme, TILE};
