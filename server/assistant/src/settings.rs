//! What a user may set, with its defaults and ranges; one struct per section.
//!
//! Settings come from the command line, from `initializationOptions` and from
//! `workspace/didChangeConfiguration`, never from a file of the workspace. What decides which model
//! runs (`model`) and whether programs do (`checks`) is read once, at the start: an editor merges a
//! workspace's own settings into later ones, and a repository must not choose what runs on its
//! reader's machine.
//!
//! The structs and their comments are also what editors show to users: `schema.rs` turns them into
//! a schema, by which `settings_json.rs` checks what arrives.

use crate::device::DeviceChoice;
use bugs::PatternSelection;
use completion::Limits;
use completion::gate::{Eagerness, Gate};
use context::FimFormat;
use data::SqlDialect;
use remote::{Dialect, EngineAddress};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

/// All settings.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Settings {
    /// The model and how it runs.
    pub model: ModelSettings,
    /// The device that computes, and a server whose model completes.
    pub engine: EngineSettings,
    /// When completions are shown, and how long they are.
    pub completion: CompletionSettings,
    /// What nigh reads from the workspace.
    pub index: IndexSettings,
    /// Whether nigh adapts to what you accept.
    pub learning: LearningSettings,
    /// Which bugs are shown, and how.
    pub diagnostics: DiagnosticsSettings,
    /// Whether programs on your machine verify fixes.
    pub checks: ChecksSettings,
    /// What nigh does with SQL and data files.
    pub sql: SqlSettings,
}

/// What nigh does with SQL and data files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct SqlSettings {
    /// Whether to read the tables that the workspace describes, and the columns of data files that
    /// code names: to complete and check names, and to turn questions into queries.
    pub enabled: bool,
    /// Dialect of SQL in which queries are written and checked. `auto` follows the workspace's
    /// sources and drivers.
    pub dialect: DialectChoice,
}

impl Default for SqlSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            dialect: DialectChoice::Auto,
        }
    }
}

/// The dialect of SQL that a user chooses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DialectChoice {
    /// That of the workspace's sources and drivers.
    #[default]
    Auto,
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    MySql,
    /// DuckDB.
    DuckDb,
    /// SQL Server.
    TSql,
}

impl DialectChoice {
    /// The dialect that was chosen; `None` for that of the workspace.
    pub fn dialect(self) -> Option<SqlDialect> {
        match self {
            Self::Auto => None,
            Self::Sqlite => Some(SqlDialect::Sqlite),
            Self::Postgres => Some(SqlDialect::Postgres),
            Self::MySql => Some(SqlDialect::MySql),
            Self::DuckDb => Some(SqlDialect::DuckDb),
            Self::TSql => Some(SqlDialect::TSql),
        }
    }
}

/// Whether programs may check fixes. Read once, at the start, as such programs run a workspace's
/// own code: the editor says it when its user has said that the workspace is trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct ChecksSettings {
    /// Whether to verify fixes with the language's own checker, such as `cargo check`, on a copy of
    /// the workspace. This can run the workspace's code: turn it on only for workspaces you trust.
    pub enabled: bool,
}

/// Which bugs are shown, and how.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct DiagnosticsSettings {
    /// Whether to look for bugs.
    pub enabled: bool,
    /// Whether to run all patterns, including those that have not yet found a bug in released code.
    pub all: bool,
    /// Codes of patterns to turn off, such as `duplicate-key`.
    pub disabled: Vec<String>,
    /// How prominently the editor marks a bug.
    pub severity: Severity,
}

impl Default for DiagnosticsSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            all: false,
            disabled: Vec::new(),
            severity: Severity::default(),
        }
    }
}

impl DiagnosticsSettings {
    /// Which patterns look.
    pub fn choice(&self) -> PatternSelection<'_> {
        PatternSelection {
            all: self.all,
            except: &self.disabled,
        }
    }
}

/// How prominently the editor marks a bug, in the protocol's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// As subtly as the editor can, for example with three dots.
    #[default]
    Hint,
    /// As information.
    Information,
    /// As a warning.
    Warning,
    /// As an error.
    Error,
}

/// What is known of the workspace's other files.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct IndexSettings {
    /// Whether to read the other files of the workspace.
    pub enabled: bool,
    /// Whether to read the definitions of imported packages, where they are installed.
    pub dependencies: bool,
    /// Maximum size of the workspace's text in the index, in megabytes. Files closest to the root
    /// come first.
    #[schemars(range(min = 1, max = 1024))]
    pub max_megabytes: usize,
}

