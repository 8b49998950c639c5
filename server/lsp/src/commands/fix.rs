//! `nigh fix`: mends the bugs of files that were found without a model. Prints a unified diff, or writes with `--apply`.
//!
//! Exit status: 0 nothing found, 1 something found (and mended with `--apply`), 2 an error. No other file is written.

use super::{print, source::Source};
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of `nigh fix`.
#[derive(clap::Args)]
pub struct Fix {
    /// The files to mend
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Make only fixes that were checked so far: 1 parses, 2 names; 3 to 5 (model, checker, tests) are reached by none yet
    #[arg(long, value_name = "LEVEL", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=5))]
    level: u8,
    /// Write the files instead of printing the change
    #[arg(long)]
    apply: bool,
    /// Patterns to leave out, by their codes
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    without: Vec<String>,
}

impl Fix {
    /// Mends all files; those that cannot be read or written are told on standard error.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let (mut found, mut failed) = (false, false);
        for path in &self.files {
            match Source::read(path).and_then(|source| self.mend(&source)) {
                Ok(mended) => found |= mended,
                Err(error) => {
                    eprintln!("nigh: {error:#}");
                    failed = true;
                }
            }
        }
        Ok(ExitCode::from(if failed { 2 } else { u8::from(found) }))
    }

    /// Mends one file; whether there was something to mend.
    fn mend(&self, source: &Source) -> anyhow::Result<bool> {
        let mut bugs = source.bugs(&self.without);
        bugs.retain(|bug| bug.level as u8 >= self.level);
        if bugs.is_empty() {
            return Ok(false);
        }
        let new = source.mended(&bugs);
        if !self.apply {
            print(&source.diff(&new))?;
            return Ok(true);
        }
        source.write(&new)?;
        for bug in &bugs {
            let (line, _) = source.place(bug.finding.range.start);
            eprintln!("{}:{line}: {} (checked: {})", source.path.display(), bug.finding.title, bug.level.describe());
        }
        Ok(true)
    }
}
