//! The GPUs of a process: a thread for each engine, which the supervisor runs on, and what all
//! engines share.

use super::open::OpenError;
use super::supervisor::{IDLE, NextStep, OpenFailure, Supervisor, Surroundings};
use super::verdicts::{VerdictKey, Verdicts};
use super::{DeviceChoice, DeviceReport, DeviceWatch, FoundGpu, GpuVerdict, ProbeModel};
use super::{open, probe, quiet};
use engine::{Engine, GpuError, GpuEvent, GpuStatus, LoadError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How long a model has answered before anything looks for GPUs: the first suggestions come first.
const START_DELAY: Duration = Duration::from_millis(if cfg!(test) { 10 } else { 2000 });

/// What all engines of the process share.
struct Shared {
    /// This program, which is its own probe.
    program: PathBuf,
    verdicts: Verdicts,
    /// Set while a request waits or runs.
    busy: OnceLock<Arc<AtomicBool>>,
    /// The last message for the user.
    notices: watch::Sender<Option<String>>,
}

impl Shared {
    fn notify(&self, message: String) {
        tracing::warn!("{message}");
        self.notices.send_replace(Some(message));
    }
}

/// The GPUs that engines of this process may be given. Cheap to clone.
#[derive(Clone, Default)]
pub struct Devices {
    /// Absent where only the CPU is to be used.
    shared: Option<Arc<Shared>>,
    choice: DeviceChoice,
}

/// An engine, and how a child process opens the same one.
pub struct Supervised<'a> {
    /// The engine.
    pub engine: &'a Arc<Engine>,
    /// Its model.
    pub model: ProbeModel,
    /// The threads that were asked for; 0 for as many as suit the machine.
    pub threads: usize,
}

impl Devices {
    /// Those of this machine; what is measured is kept in the cache folder. Only the CPU is used if
    /// the system does not say where this program is.
    pub fn of_machine(choice: DeviceChoice) -> Self {
        match probe::own_program() {
            Some(program) => Self::new(choice, program, open::gpu_folder()),
            None => Self::default(),
        }
    }

    /// Those that `program` finds and measures; results are kept in `folder`.
    pub fn new(choice: DeviceChoice, program: PathBuf, folder: Option<PathBuf>) -> Self {
        let shared = Shared {
            program,
            verdicts: Verdicts::new(folder),
            busy: OnceLock::new(),
            notices: watch::Sender::new(None),
        };
        Self {
            shared: Some(Arc::new(shared)),
            choice,
        }
    }

    /// The same GPUs with another choice.
    pub fn choosing(&self, choice: &DeviceChoice) -> Self {
        Self {
            shared: self.shared.clone(),
            choice: choice.clone(),
        }
    }

    /// What was chosen.
    pub fn choice(&self) -> &DeviceChoice {
        &self.choice
    }

    /// Has measurements wait while this is set.
    pub fn use_busy(&self, busy: Arc<AtomicBool>) {
        if let Some(shared) = &self.shared {
            let _ = shared.busy.set(busy);
        }
    }

    /// Shows the user a message, and logs it.
    pub fn notify(&self, message: String) {
        if let Some(shared) = &self.shared {
            shared.notify(message);
        }
    }

    /// Messages for the user: the last one, and later ones.
    pub fn notices(&self) -> Option<watch::Receiver<Option<String>>> {
        let shared = self.shared.as_ref()?;
        Some(shared.notices.subscribe())
    }

    /// What acts for a supervisor.
    pub(super) fn surroundings(&self, supervised: &Supervised) -> Option<EngineSurroundings> {
        let shared = self.shared.as_ref()?;
        Some(EngineSurroundings::new(Arc::clone(shared), supervised))
    }

    /// Starts a thread that finds a GPU for an engine, for as long as there is the engine.
    pub fn supervise(&self, supervised: &Supervised) -> DeviceWatch {
        let Some(surroundings) = self.surroundings(supervised) else {
            return DeviceWatch::default();
        };
        let watch = DeviceWatch::new(surroundings.report.subscribe(), supervised.engine);
        let (events, received) = mpsc::channel();
        let listen = move |event| {
            // No one listens any longer once a GPU was given up.
            let _ = events.send(event);
        };
        supervised.engine.watch_gpu(Box::new(listen));
        let choice = self.choice.clone();
        let started = std::thread::Builder::new()
            .name("gpu".into())
            .spawn(move || supervise(choice, surroundings, &received));
        if let Err(error) = started {
            tracing::warn!(%error, "no thread looks for GPUs");
        }
        watch
    }
}

/// How long a GPU may be idle; tests of a debug build cannot wait for minutes.
fn idle() -> Duration {
    #[cfg(debug_assertions)]
    if let Ok(seconds) = std::env::var("NIGH_GPU_IDLE_SECONDS") {
        return Duration::from_secs(seconds.parse().unwrap_or(1));
    }
    IDLE
}

