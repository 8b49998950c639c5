//! `nigh fix`: mends the bugs of files. Prints a unified diff, or writes with `--apply`.
//!
//! Fixes are checked up to the level that is asked for, and only those that reach it are made. Exit
//! status: 0 nothing found, 1 something found (and mended with `--apply`), 2 an error. No other
//! file is written.

use super::source::{Inputs, Patterns, Source, Suspecting};
use super::{print, verification::Verification};
use crate::cli::ModelChoice;
use anyhow::bail;
use bugs::Level;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `nigh fix`.
#[derive(clap::Args)]
pub struct Fix {
    #[command(flatten)]
    inputs: Inputs,
    /// How far fixes are checked; only those that reach it are made: 1 parses, 2 names, 3 the model
    /// finds them likelier, 4 the language's own checker finds no error or fewer, 5 the tests of
    /// --test do not fare worse. 4 and 5 run programs of this machine on a copy of the workspace,
    /// confined: no network, no writing elsewhere
    #[arg(
        long,
        value_name = "LEVEL",
        default_value_t = 2,
        value_parser = clap::value_parser!(u8).range(1..=5)
    )]
    level: u8,
    /// What runs the tests, for --level 5: a line for the shell, run in a copy of the workspace
    #[arg(long, value_name = "COMMAND")]
    test: Option<String>,
    /// The workspace that is copied for --level 4 and 5; the git repository around the file, or its
    /// folder, if absent
    #[arg(long, value_name = "DIR")]
    workspace: Option<PathBuf>,
    /// Write the files instead of printing the change; of standard input, print the whole text
    #[arg(long)]
    apply: bool,
    #[command(flatten)]
    patterns: Patterns,
    #[command(flatten)]
    choice: ModelChoice,
}

impl Fix {
    /// Mends all files; those that cannot be read or written are told on standard error.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let (mut verification, mut model) = match self
            .verification()
            .and_then(|verification| Ok((verification, Suspecting::of(&self.choice)?)))
        {
            Ok(ready) => ready,
            Err(error) => {
                eprintln!("nigh: {error:#}");
                return Ok(ExitCode::from(2));
            }
        };
        let (mut found, mut failed) = (false, false);
        for source in self.inputs.read() {
            match source.and_then(|source| self.mend(&source, &mut verification, model.as_mut())) {
                Ok(mended) => found |= mended,
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
                bail!("--level 5 runs your tests: say how with --test 'COMMAND'")
            }
            (Level::Tests, Some(_)) | (_, None) => {}
            (_, Some(_)) => bail!("--test is for --level 5"),
        }
        Verification::new(
            level,
            &self.choice,
            self.test.clone(),
            self.workspace.clone(),
        )
    }

    /// Mends one file; whether there was something to mend.
    fn mend(
        &self,
        source: &Source,
        verification: &mut Verification,
        model: Option<&mut Suspecting>,
    ) -> anyhow::Result<bool> {
        let bugs = verification.filter(source, source.bugs(&self.patterns, model)?)?;
        let new = source.mended(&bugs);
        if self.apply && source.is_stdin {
            print(&source.whole(&new))?;
        }
        if bugs.is_empty() {
            return Ok(false);
        }
        match self.apply {
            true if source.is_stdin => {}
            true => source.write(&new)?,
            false => match source.diff(&new) {
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
