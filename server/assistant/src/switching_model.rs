//! The model that the user chose, and the embedded one in its place: while the chosen one is
//! loaded, if it cannot be used, and after it was given back because it was not asked for long.
//!
//! A thread of its own loads the chosen model. The worker's thread takes it over before a job, so
//! that one job has one model, and gives it back when [`Model::rests_at`] has come. So there is
//! always a model that answers.

use crate::device::{Devices, ProbeModel};
use crate::memory;
use crate::model::{ChosenHandle, ChosenModel, ChosenPhase, ChosenStatus};
use crate::model::{Description, EngineModel, Model};
use crate::settings::ModelSettings;
use context::{Alternative, Answer, AnswerMask, Budget, CountTokens, Effort, FimFormat, Generate};
use context::{GenerateError, Prompt, Segment, Writer};
use engine::{Cancel, LoadWatch};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// A chosen model that is loaded sooner than this answers from the first request on.
const SOON: Duration = Duration::from_millis(200);

/// Opens the chosen model.
pub type OpenChosen = Box<dyn Fn(LoadWatch) -> Result<Box<dyn Model>, String> + Send + Sync>;
/// Opens the model that answers in its place.
pub type OpenFallback = Box<dyn Fn() -> Result<Box<dyn Model>, String> + Send>;

struct Shared {
    open: OpenChosen,
    status: watch::Sender<ChosenStatus>,
    /// The flag of the latest loading.
    cancel: Arc<Mutex<Cancel>>,
    loading: Mutex<Loading>,
    ended: Condvar,
}

#[derive(Default)]
struct Loading {
    /// Whether a thread loads the model.
    runs: bool,
    /// The loaded model, until a job takes it.
    arrived: Option<Box<dyn Model>>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Loading> {
        self.loading.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn phase(&self) -> ChosenPhase {
        self.status.borrow().phase
    }

    /// Starts the thread that loads the model.
    fn load(self: &Arc<Self>) {
        let cancel = Cancel::new();
        *self.cancel.lock().unwrap_or_else(PoisonError::into_inner) = cancel.clone();
        *self.lock() = Loading {
            runs: true,
            arrived: None,
        };
        self.status.send_modify(|status| {
            (status.phase, status.percent, status.why) = (ChosenPhase::Loading, Some(0), None);
        });
        let reported = Arc::clone(self);
        let report = move |percent| {
            reported
                .status
                .send_modify(|status| status.percent = status.percent.max(Some(percent)));
        };
        let watch = LoadWatch {
            cancel: cancel.clone(),
            report: Arc::new(report),
            is_background: true,
        };
        let own = Arc::clone(self);
        // Whatever a file does to its reader, there is a model.
        let load = move || {
            let opened = catch_unwind(AssertUnwindSafe(|| (own.open)(watch)));
            let failed = "reading the model failed unexpectedly; please report this";
            own.end(opened.unwrap_or_else(|_| Err(failed.into())), &cancel);
        };
        let started = std::thread::Builder::new()
            .name("loader".into())
            .spawn(load);
        if let Err(error) = started {
            self.end(
                Err(format!("no thread could be started: {error}")),
                &Cancel::new(),
            );
        }
    }

    /// The model is there, or will not be.
    fn end(&self, opened: Result<Box<dyn Model>, String>, cancel: &Cancel) {
        let mut loading = self.lock();
        let (phase, why, running) = match opened {
            _ if cancel.is_cancelled() => (ChosenPhase::Cancelled, None, None),
            Err(why) => (ChosenPhase::Failed, Some(why), None),
            Ok(model) => {
                let description = model.description();
                loading.arrived = Some(model);
                (ChosenPhase::Ready, None, Some(description))
            }
        };
        loading.runs = false;
        self.status.send_modify(|status| {
            (status.phase, status.percent) = (phase, None);
            status.why = why;
            status.running = running.unwrap_or_else(|| status.running.clone());
            match &status.why {
                None => tracing::info!(model = status.name, ?phase, "the chosen model"),
                Some(why) => tracing::error!("the embedded model answers instead: {why}"),
            }
        });
        self.ended.notify_all();
    }

    /// Waits for the end of loading, at most so long; `None` for as long as it takes.
    fn wait(&self, limit: Option<Duration>) -> Option<Box<dyn Model>> {
        let deadline = limit.map(|limit| Instant::now() + limit);
        let mut loading = self.lock();
        while loading.runs {
            let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                break;
            }
            let left = left.unwrap_or(Duration::MAX);
            let woken = self.ended.wait_timeout(loading, left);
            loading = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        loading.arrived.take()
    }
}

/// The chosen model or the embedded one, whichever can answer.
pub struct SwitchingModel {
    shared: Arc<Shared>,
    open_fallback: OpenFallback,
    current: Box<dyn Model>,
    is_chosen: bool,
    /// How long it may be unused before it is given back; zero for as long as the program runs.
    idle: Duration,
    used_at: Instant,
}

impl SwitchingModel {
    /// Starts loading the model `name`. The error says why there is no model at all.
    pub fn start(
        name: String,
        open: OpenChosen,
        open_fallback: OpenFallback,
        idle: Duration,
    ) -> Result<Self, String> {
        let shared = Arc::new(Shared {
            open,
            status: watch::Sender::new(ChosenStatus {
                name,
                phase: ChosenPhase::Loading,
                percent: Some(0),
                why: None,
                running: Description::default(),
            }),
            cancel: Arc::default(),
            loading: Mutex::default(),
            ended: Condvar::new(),
        });
        shared.load();
        let (current, is_chosen) = match shared.wait(Some(SOON)) {
            Some(model) => (model, true),
            None => match open_fallback() {
                Ok(model) => (model, false),
                Err(error) => {
                    let late = shared.wait(None);
                    let why = || shared.status.borrow().instead().unwrap_or_default();
                    let model =
                        late.ok_or_else(|| format!("{}; and the embedded model: {error}", why()))?;
                    (model, true)
                }
            },
        };
        let model = Self {
            shared,
            open_fallback,
            current,
            is_chosen,
            idle,
            used_at: Instant::now(),
        };
        model.set_running();
        Ok(model)
    }

