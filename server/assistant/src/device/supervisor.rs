//! When a GPU is measured, opened, given back and tried again. No threads and no clock: each step
//! says when the next one is due.

use super::decision::{ON_BATTERY, decide, times};
use super::{Decision, DeviceChoice, DeviceReport, FoundGpu, GpuVerdict, MeasuredGpu};
use engine::GpuEvent;
use std::time::{Duration, Instant};

/// A GPU that has not computed for this long is given back, so that it can sleep.
pub const IDLE: Duration = Duration::from_secs(180);
/// How often it is looked at while it is used: whether it is idle, and the machine on battery.
const LOOK: Duration = Duration::from_secs(60);
/// The first and the longest wait for a quiet moment to measure.
const FIRST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// A GPU that lives less than this has failed at once; so often, and it is given up.
const SHORT_LIFE: Duration = Duration::from_secs(10);
const SHORT_LIVES: u32 = 3;
/// The longest wait after a failure, as a power of two of seconds.
const LONGEST_PAUSE: u32 = 5;
/// After a life of this length a failure begins a new series.
const NEW_SERIES: Duration = Duration::from_secs(600);

/// How long a GPU without enough free memory is left to other programs.
const CROWDED: Duration = Duration::from_secs(600);

/// Why a GPU could not be given to the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenFailure {
    /// Other programs have its memory, or the model is too large for it.
    Memory(String),
    /// Anything else.
    Other(String),
}

/// What a supervisor acts on: the engine, the machine, the user.
pub trait Surroundings {
    /// The GPUs of the machine.
    fn find(&mut self) -> Result<Vec<FoundGpu>, String>;
    /// What is known of a GPU.
    fn known(&self, gpu: &FoundGpu) -> Option<GpuVerdict>;
    /// Measures a GPU; `None` while another process measures.
    fn measure(&mut self, gpu: &FoundGpu) -> Option<GpuVerdict>;
    /// Whether the machine runs on battery.
    fn is_on_battery(&self) -> bool;
    /// Whether no request runs and, if times are to be compared, the machine has little else to do.
    fn is_quiet(&self, compares_times: bool) -> bool;
    /// Gives a GPU to the engine; returns the bytes that are in use on it.
    fn open(&mut self, gpu: &FoundGpu) -> Result<u64, OpenFailure>;
    /// Has the engine give it back until it is wanted.
    fn rest(&mut self);
    /// Has the engine give it back for good.
    fn forget(&mut self);
    /// Time since the GPU computed; `None` if it is not in use.
    fn idle(&self) -> Option<Duration>;
    /// Shows the user a message.
    fn show(&mut self, message: String);
    /// Makes the state known.
    fn publish(&mut self, report: DeviceReport);
}

/// When the next step is due, unless an event comes before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextStep {
    /// After this time.
    After(Duration),
    /// Only at an event.
    AtEvent,
    /// Never: the CPU computes from now on.
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    /// Nothing is known yet.
    Start,
    /// Waiting for a quiet moment, this long the next time.
    Busy(Duration),
    /// The engine says when the GPU is wanted.
    Resting,
    /// On battery, until a prompt comes.
    Battery,
    /// A prompt came on battery; the next one is listened to after a while.
    BatteryPause,
    /// Computing since then.
    InUse(Instant),
    /// Waiting after a failure.
    Failed,
    /// Waiting until its memory may be free.
    Crowded,
    /// Given up.
    Over,
}

/// Failures that follow each other.
#[derive(Clone, Copy, Debug, Default)]
struct Series {
    failures: u32,
    short_lives: u32,
    is_shown: bool,
}

/// Decides about the GPU of one engine.
pub struct Supervisor<S> {
    surroundings: S,
    choice: DeviceChoice,
    found: Vec<FoundGpu>,
    /// What was measured here, which need not be kept on disk.
    measured: Vec<(FoundGpu, GpuVerdict)>,
    phase: Phase,
    current: Option<FoundGpu>,
    series: Series,
    idle: Duration,
    /// Whether the user has been shown that the GPU is slower.
    has_warned: bool,
}

impl<S: Surroundings> Supervisor<S> {
    /// One that has not looked for GPUs yet, and gives back a GPU that was not used for the time
    /// `idle`.
    pub fn new(choice: DeviceChoice, surroundings: S, idle: Duration) -> Self {
        Self {
            surroundings,
            choice,
            found: Vec::new(),
            measured: Vec::new(),
            phase: Phase::Start,
            current: None,
            series: Series::default(),
            idle,
            has_warned: false,
        }
    }

