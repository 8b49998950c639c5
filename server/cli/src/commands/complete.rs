//! `nigh complete` and `nigh prompt`: what the server would answer, and ask the model, at a place
//! in a file.

use super::sources::SourceChoice;
use super::{open_model, print};
use crate::engine_choice::EngineChoice;
use crate::model_choice::ModelChoice;
use anyhow::{Context, bail};
use assistant::documents::file_snapshot;
use assistant::settings::{CompletionSettings, IndexSettings};
use assistant::{
    EnginePhase, RemoteLimits, RemoteWriter, complete_invoked, paired, prompt_account,
};
use completion::Written;
use context::Generate;
use context::{Snapshot, fill_in};
use similar::TextDiff;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use text::{Encoding, Position};
use workspace::{self, Roots, Store, secrets};

/// Arguments of `nigh complete`.
#[derive(clap::Args)]
pub struct Complete {
    #[command(flatten)]
    choice: ModelChoice,
    #[command(flatten)]
    engine: EngineChoice,
    #[command(flatten)]
    sources: SourceChoice,
    /// Where to complete; lines and columns count from 1, columns in characters
    #[arg(value_name = "FILE:LINE:COL")]
    place: String,
    #[command(flatten)]
    workspace: Workspace,
    /// Print one JSON object with the text, its confidence, the model's own text and the times
    #[arg(long)]
    json: bool,
    /// Print a unified diff of the file
    #[arg(long, conflicts_with = "json")]
    diff: bool,
}

/// Arguments of `nigh prompt`.
#[derive(clap::Args)]
pub struct ShowPrompt {
    #[command(flatten)]
    choice: ModelChoice,
    #[command(flatten)]
    sources: SourceChoice,
    /// Where to complete; lines and columns count from 1, columns in characters
    #[arg(value_name = "FILE:LINE:COL")]
    place: String,
    #[command(flatten)]
    workspace: Workspace,
}

/// The workspace around the file.
#[derive(clap::Args)]
struct Workspace {
    /// Folder whose files the model may see [default: the git repository around FILE, or the folder
    /// of FILE]
    #[arg(long, value_name = "DIR")]
    workspace: Option<PathBuf>,
}

impl Complete {
    /// Prints the completion; says on standard error why there is none. It was asked for by hand,
    /// so an unlikely one is printed too.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let (snapshot, offset) = open_place(&self.place, &self.workspace)?;
        let writer = self.writer()?;
        let mut model = open_model(&self.choice)?;
        self.sources.apply(&mut model)?;
        if let Some(writer) = &writer {
            writer.wait(RemoteLimits::default().first_token);
        }
        let mut model = paired(Box::new(model), writer);
        let (settings, gate) = (CompletionSettings::default(), self.choice.gate()?);
        let outcome = complete_invoked(&snapshot, offset, &mut *model, &settings, gate)?;
        let engine = model.engine().map(|engine| engine.borrow().clone());
        if let Some(engine) = engine.as_ref().filter(|_| outcome.written != Written::Kept) {
            let why = engine.why.as_deref().unwrap_or(match engine.phase {
                EnginePhase::Connecting => "it did not say who it is in time",
                _ => "it gave no answer that can be shown",
            });
            eprintln!(
                "nigh: the embedded model answered, not {}: {why}",
                engine.url
            );
        }
        if self.json {
            let stats = outcome.stats;
            let object = serde_json::json!({
                "completion": outcome.completion.as_ref().map(|completion| &completion.text),
                "confidence": outcome.completion.as_ref().map(|completion| completion.confidence),
                "withheld": outcome.suppressed_by,
                "said": outcome.generated,
                "engine": engine,
                "fromEngine": outcome.written == Written::Kept,
                "promptTokens": stats.prompt_tokens,
                "generatedTokens": stats.generated_tokens,
                "cost": assistant::counters::Cost::of(&outcome.timings, &stats),
            });
            print(&format!("{object}\n"))?;
        } else if let Some(completion) = &outcome.completion {
            if self.diff {
                print(&diff(&snapshot, offset, &completion.text))?;
            } else {
                print(&format!("{}\n", completion.text))?;
            }
        } else {
            eprintln!(
                "nothing to show ({}); the model generated {:?}",
                outcome.suppressed_by, outcome.generated
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Complete {
    /// The engine that was named, which meets its server while the model is loaded.
    fn writer(&self) -> anyhow::Result<Option<RemoteWriter>> {
        let settings = self.engine.settings();
        RemoteWriter::open(&settings, RemoteLimits::default()).map_err(anyhow::Error::msg)
    }
}

impl ShowPrompt {
    /// Prints the prompt and an account of its parts.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let (snapshot, offset) = open_place(&self.place, &self.workspace)?;
        let mut model = open_model(&self.choice)?;
        self.sources.apply(&mut model)?;
        let format = model
            .fim_format()
            .context(context::GenerateError::NoFillIn)?;
        let prompt = fill_in(&snapshot, offset, &format, model.budget(), &model);
        eprint!("{}", prompt_account(&prompt, &format, model.budget()));
        print(&format!("{}\n", prompt.display()))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The insertion of `text` as a unified diff.
fn diff(snapshot: &Snapshot, offset: usize, text: &str) -> String {
    let before = snapshot.rope().to_string();
    let mut after = before.clone();
    after.insert_str(offset, text);
    let path = &*snapshot.path;
    TextDiff::from_lines(&before, &after)
        .unified_diff()
        .header(path, path)
        .to_string()
}

/// Reads the file of `FILE:LINE:COL` and the workspace around it, and finds the place in the file.
fn open_place(place: &str, around: &Workspace) -> anyhow::Result<(Snapshot, usize)> {
    let mut parts = place.rsplitn(3, ':');
    let mut number = || {
        parts
            .next()
            .and_then(|part| part.parse::<u32>().ok())
            .filter(|number| *number > 0)
    };
    let (column, line) = (number(), number());
    let (Some(path), Some(line), Some(column)) = (parts.next(), line, column) else {
        bail!(
            "`{place}` is not a place; write FILE:LINE:COL, both counting from 1, such as src/main.rs:12:5"
        );
    };
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?;
    let path = std::fs::canonicalize(path).with_context(|| format!("cannot read {path}"))?;
    let root = around.root(&path)?;
    let mut snapshot = file_snapshot(&shown_path(&path, &root), &text)?;
    let position = Position::new(line - 1, column - 1);
    let lines = snapshot.rope().len_lines();
    let Some(offset) = snapshot
        .document
        .offset(position, Encoding::Utf32)
        .filter(|_| line as usize <= lines)
    else {
        bail!(
            "{} has {lines} lines; there is no line {line}",
            path.display()
        );
    };
    if secrets::in_path(&snapshot.path) {
        bail!(
            "nothing is completed in {}: its name suggests that it holds secrets",
            path.display()
        );
    }
    if !secrets::in_text(&text) {
        snapshot.index = workspace::open(
            &root,
            IndexSettings::default().max_bytes(),
            &Store::of_user(),
        );
    }
    Ok((snapshot, offset))
}

impl Workspace {
    /// The folder around a file.
    fn root(&self, path: &Path) -> anyhow::Result<PathBuf> {
        self.workspace
            .as_deref()
            .map_or_else(|| Ok(workspace::root_of(path)), super::workspace)
    }
}

/// The path as the model sees it: relative to the workspace, or the file's name.
fn shown_path(path: &Path, root: &Path) -> String {
    let name = || {
        path.file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    };
    Roots::single(root).name(path).unwrap_or_else(name)
}