/// Runs a supervisor until its engine is gone, or the CPU computes for good.
fn supervise(choice: DeviceChoice, surroundings: EngineSurroundings, events: &Receiver<GpuEvent>) {
    let (report, engine) = (surroundings.report.clone(), surroundings.engine.clone());
    let run = || {
        let mut supervisor = Supervisor::new(choice.clone(), surroundings, idle());
        // Without a GPU to look for, there is nothing to wait for either.
        let mut next = match choice {
            DeviceChoice::Cpu => supervisor.step(Instant::now(), None),
            _ => NextStep::After(START_DELAY),
        };
        loop {
            let event = match next {
                NextStep::Never => return,
                NextStep::AtEvent => events.recv().map(Some).ok(),
                NextStep::After(wait) => match events.recv_timeout(wait) {
                    Ok(event) => Some(Some(event)),
                    Err(RecvTimeoutError::Timeout) => Some(None),
                    Err(RecvTimeoutError::Disconnected) => None,
                },
            };
            // The engine, which would send, is gone.
            let Some(event) = event else { return };
            next = supervisor.step(Instant::now(), event);
        }
    };
    if catch_unwind(AssertUnwindSafe(run)).is_err() {
        tracing::error!("choosing a device failed; the CPU computes");
        if let Some(engine) = engine.upgrade() {
            engine.forget_gpu();
        }
        report.send_replace(DeviceReport {
            why: "the CPU: an internal error; see the log".into(),
            ..DeviceReport::default()
        });
    }
}

/// An engine of this process, and the machine.
pub(super) struct EngineSurroundings {
    shared: Arc<Shared>,
    engine: Weak<Engine>,
    model: ProbeModel,
    weight_bytes: u64,
    threads: usize,
    /// What distinguishes the model from others.
    identity: String,
    report: watch::Sender<DeviceReport>,
}

impl EngineSurroundings {
    fn new(shared: Arc<Shared>, supervised: &Supervised) -> Self {
        let Supervised {
            engine,
            model,
            threads,
        } = supervised;
        let adapter = model
            .chosen
            .as_ref()
            .and_then(|chosen| chosen.adapter.as_ref());
        let report = DeviceReport {
            why: "the CPU: GPUs were not looked for yet".into(),
            ..DeviceReport::default()
        };
        Self {
            shared,
            engine: Arc::downgrade(engine),
            weight_bytes: engine.info().weight_bytes,
            threads: engine::threads(*threads),
            identity: format!(
                "{} {:08x} {}",
                engine.info().name,
                engine.fingerprint(),
                adapter.map_or_else(String::new, |path| path.display().to_string())
            ),
            model: model.clone(),
            report: watch::Sender::new(report),
        }
    }

    fn key(&self, gpu: &FoundGpu) -> VerdictKey {
        VerdictKey {
            gpu: gpu.clone(),
            model: self.identity.clone(),
            threads: self.threads,
            version: env!("CARGO_PKG_VERSION").into(),
        }
    }

    /// Forgets what was measured of a GPU.
    pub(super) fn forget_verdict(&self, gpu: &FoundGpu) {
        self.shared.verdicts.forget(&self.key(gpu));
    }
}

impl Surroundings for EngineSurroundings {
    fn find(&mut self) -> Result<Vec<FoundGpu>, String> {
        probe::find(&self.shared.program)
    }

    fn known(&self, gpu: &FoundGpu) -> Option<GpuVerdict> {
        self.shared.verdicts.get(&self.key(gpu))
    }

    fn measure(&mut self, gpu: &FoundGpu) -> Option<GpuVerdict> {
        let _turn = self.shared.verdicts.turn()?;
        // Another process may just have done it.
        if let Some(known) = self.known(gpu) {
            return Some(known);
        }
        let (program, bytes) = (&self.shared.program, self.weight_bytes);
        let verdict = probe::measure(program, gpu, &self.model, self.threads, bytes);
        tracing::info!(
            gpu = gpu.name,
            driver = gpu.driver,
            ?verdict,
            "a GPU was measured"
        );
        if let Err(error) = self.shared.verdicts.keep(&self.key(gpu), &verdict) {
            tracing::warn!(%error, "the measurement of a GPU is not kept");
        }
        Some(verdict)
    }

    fn is_on_battery(&self) -> bool {
        quiet::is_on_battery()
    }

    fn is_quiet(&self, compares_times: bool) -> bool {
        // Before the worker runs, its first request is still to come.
        let is_busy = |busy: &Arc<AtomicBool>| busy.load(Ordering::Relaxed);
        let is_busy = self.shared.busy.get().is_none_or(is_busy);
        !is_busy && (!compares_times || quiet::is_quiet())
    }

    fn open(&mut self, gpu: &FoundGpu) -> Result<u64, OpenFailure> {
        let Some(engine) = self.engine.upgrade() else {
            return Err(OpenFailure::Other("the model is gone".into()));
        };
        open::open(&engine, gpu).map_err(|error| match error {
            OpenError::Load(LoadError::Gpu(GpuError::OutOfMemory(_))) => {
                OpenFailure::Memory(error.to_string())
            }
            error => OpenFailure::Other(error.to_string()),
        })
    }

    fn rest(&mut self) {
        if let Some(engine) = self.engine.upgrade() {
            engine.rest_gpu();
        }
    }

