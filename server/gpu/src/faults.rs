//! Faults on purpose, for tests: a device that is lost, refuses memory, hangs or computes nonsense.
//!
//! Every kind of fault has its occasions: the moments at which it may happen, counted from the last
//! call of [`Gpu::fail`]. From then on pieces of work have a fixed size, so on one thread the same
//! calls have the same occasions. So a test runs the same thing with the fault at occasion 0, 1, 2
//! and so on, until there was no such occasion any more.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::steps::Step;
use crate::{Gpu, GpuError};

/// Multiply-adds of a piece.
const PIECE_WORK: f64 = 2e7;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum GpuFault {
    /// The device is destroyed, before any step that speaks to it.
    Destroy,
    /// A buffer gets no memory.
    OutOfMemory,
    /// A wait for the device does not end.
    Hang,
    /// Logits are no numbers.
    NotNumbers,
    /// Logits are multiplied by a factor.
    Scaled(f32),
}

/// How many steps there were, and what goes wrong at which.
#[derive(Default)]
pub(crate) struct Faults(Mutex<State>);

#[derive(Default)]
struct State {
    steps: [u64; 5],
    planned: Option<(GpuFault, u64)>,
}

impl GpuFault {
    fn may_happen_at(self, step: Step) -> bool {
        match self {
            GpuFault::Destroy => step != Step::Logits,
            GpuFault::OutOfMemory => step == Step::Allocate,
            GpuFault::Hang => step == Step::Wait,
            GpuFault::NotNumbers | GpuFault::Scaled(_) => step == Step::Logits,
        }
    }
}

impl State {
    fn occasions(&self, fault: GpuFault) -> u64 {
        let all = [
            Step::Allocate,
            Step::Dispatch,
            Step::Submit,
            Step::Wait,
            Step::Logits,
        ];
        let counted = all.into_iter().filter(|step| fault.may_happen_at(*step));
        counted.map(|step| self.steps[step as usize]).sum()
    }
}

impl Faults {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a step; returns what goes wrong at it.
    fn at(&self, step: Step) -> Option<GpuFault> {
        let mut state = self.state();
        let planned = state.planned.filter(|(fault, number)| {
            fault.may_happen_at(step) && state.occasions(*fault) == *number
        });
        state.steps[step as usize] += 1;
        planned.map(|(fault, _)| fault)
    }
}

impl Gpu {
    /// Lets `fault` happen at its occasion of this number, counted from now.
    pub fn fail(&self, fault: GpuFault, number: u64) {
        self.fix_piece_work(PIECE_WORK);
        *self.shared.faults.state() = State {
            planned: Some((fault, number)),
            ..State::default()
        };
    }

    /// How many occasions for `fault` there were since the last call of [`Gpu::fail`].
    pub fn occasions(&self, fault: GpuFault) -> u64 {
        self.shared.faults.state().occasions(fault)
    }

    /// How many runs of kernels were recorded since the last call of [`Gpu::fail`].
    pub fn dispatches(&self) -> u64 {
        self.shared.faults.state().steps[Step::Dispatch as usize]
    }

    /// Counts a step, and lets happen what is planned for it; whether the device hangs.
    pub(crate) fn step(&self, step: Step) -> Result<bool, GpuError> {
        match self.shared.faults.at(step) {
            Some(GpuFault::Destroy) => self.shared.device.destroy(),
            Some(GpuFault::OutOfMemory) => {
                let what = "a test lets it be refused";
                return Err(GpuError::OutOfMemory(what.into()));
            }
            Some(GpuFault::Hang) => return Ok(true),
            _ => {}
        }
        Ok(false)
    }

    /// Makes logits wrong if that is planned.
    pub(crate) fn spoil<'a>(&self, logits: impl Iterator<Item = &'a mut f32>) {
        let factor = match self.shared.faults.at(Step::Logits) {
            Some(GpuFault::NotNumbers) => f32::NAN,
            Some(GpuFault::Scaled(factor)) => factor,
            _ => return,
        };
        logits.for_each(|logit| *logit *= factor);
    }
}
