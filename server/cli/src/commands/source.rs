//! A file as `nigh diagnose` and `nigh fix` read, search and write it: its content stays as it is
//! except for the fixes.
//!
//! A byte order mark is kept but not searched. Offsets are bytes after the mark, except where they
//! are printed.

use super::open_model;
use crate::model_choice::ModelChoice;
use anyhow::Context;
use assistant::documents::file_snapshot;
use assistant::model::EngineModel;
use bugs::model_checks::unlikely::bugs_of_file;
use bugs::{Bug, Cause, PatternSelection, fix_all, search};
use context::Snapshot;
use similar::{ChangeTag, TextDiff};
use std::collections::HashSet;
use std::io::{Read, Write};
use std::path::{Component, Path, PathBuf};
use text::{Edit, Encoding, apply};

const MARK: char = '\u{feff}';

/// A model that looks for bugs too.
pub struct Suspecting {
    model: EngineModel,
    margin: f32,
}

impl Suspecting {
    /// The model of the arguments, if they give it a margin.
    pub fn of(choice: &ModelChoice) -> anyhow::Result<Option<Self>> {
        let Some(margin) = choice.bug_margin else {
            return Ok(None);
        };
        anyhow::ensure!(
            margin.is_finite() && margin >= 0.0,
            "--bug-margin must be 0 or more, not {margin}"
        );
        Ok(Some(Self {
            model: open_model(choice)?,
            margin,
        }))
    }
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
    pub fn read(&self) -> impl Iterator<Item = anyhow::Result<Source>> {
        paths(&self.files).map(|path| {
            if path == Path::new("-") {
                self.standard_input()
            } else {
                Source::read(&path)
            }
        })
    }

    fn standard_input(&self) -> anyhow::Result<Source> {
        let name = self
            .stdin_name
            .as_ref()
            .context("pass --stdin-name NAME to name standard input")?;
        let mut whole = String::new();
        std::io::stdin()
            .read_to_string(&mut whole)
            .context("cannot read standard input")?;
        Ok(Source {
            is_stdin: true,
            ..Source::of(name, whole)?
        })
    }
}

