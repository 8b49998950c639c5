//! Models to recommend to those who have none: few, all trained to fill in, of kinds that nigh
//! runs.
//!
//! To add one: a row in [`CATALOGUE`]. Sizes are those of the published files. Their
//! licences let everyone use them, so Qwen2.5-Coder 3B is left out.

/// A model that can be fetched.
#[derive(Clone, Copy, Debug)]
pub struct KnownModel {
    /// Its name and the type of its weights.
    pub name: &'static str,
    /// What `nigh model pull` takes.
    pub pull: &'static str,
    /// The file in the repository of Hugging Face; empty for Ollama's.
    pub file: &'static str,
    /// Bytes of the file, and of its weights in memory.
    pub bytes: u64,
    /// Bytes of weights that a token reads: all but an embedding that is not also the output.
    pub read_bytes: u64,
    /// Number of weights that a token is multiplied with.
    pub weights: u64,
    /// Its licence.
    pub licence: &'static str,
}

/// The models, from small to large.
pub const CATALOGUE: &[KnownModel] = &[
    KnownModel {
        name: "Qwen2.5-Coder 0.5B, Q8_0",
        pull: "hf:ggml-org/Qwen2.5-Coder-0.5B-Q8_0-GGUF:Q8_0",
        file: "qwen2.5-coder-0.5b-q8_0.gguf",
        bytes: 531_000_000,
        read_bytes: 531_000_000,
        weights: 494_000_000,
        licence: "Apache-2.0",
    },
    KnownModel {
        name: "Qwen2.5-Coder 1.5B, Q4_K_M",
        pull: "ollama:qwen2.5-coder:1.5b-base",
        file: "",
        bytes: 986_000_000,
        read_bytes: 986_000_000,
        weights: 1_544_000_000,
        licence: "Apache-2.0",
    },
    KnownModel {
        name: "Qwen2.5-Coder 1.5B, Q8_0",
        pull: "hf:ggml-org/Qwen2.5-Coder-1.5B-Q8_0-GGUF:Q8_0",
        file: "qwen2.5-coder-1.5b-q8_0.gguf",
        bytes: 1_646_573_056,
        read_bytes: 1_646_573_056,
        weights: 1_544_000_000,
        licence: "Apache-2.0",
    },
    KnownModel {
        name: "Qwen2.5-Coder 7B, Q4_K_M",
        pull: "ollama:qwen2.5-coder:7b-base",
        file: "",
        bytes: 4_680_000_000,
        read_bytes: 4_370_000_000,
        weights: 7_070_000_000,
        licence: "Apache-2.0",
    },
    KnownModel {
        name: "Qwen2.5-Coder 7B, Q8_0",
        pull: "hf:ggml-org/Qwen2.5-Coder-7B-Q8_0-GGUF:Q8_0",
        file: "qwen2.5-coder-7b-q8_0.gguf",
        bytes: 8_098_525_600,
        read_bytes: 7_520_000_000,
        weights: 7_070_000_000,
        licence: "Apache-2.0",
    },
];