    fn handle(&self) -> ChosenHandle {
        let cancel = Arc::clone(&self.shared.cancel);
        ChosenHandle::new(self.shared.status.subscribe(), cancel)
    }

    /// Shows the fallback in the status, unless the chosen model has come meanwhile.
    fn set_running(&self) {
        let running = self.current.description();
        self.shared.status.send_if_modified(|status| {
            let is_shown = status.phase == ChosenPhase::Ready;
            if !is_shown {
                status.running = running;
            }
            !is_shown
        });
    }

    /// Takes over the chosen model if it is there, and has it loaded if it was given back.
    fn switch(&mut self) {
        if self.is_chosen {
            return;
        }
        let arrived = self.shared.lock().arrived.take();
        match arrived {
            Some(model) => (self.current, self.is_chosen) = (model, true),
            None if self.shared.phase() == ChosenPhase::Unused => self.shared.load(),
            None => {}
        }
    }
}

impl Drop for SwitchingModel {
    fn drop(&mut self) {
        self.handle().cancel();
    }
}

impl CountTokens for SwitchingModel {
    fn count(&self, text: &str) -> usize {
        self.current.count(text)
    }
}

impl Generate for SwitchingModel {
    fn fim_format(&self) -> Option<FimFormat> {
        self.current.fim_format()
    }

    fn budget(&self) -> Budget {
        self.current.budget()
    }

    fn spare_tokens(&self) -> usize {
        self.current.spare_tokens()
    }