/// Reads files and those of folders, each once. Errors say what cannot be read and why.
pub fn read_all(files: &[PathBuf]) -> impl Iterator<Item = anyhow::Result<Source>> {
    paths(files).map(|path| Source::read(&path))
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

/// A file that was read.
pub struct Source {
    /// Its path, as it was given.
    pub path: PathBuf,
    /// Whether it came by standard input.
    pub is_stdin: bool,
    /// Its text, without a byte order mark.
    pub text: String,
    mark: bool,
    snapshot: Snapshot,
}

impl Source {
    /// Reads a file. The error says why it cannot be read.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let whole = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        Self::of(path, whole)
    }

    fn of(path: &Path, whole: String) -> anyhow::Result<Self> {
        let (mark, text) = match whole.strip_prefix(MARK) {
            Some(text) => (true, text.to_owned()),
            None => (false, whole),
        };
        let snapshot = file_snapshot(&path.to_string_lossy(), &text)?;
        if snapshot.syntax.is_none() {
            let is_notebook = path
                .extension()
                .is_some_and(|extension| extension == "ipynb");
            let why = if is_notebook {
                "notebooks are read only in editors"
            } else {
                "no pattern supports its language"
            };
            eprintln!("nigh: {}: skipped: {why}", path.display());
        }
        Ok(Self {
            path: path.to_owned(),
            is_stdin: false,
            text,
            mark,
            snapshot,
        })
    }

    /// Its bugs, as these patterns find them. A model adds what it finds likelier by more than its
    /// margin.
    pub fn bugs(
        &self,
        patterns: &Patterns,
        model: Option<&mut Suspecting>,
    ) -> anyhow::Result<Vec<Bug>> {
        let found = search(
            &self.snapshot,
            PatternSelection {
                all: patterns.all,
                except: &patterns.without,
            },
        );
        for unfinished in &found.unfinished {
            let why = match unfinished.cause {
                Cause::Limit => "would take too long",
                Cause::Panic => "failed",
            };
            eprintln!(
                "{}: pattern {} {why}, so it is skipped for this file",
                self.path.display(),
                unfinished.code
            );
        }
        for unknown in &found.unknown_codes {
            let (line, column) = self.place(unknown.range.start);
            let path = self.path.display();
            eprintln!("{path}:{line}:{column}: {}", unknown.message());
        }
        let mut bugs = found.bugs;
        if let Some(Suspecting { model, margin }) = model {
            let apart = |new: &Bug| {
                bugs.iter()
                    .all(|old| old.finding.range != new.finding.range)
            };
            let new: Vec<Bug> = bugs_of_file(&self.snapshot, *margin, model)?
                .into_iter()
                .filter(apart)
                .collect();
            bugs.extend(new);
            bugs.sort_by_key(|bug| (bug.finding.range.start, bug.finding.range.end));
        }
        Ok(bugs)
    }

    /// The edits that fix these bugs together; `None` if they cannot be made.
    pub fn edits(&self, bugs: &[Bug]) -> Option<Vec<Edit>> {
        // One by itself was verified when it was found, which takes a parse of the file.
        if let [bug] = bugs {
            return Some(bug.finding.edits.clone());
        }
        fix_all(&self.snapshot, &bugs.iter().collect::<Vec<_>>()).map(|(edits, _)| edits)
    }

    /// The text with these bugs fixed.
    pub fn fixed(&self, bugs: &[Bug]) -> String {
        self.edits(bugs)
            .map_or_else(|| self.text.clone(), |edits| apply(&self.text, &edits))
    }

    /// The file as the products see it.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// An offset in bytes of the file as it is on disk, with the mark.
    pub fn offset_on_disk(&self, offset: usize) -> usize {
        offset + usize::from(self.mark) * MARK.len_utf8()
    }

    /// Line and column of an offset, both from 1, columns in characters.
    pub fn place(&self, offset: usize) -> (u32, u32) {
        let position = self.snapshot.document.position(offset, Encoding::Utf32);
        (position.line + 1, position.character + 1)
    }

    /// A line by its number from 1.
    pub fn line(&self, number: u32) -> &str {
        self.text
            .lines()
            .nth(number as usize - 1)
            .unwrap_or_default()
    }

    /// The change to `new` as a unified diff that `patch -p1` and `git apply` accept. An error if
    /// the file is outside the folder nigh runs in, which no diff can name, or if its lines end
    /// with carriage returns only: git takes that for one long line, and programs that read text do
    /// not preserve it.
    pub fn diff(&self, new: &str) -> anyhow::Result<String> {
        let lone_returns = self.text.matches('\r').count() > self.text.matches("\r\n").count();
        let path = self.path.display();
        anyhow::ensure!(
            !lone_returns,
            "{path} ends lines with carriage returns only; use --apply"
        );
        let (old, new) = (self.whole(&self.text), self.whole(new));
        let lines = |text| str::split_inclusive(text, '\n').collect::<Vec<&str>>();
        let (old, new) = (lines(&old), lines(&new));
        let path = self.shown()?;
        let diff = TextDiff::configure()
            .newline_terminated(true)
            .diff_slices(&old, &new);
        let mut text = format!(
            "--- {}\n+++ {}\n",
            quoted(&format!("a/{path}")),
            quoted(&format!("b/{path}"))
        );
        for hunk in diff.unified_diff().iter_hunks() {
            text.push_str(&format!("{}\n", hunk.header()));
            for change in hunk.iter_changes() {
                let sign = match change.tag() {
                    ChangeTag::Equal => ' ',
                    ChangeTag::Delete => '-',
                    ChangeTag::Insert => '+',
                };
                // A line ends with a line feed and nothing else, for git.
                let end = if change.value().ends_with('\n') {
                    ""
                } else {
                    "\n\\ No newline at end of file\n"
                };
                text.push_str(&format!("{sign}{}{end}", change.value()));
            }
        }
        Ok(text)
    }

    /// The path of the file itself, no link, below the folder nigh runs in.
    fn shown(&self) -> anyhow::Result<String> {
        let here = std::fs::canonicalize(".")?;
        let whole = std::fs::canonicalize(&self.path).unwrap_or_else(|_| here.join(&self.path));
        let inside = whole
            .strip_prefix(&here)
            .ok()
            .filter(|path| path.components().all(|c| matches!(c, Component::Normal(_))));
        let outside = "is outside the current folder, where a diff cannot reach it; run nigh there, or use --apply";
        let inside = inside.with_context(|| format!("{} {outside}", self.path.display()))?;
        let parts = inside.components().map(|part| part.as_os_str().to_str());
        let parts: Option<Vec<&str>> = parts.collect();
        Ok(parts
            .with_context(|| format!("{} has no name in UTF-8", self.path.display()))?
            .join("/"))
    }

    /// Puts a new text in the file's place in one step; its permissions stay.
    pub fn write(&self, new: &str) -> anyhow::Result<()> {
        let path = std::fs::canonicalize(&self.path)?;
        let folder = path.parent().context("a file stands in a folder")?;
        let permissions = std::fs::metadata(&path)?.permissions();
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(self.whole(new).as_bytes())?;
        file.as_file().set_permissions(permissions)?;
        file.persist(&path)
            .with_context(|| format!("cannot write {}", self.path.display()))?;
        Ok(())
    }

    /// A text as the whole file.
    pub fn whole(&self, text: &str) -> String {
        if self.mark {
            format!("{MARK}{text}")
        } else {
            text.to_owned()
        }
    }
}

/// A name in the header of a diff as git writes it: quoted if it would be misread, followed by a
/// tab if it contains blanks.
fn quoted(name: &str) -> String {
    if !name.contains(|c: char| c.is_control() || ['"', '\\'].contains(&c)) {
        return if name.contains(' ') {
            format!("{name}\t")
        } else {
            name.to_owned()
        };
    }
    let escape = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        '\n' => "\\n".to_owned(),
        '\t' => "\\t".to_owned(),
        '\r' => "\\r".to_owned(),
        c if c.is_ascii_control() => format!("\\{:03o}", c as u32),
        c => c.to_string(),
    };
    format!("\"{}\"", name.chars().map(escape).collect::<String>())
}
