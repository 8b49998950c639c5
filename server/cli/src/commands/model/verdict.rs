//! Whether nigh can use a model, and what it takes: the engine's check of its header.

use crate::commands::check_model::no_completion;
use assistant::model::{EMBEDDED, fim_format};
use engine::{LoadError, ModelSummary};
use std::path::Path;

/// What the engine's errors begin with, which needs no saying where only models are listed.
const COMMON: &str = "the model cannot be used: ";

/// What nigh can do with a model.
#[derive(Clone, Debug)]
pub struct ModelVerdict {
    /// Whether it can complete.
    pub usable: bool,
    /// Why it cannot, and what to do instead; empty if it can.
    pub reason: String,
    /// Whose markers it fills in with; of a chat model, where its turns come from.
    pub markers: Option<String>,
    /// What it takes, where its header could be read.
    pub needs: Option<Needs>,
}

/// What a model takes.
#[derive(Clone, Debug)]
pub struct Needs {
    /// Bytes of memory for its weights.
    pub memory: u64,
    /// Bytes of weights that a token reads.
    pub read: u64,
    /// Its weights.
    pub weights: u64,
    /// Its architecture, as its file spells it.
    pub architecture: String,
    /// Its licence, where the file names one.
    pub licence: Option<String>,
}

impl ModelVerdict {
    /// That of a file or a folder, with the adapter that its program applies to it.
    pub fn of(path: &Path, adapter: Option<&Path>) -> ModelVerdict {
        Self::of_summary(engine::inspect(path, adapter))
    }

    /// That of the embedded model.
    pub fn of_embedded() -> ModelVerdict {
        Self::of_summary(engine::inspect_bytes(EMBEDDED))
    }

    /// Why it cannot be used, in a sentence that names the model once.
    pub fn about(&self, name: &str) -> String {
        match self.reason.contains(name) {
            true => self.reason.clone(),
            false => format!("{name}: {}", self.reason),
        }
    }

    /// That of a model without a file.
    pub fn missing(reason: &str) -> ModelVerdict {
        ModelVerdict {
            usable: false,
            reason: reason.to_owned(),
            markers: None,
            needs: None,
        }
    }

    fn of_summary(summary: Result<ModelSummary, LoadError>) -> ModelVerdict {
        let summary = match summary {
            Ok(summary) => summary,
            Err(error) => {
                let reason = error.to_string();
                return Self::missing(reason.strip_prefix(COMMON).unwrap_or(&reason));
            }
        };
        let markers = fim_format(&summary.tokenizer).map(|format| format.name.to_owned());
        let reason = match (&markers, summary.check_memory()) {
            (None, _) => no_completion(&summary.tokenizer),
            (Some(_), Err(error)) => error.to_string().trim_start_matches(COMMON).to_owned(),
            (Some(_), Ok(())) => String::new(),
        };
        ModelVerdict {
            usable: reason.is_empty(),
            reason,
            markers,
            needs: Some(Needs {
                memory: summary.info.weight_bytes,
                read: summary.read_bytes(),
                weights: summary.info.parameters,
                architecture: summary.info.architecture.clone(),
                licence: summary.info.licence.clone(),
            }),
        }
    }
}
