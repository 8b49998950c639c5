//! One file per subcommand. They run the same code as the server, and print for people or scripts.

pub mod ask;
pub mod bench;
mod check_engine;
pub mod check_model;
pub mod complete;
pub mod diagnose;
pub mod dismissed;
pub mod doctor;
mod doctor_devices;
mod doctor_finding;
pub mod eval;
pub mod fix;
pub mod learning;
pub mod mcp;
pub mod model;
pub mod probe_gpu;
pub mod progress;
pub mod quantize;
pub mod report;
mod sarif;
pub mod schema;
pub mod serve;
mod serve_http;
pub mod settings_schema;
mod source;
pub mod sources;
pub mod sql;
pub mod tokenize;

pub use doctor_devices::TEST_GPUS;

use crate::model_choice::{ModelChoice, chosen_aloud};
use anyhow::Context;
use assistant::model::EngineModel;
use engine::{Engine, Tokenizer};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The stack of a thread that runs tasks, in bytes: that of a main thread.
const STACK: usize = 8 << 20;

/// The model that the arguments choose, ready to run.
fn open_model(choice: &ModelChoice) -> anyhow::Result<EngineModel> {
    let engine = choice.open(choice.threads)?;
    Ok(EngineModel::new(engine, choice.prompt_tokens))
}

/// A tokenizer without need of its model's weights.
enum Vocabulary {
    Read(Box<Tokenizer>),
    Embedded(Arc<Engine>),
}

impl Vocabulary {
    /// That of a model, or of a folder with tokenizer.json; the user's choice if none is named.
    fn open(named: Option<&Path>) -> anyhow::Result<Self> {
        match chosen_aloud(named, None)? {
            Some(model) => Ok(Self::Read(Box::new(Tokenizer::open(&model.path)?))),
            None => assistant::model::open(None, 1)
                .map(Self::Embedded)
                .map_err(anyhow::Error::msg),
        }
    }

    fn tokenizer(&self) -> &Tokenizer {
        match self {
            Self::Read(tokenizer) => tokenizer,
            Self::Embedded(engine) => engine.tokenizer(),
        }
    }
}

/// The folder that `--workspace` names, by its full path.
fn workspace(folder: &Path) -> anyhow::Result<PathBuf> {
    let root = std::fs::canonicalize(folder)
        .ok()
        .filter(|root| root.is_dir());
    root.with_context(|| format!("--workspace {} is not a readable folder", folder.display()))
}

/// The first program of this name in the folders of the PATH.
fn installed(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path)
        .map(|folder| folder.join(&name))
        .find(|path| path.is_file())
}

/// What a server's tasks run on.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(STACK)
        .enable_all()
        .build()
}

/// Prints to standard output; a closed pipe is no error (`nigh ... | head`).
fn print(text: &str) -> anyhow::Result<()> {
    let mut output = std::io::stdout().lock();
    match output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush())
    {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result?),
    }
}
