//! One thread at a time submits work or waits for it.
//!
//! wgpu-core 30 panics where the wait of a thread ends by its timeout while another thread, in a
//! wait or a submission, finds that all work has ended ("If the queue is empty, the current
//! submission index ..", in `Device::maintain`). So threads that share a device take turns.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::device::Shared;

/// How long a thread whose wait goes on leaves the turn to others.
const PAUSE: Duration = Duration::from_micros(50);

/// Whose turn it is.
#[derive(Default)]
pub(crate) struct Turns {
    turn: Mutex<()>,
    waiting: AtomicUsize,
}

impl Turns {
    fn take(&self) -> MutexGuard<'_, ()> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        turn
    }
}

impl Shared {
    /// Submits commands, and what was written to buffers before.
    pub fn submit(
        &self,
        commands: impl IntoIterator<Item = wgpu::CommandBuffer>,
    ) -> wgpu::SubmissionIndex {
        let _turn = self.turns.take();
        self.queue.submit(commands)
    }

    /// Waits for a submission, or for all; the timeout is for the wait, not for the turn.
    pub fn poll(
        &self,
        submission_index: Option<wgpu::SubmissionIndex>,
        timeout: Duration,
    ) -> Result<wgpu::PollStatus, wgpu::PollError> {
        let turn = self.turns.take();
        let result = self.device.poll(wgpu::PollType::Wait {
            submission_index,
            timeout: Some(timeout),
        });
        drop(turn);
        // A mutex is not fair: the next poll of this thread would be sooner than others wake up.
        if result.is_err() && self.turns.waiting.load(Ordering::Relaxed) > 0 {
            std::thread::sleep(PAUSE);
        }
        result
    }
}
