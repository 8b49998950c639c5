//! `--model` and what goes with it: the options of all commands that run a model, and which model
//! they mean.
//!
//! What is named on the command line or in an editor's settings comes first, then the choice of
//! `nigh model use`, then the embedded model.

use crate::commands::{TEST_GPUS, progress};
use crate::engine_choice::EngineChoice;
use assistant::device::{DeviceChoice, Devices, ProbeModel, Supervised, use_at_once};
use assistant::model::{self, ChosenModel, Model};
use assistant::settings::{CompletionSettings, EngineSettings, ModelSettings, Settings};
use assistant::worker::Load;
use assistant::{ChooseModel, RemoteLimits, RemoteWriter, paired, unpaired};
use completion::Limits;
use completion::gate::Gate;
use engine::{Engine, GpuEvent};
use model_store::{LocatedModel, UserFolders, choice, find};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The model to use, for all commands that run one.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct ModelChoice {
    /// Model: a name that `nigh model list` shows, `embedded`, a .gguf file, or a folder with
    /// config.json, tokenizer.json and safetensors files [default: the choice of `nigh model use`,
    /// else the embedded model]
    #[arg(long, value_name = "MODEL", env = "NIGH_MODEL")]
    pub model: Option<PathBuf>,
    /// LoRA adapter that changes the model: a .gguf file, or a PEFT folder
    #[arg(long, value_name = "PATH", env = "NIGH_ADAPTER")]
    pub adapter: Option<PathBuf>,
    /// Device that computes: `auto`, `cpu`, or a part of a GPU's name as `nigh doctor` shows it.
    /// With `auto`, the server uses a GPU if it was measured to be faster, other commands use the
    /// CPU
    #[arg(long, value_name = "DEVICE", env = "NIGH_DEVICE", default_value_t)]
    pub device: DeviceChoice,
    /// Number of threads for the model; 0 chooses automatically
    #[arg(long, default_value_t = 0)]
    pub threads: usize,
    /// Maximum number of tokens in a prompt; 0 uses the model's default
    #[arg(long, default_value_t = 0)]
    pub prompt_tokens: usize,
    /// Gate file, which decides what is shown, in the format of models/gate.txt [default: the
    /// embedded gate]
    #[arg(long, value_name = "PATH")]
    pub gate: Option<PathBuf>,
    /// Report a bug where the model finds a small change at least this much more likely (a natural
    /// logarithm). `nigh eval unlikely` finds a margin for a model; the embedded one is not
    /// accurate enough
    #[arg(long, value_name = "MARGIN")]
    pub bug_margin: Option<f32>,
}

impl ModelChoice {
    /// As the server's settings say it.
    pub fn settings(&self) -> ModelSettings {
        let Self {
            model: path,
            adapter,
            threads,
            prompt_tokens,
            gate,
            bug_margin,
            device: _,
        } = self.clone();
        ModelSettings {
            path,
            adapter,
            threads,
            prompt_tokens,
            gate,
            bug_margin,
            ..ModelSettings::default()
        }
    }

    /// The settings of the engine, with the device.
    pub fn engine(&self, engine: &EngineChoice) -> EngineSettings {
        EngineSettings {
            device: self.device.clone(),
            ..engine.settings()
        }
    }

    /// Opens the model that was named, else the user's choice, else the embedded one, on the GPU
    /// that was named, else on the CPU.
    pub fn open(&self, threads: usize) -> anyhow::Result<Arc<Engine>> {
        let (engine, model) = self.open_on_cpu(threads)?;
        if let DeviceChoice::Named(_) = self.device {
            let supervised = Supervised {
                engine: &engine,
                model,
                threads,
            };
            let devices = Devices::of_machine(self.device.clone());
            let mut show = |what| eprintln!("nigh: {what}");
            use_at_once(&devices, &supervised, &mut show)
                .map_err(|why| anyhow::anyhow!("{why}; {TEST_GPUS}"))?;
            engine.watch_gpu(Box::new(report_failure));
        }
        Ok(engine)
    }

    /// Opens the model on the CPU; also how a child process opens it.
    pub fn open_on_cpu(&self, threads: usize) -> anyhow::Result<(Arc<Engine>, ProbeModel)> {
        let named = self.model.as_deref();
        let chosen = chosen_aloud(named, self.adapter.as_deref())?;
        let opened = match &chosen {
            None => model::open(None, threads),
            Some(chosen) => progress::while_loading(|watch| chosen.open(threads, Some(watch)))?,
        };
        let engine = opened.map_err(anyhow::Error::msg)?;
        Ok((engine, ProbeModel { chosen }))
    }

    /// What a completion may be by these settings, with the gate that was named.
    pub fn limits(&self, completion: &CompletionSettings) -> anyhow::Result<Limits> {
        Ok(completion.limits(self.gate()?))
    }