    /// Does what is due now.
    pub fn step(&mut self, now: Instant, event: Option<GpuEvent>) -> NextStep {
        match (self.phase, event) {
            (Phase::InUse(since), Some(GpuEvent::Failed(why))) => self.failed(now, since, &why),
            (Phase::InUse(_), _) => self.look(),
            (Phase::Start, _) => self.start(now),
            (Phase::Battery, Some(GpuEvent::Wanted)) if self.saves_energy() => {
                self.phase = Phase::BatteryPause;
                NextStep::After(LOOK)
            }
            (Phase::Battery | Phase::Resting, Some(GpuEvent::Wanted)) => self.settle(now),
            (Phase::Battery | Phase::Resting, _) => NextStep::AtEvent,
            (Phase::BatteryPause | Phase::Busy(_) | Phase::Failed, _) => self.settle(now),
            (Phase::Crowded, _) => {
                self.surroundings.rest();
                self.phase = Phase::Resting;
                NextStep::AtEvent
            }
            (Phase::Over, _) => NextStep::Never,
        }
    }

    /// Whether a GPU is not used because of the battery.
    fn saves_energy(&self) -> bool {
        self.choice == DeviceChoice::Auto && self.surroundings.is_on_battery()
    }

    fn start(&mut self, now: Instant) -> NextStep {
        // Where the CPU was chosen, no driver is loaded, not even in a child.
        if self.choice != DeviceChoice::Cpu {
            self.publish(None, "the CPU: GPUs are being looked for");
            match self.surroundings.find() {
                Ok(found) => self.found = found,
                Err(why) => return self.give_up(&format!("the CPU: {why}")),
            }
        }
        self.settle(now)
    }

    fn verdict(&self, gpu: &FoundGpu) -> Option<GpuVerdict> {
        let here = self.measured.iter().find(|(of, _)| of == gpu);
        here.map(|(_, verdict)| verdict.clone())
            .or_else(|| self.surroundings.known(gpu))
    }

    /// Decides, and acts on it.
    fn settle(&mut self, now: Instant) -> NextStep {
        loop {
            let decision = decide(&self.choice, &self.found, &|gpu| self.verdict(gpu), &|| {
                self.surroundings.is_on_battery()
            });
            let sentence = decision.sentence();
            match decision {
                Decision::Cpu(_) => return self.give_up(&sentence),
                Decision::Battery => return self.save_energy(),
                Decision::Use(gpu, _) => return self.open(now, gpu, &sentence),
                Decision::Measure(gpu) => match self.measure(&gpu) {
                    Some(verdict) => self.measured.push((gpu, verdict)),
                    None => return self.wait(&sentence),
                },
            }
        }
    }

    /// Measures, if this is the moment.
    fn measure(&mut self, gpu: &FoundGpu) -> Option<GpuVerdict> {
        let compares_times = self.choice == DeviceChoice::Auto;
        if !self.surroundings.is_quiet(compares_times) {
            return None;
        }
        self.publish(None, &format!("the CPU: {} is being measured", gpu.name));
        self.surroundings.measure(gpu)
    }

    fn wait(&mut self, sentence: &str) -> NextStep {
        let pause = match self.phase {
            Phase::Busy(pause) => (pause * 2).min(LONGEST_WAIT),
            _ => FIRST_WAIT,
        };
        self.phase = Phase::Busy(pause);
        self.publish(None, sentence);
        NextStep::After(pause)
    }

    fn open(&mut self, now: Instant, gpu: FoundGpu, sentence: &str) -> NextStep {
        self.publish(None, &format!("the CPU: {} is being opened", gpu.name));
        self.current = Some(gpu.clone());
        match self.surroundings.open(&gpu) {
            Ok(memory) => {
                self.phase = Phase::InUse(now);
                self.publish(Some(memory), sentence);
                self.warn_of_slowness(&gpu);
                NextStep::After(LOOK.min(self.idle))
            }
            Err(OpenFailure::Memory(why)) => {
                self.surroundings.forget();
                self.phase = Phase::Crowded;
                self.publish(None, &format!("the CPU: {}: {why}", gpu.name));
                NextStep::After(CROWDED)
            }
            Err(OpenFailure::Other(why)) => self.failed(now, now, &why),
        }
    }

