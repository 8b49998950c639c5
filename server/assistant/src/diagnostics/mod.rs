//! The bugs of open documents: found when the user pauses, kept per state of a document.
//!
//! [`Diagnostics::diagnose`] runs the patterns on a thread for blocking work, without a model.
//! `idle.rs` waits for pauses, looks at the document and announces what it found; then fixes are
//! checked by programs where the user trusts the workspace (`fix_checks.rs`), and a model that was
//! given a margin is asked (`model_checks.rs`). Fixes that a checker finds worse and bugs that the
//! user dismissed are left out. Whoever shows diagnostics reads [`Diagnostics::updates`].

mod cache;
mod document;
mod fix_checks;
mod idle;
mod model_checks;

use crate::blocking::{WorkFailed, blocking};
use crate::debounce::Debounce;
use crate::dismissed::DismissedBugs;
use crate::documents::{DocumentEvent, DocumentListener, DocumentSnapshot, Documents};
use crate::names::WorkspaceNames;
use crate::settings::{DiagnosticsSettings, SharedSettings};
use crate::worker::Worker;
use bugs::{Bug, Cause, Search, Unfinished, search};
use cache::DiagnosticsCache;
use checks::{Checks, Verdict};
pub use document::DocumentDiagnostics;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio::sync::{Notify, mpsc};

/// How long nothing must be typed before bugs are shown.
const DELAY: Duration = Duration::from_millis(400);
/// Larger documents are not searched, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// News about the bugs of a document.
pub enum DiagnosticsUpdate {
    /// The document was searched after a pause.
    Found(DocumentDiagnostics),
    /// Checkers, the model or the user changed what is shown of it.
    Revised(DocumentDiagnostics),
    /// The document was closed.
    Closed(String),
}

/// Finds the bugs of open documents.
pub struct Diagnostics {
    documents: Arc<Documents>,
    settings: Arc<SharedSettings>,
    dismissed: DismissedBugs,
    names: Arc<WorkspaceNames>,
    cache: DiagnosticsCache,
    /// Held while checkers run.
    checking: tokio::sync::Mutex<()>,
    /// Programs that check fixes; set if the user trusts the workspace.
    checks: OnceLock<Arc<Checks>>,
    worker: OnceLock<Worker>,
    edited: Mutex<Debounce<String>>,
    /// Wakes [`Diagnostics::follow`].
    wake: Notify,
    updates: mpsc::UnboundedSender<DiagnosticsUpdate>,
}

impl Diagnostics {
    /// Searches nothing by itself before [`Diagnostics::follow`]. News go to the receiver.
    pub fn new(
        documents: Arc<Documents>,
        settings: Arc<SharedSettings>,
        dismissed: DismissedBugs,
        names: Arc<WorkspaceNames>,
    ) -> (Self, mpsc::UnboundedReceiver<DiagnosticsUpdate>) {
        let (updates, receiver) = mpsc::unbounded_channel();
        let diagnostics = Self {
            documents,
            settings,
            dismissed,
            names,
            cache: DiagnosticsCache::default(),
            checking: tokio::sync::Mutex::default(),
            checks: OnceLock::new(),
            worker: OnceLock::new(),
            edited: Mutex::new(Debounce::new(DELAY, None)),
            wake: Notify::new(),
            updates,
        };
        (diagnostics, receiver)
    }

    /// Has fixes checked by programs from now on.
    pub fn use_checks(&self, checks: Checks) {
        // A second call would bring the same.
        let _ = self.checks.set(Arc::new(checks));
    }

    /// Has the model asked from now on, where the settings give it a margin.
    pub fn use_worker(&self, worker: Worker) {
        let _ = self.worker.set(worker);
    }

    /// Whether programs check fixes.
    pub fn has_checks(&self) -> bool {
        self.checks.get().is_some()
    }

    /// The number of documents for which some pattern gave up, and the names of these patterns.
    pub fn unfinished(&self) -> (usize, Vec<&'static str>) {
        self.cache.unfinished()
    }

    /// The bugs to show for a document in this state. Does not block: the search runs on another
    /// thread unless its result is known.
    pub async fn diagnose(
        &self,
        document: DocumentSnapshot,
    ) -> Result<DocumentDiagnostics, WorkFailed> {
        let found = self.search(document).await?;
        Ok(self.view(&found))
    }

    /// The bugs of a document after a pause in typing; `None` if typing goes on, or the document is
    /// closed.
    pub async fn diagnose_when_idle(
        &self,
        uri: &str,
    ) -> Result<Option<DocumentDiagnostics>, WorkFailed> {
        let Some(revision) = self.documents.revision(uri) else {
            return Ok(None);
        };
        tokio::time::sleep(DELAY).await;
        let Some(document) = self.documents.snapshot(uri) else {
            return Ok(None);
        };
        if document.revision != revision {
            return Ok(None);
        }
        let found = self.diagnose(document).await?;
        Ok((self.documents.revision(uri) == Some(revision)).then_some(found))
    }

