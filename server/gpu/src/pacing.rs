//! How much work is given to a GPU at a time.
//!
//! What has been submitted cannot be called back, and the desktop waits for it. So a pass is cut
//! into pieces of some milliseconds, of which two are under way: one that runs, and the next.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::GpuKind;

/// Pieces under way.
const MAX_IN_FLIGHT: usize = 2;
/// How long a piece should take.
const PIECE_TIME: Duration = Duration::from_millis(12);
/// Multiply-adds of a piece before any has been measured: some milliseconds of an integrated GPU.
const FIRST_PIECE: f64 = 2e9;
/// The same where a driver computes on the CPU.
const FIRST_SOFTWARE_PIECE: f64 = 2e7;
const PIECE_RANGE: (f64, f64) = (5e6, 1e12);
/// Times that are shorter cannot be measured; a piece of that time is still much too small.
const MIN_MEASURED: Duration = Duration::from_millis(1);

/// The pieces under way, and how large the next ones should be.
pub(crate) struct Pacing {
    in_flight: VecDeque<Piece>,
    piece_work: f64,
    last_end: Option<Instant>,
}

struct Piece {
    index: wgpu::SubmissionIndex,
    work: u64,
    begin: Instant,
}

impl Pacing {
    /// The pace of a device that has not been measured.
    pub fn new(kind: GpuKind) -> Pacing {
        Pacing {
            in_flight: VecDeque::new(),
            piece_work: match kind {
                GpuKind::Software => FIRST_SOFTWARE_PIECE,
                _ => FIRST_PIECE,
            },
            last_end: None,
        }
    }

    /// Multiply-adds of a piece.
    pub fn piece_work(&self) -> u64 {
        self.piece_work as u64
    }

    /// Sets what a piece has, for tests.
    #[cfg(test)]
    pub fn set_piece_work(&mut self, work: f64) {
        self.piece_work = work;
    }

    /// Counts a piece whose submission began then. Drivers in software compute all of it before the
    /// submission ends.
    pub fn begin(&mut self, index: wgpu::SubmissionIndex, work: u64, begin: Instant) {
        self.in_flight.push_back(Piece { index, work, begin });
    }

    /// The piece that must end before another may begin.
    pub fn must_end(&self) -> Option<wgpu::SubmissionIndex> {
        let is_full = self.in_flight.len() >= MAX_IN_FLIGHT;
        self.in_flight
            .front()
            .filter(|_| is_full)
            .map(|piece| piece.index.clone())
    }

    /// Learns from the oldest piece, which has just ended.
    pub fn end_oldest(&mut self) {
        let Some(piece) = self.in_flight.pop_front() else {
            return;
        };
        let now = Instant::now();
        let begin = self
            .last_end
            .map_or(piece.begin, |last| last.max(piece.begin));
        self.last_end = Some(now);
        self.measured(piece.work, now - begin);
    }

    /// Forgets all pieces: later ones have ended, so these have too.
    pub fn end_all(&mut self) {
        self.in_flight.clear();
    }

    /// Approaches what fits into [`PIECE_TIME`]. Pieces with few multiply-adds took their time for
    /// something else.
    fn measured(&mut self, work: u64, time: Duration) {
        let work = work as f64;
        if work < self.piece_work / 2.0 {
            return;
        }
        let seconds = time.max(MIN_MEASURED).as_secs_f64();
        let fitting = work * PIECE_TIME.as_secs_f64() / seconds;
        let next = 0.75 * self.piece_work + 0.25 * fitting;
        self.piece_work = next.clamp(PIECE_RANGE.0, PIECE_RANGE.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_approach_their_time() {
        let mut pacing = Pacing::new(GpuKind::Discrete);
        // 10 million multiply-adds a millisecond.
        for _ in 0..40 {
            let time = Duration::from_secs_f64(pacing.piece_work / 1e10);
            pacing.measured(pacing.piece_work(), time);
        }
        assert!(
            (pacing.piece_work / 1.2e8 - 1.0).abs() < 0.05,
            "{}",
            pacing.piece_work
        );
        // A piece of few dispatches that took long changes nothing.
        let before = pacing.piece_work;
        pacing.measured(1000, Duration::from_millis(90));
        assert_eq!(pacing.piece_work, before);
        // However fast the device, pieces grow until they can be measured.
        for _ in 0..40 {
            let time = Duration::from_secs_f64(pacing.piece_work / 2e13);
            pacing.measured(pacing.piece_work(), time);
        }
        assert!(
            (pacing.piece_work / 2.4e11 - 1.0).abs() < 0.05,
            "{}",
            pacing.piece_work
        );
    }
}