impl Default for IndexSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            dependencies: true,
            max_megabytes: 60,
        }
    }
}

impl IndexSettings {
    /// The most bytes of text.
    pub fn max_bytes(&self) -> u64 {
        (self.max_megabytes as u64) << 20
    }
}

/// Whether nigh learns from what becomes of its suggestions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct LearningSettings {
    /// Whether to adapt to what you accept. Only counts and hashes are stored, on this machine.
    /// `nigh learning off` turns it off for all editors.
    pub enabled: bool,
}

impl Default for LearningSettings {
    fn default() -> Self {
        Self { enabled: true }
    }
}

/// Which model runs and with what.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct ModelSettings {
    /// A name that `nigh model list` shows, such as `ollama:qwen2.5-coder:1.5b-base`; `embedded`;
    /// or the path of a `.gguf` file, or of a folder with `config.json`, `tokenizer.json` and
    /// safetensors files. If this is not set, the choice of `nigh model use` is used, else the
    /// embedded model.
    pub path: Option<PathBuf>,
    /// LoRA adapter that changes the chosen model: a GGUF file, or a PEFT folder. It must have been
    /// made for this very model.
    pub adapter: Option<PathBuf>,
    /// Number of threads for the model. 0 chooses automatically.
    #[schemars(range(min = 0, max = 256))]
    pub threads: usize,
    /// Maximum number of tokens in a prompt. 0 uses the model's default.
    #[schemars(range(min = 0, max = 65536))]
    pub prompt_tokens: usize,
    /// Minutes without a request after which the chosen model is unloaded, so that it takes no
    /// memory. The embedded model answers the next request, while the chosen one is loaded again. 0
    /// keeps it loaded.
    #[schemars(range(min = 0, max = 1440))]
    pub idle_minutes: u32,
    /// Path of another gate, the classifier that decides what is shown. The format is that of
    /// `models/gate.txt`.
    pub gate: Option<PathBuf>,
    /// Report a bug where the model finds a small change to the code at least this much more likely
    /// (a natural logarithm). `nigh eval unlikely` finds a margin for a model. Off if this is not
    /// set: the embedded model is not accurate enough.
    #[schemars(range(min = 0, max = 1000))]
    pub bug_margin: Option<f32>,
}

/// The device that computes, and a server whose model completes. Read once, at the start: a server
/// gets the code around the cursor, so no file of a workspace may name it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct EngineSettings {
    /// Device that computes: `auto`, `cpu`, or a part of a GPU's name as `nigh doctor` shows it.
    /// `auto` uses a GPU if it was measured to be at least 1.3 times as fast as the CPU, and not on
    /// battery. A GPU that you name is used if its answers are right.
    #[schemars(with = "String")]
    pub device: DeviceChoice,
    /// Address of a server whose model completes, such as `http://localhost:8080`. **The code
    /// around the cursor is sent to it.** Without it, nigh opens no connection. The embedded model
    /// ranks the server's answers, and completes if the server does not answer.
    pub url: Option<String>,
    /// What the server speaks.
    pub kind: EngineKind,
    /// Name of the model on the server. Needed only if the server has several.
    pub model: Option<String>,
    /// Family of the model, such as `Qwen-Coder`, which decides its fill-in-the-middle markers.
    /// Needed only if nigh does not know the model's name.
    pub family: Option<String>,
    /// Path of a file with the token that the server asks for. The variable `NIGH_ENGINE_TOKEN`
    /// works too.
    pub token_file: Option<PathBuf>,
}

/// What a server speaks.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum EngineKind {
    /// nigh asks the server.
    #[default]
    Auto,
    /// llama.cpp's `llama-server`.
    LlamaServer,
    /// Ollama.
    Ollama,
    /// A server with OpenAI's `/v1/completions`, such as vLLM or LM Studio.
    #[serde(rename = "openai")]
    #[value(name = "openai")]
    OpenAi,
}

impl EngineKind {
    /// The dialect; `None` if it is to be found out.
    pub fn dialect(self) -> Option<Dialect> {
        match self {
            Self::Auto => None,
            Self::LlamaServer => Some(Dialect::LlamaServer),
            Self::Ollama => Some(Dialect::Ollama),
            Self::OpenAi => Some(Dialect::OpenAi),
        }
    }
}

impl EngineSettings {
    /// These settings, unless `other` names an engine or a device.
    pub fn overridden_by(self, other: &Self) -> Self {
        let device = match &other.device {
            DeviceChoice::Auto => self.device.clone(),
            device => device.clone(),
        };
        let engine = match other.url {
            Some(_) => other.clone(),
            None => self,
        };
        Self { device, ..engine }
    }

