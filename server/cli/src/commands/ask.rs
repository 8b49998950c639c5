//! `nigh ask`: a question about a project, answered with places: `path:line`, and the lines there.
//!
//! Exit status: 0 the question is answered, 1 it is not (what is printed is only near it), 2 an
//! error.

use super::{print, workspace};
use anyhow::ensure;
use ask::{Answer, AnswerLevel, Quote};
use assistant::asking::{AskedFolder, level_name};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use workspace::Store;

/// Arguments of `nigh ask`.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    nigh ask \"where is parse_header defined?\"\n  \
    nigh ask \"how do I run one test?\" --workspace ../other --json")]
pub struct AskProject {
    /// What you want to know
    #[arg(value_name = "QUESTION")]
    question: String,
    /// Folder of the project [default: the git repository around the current folder, or that
    /// folder]
    #[arg(long, value_name = "DIR")]
    workspace: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl AskProject {
    /// Prints the answer.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self.answer() {
            Ok(answer) => {
                print(&match self.json {
                    true => format!("{:#}\n", as_json(&answer)),
                    false => as_text(&answer),
                })?;
                let is_answered = matches!(answer.level, AnswerLevel::Exact | AnswerLevel::Answer);
                Ok(ExitCode::from(u8::from(!is_answered)))
            }
            Err(error) => {
                eprintln!("nigh: {error:#}");
                Ok(ExitCode::from(2))
            }
        }
    }

    fn answer(&self) -> anyhow::Result<Answer> {
        ensure!(
            self.question.chars().any(char::is_alphanumeric),
            "ask a question, such as \"where is main defined?\""
        );
        let root = project(self.workspace.as_deref())?;
        let asked = AskedFolder::new(&root, Store::of_user());
        let mut found = asked.ask(std::slice::from_ref(&self.question), &mut || true);
        Ok(found.answers.pop().unwrap_or_default())
    }
}

/// The folder of a project: the one that is named, else that of the git repository around the
/// current folder, else that folder.
///
/// # Errors
///
/// If it cannot be read, or is no folder that someone works in.
pub fn project(named: Option<&Path>) -> anyhow::Result<PathBuf> {
    let root = match named {
        Some(named) => workspace(named)?,
        // A file in the folder need not exist for this.
        None => workspace(&workspace::root_of(&std::env::current_dir()?.join("file")))?,
    };
    ensure!(
        workspace::is_project(&root),
        "{} is a whole disk, a home folder or a folder for temporary files: name a folder in it \
         with --workspace",
        root.display()
    );
    Ok(root)
}

fn as_text(answer: &Answer) -> String {
    let mut text = format!("{}\n", answer.summary);
    for quote in &answer.quotes {
        let Quote { path, lines, .. } = quote;
        text.push_str(&format!("\n{path}:{}: {}\n", lines.start + 1, quote.note));
        for line in quote.text.lines() {
            text.push_str(&format!("    {line}\n"));
        }
    }
    if answer.left_out > 0 {
        text.push_str(&format!("\n{} more places are left out\n", answer.left_out));
    }
    text
}

fn as_json(answer: &Answer) -> Value {
    let quote = |quote: &Quote| {
        json!({
            "path": quote.path,
            "line": quote.lines.start + 1,
            "endLine": quote.lines.end.max(quote.lines.start + 1),
            "text": quote.text,
            "note": quote.note,
        })
    };
    json!({
        "level": level_name(answer.level),
        "summary": answer.summary,
        "quotes": answer.quotes.iter().map(quote).collect::<Vec<_>>(),
        "leftOut": answer.left_out,
    })
}
