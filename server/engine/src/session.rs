//! One stream of related prompts: the tokens seen so far and their KV cache.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::{Cancel, Engine, GenerateOptions, Generation, RunError};

/// Tokens and their KV cache. A new prompt reuses the longest common prefix with the last one.
pub struct Session {
    engine: Arc<Engine>,
}

impl Session {
    /// An empty session; memory for the cache is taken as it fills.
    pub fn new(engine: Arc<Engine>) -> Session {
        Session { engine }
    }

    /// The engine this session runs on.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// Continues `prompt`. `on_text` gets the whole answer so far after each token (complete UTF-8 only) and may stop it.
    pub fn generate(
        &mut self,
        _prompt: &[u32],
        _options: &GenerateOptions,
        _cancel: &Cancel,
        _on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Generation, RunError> {
        Err(RunError::Compute("no decoder yet".into()))
    }

    /// Log-probabilities of the tokens of each continuation after `prompt`: one list per continuation.
    pub fn score(
        &mut self,
        _prompt: &[u32],
        _continuations: &[Vec<u32>],
        _cancel: &Cancel,
    ) -> Result<Vec<Vec<f32>>, RunError> {
        Err(RunError::Compute("no decoder yet".into()))
    }

    /// The logits after every token of `tokens`: one row of `vocab_size` values per token.
    pub fn logits(&mut self, _tokens: &[u32], _cancel: &Cancel) -> Result<Vec<Vec<f32>>, RunError> {
        Err(RunError::Compute("no decoder yet".into()))
    }
}
