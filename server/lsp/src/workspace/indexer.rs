//! The thread "index", seen from outside: what it is told, and how far it is.
//!
//! Handlers tell it what happened in the editor and never wait for it. It publishes each new state of the index to the
//! documents, which put it into every snapshot.

use super::keeper::Keeper;
use super::roots::Roots;
use super::store::Store;
use crate::documents::Documents;
use crate::settings::IndexSettings;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{self, Sender};
use tokio::sync::{oneshot, watch};

/// What happened.
pub enum Event {
    /// The workspace's folders are these now.
    Folders(Roots),
    /// The settings are these now.
    Settings(IndexSettings),
    /// The document with this URI was opened.
    Opened(String),
    /// The document with this URI was edited.
    Edited(String),
    /// The document with this URI was closed.
    Closed(String),
    /// These files or folders were written, made or deleted.
    Touched(Vec<PathBuf>),
    /// Files may have changed of which nobody told.
    LookAgain,
    /// The index is to be stored now; answered when that is done.
    Store(oneshot::Sender<()>),
}

/// What the thread is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Switched off, or there is no workspace.
    #[default]
    Off,
    /// Looking for files.
    Walking,
    /// Reading files.
    Indexing,
    /// The index says what the files say.
    Ready,
}

/// How far it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// What it is at.
    pub phase: Phase,
    /// Files read of those that are new or changed.
    pub done: usize,
    /// Files that are new or changed.
    pub total: usize,
}

/// What the thread works with.
pub struct Setup {
    /// Where the index is published and the texts of open documents are found.
    pub documents: Arc<Documents>,
    /// Set while a completion waits or runs: then the thread does not work.
    pub busy: Arc<AtomicBool>,
    /// The settings at the start.
    pub settings: IndexSettings,
    /// Where the index is kept between sessions.
    pub store: Store,
}

/// The way to the thread, which ends when this is dropped.
pub struct Indexer {
    events: Sender<Event>,
    progress: watch::Receiver<Progress>,
}

impl Indexer {
    /// Starts the thread. It does nothing before it is told of folders.
    pub fn start(setup: Setup) -> std::io::Result<Self> {
        let (events, inbox) = mpsc::channel();
        let (sender, progress) = watch::channel(Progress::default());
        std::thread::Builder::new().name("index".into()).spawn(move || {
            lower_priority();
            Keeper::new(setup, inbox, sender).run();
        })?;
        Ok(Self { events, progress })
    }

    /// Tells the thread what happened.
    pub fn tell(&self, event: Event) {
        if self.events.send(event).is_err() {
            tracing::error!("the thread of the index has ended; what changes is not seen any more");
        }
    }

    /// How far it is, now and later.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.clone()
    }
}

/// Lets everything else go first. Only the calling thread is meant, which only Linux can do in this way.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    {
        const NICE: libc::c_int = 10;
        // SAFETY: the call takes three numbers and touches no memory of ours.
        if unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, NICE) } != 0 {
            tracing::debug!("the thread of the index runs with the usual priority");
        }
    }
}
