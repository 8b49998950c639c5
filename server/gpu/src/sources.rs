//! The kernels and their variants, each put together from texts in WGSL.
//!
//! A variant is constants followed by pieces: what the device can do, the format of the weights,
//! the kernel. Bindings have the same numbers in all pieces: 0 to 3 are the planes of weights or
//! the first inputs of other kernels, 8 and 9 what rounding writes.

use std::fmt::Write;

use crate::formats::{BLOCK, WeightFormat};
use crate::picks;

/// Most tokens for which weights are read straight from memory, without tiles.
pub(crate) const FEW_TOKENS: usize = 8;
/// Slots of the cache that a workgroup of [`Kernel::AttendFew`] has.
pub(crate) const ATTENTION_SPAN: usize = 128;
/// Rows of a workgroup of [`Kernel::AttendMany`].
pub(crate) const ATTENTION_ROWS: usize = 16;
/// Rows and tokens of a tile of [`Kernel::Many`].
pub(crate) const PRODUCT_TILE: usize = 64;

/// The nonlinearity of gates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GateKind {
    /// x * sigmoid(x).
    Silu,
    /// The Gaussian error linear unit in its tanh form. arXiv 1606.08415.
    Gelu,
}

/// A kernel, with all that makes its text another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kernel {
    Embed(WeightFormat),
    Norm,
    /// Products for up to so many tokens: 1, 2, 4 or 8.
    Few(WeightFormat, usize),
    /// Products for up to so many tokens, 1, 2, 4 or 8, whose rows are gates, then values.
    Gated(WeightFormat, GateKind, usize),
    /// Products for any number of tokens.
    Many(WeightFormat),
    /// Norms and rotates queries and keys, and writes the cache.
    Place {
        head_dim: usize,
        has_norms: bool,
    },
    AttendFew {
        head_dim: usize,
        group: usize,
    },
    /// Puts together what [`Kernel::AttendFew`] leaves.
    Merge {
        head_dim: usize,
    },
    AttendMany {
        head_dim: usize,
        group: usize,
    },
    Gate(GateKind),
    /// Rounds rows to int8.
    Round,
    Pick,
}

/// What kernels may use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Features {
    pub subgroups: bool,
    pub int8: bool,
}

impl Features {
    /// Whether products with weights of a format are products of int8.
    pub fn multiplies_int8(self, format: WeightFormat) -> bool {
        self.int8 && format.is_quantized()
    }
}

macro_rules! text {
    ($name:literal) => {
        include_str!(concat!("kernels/", $name, ".wgsl"))
    };
}

impl Kernel {
    /// Threads of a workgroup.
    pub fn threads(self) -> usize {
        match self {
            Kernel::Norm | Kernel::Pick | Kernel::Many(_) | Kernel::Gated(..) => 256,
            _ => 64,
        }
    }

    /// The variant of [`Kernel::Few`] for this many tokens.
    pub fn few(format: WeightFormat, tokens: usize) -> Kernel {
        Kernel::Few(format, tokens.next_power_of_two())
    }

    /// The variant of [`Kernel::Gated`] for this many tokens.
    pub fn gated(format: WeightFormat, kind: GateKind, tokens: usize) -> Kernel {
        Kernel::Gated(format, kind, tokens.next_power_of_two())
    }

    /// Rows that a team of threads of [`Kernel::Few`] has at a time: few where a row's sums or
    /// weights take many registers.
    pub fn rows_of_few(tokens: usize, is_int8: bool) -> usize {
        match (tokens <= 2, is_int8) {
            (true, true) => 4,
            (true, false) | (false, true) => 2,
            (false, false) => 1,
        }
    }

