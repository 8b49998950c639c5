//! The thread that owns the model: one job at a time, the newest first, one slot per document and
//! kind of job.
//!
//! A new job replaces the one waiting in its slot and stops the one running from it; whoever waited
//! for those is answered at once, with nothing. When no job waits, the thread brings trees up to
//! date. A job whose ticket is dropped (the editor cancelled) stops within one token. The thread
//! knows nothing of what a job does.

use crate::documents::{DocumentEvent, DocumentListener, DocumentSnapshot, Documents};
use crate::model::{ChosenHandle, Description, Model};
use context::Snapshot;
use engine::Cancel;
use grammars::Grammar;
use remote::EngineStatus;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use syntax::{Rope, Syntax};
use tokio::sync::{oneshot, watch};

/// How long parsing may hold up a job; what takes longer is answered without a tree.
const PARSE_LIMIT: Duration = Duration::from_millis(40);
/// How long nothing must happen before reparsed trees are replaced by freshly parsed ones.
const SETTLE_DELAY: Duration = Duration::from_millis(400);
/// How often a parse looks whether a job has come.
const PREEMPT_POLL: Duration = Duration::from_millis(2);

/// Loads the model; runs on the worker's thread.
pub type Load = Box<dyn FnOnce() -> Result<Box<dyn Model>, String> + Send>;

/// Whether the model is there.
#[derive(Clone, Debug, PartialEq)]
pub enum Readiness {
    /// Being loaded.
    Loading,
    /// Loaded: the chosen one, or another in its place.
    Ready(Description),
    /// Could not be loaded, and why.
    Failed(String),
}

/// A document's URI and a kind of job.
type Slot = (String, &'static str);
/// What a job does; it sends its own answer.
type Run = Box<dyn FnOnce(&Snapshot, &mut dyn Model) + Send>;

struct Job {
    document: DocumentSnapshot,
    run: Run,
    cancel: Cancel,
    order: u64,
}

#[derive(Default)]
struct State {
    waiting: HashMap<Slot, Job>,
    running: Option<(Slot, Cancel)>,
    unparsed: bool,
    unsettled: bool,
    orders: u64,
}

/// What parses: [`Syntax::parse`].
type Parse =
    fn(&'static Grammar, &Rope, Option<&Syntax>, &mut dyn FnMut() -> bool) -> Option<Syntax>;

struct Shared {
    state: Mutex<State>,
    wake: Condvar,
    readiness: watch::Sender<Readiness>,
    documents: Arc<Documents>,
    busy: Arc<AtomicBool>,
    parse: Parse,
    /// The state of the remote engine; set before the model is ready.
    engine: OnceLock<watch::Receiver<EngineStatus>>,
    /// The chosen model, where it comes and goes; set before the model is ready.
    chosen: OnceLock<ChosenHandle>,
}

/// The way to the worker; its thread ends with the process.
#[derive(Clone)]
pub struct Worker {
    shared: Arc<Shared>,
}

/// A claim on an answer; dropping it stops the job.
pub struct Ticket<T> {
    answer: oneshot::Receiver<T>,
    cancel: Cancel,
}

impl<T> Ticket<T> {
    /// The answer; `None` if a newer job took this one's place, or there is no model.
    pub async fn answer(mut self) -> Option<T> {
        (&mut self.answer).await.ok()
    }
}

impl<T> Drop for Ticket<T> {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

impl Worker {
    /// Starts the thread, which loads the model first.
    pub fn start(documents: Arc<Documents>, load: Load) -> std::io::Result<Self> {
        Self::start_parsing(documents, load, Syntax::parse)
    }

    fn start_parsing(documents: Arc<Documents>, load: Load, parse: Parse) -> std::io::Result<Self> {
        let readiness = watch::Sender::new(Readiness::Loading);
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            wake: Condvar::new(),
            readiness,
            documents,
            busy: Arc::default(),
            parse,
            engine: OnceLock::new(),
            chosen: OnceLock::new(),
        });
        shared.documents.subscribe(&shared);
        let own = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("worker".into())
            .spawn(move || {
                let mut model = own.load(load);
                while catch_unwind(AssertUnwindSafe(|| own.work(model.as_deref_mut()))).is_err() {
                    tracing::error!("the worker failed; it goes on with what waits");
                    lock(&own.state).running = None;
                    std::thread::sleep(SETTLE_DELAY);
                }
            })?;
        Ok(Self { shared })
    }

    /// Whether the model is there, now and later.
    pub fn readiness(&self) -> watch::Receiver<Readiness> {
        self.shared.readiness.subscribe()
    }

    /// The state of the remote engine, if there is one; known once the model is ready.
    pub fn engine(&self) -> Option<watch::Receiver<EngineStatus>> {
        self.shared.engine.get().cloned()
    }

    /// The chosen model, where another one answers in its place at times; known once a model is
    /// ready.
    pub fn chosen(&self) -> Option<&ChosenHandle> {
        self.shared.chosen.get()
    }

    /// Set while a job waits or runs: other threads then do not use the processor.
    pub fn busy(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.shared.busy)
    }

    /// Puts a job into the slot of its document and kind. `run` gets the document with its tree,
    /// and the model.
    pub fn submit<T: Send + 'static>(
        &self,
        kind: &'static str,
        document: DocumentSnapshot,
        run: impl FnOnce(&Snapshot, &mut dyn Model) -> T + Send + 'static,
    ) -> Ticket<T> {
        let (reply, answer) = oneshot::channel();
        let cancel = Cancel::new();
        let slot = (document.uri.clone(), kind);
        // No one receives the answer if the editor has cancelled; it is of no use then.
        let run = Box::new(move |snapshot: &Snapshot, model: &mut dyn Model| {
            drop(reply.send(run(snapshot, model)))
        });
        let mut state = lock(&self.shared.state);
        state.stop_running(|running| *running == slot);
        state.orders += 1;
        let job = Job {
            document,
            run,
            cancel: cancel.clone(),
            order: state.orders,
        };
        state.waiting.insert(slot, job);
        self.shared.busy.store(true, Ordering::Relaxed);
        self.shared.wake.notify_one();
        Ticket { answer, cancel }
    }
}

