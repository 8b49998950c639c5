//! `nigh probe-gpu`: what a child process does for the server, which loads no driver of a GPU
//! itself before this has shown that it works. Hidden; `nigh doctor --probe` is for people.

use super::print;
use assistant::device::{self, FoundGpu, ProbeModel};
use assistant::model::ChosenModel;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `nigh probe-gpu`.
#[derive(clap::Args)]
pub struct ProbeGpu {
    /// Print the GPUs of this machine as a JSON list
    #[arg(long, conflicts_with = "gpu")]
    list: bool,
    /// Measure this GPU, an object of that list, and print what was found out as a JSON object
    #[arg(long, value_name = "JSON", required_unless_present = "list")]
    gpu: Option<String>,
    /// Measure with the model at this path [default: the embedded model]
    #[arg(long, value_name = "PATH")]
    path: Option<PathBuf>,
    /// LoRA adapter that changes the model
    #[arg(long, value_name = "PATH", requires = "path")]
    adapter: Option<PathBuf>,
    /// Number of threads of the CPU
    #[arg(long, default_value_t = 0)]
    threads: usize,
}

impl ProbeGpu {
    /// Prints one line.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        device::end_with_parent();
        device::lower_priority();
        let answer = match &self.gpu {
            None => serde_json::to_string(&device::found_here(true))?,
            Some(gpu) => {
                let gpu: FoundGpu = serde_json::from_str(gpu)?;
                let verdict = device::measure(&gpu, &self.model(), self.threads);
                serde_json::to_string(&verdict)?
            }
        };
        print(&format!("{answer}\n"))?;
        Ok(ExitCode::SUCCESS)
    }

    fn model(&self) -> ProbeModel {
        let chosen = self.path.as_ref().map(|path| ChosenModel {
            name: path.display().to_string(),
            path: path.clone(),
            adapter: self.adapter.clone(),
        });
        ProbeModel { chosen }
    }
}
