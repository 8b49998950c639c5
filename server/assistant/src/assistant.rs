//! The application: everything that one session shares, put together.
//!
//! A door makes one [`Assistant`], starts what it needs and calls it from its handlers. What
//! happens to documents reaches all parts through [`Documents`]; the parts know nothing of each
//! other.

use crate::counters::Counters;
use crate::device::{DeviceReport, Devices};
use crate::diagnostics::{Diagnostics, DiagnosticsUpdate};
use crate::dismissed::DismissedBugs;
use crate::documents::Documents;
use crate::indexing::{Event, Indexer, Setup};
use crate::learning::{self, Learning};
use crate::model::{ChosenPhase, ChosenStatus, Description};
use crate::names::WorkspaceNames;
use crate::predicted_edit::LastPrediction;
use crate::read_ahead::ReadAhead;
use crate::same_change::LastSearch;
use crate::settings::{Settings, SharedSettings};
use crate::settings_json;
use crate::worker::{Load, Readiness, Worker};
use checks::Checks;
use completion::gate::Gate;
use context::GenerateError;
use remote::EngineStatus;
use serde_json::Value;
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use workspace::{Roots, Store};

/// Makes the function that loads the model, from the settings at the start.
pub type ChooseModel = Box<dyn Fn(&Settings) -> Load + Send + Sync>;

/// How an application is started.
pub struct AssistantOptions {
    /// The settings of the command line.
    pub settings: Settings,
    /// Loads the model.
    pub model: ChooseModel,
    /// Where the index is kept between sessions.
    pub store: Store,
    /// Where learning keeps its file.
    pub learning: learning::LearningOptions,
    /// Where checkers keep copies of workspaces; without it they are made each time.
    pub checks: Option<PathBuf>,
    /// The file of dismissed bugs.
    pub dismissed: Option<PathBuf>,
    /// Where the pages of reports are written; without it there are none.
    pub reports: Option<PathBuf>,
    /// The GPUs that models may use; those of `model` are the same.
    pub devices: Devices,
}

/// One session's documents, model, index, diagnostics, learning and settings.
pub struct Assistant {
    /// The open documents.
    pub documents: Arc<Documents>,
    /// Their bugs.
    pub diagnostics: Arc<Diagnostics>,
    /// What is learned from suggestions.
    pub learning: Arc<Learning>,
    /// What is counted for the status.
    pub counters: Counters,
    pub(crate) read_ahead: Arc<ReadAhead>,
    pub(crate) names: Arc<WorkspaceNames>,
    pub(crate) last_search: LastSearch,
    pub(crate) last_prediction: Arc<LastPrediction>,
    settings: Arc<SharedSettings>,
    options: AssistantOptions,
    worker: OnceLock<Worker>,
    indexer: OnceLock<Arc<Indexer>>,
    gate: OnceLock<Arc<Gate>>,
    updates: Mutex<Option<mpsc::UnboundedReceiver<DiagnosticsUpdate>>>,
    /// The names of models whose failure was reported.
    failed: Mutex<HashSet<String>>,
}

impl Assistant {
    /// An application whose parts are not started yet.
    pub fn new(options: AssistantOptions) -> Self {
        let documents = Arc::new(Documents::default());
        let settings = Arc::new(SharedSettings::new(options.settings.clone()));
        let learning = Arc::new(Learning::new(options.learning.clone()));
        let dismissed = DismissedBugs::new(options.dismissed.clone());
        let names = WorkspaceNames::new(Arc::clone(&documents), Arc::clone(&settings));
        let names = Arc::new(names);
        let (diagnostics, updates) = Diagnostics::new(
            Arc::clone(&documents),
            Arc::clone(&settings),
            dismissed,
            Arc::clone(&names),
        );
        let diagnostics = Arc::new(diagnostics);
        let read_ahead = ReadAhead::new(Arc::clone(&documents), Arc::clone(&settings));
        documents.subscribe(&learning);
        documents.subscribe(&diagnostics);
        Self {
            documents,
            diagnostics,
            learning,
            counters: Counters::default(),
            read_ahead: Arc::new(read_ahead),
            names,
            last_search: LastSearch::default(),
            last_prediction: Arc::default(),
            settings,
            options,
            worker: OnceLock::new(),
            indexer: OnceLock::new(),
            gate: OnceLock::new(),
            updates: Mutex::new(Some(updates)),
            failed: Mutex::default(),
        }
    }