impl DocumentListener for Shared {
    /// The jobs of the document are out of date, and so is its tree.
    fn document_changed(&self, uri: &str, _: &DocumentEvent<'_>) {
        let mut state = lock(&self.state);
        state.stop_running(|(running, _)| running == uri);
        state.waiting.retain(|(waiting, _), _| waiting != uri);
        state.unparsed = true;
        self.wake.notify_one();
    }
}

impl State {
    fn stop_running(&self, is_meant: impl Fn(&Slot) -> bool) {
        if let Some((slot, cancel)) = &self.running
            && is_meant(slot)
        {
            cancel.cancel();
        }
    }
}

enum Next {
    Job(Job),
    Parse,
    Settle,
    Rest,
}

impl Shared {
    /// Loads the model, and makes known what became of it.
    fn load(&self, load: Load) -> Option<Box<dyn Model>> {
        let described = || load().map(|model| (model.description(), model));
        let loaded = catch_unwind(AssertUnwindSafe(described));
        let (description, model) =
            match loaded.unwrap_or_else(|_| Err("loading the model failed".into())) {
                Ok(loaded) => loaded,
                Err(why) => {
                    self.readiness.send_replace(Readiness::Failed(why));
                    return None;
                }
            };
        match (&description.instead, model.chosen()) {
            // It says so itself.
            (_, Some(chosen)) => drop(self.chosen.set(chosen)),
            (Some(why), None) => tracing::error!("the embedded model answers instead: {why}"),
            (None, None) => {}
        }
        if let Some(engine) = model.engine() {
            let _ = self.engine.set(engine);
        }
        self.readiness.send_replace(Readiness::Ready(description));
        Some(model)
    }

