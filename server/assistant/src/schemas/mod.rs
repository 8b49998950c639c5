//! The schemas of the workspace's folders: read when one is first asked for, and again after a
//! source has changed.
//!
//! No request waits for a schema that was read before: it gets the last one, and a new one is read
//! on a thread of its own. Whoever shows what depends on schemas follows [`Schemas::changes`]. Only
//! `workspace` decides which files may be read. This module knows no statement and no question.

mod project;

pub use project::{ProjectSchema, doubt_what_code_changes, today};

use data::find::may_change_schema;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How old a schema may be before it is read again although no change was heard of.
const READ_AGAIN: Duration = Duration::from_secs(300);
/// How long files must be quiet before a schema is read again.
const SETTLE: Duration = Duration::from_millis(300);
/// How long someone who asked waits for the first schema of a folder.
const FIRST_WAIT: Duration = Duration::from_secs(3);
/// The most folders whose schemas are kept.
const MAX_FOLDERS: usize = 16;

/// The schemas of all folders.
pub struct Schemas {
    folders: Mutex<HashMap<PathBuf, FolderSchema>>,
    /// Counts the schemas that were read.
    changes: watch::Sender<u64>,
}

/// What is known of the schema of a folder.
#[derive(Default)]
struct FolderSchema {
    known: Option<Arc<ProjectSchema>>,
    /// Whether a thread reads it now.
    is_being_read: bool,
    /// Whether a source has changed since it was read last.
    is_outdated: bool,
    /// When it was read last.
    read_at: Option<Instant>,
}

impl Default for Schemas {
    fn default() -> Self {
        Self {
            folders: Mutex::default(),
            changes: watch::Sender::new(0),
        }
    }
}

impl Schemas {
    /// The schema of a folder as it was read last; `None` before the first time. Has it read if it
    /// is missing or old.
    pub fn of(self: &Arc<Self>, root: &Path) -> Option<Arc<ProjectSchema>> {
        let mut folders = self.folders();
        if folders.len() >= MAX_FOLDERS && !folders.contains_key(root) {
            folders.retain(|_, folder| folder.is_being_read);
        }
        let folder = folders.entry(root.to_owned()).or_default();
        let is_old = folder.read_at.is_none_or(|at| at.elapsed() > READ_AGAIN);
        if (is_old || folder.is_outdated) && !folder.is_being_read {
            folder.is_being_read = self.start_reading(root.to_owned());
        }
        folder.known.clone()
    }

    /// The same, but waits a moment for the first time.
    pub async fn ready(self: &Arc<Self>, root: &Path) -> Option<Arc<ProjectSchema>> {
        let mut changes = self.changes();
        let first = async {
            loop {
                if let Some(known) = self.of(root) {
                    return Some(known);
                }
                changes.changed().await.ok()?;
            }
        };
        let waited = tokio::time::timeout(FIRST_WAIT, first).await;
        waited.ok().flatten()
    }

    /// How many schemas were read, now and later.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Takes note of files or folders that were written, made or deleted; whether a schema that is
    /// known may have changed, and will be read again by whoever asks for it.
    pub fn touched(&self, paths: &[PathBuf]) -> bool {
        let mut may_have_changed = false;
        for (root, folder) in self.folders().iter_mut() {
            let concerns = |path: &PathBuf| {
                let inner = path.strip_prefix(root);
                inner.is_ok_and(|inner| {
                    // A name without an ending may be that of a folder.
                    let name = inner.to_string_lossy().replace('\\', "/");
                    inner.extension().is_none() || may_change_schema(&name)
                })
            };
            if paths.iter().any(concerns) {
                folder.is_outdated = true;
                may_have_changed |= folder.known.is_some();
            }
        }
        may_have_changed
    }

    /// Whether a thread reads it from now on.
    fn start_reading(self: &Arc<Self>, root: PathBuf) -> bool {
        let (schemas, folder) = (Arc::clone(self), root.clone());
        let started = std::thread::Builder::new()
            .name("schema".into())
            .spawn(move || schemas.read(&folder));
        if let Err(error) = &started {
            tracing::error!(%error, "the thread that reads schemas could not be started");
        }
        started.is_ok()
    }

    /// Reads the schema of a folder until no source has changed meanwhile.
    fn read(&self, root: &Path) {
        loop {
            self.folders()
                .entry(root.to_owned())
                .or_default()
                .is_outdated = false;
            let read = catch_unwind(AssertUnwindSafe(|| ProjectSchema::read(root)));
            let mut folders = self.folders();
            let folder = folders.entry(root.to_owned()).or_default();
            folder.read_at = Some(Instant::now());
            match read {
                Ok(schema) => folder.known = Some(Arc::new(schema)),
                Err(_) => tracing::error!("reading the schema of a folder failed"),
            }
            let is_outdated = folder.is_outdated;
            folder.is_being_read = is_outdated;
            drop(folders);
            self.changes.send_modify(|count| *count += 1);
            if !is_outdated {
                return;
            }
            std::thread::sleep(SETTLE);
        }
    }

    fn folders(&self) -> MutexGuard<'_, HashMap<PathBuf, FolderSchema>> {
        self.folders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
