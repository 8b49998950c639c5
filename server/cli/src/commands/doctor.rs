//! `nigh doctor`: looks for everything nigh needs and says what to do about what is missing.

use super::doctor_finding::DoctorFinding;
use super::{check_engine, doctor_devices, installed, print};
use crate::engine_choice::EngineChoice;
use crate::model_choice::ModelChoice;
use assistant::device::{ProbeModel, Supervised};
use assistant::documents::file_snapshot;
use assistant::model::{self, EngineModel, Model};
use assistant::settings::{CompletionSettings, IndexSettings};
use assistant::suggest;
use checks::Checks;
use completion::Outcome;
use engine::Engine;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Instant;
use workspace::{LeftOut, Store, left_out};

/// The oldest Neovim with native inline completion.
const NEOVIM: (u32, u32) = (0, 12);

/// Arguments of `nigh doctor`.
#[derive(clap::Args)]
pub struct Doctor {
    /// List what is left out of the index of this folder, and why
    #[arg(long, value_name = "DIR")]
    workspace: Option<PathBuf>,
    /// Measure the GPUs now, also those that were measured before
    #[arg(long)]
    probe: bool,
    #[command(flatten)]
    choice: ModelChoice,
    #[command(flatten)]
    engine: EngineChoice,
}

/// What looking at the model gives.
#[derive(Default)]
struct ModelCheck {
    findings: Vec<DoctorFinding>,
    /// Why its packed copy cannot be kept, if so.
    copy_problem: Option<String>,
    /// The model, where it could be opened.
    opened: Option<(Arc<Engine>, ProbeModel)>,
}

impl Doctor {
    /// Completes the end of a line of Python.
    fn complete_example(&self, text: &str, model: &mut EngineModel) -> anyhow::Result<Outcome> {
        let snapshot = file_snapshot("example.py", text)?;
        let limits = self.choice.limits(&CompletionSettings::default())?;
        Ok(suggest(&snapshot, text.len(), model, &limits)?)
    }