    /// The family that was named. The error lists those that are known.
    pub fn family(&self) -> Result<Option<&'static FimFormat>, String> {
        let Some(family) = &self.family else {
            return Ok(None);
        };
        let known = FimFormat::of_family(family);
        known.map(Some).ok_or_else(|| {
            let all: Vec<&str> = context::FORMATS.iter().map(|format| format.name).collect();
            format!(
                "`engine.family`: unknown family `{family}`; known: {}",
                all.join(", ")
            )
        })
    }

    /// What is wrong with the settings of the engine.
    pub(crate) fn check(&self) -> Result<(), String> {
        if let Some(url) = &self.url {
            EngineAddress::parse(url).map_err(|error| format!("`engine.url`: {error}"))?;
        }
        self.family().map(drop)
    }
}

/// When and how much is completed.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct CompletionSettings {
    /// Whether to suggest completions.
    pub enabled: bool,
    /// Language ids in which nothing is completed, such as `markdown`.
    pub disabled_languages: Vec<String>,
    /// How readily completions are shown while you type.
    pub show: Show,
    /// Minimum confidence, from 0 to 1, of completions shown while you type; overrides `show`. Less
    /// likely ones are shown only when you ask for them.
    #[schemars(range(min = 0, max = 1))]
    pub min_confidence: Option<f32>,
    /// Maximum number of tokens in a completion of one line.
    #[schemars(range(min = 1, max = 512))]
    pub line_tokens: usize,
    /// Maximum number of tokens in a completion that fills a block.
    #[schemars(range(min = 1, max = 2048))]
    pub block_tokens: usize,
}

/// How readily completions are shown.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "camelCase")]
pub enum Show {
    /// Only completions that are very likely right.
    Quiet,
    /// Completions that are more likely right than wrong.
    #[default]
    Balanced,
    /// Also completions that are uncertain.
    Eager,
}

impl From<Show> for Eagerness {
    fn from(show: Show) -> Self {
        match show {
            Show::Quiet => Self::Quiet,
            Show::Balanced => Self::Balanced,
            Show::Eager => Self::Eager,
        }
    }
}

impl CompletionSettings {
    /// Whether code of this language, an LSP language id, is completed.
    pub fn is_enabled(&self, language: &str) -> bool {
        let is_disabled = |disabled: &String| disabled == language;
        self.enabled && !self.disabled_languages.iter().any(is_disabled)
    }

    /// What a completion may be, with this gate.
    pub fn limits(&self, gate: Arc<Gate>) -> Limits {
        Limits {
            line_tokens: self.line_tokens,
            block_tokens: self.block_tokens,
            min_confidence: self
                .min_confidence
                .unwrap_or_else(|| gate.threshold(self.show.into())),
            gate,
            personalization: None,
            invoked: None,
        }
    }
}

impl Default for ModelSettings {
    fn default() -> Self {
        Self {
            path: None,
            adapter: None,
            threads: 0,
            prompt_tokens: 0,
            idle_minutes: 10,
            gate: None,
            bug_margin: None,
        }
    }
}

impl ModelSettings {
    /// These settings, unless `other` says otherwise where a model is chosen.
    pub fn overridden_by(self, other: &Self) -> Self {
        Self {
            path: other.path.clone().or(self.path),
            adapter: other.adapter.clone().or(self.adapter),
            gate: other.gate.clone().or(self.gate),
            bug_margin: other.bug_margin.or(self.bug_margin),
            ..self
        }
    }

    /// The gate that was named, or the program's. The error says what is wrong with the file.
    pub fn gate(&self) -> Result<Gate, String> {
        let Some(path) = &self.gate else {
            return Ok(Gate::default());
        };
        let named = |why: String| format!("cannot use the gate {}: {why}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| named(error.to_string()))?;
        Gate::parse(&text).map_err(named)
    }
}

impl Default for CompletionSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            disabled_languages: Vec::new(),
            show: Show::default(),
            min_confidence: None,
            line_tokens: 48,
            block_tokens: 160,
        }
    }
}

/// The settings in force, shared by everything that follows them.
pub struct SharedSettings(RwLock<Arc<Settings>>);

impl SharedSettings {
    /// The settings at the start.
    pub fn new(settings: Settings) -> Self {
        Self(RwLock::new(Arc::new(settings)))
    }

    /// The settings as they are now.
    pub fn get(&self) -> Arc<Settings> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the settings.
    pub fn set(&self, settings: Settings) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }
}
