//! `--engine` and what goes with it: the options of all commands that may ask a server.

use assistant::settings::{EngineKind, EngineSettings};
use std::path::PathBuf;

/// A server whose model completes, for the commands that complete.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct EngineChoice {
    /// Server whose model completes, such as http://localhost:8080: llama-server, Ollama, vLLM or
    /// LM Studio. The code around the cursor is sent to it
    #[arg(long, value_name = "URL")]
    pub engine: Option<String>,
    /// What is known of it.
    #[command(flatten)]
    details: EngineDetails,
}

/// What is known of a server besides its address.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct EngineDetails {
    /// What the server speaks
    #[arg(long, value_name = "KIND", value_enum, default_value_t)]
    engine_kind: EngineKind,
    /// Name of the model on the server; needed if it has several
    #[arg(long, value_name = "NAME")]
    engine_model: Option<String>,
    /// Family of the model, such as Qwen-Coder; needed if nigh does not know its name
    #[arg(long, value_name = "FAMILY")]
    engine_family: Option<String>,
    /// File with the token that the server asks for; NIGH_ENGINE_TOKEN works too
    #[arg(long, value_name = "PATH")]
    engine_token_file: Option<PathBuf>,
}

impl EngineChoice {
    /// As the server's settings say it.
    pub fn settings(&self) -> EngineSettings {
        self.details.settings(self.engine.clone())
    }
}

impl EngineDetails {
    /// The settings of the server at this address.
    pub fn settings(&self, url: Option<String>) -> EngineSettings {
        let Self {
            engine_kind: kind,
            engine_model: model,
            engine_family: family,
            engine_token_file: token_file,
        } = self.clone();
        EngineSettings {
            url,
            kind,
            model,
            family,
            token_file,
            ..EngineSettings::default()
        }
    }
}
