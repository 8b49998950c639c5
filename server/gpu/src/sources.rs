//! The kernels and their variants, each put together from texts in WGSL.
//!
//! A variant is constants followed by pieces: what the device can do, the format of the weights,
//! the kernel. Bindings have the same numbers in all pieces: 0 to 3 are the planes of weights or
//! the first inputs of other kernels, 8 and 9 what rounding writes.

use std::fmt::Write;

use crate::formats::{BLOCK, CodeTable, WeightFormat};
use crate::picks;

/// Most tokens for which weights are read straight from memory, without tiles.
pub(crate) const FEW_TOKENS: usize = 8;
/// Slots of the cache that a workgroup of [`Kernel::AttendFew`] has.
pub(crate) const ATTENTION_SPAN: usize = 128;
/// Rows of a workgroup of [`Kernel::AttendMany`].
pub(crate) const ATTENTION_ROWS: usize = 16;
/// Rows and tokens of a tile of [`Kernel::Many`].
pub(crate) const PRODUCT_TILE: usize = 64;
/// Experts that a layer may have.
pub const MAX_EXPERTS: usize = 1024;
/// Experts that a token may have.
pub const MAX_USED_EXPERTS: usize = 64;

/// The nonlinearity of gates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GateKind {
    /// x * sigmoid(x).
    Silu,
    /// The Gaussian error linear unit in its tanh form. arXiv 1606.08415.
    Gelu,
    /// gpt-oss's: gate and value are limited, and 1 is added to the value. Only with a gate.
    ClampedSwiglu,
}

/// Norms of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum NormKind {
    RootMeanSquare,
    Layer,
}

/// A kernel, with all that makes its text another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kernel {
    Embed(WeightFormat),
    /// Norms the residual stream for products.
    Norm(NormKind),
    /// Norms a layer's result and adds it to the residual stream.
    AddNormed(NormKind),
    /// Products for up to so many tokens: 1, 2, 4 or 8.
    Few(WeightFormat, usize),
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
        is_capped: bool,
    },
    /// Puts together what [`Kernel::AttendFew`] leaves.
    Merge {
        head_dim: usize,
        has_sinks: bool,
    },
    AttendMany {
        head_dim: usize,
        group: usize,
        is_capped: bool,
        has_sinks: bool,
    },
    Gate(GateKind),
    /// A nonlinearity without a gate.
    Activate(GateKind),
    /// Chooses the experts of each token.
    Choose,
    /// Sorts pairs of token and expert by expert.
    SortPairs,
    /// Products of chosen experts: for each pair by itself, or for all pairs of an expert.
    Experts {
        format: WeightFormat,
        is_sorted: bool,
    },
    /// Adds what experts computed to the residual stream.
    AddExperts,
    /// Limits logits softly.
    Cap,
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
            Kernel::Norm(_)
            | Kernel::AddNormed(_)
            | Kernel::Pick
            | Kernel::SortPairs
            | Kernel::Many(_) => 256,
            _ => 64,
        }
    }

    /// The variant of [`Kernel::Few`] for this many tokens.
    pub fn few(format: WeightFormat, tokens: usize) -> Kernel {
        Kernel::Few(format, tokens.next_power_of_two())
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

    /// Pairs of token and expert that a team of threads of [`Kernel::Experts`] has at a time.
    pub fn pairs_of_experts(is_sorted: bool) -> usize {
        if is_sorted { FEW_TOKENS } else { 1 }
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
        if let Some(WeightFormat::Codes(table)) = self.format() {
            text += &code_constants(table);
        }
        self.pieces(features).iter().for_each(|piece| text += piece);
        text
    }

    /// The format of the weights that it reads.
    fn format(self) -> Option<WeightFormat> {
        match self {
            Kernel::Embed(format)
            | Kernel::Few(format, _)
            | Kernel::Many(format)
            | Kernel::Experts { format, .. } => Some(format),
            _ => None,
        }
    }

    fn constants(self, features: Features) -> Vec<(&'static str, usize)> {
        match self {
            Kernel::Few(format, tokens) => {
                let rows = Kernel::rows_of_few(tokens, features.multiplies_int8(format));
                vec![("ROWS", rows), ("TOKENS", tokens)]
            }
            Kernel::Place { head_dim, .. } | Kernel::Merge { head_dim, .. } => {
                vec![("HEAD_DIM", head_dim)]
            }
            Kernel::Experts { format, is_sorted } => {
                let tokens = Kernel::pairs_of_experts(is_sorted);
                let rows = Kernel::rows_of_few(tokens, features.multiplies_int8(format));
                vec![("ROWS", rows), ("TOKENS", tokens)]
            }
            Kernel::Choose | Kernel::SortPairs => vec![("EXPERTS", MAX_EXPERTS)],
            Kernel::AttendFew {
                head_dim, group, ..
            } => {
                vec![
                    ("HEAD_DIM", head_dim),
                    ("GROUP", group),
                    ("SPAN", ATTENTION_SPAN),
                ]
            }
            Kernel::AttendMany {
                head_dim, group, ..
            } => {
                // Both tiles must fit into 32 KiB.
                let keys = if head_dim > 128 { 16 } else { 32 };
                vec![("HEAD_DIM", head_dim), ("GROUP", group), ("KEYS", keys)]
            }
            Kernel::Pick => vec![("CHUNK", picks::CHUNK), ("TOP", picks::TOP)],
            _ => Vec::new(),
        }
    }

    fn pieces(self, features: Features) -> Vec<&'static str> {
        match self {
            Kernel::Embed(format) => [weights(format), vec![text!("embed")]].concat(),
            Kernel::Norm(kind) => {
                let (lane, rounding) = (lane(features), rounding(features, true));
                vec![lane, rounding, text!("norm"), statistics(kind)]
            }
            Kernel::AddNormed(kind) => vec![lane(features), text!("add_normed"), statistics(kind)],
            Kernel::Few(..) | Kernel::Many(_) | Kernel::Experts { .. } => {
                self.product_pieces(features)
            }
            Kernel::Place { has_norms, .. } => {
                let norms = match has_norms {
                    true => text!("head_norm"),
                    false => text!("head_norm_none"),
                };
                vec![lane(features), norms, text!("place")]
            }
            Kernel::AttendFew { .. } | Kernel::Merge { .. } | Kernel::AttendMany { .. } => {
                self.attention_pieces(features)
            }
            Kernel::Gate(kind) => {
                let rounding = rounding(features, true);
                [vec![rounding, text!("gate")], activation(kind, true)].concat()
            }
            Kernel::Activate(kind) => {
                let rounding = rounding(features, true);
                [vec![rounding, text!("activate")], activation(kind, false)].concat()
            }
            Kernel::Choose => vec![text!("lowest"), text!("choose")],
            Kernel::SortPairs => vec![text!("sort_pairs")],
            Kernel::AddExperts => vec![text!("add_experts")],
            Kernel::Cap => vec![text!("score_capped"), text!("cap")],
            Kernel::Round => vec![text!("round_int8"), text!("round")],
            Kernel::Pick => vec![lane(features), text!("lowest"), text!("pick")],
        }
    }

    fn product_pieces(self, features: Features) -> Vec<&'static str> {
        let Some(format) = self.format() else {
            return Vec::new();
        };
        let is_int8 = features.multiplies_int8(format);
        let dot = match is_int8 {
            true => text!("dot_int8"),
            false => text!("dot_f32"),
        };
        let own = match (self, features.subgroups) {
            (Kernel::Many(_), _) if is_int8 => vec![text!("product"), text!("product_many_int8")],
            (Kernel::Many(_), _) => vec![text!("product"), text!("product_many_f32")],
            (Kernel::Experts { is_sorted, .. }, has_subgroups) => {
                let pairs = match is_sorted {
                    true => text!("pairs_sorted"),
                    false => text!("pairs_plain"),
                };
                let team = match has_subgroups {
                    true => vec![lane(features), text!("experts_subgroup")],
                    false => vec![text!("experts_workgroup")],
                };
                [vec![text!("experts"), pairs], team].concat()
            }
            (_, true) => vec![
                text!("product"),
                text!("product_few"),
                lane(features),
                text!("product_few_subgroup"),
            ],
            (_, false) => vec![
                text!("product"),
                text!("product_few"),
                text!("product_few_workgroup"),
            ],
        };
        [weights(format), vec![dot], own].concat()
    }

    fn attention_pieces(self, features: Features) -> Vec<&'static str> {
        let score = |is_capped| match is_capped {
            true => text!("score_capped"),
            false => text!("score_plain"),
        };
        let sink = |has_sinks| match has_sinks {
            true => text!("sink"),
            false => text!("sink_none"),
        };
        let own = match self {
            Kernel::AttendFew { is_capped, .. } => {
                vec![text!("visible"), score(is_capped), text!("attend_few")]
            }
            Kernel::Merge {
                head_dim,
                has_sinks,
            } => {
                let rounding = rounding(features, head_dim.is_multiple_of(BLOCK));
                vec![sink(has_sinks), rounding, text!("merge")]
            }
            Kernel::AttendMany {
                is_capped,
                has_sinks,
                ..
            } => vec![
                text!("visible"),
                score(is_capped),
                sink(has_sinks),
                text!("attend_many"),
            ],
            _ => Vec::new(),
        };
        [vec![text!("lowest")], own].concat()
    }
}

