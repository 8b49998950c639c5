//! A file as `nigh diagnose` and `nigh fix` read, search and write it: its content stays as it is
//! except for the fixes.
//!
//! A byte order mark is kept but not searched. Offsets are bytes after the mark, except where they
//! are printed.

use super::open_model;
use crate::model_choice::ModelChoice;
use anyhow::Context;
use assistant::fixing::{DiskFile, SuspectingModel};
use bugs::{Bug, Cause, PatternSelection};
use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The model of the arguments, if they give it a margin to look for bugs.
pub fn suspecting(choice: &ModelChoice) -> anyhow::Result<Option<SuspectingModel>> {
    let Some(margin) = choice.bug_margin else {
        return Ok(None);
    };
    anyhow::ensure!(
        margin.is_finite() && margin >= 0.0,
        "--bug-margin must be 0 or more, not {margin}"
    );
    let model = open_model(choice)?;
    Ok(Some(SuspectingModel { model, margin }))
}

/// Which files are meant.
#[derive(clap::Args)]
pub struct Inputs {
    /// Files, folders (all their files that the index would contain), or `-` for standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// File name for standard input; it decides the language
    #[arg(long, value_name = "PATH")]
    stdin_name: Option<PathBuf>,
}

impl Inputs {
    /// Reads them one after another, each file once, whatever links lead to it. Errors say what
    /// cannot be read and why.
    pub fn read(&self) -> impl Iterator<Item = anyhow::Result<DiskFile>> {
        paths(&self.files).map(|path| {
            if path == Path::new("-") {
                self.standard_input()
            } else {
                read(&path)
            }
        })
    }

    fn standard_input(&self) -> anyhow::Result<DiskFile> {
        let name = self
            .stdin_name
            .as_ref()
            .context("pass --stdin-name NAME to name standard input")?;
        let mut whole = String::new();
        std::io::stdin()
            .read_to_string(&mut whole)
            .context("cannot read standard input")?;
        let mut file = DiskFile::of(name, &name.to_string_lossy(), whole)?;
        file.is_stdin = true;
        Ok(aloud(file))
    }
}

/// Reads files and those of folders, each once, also texts that are not in UTF-8: they are not
/// written. Errors say what cannot be read and why.
pub fn read_all(files: &[PathBuf]) -> impl Iterator<Item = anyhow::Result<DiskFile>> {
    paths(files).map(|path| DiskFile::read_any(&path).map(aloud))
}

fn read(path: &Path) -> anyhow::Result<DiskFile> {
    DiskFile::read(path).map(aloud)
}

/// Says so if no pattern reads the file.
fn aloud(file: DiskFile) -> DiskFile {
    if let Some(why) = file.why_skipped() {
        eprintln!("nigh: {}: skipped: {why}", file.path.display());
    }
    file
}

/// The paths of files and of those in folders, each once, whatever links lead to it.
fn paths(files: &[PathBuf]) -> impl Iterator<Item = PathBuf> {
    let mut seen = HashSet::new();
    let paths = files.iter().flat_map(|path| {
        if path.is_dir() {
            in_folder(path)
        } else {
            vec![path.clone()]
        }
    });
    paths.filter(move |path| {
        seen.insert(std::fs::canonicalize(path).unwrap_or_else(|_| path.clone()))
    })
}

/// Which patterns look.
#[derive(clap::Args)]
pub struct Patterns {
    /// Run all patterns, including those that have not yet found a bug in released code
    #[arg(long)]
    all: bool,
    /// Patterns to turn off, by their codes
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = code)]
    without: Vec<String>,
}

impl Patterns {
    /// The bugs that they find in a file. Says on standard error what was not looked for.
    pub fn bugs(
        &self,
        file: &DiskFile,
        model: Option<&mut SuspectingModel>,
    ) -> anyhow::Result<Vec<Bug>> {
        let selection = PatternSelection {
            all: self.all,
            except: &self.without,
        };
        let found = file.search(selection, model)?;
        let path = file.path.display();
        for unfinished in &found.unfinished {
            let why = match unfinished.cause {
                Cause::Limit => "would take too long",
                Cause::Panic => "failed",
            };
            eprintln!(
                "{path}: pattern {} {why}, so it is skipped for this file",
                unfinished.code
            );
        }
        for unknown in &found.unknown_codes {
            let (line, column) = file.place(unknown.range.start);
            eprintln!("{path}:{line}:{column}: {}", unknown.message());
        }
        Ok(found.bugs)
    }
}

/// The code of a pattern, as the command line has it.
fn code(word: &str) -> Result<String, String> {
    match bugs::is_code(word) {
        true => Ok(word.to_owned()),
        false => Err("no pattern has this code".to_owned()),
    }
}

/// The files of a folder in languages that have a grammar.
fn in_folder(folder: &Path) -> Vec<PathBuf> {
    if !std::fs::canonicalize(folder).is_ok_and(|whole| workspace::is_project(&whole)) {
        eprintln!(
            "nigh: {} is a whole disk, a home folder or a folder for temporary files: name a folder in it",
            folder.display()
        );
    }
    let names = workspace::files(folder);
    let files = names.into_iter().map(|name| folder.join(name));
    files
        .filter(|path| grammars::by_path(path).is_some())
        .collect()
}
