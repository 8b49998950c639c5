//! A file of the disk that is searched for bugs: its text, its bugs, and the text with fixes.
//!
//! A byte order mark is kept but not searched. Offsets are bytes after the mark, except where
//! [`DiskFile::offset_on_disk`] gives them. Knows no command and no protocol.

use crate::documents::file_snapshot;
use crate::model::EngineModel;
use anyhow::Context;
use bugs::model_checks::unlikely::bugs_of_file;
use bugs::{Bug, PatternSelection, Search, fix_all, search};
use context::Snapshot;
use similar::{ChangeTag, TextDiff};
use std::io::Write;
use std::path::{Component, Path, PathBuf};
use text::{Edit, Encoding, apply};

const MARK: char = '\u{feff}';

/// A model that looks for bugs too.
pub struct SuspectingModel {
    /// The model.
    pub model: EngineModel,
    /// How much likelier other code must be, as a logarithm.
    pub margin: f32,
}

/// A file that was read.
pub struct DiskFile {
    /// Its path, as it was given.
    pub path: PathBuf,
    /// Whether it came by standard input.
    pub is_stdin: bool,
    /// Its text, without a byte order mark.
    pub text: String,
    mark: bool,
    snapshot: Snapshot,
}

impl DiskFile {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// The error says why it cannot be read.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let whole = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        Self::of(path, &path.to_string_lossy(), whole)
    }

    /// Reads a file that is not written, in any encoding that schemas are read in.
    ///
    /// # Errors
    ///
    /// The error says why it cannot be read.
    pub fn read_any(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {shown}"))?;
        let whole = data::find::text_of(bytes);
        let whole = whole.with_context(|| format!("{shown} is no text: save it as UTF-8"))?;
        Self::of(path, &path.to_string_lossy(), whole)
    }

    /// A text as that of a file at this path, which the patterns know by a name: some do not look
    /// into tests.
    ///
    /// # Errors
    ///
    /// If it is too large.
    pub fn of(path: &Path, name: &str, whole: String) -> anyhow::Result<Self> {
        let (mark, text) = match whole.strip_prefix(MARK) {
            Some(text) => (true, text.to_owned()),
            None => (false, whole),
        };
        let snapshot = file_snapshot(name, &text)?;
        Ok(Self {
            path: path.to_owned(),
            is_stdin: false,
            text,
            mark,
            snapshot,
        })
    }

    /// Why no pattern reads it, if none does.
    pub fn why_skipped(&self) -> Option<&'static str> {
        if self.snapshot.syntax.is_some() {
            return None;
        }
        let ending = self.path.extension().unwrap_or_default();
        Some(match ending == "ipynb" {
            true => "notebooks are read only in editors",
            false => "no pattern supports its language",
        })
    }

    /// What these patterns find. A model adds what it finds likelier by more than its margin.
    ///
    /// # Errors
    ///
    /// If the model fails.
    pub fn search(
        &self,
        patterns: PatternSelection<'_>,
        model: Option<&mut SuspectingModel>,
    ) -> anyhow::Result<Search> {
        let mut found = search(&self.snapshot, patterns);
        if let Some(SuspectingModel { model, margin }) = model {
            let bugs = &mut found.bugs;
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
        Ok(found)
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

    /// The change to `new` as a unified diff that `patch -p1` and `git apply` accept in `folder`.
    ///
    /// # Errors
    ///
    /// If the file is outside the folder, so that no diff can name it, or if its lines end with
    /// carriage returns only: git takes that for one long line, and programs that read text do not
    /// preserve it.
    pub fn diff(&self, new: &str, folder: &Path) -> anyhow::Result<String> {
        let lone_returns = self.text.matches('\r').count() > self.text.matches("\r\n").count();
        let path = self.path.display();
        anyhow::ensure!(
            !lone_returns,
            "{path} ends lines with carriage returns only; use --apply"
        );
        let (old, new) = (self.whole(&self.text), self.whole(new));
        let lines = |text| str::split_inclusive(text, '\n').collect::<Vec<&str>>();
        let (old, new) = (lines(&old), lines(&new));
        let path = self.path_in(folder)?;
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

    /// The path of the file itself, no link, below a folder.
    fn path_in(&self, folder: &Path) -> anyhow::Result<String> {
        let here = std::fs::canonicalize(folder)?;
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
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn write(&self, new: &str) -> anyhow::Result<()> {
        let path = std::fs::canonicalize(&self.path)?;
        let folder = path.parent().context("a file is in a folder")?;
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