    fn forget(&mut self) {
        if let Some(engine) = self.engine.upgrade() {
            engine.forget_gpu();
        }
    }

    fn idle(&self) -> Option<Duration> {
        match self.engine.upgrade()?.gpu() {
            GpuStatus::InUse { idle, .. } => Some(idle),
            _ => None,
        }
    }

    fn show(&mut self, message: String) {
        self.shared.notify(message);
    }

    fn publish(&mut self, report: DeviceReport) {
        let is_new = self.report.borrow().why != report.why;
        if is_new {
            tracing::info!(device = report.in_use, "{}", report.why);
        }
        self.report.send_replace(report);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::device::ProbeFault;
    use crate::device::ranking::tests::gpu;
    use crate::device::{GpuClass, GpuVerdict};
    use engine::LoadOptions;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/model/tiny.gguf");

    fn tiny() -> Arc<Engine> {
        Arc::new(Engine::open(Path::new(TINY), &LoadOptions::default()).unwrap())
    }

    /// A program that finds this card, and gives this answer when it is to measure it.
    fn probing(folder: &Path, list: &str, verdict: &str) -> PathBuf {
        let path = folder.join("probe");
        let lines = format!(
            "#!/bin/sh\necho run >> '{}'\n[ \"$2\" = --list ] && {{ {list}; exit; }}\n{verdict}\n",
            folder.join("runs").display()
        );
        std::fs::write(&path, lines).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        path
    }

    fn echo(value: &impl serde::Serialize) -> String {
        format!("echo '{}'", serde_json::to_string(value).unwrap())
    }

    /// The report once it says this.
    fn wait_for(watch: &DeviceWatch, why: &str) -> DeviceReport {
        let start = Instant::now();
        loop {
            let report = watch.report().unwrap();
            if report.why.contains(why) {
                return report;
            }
            assert!(start.elapsed() < Duration::from_secs(20), "{report:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The report about a program that lists and measures so, and how often it ran.
    fn reported(list: &str, verdict: &str, why: &str) -> (DeviceReport, usize) {
        let folder = tempfile::tempdir().unwrap();
        let program = probing(folder.path(), list, verdict);
        // A choice by name, as the tests run on a busy machine.
        let choice = DeviceChoice::Named("RTX".into());
        let devices = Devices::new(choice, program, Some(folder.path().join("gpu")));
        devices.use_busy(Arc::default());
        let mut report = DeviceReport::default();
        for _ in 0..2 {
            let engine = tiny();
            let supervised = Supervised {
                engine: &engine,
                model: ProbeModel::default(),
                threads: 1,
            };
            report = wait_for(&devices.supervise(&supervised), why);
        }
        let runs = std::fs::read_to_string(folder.path().join("runs")).unwrap();
        (report, runs.lines().count())
    }

    fn card() -> String {
        echo(&[gpu("RTX 4060", GpuClass::Discrete)])
    }

    #[test]
    fn what_a_child_finds_is_reported_and_what_it_measures_is_kept() {
        let (report, runs) = reported(&card(), "kill -SEGV $$", "the test crashed");
        assert_eq!((report.in_use, report.gpus.len()), (None, 1));
        assert_eq!(runs, 3, "two lists and one measurement");
        let memory = GpuVerdict::unusable(ProbeFault::OutOfMemory, "no memory");
        let (_, runs) = reported(&card(), &echo(&memory), "no memory");
        assert_eq!(runs, 4, "memory may be free later");
    }

    #[test]
    fn a_driver_that_crashes_while_gpus_are_found_is_no_gpu() {
        let (report, _) = reported("kill -SEGV $$", "", "looking for GPUs crashed a driver");
        assert!(report.gpus.is_empty());
        let (report, _) = reported("echo '[]'", "", "no GPU was found");
        assert!(report.gpus.is_empty());
    }

    #[test]
    fn a_gpu_that_cannot_be_opened_here_is_reported_and_tried_again() {
        let right = GpuVerdict::Right {
            cpu_seconds: 2.0,
            gpu_seconds: 1.0,
        };
        let why = "RTX 4060 is no longer there; it is tried again in 1 s";
        let (report, _) = reported(&card(), &echo(&right), why);
        assert_eq!((report.in_use, report.memory_bytes), (None, None));
        assert_eq!(report.gpus[0].gain, Some(2.0));
    }

    #[test]
    fn nothing_runs_for_the_cpu_or_for_a_model_that_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let program = probing(folder.path(), "echo '[]'", "");
        let devices = Devices::new(DeviceChoice::Cpu, program, None);
        let engine = tiny();
        let supervised = Supervised {
            engine: &engine,
            model: ProbeModel::default(),
            threads: 1,
        };
        wait_for(&devices.supervise(&supervised), "you chose it");
        assert!(!folder.path().join("runs").exists(), "a child was started");
        let surroundings = devices.surroundings(&supervised).unwrap();
        let (events, received) = mpsc::channel();
        let choice = DeviceChoice::Named("RTX".into());
        let thread = std::thread::spawn(move || supervise(choice, surroundings, &received));
        drop((events, engine));
        thread.join().unwrap();
    }
}
