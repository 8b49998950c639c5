//! What the engine is doing, for people: the state of the server, and how often it answered.

use crate::dialects::Dialect;

/// Whether the server can be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub enum EnginePhase {
    /// It is being asked who it is.
    #[default]
    Connecting,
    /// It can be asked.
    Ready,
    /// It failed and is not asked for a while.
    Paused,
    /// It cannot be used as it is set up.
    Unusable,
}

/// The state of a remote engine. It holds no text and no secret.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EngineStatus {
    /// Where the server is.
    pub url: String,
    /// Whether it can be asked.
    pub phase: EnginePhase,
    /// What it speaks, once that is known.
    pub kind: Option<Dialect>,
    /// Its model, once that is known.
    pub model: Option<String>,
    /// Why the last request, or the connection, failed.
    pub why: Option<String>,
    /// Answers so far.
    pub answered: u64,
    /// Failures so far.
    pub failed: u64,
    /// How long the first text of the last answer took, in milliseconds.
    pub first_text_ms: Option<u64>,
}