    /// Works for as long as the process lives.
    fn work(&self, mut model: Option<&mut (dyn Model + 'static)>) {
        loop {
            let rests_at = model.as_deref().and_then(|model| model.rests_at());
            match self.next(rests_at) {
                Next::Job(job) => self.run(job, model.as_deref_mut()),
                Next::Rest => {
                    if let Some(model) = model.as_deref_mut() {
                        model.rest();
                    }
                }
                Next::Parse => self.idle(
                    |document, stop| self.parse(document, stop),
                    Documents::unparsed,
                ),
                Next::Settle => self.idle(
                    |document, stop| self.settle(document, stop),
                    Documents::unsettled,
                ),
            }
        }
    }

    /// Waits for something to do: the newest job, else parsing, else, after a pause, parsing
    /// afresh. At `rests_at`, the model is to rest.
    fn next(&self, rests_at: Option<Instant>) -> Next {
        let mut state = lock(&self.state);
        loop {
            let newest = state
                .waiting
                .iter()
                .max_by_key(|(_, job)| job.order)
                .map(|(slot, _)| slot.clone());
            if let Some((slot, job)) = newest.and_then(|slot| state.waiting.remove_entry(&slot)) {
                state.running = Some((slot, job.cancel.clone()));
                return Next::Job(job);
            }
            self.busy.store(false, Ordering::Relaxed);
            if std::mem::take(&mut state.unparsed) {
                state.unsettled = true;
                return Next::Parse;
            }
            let left = rests_at.map(|at| at.saturating_duration_since(Instant::now()));
            let pause = match (state.unsettled, left) {
                (false, Some(Duration::ZERO)) => return Next::Rest,
                (false, left) => left.unwrap_or(Duration::MAX),
                (true, _) => SETTLE_DELAY,
            };
            let (woken, pause) = self
                .wake
                .wait_timeout(state, pause)
                .unwrap_or_else(PoisonError::into_inner);
            state = woken;
            if pause.timed_out() && state.unsettled {
                state.unsettled = false;
                return Next::Settle;
            }
        }
    }

    fn run(&self, job: Job, model: Option<&mut (dyn Model + 'static)>) {
        let Job {
            mut document,
            run,
            cancel,
            ..
        } = job;
        if let Some(model) = model.filter(|_| !cancel.is_cancelled()) {
            let deadline = Instant::now() + PARSE_LIMIT;
            let mut parse = || {
                self.parse(&mut document, &mut || {
                    cancel.is_cancelled() || Instant::now() > deadline
                })
            };
            if catch_unwind(AssertUnwindSafe(&mut parse)).is_err() {
                tracing::error!("parsing failed; the job goes on without a tree");
                self.documents
                    .set_tree(&document.uri, document.revision, None);
            }
            model.set_cancel(cancel);
            if catch_unwind(AssertUnwindSafe(|| run(&document.snapshot, model))).is_err() {
                tracing::error!("a job failed; it is answered with nothing");
            }
        }
        lock(&self.state).running = None;
    }

    /// Does `work` on a document that `take` finds, unless a job comes; then requests another
    /// round. A document that makes it panic loses its tree, so that it is not tried again before
    /// its text changes.
    fn idle(
        &self,
        work: impl Fn(&mut DocumentSnapshot, &mut dyn FnMut() -> bool),
        take: fn(&Documents) -> Option<DocumentSnapshot>,
    ) {
        let Some(mut document) = take(&self.documents) else {
            return;
        };
        let mut looked = Instant::now();
        let mut stop = || {
            let due = looked.elapsed() > PREEMPT_POLL;
            if due {
                looked = Instant::now();
            }
            due && !lock(&self.state).waiting.is_empty()
        };
        let (uri, revision) = (document.uri.clone(), document.revision);
        if catch_unwind(AssertUnwindSafe(|| work(&mut document, &mut stop))).is_err() {
            tracing::error!(
                language = document.grammar.map(|grammar| grammar.id),
                "parsing failed; the file has no tree"
            );
            self.documents.set_tree(&uri, revision, None);
        }
        let mut state = lock(&self.state);
        (state.unparsed, state.unsettled) = (true, true);
    }

    fn settle(&self, document: &mut DocumentSnapshot, stop: &mut dyn FnMut() -> bool) {
        let Some(tree) = &document.snapshot.syntax else {
            return;
        };
        if let Some(settled) = tree.settle(document.snapshot.rope(), stop) {
            self.documents
                .set_tree(&document.uri, document.revision, Some(settled));
        }
    }

    /// Parses the document unless that is done already; leaves it without a tree if it is stopped.
    fn parse(&self, document: &mut DocumentSnapshot, stop: &mut dyn FnMut() -> bool) {
        let (false, Some(grammar)) = (document.parsed, document.grammar) else {
            return;
        };
        let mut stopped = false;
        let mut watched = || {
            stopped = stopped || stop();
            stopped
        };
        let old = document.snapshot.syntax.take();
        document.snapshot.syntax = (self.parse)(
            grammar,
            document.snapshot.rope(),
            old.as_ref(),
            &mut watched,
        );
        if !stopped {
            document.parsed = true;
            self.documents.set_tree(
                &document.uri,
                document.revision,
                document.snapshot.syntax.clone(),
            );
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
