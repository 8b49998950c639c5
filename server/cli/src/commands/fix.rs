//! `nigh fix`: fixes the bugs of files. Prints a unified diff, or writes with `--apply`.
//!
//! Fixes are verified up to the requested level, and only those that reach it are applied. Exit
//! status: 0 nothing found, 1 something found (and fixed with `--apply`), 2 an error. No other file
//! is written.

use super::progress::bar;
use super::source::{Inputs, Patterns, suspecting};
use super::{open_model, print};
use crate::model_choice::ModelChoice;
use anyhow::bail;
use assistant::fixing::{DiskFile, SuspectingModel, Verification};
use bugs::{Bug, Level};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Arguments of `nigh fix`.
#[derive(clap::Args)]
pub struct Fix {
    #[command(flatten)]
    inputs: Inputs,
    /// Verification level that a fix must reach: 1 parses, 2 uses known names, 3 is preferred by
    /// the model, 4 passes the language's own checker with no errors or fewer, 5 does not make the
    /// tests of --test fare worse. 4 and 5 run programs on this machine in a sandbox, on a copy of
    /// the workspace: without a network, and unable to write elsewhere
    #[arg(
        long,
        value_name = "LEVEL",
        default_value_t = 2,
        value_parser = clap::value_parser!(u8).range(1..=5)
    )]
    level: u8,
    /// Shell command that runs the tests in a copy of the workspace, for --level 5
    #[arg(long, value_name = "COMMAND")]
    test: Option<String>,
    /// Workspace to copy for --level 4 and 5 [default: the git repository around the file, or its
    /// folder]
    #[arg(long, value_name = "DIR")]
    workspace: Option<PathBuf>,
    /// Write the files instead of printing a diff; for standard input, print the whole text
    #[arg(long)]
    apply: bool,
    #[command(flatten)]
    patterns: Patterns,
    #[command(flatten)]
    choice: ModelChoice,
}

impl Fix {
    /// Fixes all files. Files that cannot be read or written are reported on standard error.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let (mut verification, mut model) = match self
            .verification()
            .and_then(|verification| Ok((verification, suspecting(&self.choice)?)))
        {
            Ok(ready) => ready,
            Err(error) => {
                eprintln!("nigh: {error:#}");
                return Ok(ExitCode::from(2));
            }
        };
        let (mut found, mut failed) = (false, false);
        for source in self.inputs.read() {
            match source
                .and_then(|source| self.fix_file(&source, &mut verification, model.as_mut()))
            {
                Ok(has_bugs) => found |= has_bugs,
                Err(error) => {
                    eprintln!("nigh: {error:#}");
                    failed = true;
                }
            }
        }
        Ok(ExitCode::from(if failed { 2 } else { u8::from(found) }))
    }

    fn verification(&self) -> anyhow::Result<Verification> {
        let level = match self.level {
            1 => Level::Parses,
            2 => Level::Names,
            3 => Level::Model,
            4 => Level::Checker,
            _ => Level::Tests,
        };
        match (level, &self.test) {
            (Level::Tests, None) => {
                bail!("--level 5 runs your tests: pass --test 'COMMAND'")
            }
            (Level::Tests, Some(_)) | (_, None) => {}
            (_, Some(_)) => bail!("--test requires --level 5"),
        }
        let model = match level {
            Level::Model => Some(open_model(&self.choice)?),
            _ => None,
        };
        let workspace = self
            .workspace
            .as_deref()
            .map(super::workspace)
            .transpose()?;
        Verification::new(level, model, self.test.clone(), workspace)
    }

    /// Fixes one file; returns whether there was something to fix.
    fn fix_file(
        &self,
        source: &DiskFile,
        verification: &mut Verification,
        model: Option<&mut SuspectingModel>,
    ) -> anyhow::Result<bool> {
        let bugs = verified(verification, source, self.patterns.bugs(source, model)?)?;
        let new = source.fixed(&bugs);
        if self.apply && source.is_stdin {
            print(&source.whole(&new))?;
        }
        if bugs.is_empty() {
            return Ok(false);
        }
        match self.apply {
            true if source.is_stdin => {}
            true => source.write(&new)?,
            false => match source.diff(&new, Path::new(".")) {
                Ok(diff) => print(&diff)?,
                Err(why) => {
                    eprintln!("nigh: left out: {why:#}");
                    return Ok(true);
                }
            },
        }
        if self.apply || verification.level() > Level::Names {
            for bug in &bugs {
                let (line, _) = source.place(bug.finding.range.start);
                eprintln!("{}:{line}: {}", source.path.display(), bug.title());
            }
        }
        Ok(true)
    }
}

/// Those of the bugs of a file whose fixes reach the level, together. A terminal shows how far it
/// is; standard error says why the others do not.
fn verified(
    verification: &mut Verification,
    source: &DiskFile,
    bugs: Vec<Bug>,
) -> anyhow::Result<Vec<Bug>> {
    let bar = bar(bugs.len())?;
    let is_shown = verification.level() > Level::Names && !bugs.is_empty();
    let found = verification.filter(source, bugs, &mut |done| {
        if is_shown {
            bar.set_position(done as u64);
        }
        true
    })?;
    bar.finish_and_clear();
    for (bug, why) in &found.left_out {
        let (line, _) = source.place(bug.finding.range.start);
        let (path, title) = (source.path.display(), &bug.finding.title);
        eprintln!("{path}:{line}: left out: {title}: {why}");
    }
    Ok(found.passing)
}
