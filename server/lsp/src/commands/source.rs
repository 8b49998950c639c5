//! A file as `nigh diagnose` and `nigh fix` read, search and write it: what stands in it stays as it is but for the fixes.
//!
//! A byte order mark is kept and not looked at. Offsets are bytes behind the mark.

use super::complete::snapshot;
use super::open_model;
use crate::cli::ModelChoice;
use crate::model::EngineModel;
use anyhow::Context;
use context::Snapshot;
use features::bugs::{Bug, Edit, applied, find, mend};
use features::unlikely::bugs_of_file;
use similar::TextDiff;
use std::io::Write;
use std::path::{Path, PathBuf};
use text::Encoding;

const MARK: char = '\u{feff}';

/// A model that looks for bugs too.
pub struct Suspecting {
    model: EngineModel,
    margin: f32,
}

impl Suspecting {
    /// The model of the arguments, if they give it a margin.
    pub fn of(choice: &ModelChoice) -> anyhow::Result<Option<Self>> {
        let Some(margin) = choice.bug_margin else { return Ok(None) };
        anyhow::ensure!(margin.is_finite() && margin >= 0.0, "--bug-margin must be 0 or more, not {margin}");
        Ok(Some(Self { model: open_model(choice)?, margin }))
    }
}

/// A file that was read.
pub struct Source {
    /// Its path, as it was given.
    pub path: PathBuf,
    /// Its text, without a byte order mark.
    pub text: String,
    mark: bool,
    snapshot: Snapshot,
}

impl Source {
    /// Reads a file. The error says why it cannot be read.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let whole = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let (mark, text) = match whole.strip_prefix(MARK) {
            Some(text) => (true, text.to_owned()),
            None => (false, whole),
        };
        let snapshot = snapshot(&path.to_string_lossy(), &text)?;
        Ok(Self { path: path.to_owned(), text, mark, snapshot })
    }

    /// Its bugs, without those of these patterns. A model adds what it finds likelier by more than its margin.
    pub fn bugs(&self, without: &[String], model: Option<&mut Suspecting>) -> anyhow::Result<Vec<Bug>> {
        let mut bugs = find(&self.snapshot, without);
        if let Some(Suspecting { model, margin }) = model {
            let apart = |new: &Bug| bugs.iter().all(|old| old.finding.range != new.finding.range);
            let new: Vec<Bug> = bugs_of_file(&self.snapshot, *margin, model)?.into_iter().filter(apart).collect();
            bugs.extend(new);
            bugs.sort_by_key(|bug| (bug.finding.range.start, bug.finding.range.end));
        }
        Ok(bugs)
    }

    /// The edits that mend these bugs together; `None` where they cannot be made.
    pub fn edits(&self, bugs: &[Bug]) -> Option<Vec<Edit>> {
        mend(&self.snapshot, &bugs.iter().collect::<Vec<_>>()).map(|(edits, _)| edits)
    }

    /// The text with these bugs mended.
    pub fn mended(&self, bugs: &[Bug]) -> String {
        self.edits(bugs).map_or_else(|| self.text.clone(), |edits| applied(&self.text, &edits))
    }

    /// The file as features see it.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Line and column of an offset, both from 1, columns in characters.
    pub fn place(&self, offset: usize) -> (u32, u32) {
        let position = self.snapshot.document.position(offset, Encoding::Utf32);
        (position.line + 1, position.character + 1)
    }

    /// A line by its number from 1.
    pub fn line(&self, number: u32) -> &str {
        self.text.lines().nth(number as usize - 1).unwrap_or_default()
    }

    /// The change to `new` as a unified diff that `patch -p1` and `git apply` take.
    pub fn diff(&self, new: &str) -> String {
        let (old, new) = (self.whole(&self.text), self.whole(new));
        let lines = |text| str::split_inclusive(text, '\n').collect::<Vec<&str>>();
        let (old, new) = (lines(&old), lines(&new));
        let path = self.shown();
        let diff = TextDiff::configure().newline_terminated(true).diff_slices(&old, &new);
        diff.unified_diff().header(&format!("a/{path}"), &format!("b/{path}")).to_string()
    }

    /// Its path below the folder nigh runs in, or without its root.
    fn shown(&self) -> String {
        let here = std::env::current_dir().unwrap_or_default();
        let inside = self.path.strip_prefix(here).unwrap_or(&self.path);
        inside.to_string_lossy().trim_start_matches("./").trim_start_matches('/').to_owned()
    }

    /// Puts a new text in the file's place in one step; its permissions stay.
    pub fn write(&self, new: &str) -> anyhow::Result<()> {
        let path = std::fs::canonicalize(&self.path)?;
        let folder = path.parent().context("a file stands in a folder")?;
        let permissions = std::fs::metadata(&path)?.permissions();
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(self.whole(new).as_bytes())?;
        file.as_file().set_permissions(permissions)?;
        file.persist(&path).with_context(|| format!("cannot write {}", self.path.display()))?;
        Ok(())
    }

    fn whole(&self, text: &str) -> String {
        if self.mark { format!("{MARK}{text}") } else { text.to_owned() }
    }
}