    /// Remembers that a bug is none, and announces what is shown now. The error says why it is
    /// forgotten at the end of the session.
    pub fn dismiss(&self, found: &DocumentDiagnostics, bug: &Bug) -> std::io::Result<()> {
        let root = self.documents.root_of(&found.document.uri);
        let snapshot = &found.document.snapshot;
        let kept = self.dismissed.add(root.as_deref(), snapshot, bug);
        self.announce(DiagnosticsUpdate::Revised(self.view(found)));
        kept
    }

    async fn search(
        &self,
        document: DocumentSnapshot,
    ) -> Result<Arc<DocumentDiagnostics>, WorkFailed> {
        let settings = self.settings.get().diagnostics.clone();
        let names = Arc::clone(&self.names);
        let state = names.state(&document);
        if let Some(known) = self.cache.get(&document, &settings, state) {
            return Ok(known);
        }
        let search = move || search_document(document, settings, &names);
        let found = Arc::new(blocking(search).await?);
        // Without its tree nothing was searched; the worker may have it the next time.
        let is_open = self.documents.revision(&found.document.uri).is_some();
        if found.document.parsed && is_open {
            self.cache.insert(&found);
        }
        Ok(found)
    }

    /// What is shown of a result: with what the model suspects, without dismissed bugs and without
    /// fixes that a checker finds worse.
    fn view(&self, found: &DocumentDiagnostics) -> DocumentDiagnostics {
        let mut view = found.clone();
        view.set_verdicts(self.cache.verdicts(&found.document));
        if self.margin().is_some() {
            view.bugs.extend(self.cache.suspected(found));
        }
        let root = self.documents.root_of(&found.document.uri);
        let snapshot = &found.document.snapshot;
        let bugs = std::mem::take(&mut view.bugs);
        view.bugs = bugs
            .into_iter()
            .filter(|bug| !matches!(view.verdict(&bug.finding.edits), Some(Verdict::Worse(_))))
            .filter(|bug| !self.dismissed.holds(root.as_deref(), snapshot, bug))
            .collect();
        let place = |bug: &Bug| (bug.finding.range.start, bug.finding.range.end);
        view.bugs.sort_by_key(place);
        view
    }

    /// How much likelier the model must find a change for a bug to be shown; `None` if it is not
    /// asked.
    fn margin(&self) -> Option<f32> {
        self.worker.get()?;
        self.settings.get().model.bug_margin
    }

    fn announce(&self, update: DiagnosticsUpdate) {
        // At the end of a session no one receives it any more.
        let _ = self.updates.send(update);
    }
}

impl DocumentListener for Diagnostics {
    fn document_changed(&self, uri: &str, event: &DocumentEvent<'_>) {
        if let DocumentEvent::Closed = event {
            self.cache.remove(uri);
            self.announce(DiagnosticsUpdate::Closed(uri.to_owned()));
        } else {
            self.touch(uri);
        }
    }
}

/// Runs the patterns over a document, whose tree is made if it is out of date, and looks up its
/// names.
fn search_document(
    document: DocumentSnapshot,
    settings: DiagnosticsSettings,
    names: &WorkspaceNames,
) -> DocumentDiagnostics {
    let document = document.parsed();
    let is_small = document.snapshot.rope().len_bytes() <= MAX_BYTES;
    let mut result = if settings.enabled && document.parsed && is_small {
        search(&document.snapshot, settings.choice())
    } else {
        Search::default()
    };
    log_unfinished(&result.unfinished);
    let around = names.around(document.clone());
    let schema = around.as_ref().and_then(|around| around.schema.as_ref());
    let state = schema.map_or(0, |schema| schema.generation);
    if let Some(around) = around.filter(|_| settings.enabled) {
        let is_wanted = |bug: &Bug| {
            !settings
                .disabled
                .iter()
                .any(|code| code == bug.finding.code)
        };
        result
            .bugs
            .extend(names.bugs(&around).into_iter().filter(is_wanted));
    }
    DocumentDiagnostics::new(document, result, settings, state)
}

/// Logs which patterns gave up.
fn log_unfinished(unfinished: &[Unfinished]) {
    for Unfinished { code, cause } in unfinished {
        match cause {
            Cause::Limit => tracing::warn!(pattern = code, "the pattern takes too long in a file"),
            Cause::Panic => tracing::error!(pattern = code, "the pattern failed in a file"),
        }
    }
}
