//! Further steps of checking a fix: the language's own checker, and the user's tests. Both run
//! programs of this machine.
//!
//! The server calls [`Checks::check`] when typing pauses; `nigh fix` calls it and [`TestSuite`]. A
//! checker looks at the text without the fix and with it, in the sandbox: on a copy of one file, or
//! on a copy of the workspace in the cache folder (`overlay.rs`). The result for a text is cached.
//! Nothing under the workspace is written, nothing reaches a network. Whether programs may run at
//! all is up to the callers: the user must have allowed it. `checkers.rs` is the list.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod checkers;
mod installed;
mod overlay;
pub mod sandbox;
#[doc(hidden)]
pub mod skipped;
mod suite;
#[cfg(test)]
mod tests;

use crate::sandbox::{Sandbox, Tools, Workdir};
use anyhow::{Context, bail};
use checkers::{CheckScope, Checker, Count, Run};
use overlay::{Overlay, clean};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
pub use suite::TestSuite;
use workspace::stable_hash;

/// The most texts of which it is kept how many errors they have.
const MAX_KNOWN: usize = 512;

/// What runs checkers; one at a time.
pub struct Checks {
    sandbox: Sandbox,
    tools: Tools,
    /// Where copies of workspaces are kept.
    folder: Option<PathBuf>,
    known: Mutex<HashMap<u64, Count>>,
}

/// Which text is checked.
#[derive(Clone, Debug)]
pub struct CheckTarget {
    /// The file, absolute.
    pub path: PathBuf,
    /// The workspace around it.
    pub root: PathBuf,
    /// The language's id.
    pub language: String,
    /// Other files of the workspace as they are in the editor, where that may differ from the disk.
    pub others: Vec<(PathBuf, String)>,
}