    fn generate(
        &mut self,
        prompt: &Prompt,
        effort: Effort,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Answer, GenerateError> {
        self.current.generate(prompt, effort, on_text)
    }

    fn names(&self) -> Vec<String> {
        self.current.names()
    }

    fn knows(&self, marker: &str) -> bool {
        self.current.knows(marker)
    }

    fn score(
        &mut self,
        prompt: &Prompt,
        continuations: &[Vec<Segment>],
    ) -> Result<Vec<Vec<f32>>, GenerateError> {
        self.current.score(prompt, continuations)
    }

    fn begin(
        &mut self,
        prompt: &Prompt,
        continuations: &[Vec<Segment>],
    ) -> Result<Vec<f32>, GenerateError> {
        self.current.begin(prompt, continuations)
    }

    fn read_ahead(&mut self, prompt: &Prompt) -> Result<(), GenerateError> {
        self.current.read_ahead(prompt)
    }

    fn alternatives(
        &mut self,
        prompt: &Prompt,
        count: usize,
        max_tokens: usize,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Result<Vec<Alternative>, GenerateError> {
        self.current
            .alternatives(prompt, count, max_tokens, goes_on)
    }

    fn generate_masked(
        &mut self,
        prompt: &Prompt,
        max_tokens: usize,
        mask: &dyn AnswerMask,
    ) -> Result<Option<String>, GenerateError> {
        self.current.generate_masked(prompt, max_tokens, mask)
    }

    fn writer(&mut self) -> Option<&mut dyn Writer> {
        self.current.writer()
    }
}

impl Model for SwitchingModel {
    /// The beginning of a job.
    fn set_cancel(&mut self, cancel: Cancel) {
        self.used_at = Instant::now();
        self.switch();
        self.current.set_cancel(cancel);
    }

    fn description(&self) -> Description {
        let instead = || {
            let status = self.shared.status.borrow();
            let soon = || format!("{} answers the next request", status.name);
            status.instead().unwrap_or_else(soon)
        };
        Description {
            instead: (!self.is_chosen).then(instead),
            ..self.current.description()
        }
    }

    fn chosen(&self) -> Option<ChosenHandle> {
        Some(self.handle())
    }

    fn rests_at(&self) -> Option<Instant> {
        let holds = matches!(
            self.shared.phase(),
            ChosenPhase::Loading | ChosenPhase::Ready
        );
        (holds && !self.idle.is_zero()).then(|| self.used_at + self.idle)
    }

    /// Gives the chosen model back. What is still being loaded gets as long again.
    fn rest(&mut self) {
        if self.shared.phase() != ChosenPhase::Ready {
            self.used_at = Instant::now();
            return;
        }
        if self.is_chosen {
            match (self.open_fallback)() {
                Ok(model) => (self.current, self.is_chosen) = (model, false),
                Err(why) => {
                    tracing::warn!("the chosen model is kept: the embedded one has failed: {why}");
                    self.used_at = Instant::now();
                    return;
                }
            }
        }
        self.shared.lock().arrived = None;
        memory::give_back();
        let running = self.current.description();
        self.shared.status.send_modify(|status| {
            (status.phase, status.running) = (ChosenPhase::Unused, running);
            tracing::info!(model = status.name, "a model that was not used is unloaded");
        });
    }
}

/// The model of an editor: the chosen one, or the embedded one, also where the chosen one is not
/// there, cannot be used or cannot complete. [`Description::instead`] says why then. Each is given
/// one of the devices, if it is worth it.
pub fn serving(
    chosen: Result<Option<ChosenModel>, String>,
    settings: &ModelSettings,
    devices: &Devices,
) -> Result<Box<dyn Model>, String> {
    let (threads, prompt_tokens) = (settings.threads, settings.prompt_tokens);
    let chosen = match chosen {
        Ok(Some(chosen)) => chosen,
        Ok(None) => return completing(Ok(None), settings, devices),
        Err(why) => {
            let model = EngineModel::embedded(threads, Some(why))?;
            return Ok(settled(model, None, threads, devices));
        }
    };
    let name = chosen.name.clone();
    let for_chosen = devices.clone();
    let open: OpenChosen = Box::new(move |watch| {
        let opened = Ok(Some(chosen.clone()));
        let model = EngineModel::completing(opened, threads, prompt_tokens, Some(watch))?;
        Ok(settled(model, Some(chosen.clone()), threads, &for_chosen))
    });
    let for_embedded = devices.clone();
    let fallback: OpenFallback = Box::new(move || {
        let model = EngineModel::embedded(threads, None)?;
        Ok(settled(model, None, threads, &for_embedded))
    });
    let idle = Duration::from_secs(60 * u64::from(settings.idle_minutes));
    Ok(Box::new(SwitchingModel::start(name, open, fallback, idle)?))
}

/// The chosen model, or the embedded one if none was chosen. The error says why it cannot complete.
pub fn completing(
    chosen: Result<Option<ChosenModel>, String>,
    settings: &ModelSettings,
    devices: &Devices,
) -> Result<Box<dyn Model>, String> {
    let (threads, prompt_tokens) = (settings.threads, settings.prompt_tokens);
    let named = chosen.clone().ok().flatten();
    let model = EngineModel::completing(chosen, threads, prompt_tokens, None)?;
    Ok(settled(model, named, threads, devices))
}

/// A model that keeps its packed copy and looks for a GPU.
fn settled(
    mut model: EngineModel,
    chosen: Option<ChosenModel>,
    threads: usize,
    devices: &Devices,
) -> Box<dyn Model> {
    model.keep_copy();
    model.look_for_gpus(devices, ProbeModel { chosen }, threads);
    Box::new(model)
}
