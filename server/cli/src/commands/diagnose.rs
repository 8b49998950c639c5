//! `nigh diagnose`: the bugs of files, for people, scripts (`--json`) and code hosts (`--sarif`).
//!
//! It finds what the server shows, without a model unless one is given a margin. Exit status: 0
//! nothing found, 1 something found, 2 an error.

use super::source::{Inputs, Patterns, suspecting};
use super::{print, sarif};
use crate::model_choice::ModelChoice;
use assistant::fixing::DiskFile;
use bugs::Bug;
use serde_json::{Value, json};
use std::process::ExitCode;

/// Arguments of `nigh diagnose`.
#[derive(clap::Args)]
pub struct Diagnose {
    #[command(flatten)]
    inputs: Inputs,
    /// Print one JSON object per bug
    #[arg(long)]
    json: bool,
    /// Print a SARIF 2.1.0 document
    #[arg(long, conflicts_with = "json")]
    sarif: bool,
    #[command(flatten)]
    patterns: Patterns,
    #[command(flatten)]
    choice: ModelChoice,
}

impl Diagnose {
    /// Prints the bugs of all files. Files that cannot be read are reported on standard error.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let mut model = match suspecting(&self.choice) {
            Ok(model) => model,
            Err(error) => {
                eprintln!("nigh: {error:#}");
                return Ok(ExitCode::from(2));
            }
        };
        let (mut found, mut failed, mut results) = (false, false, Vec::new());
        for source in self.inputs.read() {
            let source = match source {
                Ok(source) => source,
                Err(error) => {
                    eprintln!("nigh: {error:#}");
                    failed = true;
                    continue;
                }
            };
            let bugs = self.patterns.bugs(&source, model.as_mut())?;
            found |= !bugs.is_empty();
            if self.sarif {
                results.extend(bugs.iter().map(|bug| sarif::result(&source, bug)));
            } else {
                let show = if self.json { as_json } else { as_text };
                print(
                    &bugs
                        .iter()
                        .map(|bug| show(&source, bug))
                        .collect::<String>(),
                )?;
            }
        }
        if self.sarif {
            print(&format!("{:#}\n", sarif::document(results)))?;
        }
        Ok(ExitCode::from(if failed { 2 } else { u8::from(found) }))
    }
}

/// A bug for people.
pub fn as_text(source: &DiskFile, bug: &Bug) -> String {
    let (line, column) = source.place(bug.finding.range.start);
    let (path, finding) = (source.path.display(), &bug.finding);
    let found = format!(
        "{path}:{line}:{column}: {} [{}]\n",
        finding.message, finding.code
    );
    if finding.edits.is_empty() {
        return found;
    }
    format!("{found}    fix: {}\n", bug.title())
}

/// A bug for scripts.
pub fn as_json(source: &DiskFile, bug: &Bug) -> String {
    let finding = &bug.finding;
    let (line, column) = source.place(finding.range.start);
    let (end_line, end_column) = source.place(finding.range.end);
    let edit = |edit: &text::Edit| -> Value {
        let [start, end] = [edit.range.start, edit.range.end].map(|at| source.offset_on_disk(at));
        json!({"start": start, "end": end, "text": edit.text})
    };
    let object = json!({
        "file": source.path,
        "line": line,
        "column": column,
        "endLine": end_line,
        "endColumn": end_column,
        "code": finding.code,
        "message": finding.message,
        "function": bug.function,
        "text": source.line(line),
        "fix": bug.title(),
        "level": bug.level as u8,
        "edits": finding.edits.iter().map(edit).collect::<Vec<_>>(),
    });
    format!("{object}\n")
}
