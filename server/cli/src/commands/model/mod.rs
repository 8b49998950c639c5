//! `nigh model`: the models on this machine, and which one all editors use.
//!
//! One file per subcommand. Where models are is known to the crate `model_store`, whether one can
//! be used to the engine; `verdict.rs` joins the two.

mod choose;
mod info;
mod list;
mod pull;
mod recommend;
mod remove;
mod verdict;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

/// What to do with models.
#[derive(clap::Subcommand)]
pub enum ModelCommand {
    /// List the models on this machine, and say what nigh can do with each
    List(list::List),
    /// Choose a model for all editors, from their next start; `embedded` goes back to the embedded
    /// one
    Use(choose::Choose),
    /// Measure this machine and say which models suit it
    Recommend(recommend::Recommend),
    /// Say what a model is and whether nigh can use it
    Info(info::Info),
    /// Fetch a model with an installed tool: ollama, hf, huggingface-cli, llama or curl
    Pull(pull::Pull),
    /// Forget the choice of `nigh model use`; with a name, delete the files of that model
    Rm(remove::Remove),
}

impl ModelCommand {
    /// Does it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::List(command) => command.run(),
            Self::Use(command) => command.run(),
            Self::Recommend(command) => command.run(),
            Self::Info(command) => command.run(),
            Self::Pull(command) => command.run(),
            Self::Rm(command) => command.run(),
        }
    }
}

/// A number of bytes in words.
fn size(bytes: u64) -> String {
    match bytes as f64 {
        bytes if bytes >= 1e9 => format!("{:.1} GB", bytes / 1e9),
        bytes if bytes >= 1e6 => format!("{:.0} MB", bytes / 1e6),
        bytes => format!("{:.0} kB", (bytes / 1e3).ceil()),
    }
}

/// Asks at the terminal; an error where there is none, which says how to answer in advance.
fn confirmed(question: &str, yes: bool) -> anyhow::Result<bool> {
    if yes {
        return Ok(true);
    }
    let input = std::io::stdin();
    anyhow::ensure!(
        input.is_terminal(),
        "nothing was done: there is no terminal to ask at; add --yes to agree in advance"
    );
    eprint!("{question} [y/N] ");
    std::io::stderr().flush()?;
    let mut line = String::new();
    input.read_line(&mut line)?;
    Ok(matches!(line.trim().to_lowercase().as_str(), "y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        let sizes = [0, 900, 1_000_000, 986_000_000, 1_646_573_056].map(size);
        assert_eq!(sizes, ["0 kB", "1 kB", "1 MB", "986 MB", "1.6 GB"]);
    }

    #[test]
    fn nothing_is_done_without_an_answer() {
        assert!(confirmed("?", true).unwrap());
        if !std::io::stdin().is_terminal() {
            let error = confirmed("?", false).unwrap_err().to_string();
            assert!(error.contains("--yes"), "{error}");
        }
    }
}
