//! The description of a model file, shown by `nigh check-model`, `nigh doctor` and the server's
//! status. Plain data.

/// The kind of file the weights came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// One GGUF file (or its bytes inside the program).
    Gguf,
    /// A folder with `config.json`, `tokenizer.json` and safetensors files.
    Safetensors,
}

/// The description of a model.
#[derive(Clone, Debug)]
pub struct ModelInfo {
    /// The name in the file, else the file's name.
    pub name: String,
    /// The architecture as the file spells it: `qwen3`, `Qwen2ForCausalLM`, ...
    pub architecture: String,
    /// Number of weights.
    pub parameters: u64,
    /// Tokens a session can hold: the model's own limit, or less if the options say so.
    pub context_length: usize,
    /// Size of the vocabulary.
    pub vocab_size: usize,
    /// Decoder layers.
    pub layers: usize,
    /// Width of the residual stream.
    pub hidden_size: usize,
    /// The kind of file.
    pub file_kind: FileKind,
    /// Bytes the weights take in memory once loaded.
    pub weight_bytes: u64,
    /// Where it runs, for instance `cpu (avx512-vnni, 2 threads)`.
    pub device: String,
    /// The licence, if the file names one.
    pub licence: Option<String>,
}

/// One tensor of a file.
#[derive(Clone, Debug)]
pub struct TensorInfo {
    /// The name in the file.
    pub name: String,
    /// The type as the format spells it: `Q8_0`, `F32`, `BF16`, ...
    pub dtype: String,
    /// Dimensions, outermost first.
    pub shape: Vec<usize>,
    /// Bytes in the file.
    pub bytes: u64,
}