    /// The settings as they are now.
    pub fn settings(&self) -> Arc<Settings> {
        self.settings.get()
    }

    /// Takes over settings from a client. The model, the engine and checks can be chosen only
    /// before the start: later settings may come from a workspace. Gives a sentence about each
    /// setting that is wrong and was ignored.
    pub fn set_settings(&self, value: &Value, at_start: bool) -> Vec<String> {
        let (mut new, problems) = settings_json::read(value);
        if at_start {
            new.model = new.model.overridden_by(&self.options.settings.model);
            new.engine = new.engine.overridden_by(&self.options.settings.engine);
        } else {
            let now = self.settings();
            (new.model, new.checks) = (now.model.clone(), now.checks);
            new.engine = now.engine.clone();
        }
        let (learns, index) = (new.learning.enabled, new.index.clone());
        self.settings.set(new);
        if !at_start {
            self.learning.set_enabled(learns);
            self.tell_indexer(Event::Settings(index));
            self.diagnostics.touch_all();
        }
        problems
    }

    /// Reads the gate that the settings name. The error says why the built-in one is used instead.
    pub fn load_gate(&self) -> Result<(), String> {
        let (gate, result) = match self.settings().model.gate() {
            Ok(gate) => (gate, Ok(())),
            Err(why) => (Gate::default(), Err(why)),
        };
        let _ = self.gate.set(Arc::new(gate));
        result
    }

    /// The gate, which decides how likely a completion is to be taken.
    pub fn gate(&self) -> Arc<Gate> {
        Arc::clone(self.gate.get_or_init(Arc::default))
    }

    /// Starts the worker, which loads the model.
    pub fn start_worker(&self) -> io::Result<()> {
        let load = (self.options.model)(&self.settings());
        let worker = Worker::start(Arc::clone(&self.documents), load)?;
        self.options.devices.use_busy(worker.busy());
        self.diagnostics.use_worker(worker.clone());
        self.read_ahead.use_worker(worker.clone());
        // After the worker, which drops the jobs of a document that changed.
        self.documents.subscribe(&self.read_ahead);
        let _ = self.worker.set(worker);
        Ok(())
    }

    /// Starts the index of the workspace, after the worker, which it gives way to.
    pub fn start_indexer(&self) -> io::Result<()> {
        let setup = Setup {
            documents: Arc::clone(&self.documents),
            busy: self.worker().map(Worker::busy).unwrap_or_default(),
            settings: self.settings().index.clone(),
            store: self.options.store.clone(),
        };
        let indexer = Arc::new(Indexer::start(setup)?);
        self.documents.subscribe(&indexer);
        let _ = self.indexer.set(indexer);
        self.change_folders(Vec::new(), &[]);
        Ok(())
    }

    /// Makes checkers ready if the user trusts the workspace. The error says why they cannot run.
    pub fn start_checks(&self) -> anyhow::Result<()> {
        if self.settings().checks.enabled {
            let checks = Checks::new(self.options.checks.clone())?;
            self.diagnostics.use_checks(checks);
        }
        Ok(())
    }

    /// Starts learning and diagnostics, which follow the documents from now on.
    pub fn start_following(&self) {
        self.learning.set_enabled(self.settings().learning.enabled);
        tokio::spawn(Arc::clone(&self.learning).follow());
        tokio::spawn(Arc::clone(&self.diagnostics).follow());
        tokio::spawn(follow_schemas(
            self.names.schemas.changes(),
            Arc::clone(&self.diagnostics),
        ));
    }

    /// News of diagnostics; `None` at the second call.
    pub fn diagnostics_updates(&self) -> Option<mpsc::UnboundedReceiver<DiagnosticsUpdate>> {
        let mut updates = self.updates.lock().unwrap_or_else(PoisonError::into_inner);
        updates.take()
    }

