//! The thread "index", seen from outside: the events it takes, and its progress.
//!
//! Handlers send it what happened in the editor and never wait for it. It publishes each new state
//! of the index to the documents, which put it into every snapshot.

mod imports;
mod index_thread;
mod persistence;

use crate::documents::{DocumentEvent, DocumentListener, Documents};
use crate::settings::IndexSettings;
use index_thread::IndexThread;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{self, Sender};
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use workspace::Roots;
use workspace::Store;

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
    /// Files may have changed without an event for them.
    LookAgain,
    /// The index is to be stored now; answered when that is done.
    Store(oneshot::Sender<()>),
    /// The thread is to fail.
    #[cfg(test)]
    Fail,
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

/// How long a thread that failed waits before it starts again: at first, and at most.
const RESTART: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(60));

/// The way to the thread, which ends when this is dropped.
pub struct Indexer {
    events: Sender<Event>,
    progress: watch::Receiver<Progress>,
}

impl Indexer {
    /// Starts the thread. It does nothing before it gets folders.
    pub fn start(setup: Setup) -> std::io::Result<Self> {
        let (events, inbox) = mpsc::channel();
        let (sender, progress) = watch::channel(Progress::default());
        std::thread::Builder::new()
            .name("index".into())
            .spawn(move || {
                lower_priority();
                let mut thread = IndexThread::new(setup, inbox, sender);
                let mut pause = RESTART.0;
                // What makes it panic may be there still, so it does not hurry.
                while catch_unwind(AssertUnwindSafe(|| thread.run())).is_err() {
                    tracing::error!("the thread of the index failed; the index is rebuilt");
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(RESTART.1);
                    thread.restart();
                }
            })?;
        Ok(Self { events, progress })
    }

    /// Sends an event to the thread.
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

impl DocumentListener for Indexer {
    fn document_changed(&self, uri: &str, event: &DocumentEvent<'_>) {
        let uri = uri.to_owned();
        match event {
            DocumentEvent::Opened => self.tell(Event::Opened(uri)),
            DocumentEvent::Edited(_) => self.tell(Event::Edited(uri)),
            DocumentEvent::Closed => self.tell(Event::Closed(uri)),
            DocumentEvent::OutOfSync => {}
        }
    }
}

/// Lets everything else go first. Only the calling thread is meant, which only Linux can do in this
/// way.
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn a_thread_that_fails_is_restarted() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.py"), "def first(): pass\n").unwrap();
        let documents = Arc::new(Documents::default());
        let roots = documents.change_roots(vec![folder.path().to_owned()], &[]);
        let settings = IndexSettings::default();
        let setup = Setup {
            documents: Arc::clone(&documents),
            busy: Arc::default(),
            settings,
            store: Store::default(),
        };
        let indexer = Indexer::start(setup).unwrap();
        let wait_for = |name: &str| {
            let start = Instant::now();
            while documents.index().definitions(name, 1).is_empty() {
                assert!(
                    start.elapsed() < Duration::from_secs(20),
                    "{name} is not in the index"
                );
                std::thread::sleep(Duration::from_millis(5));
            }
        };
        indexer.tell(Event::Folders(roots));
        wait_for("first");
        indexer.tell(Event::Fail);
        std::fs::write(folder.path().join("b.py"), "def second(): pass\n").unwrap();
        indexer.tell(Event::Touched(vec![folder.path().join("b.py")]));
        wait_for("second");
        wait_for("first");
    }
}