    /// The gate that was named, or the built-in one.
    pub fn gate(&self) -> anyhow::Result<Arc<Gate>> {
        let gate = self.settings().gate().map_err(anyhow::Error::msg)?;
        Ok(Arc::new(gate))
    }
}

/// Says that a command does not compute where it was to.
fn report_failure(event: GpuEvent) {
    if let GpuEvent::Failed(why) = event {
        eprintln!("nigh: the CPU goes on, as the GPU has failed: {why}");
    }
}

/// The model of this name or path, else the user's choice; none for the embedded one. Its adapter
/// is the one that is named, else the one that its own program applies. The error names the model,
/// says how it was chosen, and what to do.
pub fn chosen_model(
    named: Option<&Path>,
    adapter: Option<&Path>,
) -> Result<Option<ChosenModel>, String> {
    let located = match named {
        Some(named) => located(named)
            .and_then(LocatedModel::existing)
            .map(Some)
            .map_err(|why| format!("{why}. {}", how_named(named)))?,
        None => choice::located(&UserFolders::of_process())?,
    };
    with_adapter(located, adapter)
}

/// How a model that is not there was named, and what to do.
fn how_named(named: &Path) -> String {
    let by = match std::env::var_os("NIGH_MODEL").is_some_and(|model| model == named) {
        true => "NIGH_MODEL",
        false => "`--model` or the setting model.path",
    };
    format!("{by} names it: name another model, or none to use the choice of `nigh model use`")
}

/// A model that is named to be looked at, which may not be there.
pub fn named_model(named: &Path, adapter: Option<&Path>) -> Result<Option<ChosenModel>, String> {
    with_adapter(Some(located(named)?), adapter)
}

fn with_adapter(
    located: Option<LocatedModel>,
    adapter: Option<&Path>,
) -> Result<Option<ChosenModel>, String> {
    let adapter = adapter.filter(|path| !path.as_os_str().is_empty());
    let adapter = adapter.map(in_home);
    let located = located.and_then(|located| {
        let LocatedModel {
            name,
            path,
            adapter: own,
        } = located;
        let adapter = adapter.clone().or(own);
        let path = path?;
        Some(ChosenModel {
            name,
            path,
            adapter,
        })
    });
    match (located, &adapter) {
        (None, Some(adapter)) => Err(format!(
            "{}: an adapter needs the model that it was made for; name that model too (`--model`, \
             or the setting model.path)",
            adapter.display()
        )),
        (located, _) => Ok(located),
    }
}

/// A path that may begin with `~/`.
fn in_home(path: &Path) -> PathBuf {
    let rest = path.to_str().and_then(|path| path.strip_prefix("~/"));
    let home = rest.and_then(|rest| UserFolders::of_process().in_home(rest));
    home.unwrap_or_else(|| path.to_path_buf())
}

/// What a name or a path means.
fn located(named: &Path) -> Result<LocatedModel, String> {
    match named.to_str() {
        Some(name) => find(&UserFolders::of_process(), name),
        // Only a path can be spelt so.
        None => Ok(LocatedModel {
            name: named.display().to_string(),
            path: Some(named.to_owned()),
            adapter: None,
        }),
    }
}

/// As [`chosen_model`], for commands: says so where nothing in the command names the model.
pub fn chosen_aloud(
    named: Option<&Path>,
    adapter: Option<&Path>,
) -> anyhow::Result<Option<ChosenModel>> {
    let chosen = chosen_model(named, adapter).map_err(anyhow::Error::msg)?;
    if let (None, Some(chosen)) = (named, &chosen) {
        eprintln!(
            "nigh: using {}, the choice of `nigh model use`",
            chosen.name
        );
    }
    Ok(chosen)
}

/// Opens a model for completions: the chosen one, or the embedded one.
type Open = fn(
    Result<Option<ChosenModel>, String>,
    &ModelSettings,
    &Devices,
) -> Result<Box<dyn Model>, String>;

/// What happens where the settings of the engine are wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Otherwise {
    /// Only the model here answers, and its status says why.
    Local,
    /// There is no model.
    Fail,
}

/// Loads the model of the settings with `open`, and its engine. `devices` are those of the machine.
pub fn loading(open: Open, otherwise: Otherwise, devices: Devices) -> ChooseModel {
    Box::new(move |settings: &Settings| -> Load {
        let devices = devices.choosing(&settings.engine.device);
        let (settings, engine) = (settings.model.clone(), settings.engine.clone());
        Box::new(move || {
            let chosen = chosen_model(settings.path.as_deref(), settings.adapter.as_deref());
            let model = open(chosen, &settings, &devices)?;
            match RemoteWriter::open(&engine, RemoteLimits::default()) {
                Ok(writer) => Ok(paired(model, writer)),
                Err(why) if otherwise == Otherwise::Local => Ok(unpaired(model, &engine, why)),
                Err(why) => Err(why),
            }
        })
    })
}