    /// Shows once that the GPU that was named slows everything down.
    fn warn_of_slowness(&mut self, gpu: &FoundGpu) {
        let gain = self.verdict(gpu).and_then(|verdict| verdict.gain());
        let Some(gain) = gain.filter(|gain| *gain < 1.0 && !self.has_warned) else {
            return;
        };
        self.has_warned = true;
        let (name, times) = (&gpu.name, times(gain));
        self.surroundings.show(format!(
            "nigh computes on {name}, as you chose, but it was {times}. Set `engine.device` to \
             `auto` or `cpu` for faster answers."
        ));
    }

    /// Looks whether the GPU is still to be used.
    fn look(&mut self) -> NextStep {
        if self.saves_energy() {
            return self.save_energy();
        }
        let idle = self.surroundings.idle().unwrap_or_default();
        if idle < self.idle {
            return NextStep::After(LOOK.min(self.idle - idle));
        }
        self.surroundings.rest();
        self.phase = Phase::Resting;
        let name = self.current.as_ref().map_or("the GPU", |gpu| &gpu.name);
        let why = format!("the CPU: {name} was not used for a while; the next request opens it");
        self.publish(None, &why);
        NextStep::AtEvent
    }

    /// Leaves the GPU to itself until a prompt comes, and then looks at the battery again.
    fn save_energy(&mut self) -> NextStep {
        self.surroundings.rest();
        self.phase = Phase::Battery;
        self.publish(None, &format!("the CPU: {ON_BATTERY}"));
        NextStep::AtEvent
    }

    /// The GPU that was opened at `since` has failed.
    fn failed(&mut self, now: Instant, since: Instant, why: &str) -> NextStep {
        let life = now.saturating_duration_since(since);
        if life >= NEW_SERIES {
            self.series = Series::default();
        }
        let series = &mut self.series;
        series.short_lives = match life < SHORT_LIFE {
            true => series.short_lives + 1,
            false => 0,
        };
        series.failures += 1;
        let is_over = series.short_lives >= SHORT_LIVES;
        // A GPU may be lost once, for example when the machine wakes up.
        let is_shown = series.failures >= 2 && !series.is_shown;
        series.is_shown |= is_shown;
        let pause = Duration::from_secs(1 << (series.failures - 1).min(LONGEST_PAUSE));
        let name = self.current.as_ref().map_or("the GPU", |gpu| &gpu.name);
        let message = format!("{name} has failed: {why}");
        if is_shown {
            let advice = "The CPU answers. If it fails again and again, set `engine.device` to \
                          `cpu`, or update its driver.";
            self.surroundings.show(format!("{message}. {advice}"));
        }
        if is_over {
            return self.give_up(&format!("the CPU: {message}, {SHORT_LIVES} times in a row"));
        }
        self.surroundings.forget();
        self.phase = Phase::Failed;
        let seconds = pause.as_secs();
        self.publish(
            None,
            &format!("the CPU: {message}; it is tried again in {seconds} s"),
        );
        NextStep::After(pause)
    }

    /// The CPU computes from now on.
    fn give_up(&mut self, sentence: &str) -> NextStep {
        self.surroundings.forget();
        // A series of failures has been shown.
        if let DeviceChoice::Named(name) = &self.choice
            && !self.series.is_shown
        {
            let why = sentence.trim_start_matches("the CPU: ");
            self.surroundings.show(format!(
                "nigh computes on the CPU, although `{name}` was chosen: {why}."
            ));
        }
        self.phase = Phase::Over;
        self.publish(None, sentence);
        NextStep::Never
    }

    /// Makes the state known; `memory` is in use on the current GPU if there is one.
    fn publish(&mut self, memory: Option<u64>, why: &str) {
        let measured = |gpu: &FoundGpu| MeasuredGpu::new(gpu, self.verdict(gpu));
        let in_use = self.current.as_ref().filter(|_| memory.is_some());
        let report = DeviceReport {
            in_use: in_use.map(FoundGpu::device),
            memory_bytes: memory,
            why: why.to_owned(),
            gpus: self.found.iter().map(measured).collect(),
        };
        self.surroundings.publish(report);
    }
}

#[cfg(test)]
mod tests;