/// What a checker says of a fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The text is clean, or cleaner than without the fix; the checker's name.
    Passed(&'static str),
    /// The fix brings errors; who says so.
    Worse(&'static str),
    /// It cannot be decided, and why.
    Inconclusive(String),
}

impl Checks {
    /// Keeps copies of workspaces in `folder`, or nothing without one. The error says why programs
    /// cannot be confined.
    pub fn new(folder: Option<PathBuf>) -> anyhow::Result<Self> {
        let sandbox = Sandbox::new()?;
        if !sandbox.means.landlock {
            bail!(
                "checkers and tests need a kernel that can confine them, and this one has no Landlock"
            );
        }
        for missing in sandbox.missing_protections() {
            tracing::warn!("{missing}");
        }
        if let Some(folder) = &folder {
            clean(folder);
        }
        let tools = Tools::find(sandbox.means.root);
        Ok(Self {
            sandbox,
            tools,
            folder,
            known: Mutex::default(),
        })
    }

    /// Whether the text `after` is clean, or cleaner than `before`, by the first checker that can
    /// tell.
    pub fn check(&self, place: &CheckTarget, before: &str, after: &str) -> Verdict {
        let mut reasons = Vec::new();
        let listed = grammars::by_id(&place.language).map(|grammar| &grammar.facts.checkers);
        let checkers = listed.into_iter().flatten();
        for checker in checkers.filter_map(|name| Checker::named(name)) {
            match self.compare(checker, place, before, after) {
                Ok(Verdict::Inconclusive(why)) => reasons.push(format!("{}: {why}", checker.name)),
                Ok(verdict) => return verdict,
                Err(error) => reasons.push(format!("{}: {error:#}", checker.name)),
            }
        }
        match reasons.is_empty() {
            true => Verdict::Inconclusive(format!("there is no checker for {}", place.language)),
            false => Verdict::Inconclusive(reasons.join("; ")),
        }
    }

    fn compare(
        &self,
        checker: &Checker,
        place: &CheckTarget,
        before: &str,
        after: &str,
    ) -> anyhow::Result<Verdict> {
        let fewer = match self.count(checker, place, after)? {
            Count::Errors(0) => return Ok(Verdict::Passed(checker.name)),
            Count::Unknown(why) => return Ok(Verdict::Inconclusive(why)),
            Count::Errors(after) => match self.count(checker, place, before)? {
                Count::Errors(before) => before.cmp(&after),
                Count::Unknown(why) => return Ok(Verdict::Inconclusive(why)),
            },
        };
        Ok(match fewer {
            std::cmp::Ordering::Greater => Verdict::Passed(checker.name),
            std::cmp::Ordering::Less => Verdict::Worse(checker.name),
            std::cmp::Ordering::Equal => Verdict::Inconclusive("as many errors as before".into()),
        })
    }

    /// How many errors a checker finds in a text.
    fn count(&self, checker: &Checker, place: &CheckTarget, text: &str) -> anyhow::Result<Count> {
        let mut state = DefaultHasher::new();
        (checker.name, &place.path, text, &place.others).hash(&mut state);
        let run = match checker.scope {
            CheckScope::File => {
                let name = place.path.file_name().context("the file has no name")?;
                let room = self.sandbox.room()?;
                room.write(name, text)?;
                Prepared {
                    room,
                    overlay: None,
                    folder: PathBuf::new(),
                    file: name.into(),
                }
            }
            CheckScope::Project(marks) => {
                let (prepared, stamp) = self.project(marks, place, text)?;
                stamp.hash(&mut state);
                prepared
            }
        };
        let key = state.finish();
        if let Some(known) = self.known().get(&key) {
            return Ok(known.clone());
        }
        let file = run.file.to_string_lossy();
        let asked = Run {
            tools: &self.tools,
            place,
            text,
            file: &file,
        };
        let mut job = (checker.job)(&asked).map_err(anyhow::Error::msg)?;
        job.folder.clone_from(&run.folder);
        let ran = run.room.run(&job, "")?;
        let count = (checker.count)(&ran, &run.room.path().join(&run.folder).join(&run.file));
        drop(run.overlay);
        let mut known = self.known();
        if known.len() >= MAX_KNOWN {
            known.clear();
        }
        known.insert(key, count.clone());
        Ok(count)
    }

    /// A copy of the workspace with the text in it, and what names its other files' state.
    fn project(
        &self,
        marks: &[&str],
        place: &CheckTarget,
        text: &str,
    ) -> anyhow::Result<(Prepared, u64)> {
        let inside = place
            .path
            .strip_prefix(&place.root)
            .context("the file is outside the workspace")?;
        let folders = inside.ancestors().skip(1);
        let has_mark = |folder: &&Path| {
            marks
                .iter()
                .any(|mark| place.root.join(folder).join(mark).is_file())
        };
        let folder = folders.into_iter().find(has_mark);
        let folder = folder
            .with_context(|| format!("there is no {} around the file", marks.join(", no ")))?;
        let room = self.room(&place.root)?;
        let overlay = Overlay::of(&room, &place.root)?;
        for (path, other) in &place.others {
            if let Ok(inside) = path.strip_prefix(&place.root) {
                overlay.put(&room, inside, other)?;
            }
        }
        overlay.put(&room, inside, text)?;
        let (folder, file) = (
            Path::new(overlay::TREE).join(folder),
            inside.strip_prefix(folder)?.to_owned(),
        );
        let stamp = overlay.stamp;
        Ok((
            Prepared {
                room,
                overlay: Some(overlay),
                folder,
                file,
            },
            stamp,
        ))
    }

    /// The room of a workspace: kept in the cache folder where there is one.
    fn room(&self, root: &Path) -> anyhow::Result<Workdir> {
        let Some(folder) = &self.folder else {
            return self.sandbox.room();
        };
        let name = stable_hash(&[root.to_string_lossy().as_bytes()]);
        self.sandbox.room_at(folder.join(format!("{name:016x}")))
    }

    fn known(&self) -> MutexGuard<'_, HashMap<u64, Count>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A room with a text in it, ready for a checker.
struct Prepared {
    room: Workdir,
    /// Holds the room against other servers.
    overlay: Option<Overlay>,
    /// Where the checker runs, inside the room.
    folder: PathBuf,
    /// The file, from there.
    file: PathBuf,
}
