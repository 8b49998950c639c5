//! `nigh learning`: what was learned on this machine, for its owner to see, take along, delete and
//! turn off.

use super::print;
use anyhow::Context;
use assistant::learning::file::{self, Learned};
use assistant::learning::table::shift;
use assistant::settings::CompletionSettings;
use completion::gate::Gate;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// What to do with what was learned.
#[derive(clap::Subcommand)]
pub enum LearningCommand {
    /// Print how suggestions fared, and the thresholds that follow from it
    Show,
    /// Print everything as JSON
    Export,
    /// Delete everything
    Delete,
    /// Turn learning off: record nothing, and use nothing that was learned
    Off,
    /// Turn learning on
    On,
}

impl LearningCommand {
    /// Does it. Servers that run follow when they write next.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let path = file::default_path().context("there is no folder for such files; set HOME")?;
        let text = match self {
            Self::Show => show(&path, &file::read(&path)?),
            Self::Export => serde_json::to_string_pretty(&file::read(&path)?)? + "\n",
            Self::Delete => removed(&file::delete(&path)?),
            Self::Off => turn(&path, false)?,
            Self::On => turn(&path, true)?,
        };
        print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn removed(paths: &[PathBuf]) -> String {
    if paths.is_empty() {
        return "nothing has been learned, so nothing was removed\n".into();
    }
    paths
        .iter()
        .map(|path| format!("removed {}\n", path.display()))
        .collect()
}

fn turn(path: &Path, on: bool) -> anyhow::Result<String> {
    file::update(path, |learned| {
        learned.enabled = on;
        true
    })?;
    let word = if on {
        "on"
    } else {
        "off: nothing is recorded, and nothing that was learned is used"
    };
    Ok(format!("learning is {word} ({})\n", path.display()))
}

/// A line per language and kind. Older suggestions weigh less, so the numbers are rounded.
fn show(path: &Path, learned: &Learned) -> String {
    let usual = CompletionSettings::default()
        .limits(Arc::new(Gate::default()))
        .min_confidence;
    let state = if learned.enabled { "on" } else { "off" };
    let mut text = format!("learning is {state}, in {}\n", path.display());
    let mut rows = learned.counts.rows().peekable();
    if rows.peek().is_none() {
        return text + "nothing has been learned yet\n";
    }
    let heads = [
        "shown",
        "accepted",
        "part",
        "typed",
        "edited",
        "reverted",
        "ignored",
        "threshold",
    ];
    text.push_str(&format!("{:<16} {:<14}", "language", "place"));
    heads
        .iter()
        .for_each(|head| text.push_str(&format!(" {head:>9}")));
    text.push('\n');
    for (language, kind, counts) in rows {
        text.push_str(&format!("{language:<16} {:<14}", kind.name()));
        let numbers = [
            counts.shown(),
            counts.accepted,
            counts.part,
            counts.typed,
            counts.edited,
        ];
        for number in numbers.into_iter().chain([counts.reverted, counts.ignored]) {
            text.push_str(&format!(" {number:>9.0}"));
        }
        let shift = if learned.enabled { shift(counts) } else { 0.0 };
        text.push_str(&format!(" {:>9.2}\n", usual + shift));
    }
    text
}