/// Where a thread is, and sums over its workgroup.
fn lane(features: Features) -> &'static str {
    match features.subgroups {
        true => text!("lane_subgroup"),
        false => text!("lane_workgroup"),
    }
}

/// How rows are rounded for products.
fn rounding(features: Features, rounds: bool) -> &'static str {
    match features.int8 && rounds {
        true => text!("round_int8"),
        false => text!("round_none"),
    }
}

/// What a norm needs to know of a row.
fn statistics(kind: NormKind) -> &'static str {
    match kind {
        NormKind::RootMeanSquare => text!("statistics_rms"),
        NormKind::Layer => text!("statistics_layer"),
    }
}

/// A nonlinearity, perhaps of a gate.
fn activation(kind: GateKind, is_gated: bool) -> Vec<&'static str> {
    let own = match kind {
        GateKind::Silu => text!("silu"),
        GateKind::Gelu => text!("gelu"),
        GateKind::ClampedSwiglu => return vec![text!("clamped_swiglu")],
    };
    match is_gated {
        true => vec![own, text!("gated")],
        false => vec![own],
    }
}

/// The table of a format with codes, and how its scales are stored.
fn code_constants(table: CodeTable) -> String {
    let bytes = table.values.map(i8::cast_unsigned);
    let words = bytes.as_chunks::<4>().0.iter();
    let words: Vec<String> = words
        .map(|word| format!("{}u", u32::from_le_bytes(*word)))
        .collect();
    let scale = match table.has_two_scales {
        true => "vec2<f32>",
        false => "f32",
    };
    format!(
        "const CODES = vec4<u32>({});\nalias ScaleOfBlock = {scale};\nconst TWO_SCALES = {};\n",
        words.join(", "),
        table.has_two_scales
    )
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
        WeightFormat::Codes(_) => text!("formats/codes"),
    };
    match format.is_quantized() {
        true => vec![text!("quants"), own],
        false => vec![own],
    }
}