    /// Prints a line per thing looked at; fails if nigh itself cannot work.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let model = self.model();
        let works = model.findings.iter().all(|finding| finding.fine);
        let devices = model.opened.map(|opened| self.devices(&opened));
        let copies = model_copies(model.copy_problem);
        let findings = model
            .findings
            .into_iter()
            .chain(devices.into_iter().flatten())
            .chain(self.engine())
            .chain([program(), languages(), store(), copies])
            .chain(editors())
            .chain(checkers());
        let mut text = format!("nigh {}\n", env!("CARGO_PKG_VERSION"));
        for DoctorFinding { fine, what, remedy } in findings {
            text.push_str(&format!(
                "  {} {what}\n",
                if fine { "ok     " } else { "missing" }
            ));
            if !fine {
                text.push_str(&format!("          {remedy}\n"));
            }
        }
        if let Some(folder) = &self.workspace {
            text.push_str(&in_index(folder)?);
        }
        text.push_str(&self.network());
        print(&text)?;
        Ok(if works {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    /// The engine that was named: whether it answers.
    fn engine(&self) -> Option<DoctorFinding> {
        self.engine.engine.as_ref()?;
        let answered = check_engine::line(&self.engine.settings());
        Some(DoctorFinding {
            fine: answered.is_ok(),
            what: answered.unwrap_or_else(|why| why),
            remedy: "run `nigh check-model URL`; meanwhile the embedded model completes",
        })
    }

    /// What leaves this machine.
    fn network(&self) -> String {
        match &self.engine.engine {
            Some(_) => "  ok      network: the code around the cursor goes to the engine\n".into(),
            None => "  ok      network: not used; nothing leaves this machine\n".into(),
        }
    }

    /// The GPUs, and which device the server would choose.
    fn devices(&self, (engine, model): &(Arc<Engine>, ProbeModel)) -> Vec<DoctorFinding> {
        let supervised = Supervised {
            engine,
            model: model.clone(),
            threads: self.choice.threads,
        };
        doctor_devices::findings(&self.choice.device, &supervised, self.probe)
    }

    /// The model: loads it and completes a line.
    fn model(&self) -> ModelCheck {
        let remedy = "`nigh model list` shows which models can be used; `nigh model use embedded` goes back to the embedded one";
        let start = Instant::now();
        let opened = match self.choice.open_on_cpu(self.choice.threads) {
            Ok(opened) => opened,
            Err(error) => {
                let what = format!("model: {error:#}");
                let fine = false;
                return ModelCheck {
                    findings: vec![DoctorFinding { fine, what, remedy }],
                    ..ModelCheck::default()
                };
            }
        };
        let mut model = EngineModel::new(Arc::clone(&opened.0), self.choice.prompt_tokens);
        let loaded = start.elapsed();
        let about = model.description();
        let what = format!(
            "model: {} ({:.1} M parameters) on {}, loaded in {} ms",
            about.name,
            about.parameters as f64 / 1e6,
            about.device,
            loaded.as_millis()
        );
        let mut findings = vec![DoctorFinding {
            fine: true,
            what,
            remedy,
        }];
        let line = "def add(a, b):\n    return a";
        let start = Instant::now();
        let completed = self.complete_example(line, &mut model);
        findings.push(match completed {
            Ok(_) => DoctorFinding {
                fine: true,
                what: format!(
                    "completion: {} ms for a first line",
                    start.elapsed().as_millis()
                ),
                remedy,
            },
            Err(error) => DoctorFinding {
                fine: false,
                what: format!("completion: {error:#}"),
                remedy,
            },
        });
        ModelCheck {
            findings,
            copy_problem: about.copy_problem,
            opened: Some(opened),
        }
    }
}

/// Whether editors will find this program by its name.
fn program() -> DoctorFinding {
    let found = installed("nigh");
    let what = match &found {
        Some(path) => format!("program: {}", path.display()),
        None => "program: `nigh` is not on the PATH".into(),
    };
    DoctorFinding {
        fine: found.is_some(),
        what,
        remedy: "put the folder of this program on the PATH, or give editors its full path",
    }
}

fn languages() -> DoctorFinding {
    let names: Vec<_> = grammars::all().iter().map(|grammar| grammar.id).collect();
    let what = format!(
        "languages: {} with a grammar ({}); all others are completed without one",
        names.len(),
        names.join(", ")
    );
    DoctorFinding {
        fine: !names.is_empty(),
        what,
        remedy: "this build is damaged; install nigh again",
    }
}

/// Where indexes of workspaces are kept, and how much they take.
fn store() -> DoctorFinding {
    let store = Store::of_user();
    let (files, bytes) = store.size();
    let what = match store.folder() {
        Some(folder) => format!(
            "index: {files} workspaces, {:.1} MB in {}",
            bytes as f64 / 1e6,
            folder.display()
        ),
        None => "index: no cache folder; it is rebuilt in every session".into(),
    };
    DoctorFinding {
        fine: store.folder().is_some(),
        what,
        remedy: "set HOME, or XDG_CACHE_HOME to a folder of your own",
    }
}

/// Where packed copies of models are kept, and how much they take; or why that of the model is not.
fn model_copies(problem: Option<String>) -> DoctorFinding {
    if let Some(problem) = problem {
        return DoctorFinding {
            fine: false,
            what: format!("packed models: {problem}"),
            remedy: "until then, each start packs the model again, and windows share no memory",
        };
    }
    let folder = model::copies();
    let entries = folder
        .iter()
        .filter_map(|folder| std::fs::read_dir(folder).ok())
        .flatten()
        .flatten();
    let sizes: Vec<u64> = entries
        .filter_map(|entry| Some(entry.metadata().ok()?.len()))
        .collect();
    let (files, bytes) = (sizes.len(), sizes.iter().sum::<u64>() as f64 / 1e6);
    let what = match &folder {
        Some(folder) => format!(
            "packed models: {files} files, {bytes:.0} MB in {}",
            folder.display()
        ),
        None => "packed models: no cache folder; every window packs the model itself".into(),
    };
    DoctorFinding {
        fine: folder.is_some(),
        what,
        remedy: "set HOME, or XDG_CACHE_HOME to a folder of your own",
    }
}

/// What of a folder is in the index, and what is not.
fn in_index(folder: &Path) -> anyhow::Result<String> {
    let folder = super::workspace(folder)?;
    let (inside, left_out) = left_out(&folder, IndexSettings::default().max_bytes());
    let mut text = format!("  ok      workspace: {inside} files in the index\n");
    for LeftOut {
        reason,
        count,
        examples,
    } in left_out
    {
        let more = if count > examples.len() { ", ..." } else { "" };
        text.push_str(&format!(
            "          {count} left out, as {reason}: {}{more}\n",
            examples.join(", ")
        ));
    }
    Ok(text)
}

/// Editors on the PATH. None is needed for nigh itself, so none is missing.
fn editors() -> Vec<DoctorFinding> {
    let mut findings = Vec::new();
    if let Some(version) = installed("nvim").and_then(|path| version(&path)) {
        let what = format!("editor: Neovim {}.{}", version.0, version.1);
        let remedy =
            "from 0.12 on, Neovim draws inline completions itself; with 0.11 the plugin does";
        findings.push(DoctorFinding {
            fine: version >= NEOVIM,
            what,
            remedy,
        });
    }
    for (name, program) in [("VS Code", "code"), ("Helix", "hx")] {
        if let Some(path) = installed(program) {
            findings.push(DoctorFinding {
                fine: true,
                what: format!("editor: {name} at {}", path.display()),
                remedy: "",
            });
        }
    }
    findings
}

/// Programs that check fixes. None is needed for nigh itself, so none is missing.
fn checkers() -> Vec<DoctorFinding> {
    let fine = |what: String| DoctorFinding {
        fine: true,
        what,
        remedy: "",
    };
    let checks = match Checks::new(None) {
        Ok(checks) => checks,
        Err(error) => return vec![fine(format!("checkers: off: {error:#}"))],
    };
    let mut findings = Vec::new();
    let mut absent = Vec::new();
    for checker in checks.installed() {
        let languages = checker.languages.join(", ");
        match checker.version {
            Ok(version) => findings.push(fine(format!(
                "checker: {} for {languages}: {version}",
                checker.name
            ))),
            Err(why) => absent.push(format!("{} for {languages} ({why})", checker.name)),
        }
    }
    if !absent.is_empty() {
        findings.push(fine(format!(
            "checkers that are not installed (optional): {}",
            absent.join("; ")
        )));
    }
    findings.extend(
        checks
            .missing_protections()
            .into_iter()
            .map(|missing| fine(format!("checkers: {missing}"))),
    );
    let when = "`nigh fix --level 4`, and in editors with `checks.enabled` in trusted workspaces";
    findings.push(fine(format!(
        "checkers run in a sandbox, and only for {when}"
    )));
    findings
}

/// Major and minor version in the first line of `nvim --version`.
fn version(path: &Path) -> Option<(u32, u32)> {
    let output = Command::new(path).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut numbers = text
        .split_whitespace()
        .nth(1)?
        .trim_start_matches('v')
        .split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}