    /// The whole text.
    pub fn source(self, features: Features) -> String {
        let mut text = String::new();
        let constants = [("THREADS", self.threads())]
            .into_iter()
            .chain(self.constants(features));
        for (name, value) in constants {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "const {name} = {value}u;");
        }
        self.pieces(features).iter().for_each(|piece| text += piece);
        text
    }

    fn constants(self, features: Features) -> Vec<(&'static str, usize)> {
        match self {
            Kernel::Few(format, tokens) => {
                let rows = Kernel::rows_of_few(tokens, features.multiplies_int8(format));
                vec![("ROWS", rows), ("TOKENS", tokens)]
            }
            Kernel::Gated(_, _, tokens) => vec![("TOKENS", tokens)],
            Kernel::Place { head_dim, .. } | Kernel::Merge { head_dim } => {
                vec![("HEAD_DIM", head_dim)]
            }
            Kernel::AttendFew { head_dim, group } => {
                vec![
                    ("HEAD_DIM", head_dim),
                    ("GROUP", group),
                    ("SPAN", ATTENTION_SPAN),
                ]
            }
            Kernel::AttendMany { head_dim, group } => {
                // Both tiles must fit into 32 KiB.
                let keys = if head_dim > 128 { 16 } else { 32 };
                vec![("HEAD_DIM", head_dim), ("GROUP", group), ("KEYS", keys)]
            }
            Kernel::Pick => vec![("CHUNK", picks::CHUNK), ("TOP", picks::TOP)],
            _ => Vec::new(),
        }
    }

    fn pieces(self, features: Features) -> Vec<&'static str> {
        let lane = match features.subgroups {
            true => text!("lane_subgroup"),
            false => text!("lane_workgroup"),
        };
        let rounding = |rounds: bool| match features.int8 && rounds {
            true => text!("round_int8"),
            false => text!("round_none"),
        };
        match self {
            Kernel::Embed(format) => [weights(format), vec![text!("embed")]].concat(),
            Kernel::Norm => vec![lane, rounding(true), text!("norm")],
            Kernel::Few(format, _) => {
                let kernel = match features.subgroups {
                    true => vec![lane, text!("product_few_subgroup")],
                    false => vec![text!("product_few_workgroup")],
                };
                let shared = vec![text!("product_few")];
                [product(format, features), shared, kernel].concat()
            }
            Kernel::Gated(format, kind, _) => {
                let kernel = vec![
                    lane,
                    rounding(true),
                    activation(kind),
                    text!("product_gated"),
                ];
                [weights(format), vec![dot(format, features)], kernel].concat()
            }
            Kernel::Many(format) => {
                let kernel = match features.multiplies_int8(format) {
                    true => text!("product_many_int8"),
                    false => text!("product_many_f32"),
                };
                [product(format, features), vec![kernel]].concat()
            }
            Kernel::Place { has_norms, .. } => {
                let norms = match has_norms {
                    true => text!("head_norm"),
                    false => text!("head_norm_none"),
                };
                vec![lane, norms, text!("place")]
            }
            Kernel::AttendFew { .. } => vec![text!("visible"), text!("attend_few")],
            Kernel::Merge { head_dim } => {
                vec![rounding(head_dim.is_multiple_of(BLOCK)), text!("merge")]
            }
            Kernel::AttendMany { .. } => vec![text!("visible"), text!("attend_many")],
            Kernel::Gate(kind) => vec![rounding(true), activation(kind), text!("gate")],
            Kernel::Round => vec![text!("round_int8"), text!("round")],
            Kernel::Pick => vec![lane, text!("pick")],
        }
    }
}

/// The pieces of a product before its kernel.
fn product(format: WeightFormat, features: Features) -> Vec<&'static str> {
    let shared = vec![dot(format, features), text!("product")];
    [weights(format), shared].concat()
}

/// How blocks are multiplied.
fn dot(format: WeightFormat, features: Features) -> &'static str {
    match features.multiplies_int8(format) {
        true => text!("dot_int8"),
        false => text!("dot_f32"),
    }
}

/// The nonlinearity of a gate.
fn activation(kind: GateKind) -> &'static str {
    match kind {
        GateKind::Silu => text!("silu"),
        GateKind::Gelu => text!("gelu"),
    }
}

/// How a format's blocks are read.
fn weights(format: WeightFormat) -> Vec<&'static str> {
    let own = match format {
        WeightFormat::Q4_0 => text!("formats/q4_0"),
        WeightFormat::Q4_1 => text!("formats/q4_1"),
        WeightFormat::Q5_0 => text!("formats/q5_0"),
        WeightFormat::Q5_1 => text!("formats/q5_1"),
        WeightFormat::Q8_0 => text!("formats/q8_0"),
        WeightFormat::Q4_K => text!("formats/q4_k"),
        WeightFormat::Q5_K => text!("formats/q5_k"),
        WeightFormat::Q6_K => text!("formats/q6_k"),
        WeightFormat::F16 => text!("formats/f16"),
        WeightFormat::BF16 => text!("formats/bf16"),
        WeightFormat::F32 => text!("formats/f32"),
    };
    match format.is_quantized() {
        true => vec![text!("quants"), own],
        false => vec![own],
    }
}
