//! The errors of this crate, with messages that tell the user what to do.
//!
//! [`LoadError`] is about files, [`RunError`] about one request, [`QuantizeError`] about writing a
//! file. Neither quotes prompt text or tokens of a user's file.

use std::path::PathBuf;

use kernels::Cancel;

/// Why a model could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The path does not exist.
    #[error("there is no file or folder {}; name a GGUF file, or a folder with config.json, tokenizer.json and safetensors", .0.display())]
    Missing(PathBuf),
    /// The file or folder could not be read.
    #[error("cannot read {}: {reason}", path.display())]
    Io {
        /// The file that was to be read.
        path: PathBuf,
        /// The system's reason.
        reason: std::io::Error,
    },
    /// The file violates its own format: truncated, damaged or malicious.
    #[error("the model file is damaged or not what it claims to be: {0}")]
    Damaged(String),
    /// The file is well-formed but needs something this engine does not support.
    #[error("the model cannot be used: {0}")]
    Unsupported(String),
    /// The adapter that was to change the model cannot be used.
    #[error("{0}")]
    Adapter(String),
    /// The tokenizer is missing, damaged or of an unknown kind.
    #[error("the model's tokenizer cannot be used: {0}")]
    Tokenizer(String),
    /// A packed copy could not be written.
    #[error("cannot write a packed copy of the model to {}: {reason}", folder.display())]
    Copy {
        /// Where it was to be written.
        folder: PathBuf,
        /// The system's reason.
        reason: std::io::Error,
    },
    /// A GPU cannot hold or compute it.
    #[error(transparent)]
    Gpu(#[from] gpu::GpuError),
    /// Loading was cancelled.
    #[error("loading the model was cancelled")]
    Cancelled,
}

/// Why a request gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Prompt and answer do not fit the context.
    #[error(
        "{needed} tokens do not fit the context of {context} tokens; shorten the prompt or raise max_context"
    )]
    ContextFull {
        /// Tokens the request would need, the first generated token included.
        needed: usize,
        /// Tokens the session can hold.
        context: usize,
    },
    /// There is nothing to continue.
    #[error(
        "the prompt is empty; give at least one token (for instance the model's beginning-of-text token)"
    )]
    EmptyPrompt,
    /// A token id outside the vocabulary.
    #[error("token id {id} is outside the vocabulary of {vocab} tokens")]
    UnknownToken {
        /// The id that was given.
        id: u32,
        /// Tokens in the vocabulary.
        vocab: usize,
    },
    /// The sampling options are invalid.
    #[error("invalid sampling options: {0}")]
    Options(String),
    /// The request was cancelled before it had an answer.
    #[error("cancelled")]
    Cancelled,
    /// The GPU failed; the CPU takes its place.
    #[error(transparent)]
    Gpu(gpu::GpuError),
    /// A computation failed.
    #[error("the model failed: {0}")]
    Compute(String),
}

impl LoadError {
    /// An error about the tokenizer.
    pub(crate) fn tokenizer(what: impl Into<String>) -> LoadError {
        LoadError::Tokenizer(what.into())
    }
}

impl From<RunError> for LoadError {
    /// A first run failed.
    fn from(error: RunError) -> LoadError {
        match error {
            RunError::Gpu(error) => LoadError::Gpu(error),
            error => LoadError::Unsupported(error.to_string()),
        }
    }
}

impl RunError {
    /// No logit is a number, so no token can be chosen.
    pub(crate) fn no_token() -> RunError {
        RunError::Compute(
            "its results are not numbers, so its file may be damaged; fetch it again, or choose \
             another model"
                .into(),
        )
    }
}

/// An error once `cancel` is set.
pub(crate) fn check_cancelled(cancel: &Cancel) -> Result<(), RunError> {
    if cancel.is_cancelled() {
        Err(RunError::Cancelled)
    } else {
        Ok(())
    }
}

/// Why a model was not quantised. Nothing was written then.
#[derive(Debug, thiserror::Error)]
pub enum QuantizeError {
    /// The source cannot be read, or cannot be expressed in a GGUF.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The source could not be run over the calibration text.
    #[error("the calibration text cannot be run: {0}")]
    Run(#[from] RunError),
    /// The new file could not be written.
    #[error("cannot write {}: {reason}", path.display())]
    Write {
        /// The file that was to be written.
        path: PathBuf,
        /// The system's reason.
        reason: std::io::Error,
    },
    /// There is a file of that name.
    #[error("{} exists; choose another name, or replace it with --force", .0.display())]
    Exists(PathBuf),
    /// The new file would replace the source.
    #[error("{} is the source or one of its files; choose another name", .0.display())]
    OverSource(PathBuf),
    /// The destination is a folder.
    #[error("{} is a folder; name the file to write", .0.display())]
    Folder(PathBuf),
    /// Too little calibration text.
    #[error(
        "the calibration text has {tokens} tokens; give at least {least}, preferably some ten thousand"
    )]
    LittleText {
        /// Tokens it has.
        tokens: usize,
        /// Tokens it must have.
        least: usize,
    },
    /// A weight that is not a number, or too large.
    #[error(
        "the tensor {0} contains weights that are not numbers or too large for this type; the model may be damaged: fetch it again"
    )]
    Numbers(String),
    /// The quantizer refused a tensor.
    #[error("the tensor {tensor} cannot be stored in this type: {reason}")]
    Type {
        /// The tensor.
        tensor: String,
        /// The quantizer's message.
        reason: String,
    },
}