    /// The worker; absent before [`Assistant::start_worker`].
    pub fn worker(&self) -> Option<&Worker> {
        self.worker.get()
    }

    /// Whether a model is there, and which one answers now.
    pub fn readiness(&self) -> Readiness {
        if let Some(chosen) = self.chosen() {
            return Readiness::Ready(chosen.description().on_device());
        }
        let readiness = |worker: &Worker| worker.readiness().borrow().clone();
        match self.worker().map_or(Readiness::Loading, readiness) {
            Readiness::Ready(description) => Readiness::Ready(description.on_device()),
            other => other,
        }
    }

    /// What to report of a failure of the model that answers; nothing where one was reported.
    pub fn first_failure(&self, error: &GenerateError) -> Option<String> {
        let Readiness::Ready(Description { name, .. }) = self.readiness() else {
            return None;
        };
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = failed.insert(name.clone());
        is_new.then(|| {
            format!(
                "nigh cannot complete with the model {name}: {error}. `nigh model list` shows \
                 other models, `nigh model use NAME` chooses one."
            )
        })
    }

    /// The state of the chosen model, where another one answers in its place at times.
    pub fn chosen(&self) -> Option<ChosenStatus> {
        let status = self.worker()?.chosen()?.status().borrow().clone();
        Some(status)
    }

    /// Stops loading the chosen model, for the end of the program, and waits at most this long for
    /// that: so nothing is left of a copy that was being written.
    pub async fn stop_loading(&self, timeout: Duration) {
        let Some(chosen) = self.worker().and_then(Worker::chosen) else {
            return;
        };
        chosen.cancel();
        let mut status = chosen.status();
        let ended = status.wait_for(|status| status.phase != ChosenPhase::Loading);
        let _ = tokio::time::timeout(timeout, ended).await;
    }

    /// The state of the remote engine, if there is one.
    pub fn engine(&self) -> Option<EngineStatus> {
        let engine = self.worker()?.engine()?;
        let status = engine.borrow().clone();
        Some(status)
    }

    /// What is known of the devices of the model that answers.
    pub fn device_report(&self) -> Option<DeviceReport> {
        match self.readiness() {
            Readiness::Ready(description) => description.devices.report(),
            _ => None,
        }
    }

    /// Where the pages of reports are written.
    pub(crate) fn reports_folder(&self) -> Option<&Path> {
        self.options.reports.as_deref()
    }

    /// The GPUs that models may use.
    pub fn devices(&self) -> &Devices {
        &self.options.devices
    }

    /// The index thread; absent before [`Assistant::start_indexer`].
    pub fn indexer(&self) -> Option<&Indexer> {
        self.indexer.get().map(Arc::as_ref)
    }

    /// Sends an event to the index thread, if there is one.
    pub fn tell_indexer(&self, event: Event) {
        if let Some(indexer) = self.indexer() {
            indexer.tell(event);
        }
    }

    /// Takes note of files or folders that were written, made or deleted.
    pub fn files_changed(&self, paths: Vec<PathBuf>) {
        if self.names.schemas.touched(&paths) {
            self.diagnostics.touch_all();
        }
        self.tell_indexer(Event::Touched(paths));
    }

    /// Adds and removes folders of the workspace; returns those there are now.
    pub fn change_folders(&self, added: Vec<PathBuf>, removed: &[PathBuf]) -> Roots {
        let roots = self.documents.change_roots(added, removed);
        self.tell_indexer(Event::Folders(roots.clone()));
        roots
    }

    /// Has the index stored, and waits for that at most this long. What is not stored is read again
    /// in the next session.
    pub async fn store_index(&self, timeout: Duration) {
        if self.indexer().is_none() {
            return;
        }
        let (done, stored) = oneshot::channel();
        self.tell_indexer(Event::Store(done));
        let _ = tokio::time::timeout(timeout, stored).await;
    }
}

/// Has the bugs of all open documents looked for again whenever a schema was read.
async fn follow_schemas(mut changes: watch::Receiver<u64>, diagnostics: Arc<Diagnostics>) {
    while changes.changed().await.is_ok() {
        diagnostics.touch_all();
    }
}
