//! A few threads that help with one large product at a time and sleep otherwise.
//!
//! An editor's machine is busiest while its user types, so the caller never waits for a thread that
//! may not be running: it does the work itself, workers that wake up in time take pieces of it, and
//! the caller waits only for workers that have already begun a piece. A worker spins for a moment
//! before it sleeps, and so does a caller that waits: going to sleep and being woken takes longer
//! than a piece. Two callers at once do not queue: the second works without the pool.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;

/// Rounds a thread spins before it sleeps: about 100 microseconds, as long as the single-threaded
/// work between two products of a prompt. With 20, prompts and tokens take 3 to 6 % longer on two
/// cores; next to four busy threads there is no difference.
const SPIN_ROUNDS: usize = 2000;

/// A pool of worker threads, which end when it is dropped.
pub struct ThreadPool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    /// Held by the caller whose job is running.
    caller: Mutex<()>,
}

struct Shared {
    state: Mutex<State>,
    wake: Condvar,
    done: Condvar,
    /// Counts jobs, so that a worker notices a new one without the lock.
    jobs: AtomicU64,
    next: AtomicUsize,
    /// Workers that are busy. It rises only under the lock and while there is a job.
    busy: AtomicUsize,
}

#[derive(Default)]
struct State {
    job: Option<PoolJob>,
    /// Workers that sleep.
    sleeping: usize,
    /// Whether the caller sleeps until no worker is busy.
    caller_waits: bool,
    panicked: bool,
    ended: bool,
}

/// Spins for a moment until `condition` holds; whether it does.
fn spin_until(condition: impl Fn() -> bool) -> bool {
    for _ in 0..SPIN_ROUNDS {
        if condition() {
            return true;
        }
        std::hint::spin_loop();
    }
    condition()
}

/// A borrowed closure and its number of pieces. The caller keeps both alive until no worker works
/// on them.
#[derive(Clone, Copy)]
struct PoolJob {
    work: *const (dyn Fn(usize) + Sync),
    pieces: usize,
}

// SAFETY: the closure is `Sync`, and `ThreadPool::run` does not return while a worker may call it.
unsafe impl Send for PoolJob {}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works on pieces until none is left.
    fn work(&self, work: &(dyn Fn(usize) + Sync), pieces: usize) {
        loop {
            let piece = self.next.fetch_add(1, Ordering::Relaxed);
            if piece >= pieces {
                return;
            }
            work(piece);
        }
    }

    fn run_worker(&self) {
        let mut seen = 0;
        loop {
            spin_until(|| self.jobs.load(Ordering::Acquire) != seen);
            let mut state = self.lock();
            while !state.ended && self.jobs.load(Ordering::Acquire) == seen {
                state.sleeping += 1;
                state = self
                    .wake
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
                state.sleeping -= 1;
            }
            if state.ended {
                return;
            }
            seen = self.jobs.load(Ordering::Acquire);
            let Some(job) = state.job else { continue };
            self.busy.fetch_add(1, Ordering::AcqRel);
            drop(state);
            // SAFETY: `job` was still set under the lock, so the caller waits until `busy` is
            // back to zero.
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                self.work(unsafe { &*job.work }, job.pieces);
            }));
            if result.is_err() {
                self.lock().panicked = true;
            }
            if self.busy.fetch_sub(1, Ordering::AcqRel) == 1 && self.lock().caller_waits {
                self.done.notify_all();
            }
        }
    }
}

/// Withdraws the job when dropped, also when the caller's own piece panics: the closure must not be
/// called after that.
struct JobGuard<'a>(&'a Shared);

impl Drop for JobGuard<'_> {
    fn drop(&mut self) {
        let JobGuard(shared) = self;
        shared.lock().job = None;
        let all_idle = || shared.busy.load(Ordering::Acquire) == 0;
        if spin_until(all_idle) {
            return;
        }
        let mut state = shared.lock();
        state.caller_waits = true;
        while !all_idle() {
            state = shared
                .done
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.caller_waits = false;
    }
}

impl ThreadPool {
    /// A pool of `threads` threads, the caller's included.
    pub fn new(threads: usize) -> std::io::Result<ThreadPool> {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            wake: Condvar::new(),
            done: Condvar::new(),
            jobs: AtomicU64::new(0),
            next: AtomicUsize::new(0),
            busy: AtomicUsize::new(0),
        });
        let spawn = |i| {
            let shared = shared.clone();
            std::thread::Builder::new()
                .name(format!("engine-{i}"))
                .spawn(move || shared.run_worker())
        };
        let workers = (1..threads).map(spawn).collect::<Result<_, _>>()?;
        Ok(ThreadPool {
            shared,
            workers,
            caller: Mutex::new(()),
        })
    }

    /// Threads, the caller's included.
    pub fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Calls `work` with every number below `pieces`, once each, from this thread and any worker
    /// that is free.
    pub fn run(&self, pieces: usize, work: &(dyn Fn(usize) + Sync)) {
        let is_serial = self.workers.is_empty() || pieces < 2;
        let turn = if is_serial {
            None
        } else {
            self.caller.try_lock().ok()
        };
        if turn.is_none() {
            (0..pieces).for_each(work);
            return;
        }
        let any_asleep = {
            let mut state = self.shared.lock();
            self.shared.next.store(0, Ordering::Relaxed);
            // SAFETY: only the lifetime is erased; `JobGuard` waits for every worker that has
            // seen the job.
            let work: *const (dyn Fn(usize) + Sync) = unsafe { std::mem::transmute(work) };
            state.job = Some(PoolJob { work, pieces });
            self.shared.jobs.fetch_add(1, Ordering::Release);
            state.sleeping > 0
        };
        if any_asleep {
            self.shared.wake.notify_all();
        }
        {
            let _guard = JobGuard(&self.shared);
            self.shared.work(work, pieces);
        }
        if std::mem::take(&mut self.shared.lock().panicked) {
            // A kernel's bug must not become a silently wrong answer.
            std::panic::resume_unwind(Box::new("a worker thread panicked"));
        }
    }

    /// The results of `make` for every number below `pieces`, in order, made by this thread and any
    /// worker that is free.
    pub fn map<T: Send + Sync>(&self, pieces: usize, make: &(dyn Fn(usize) -> T + Sync)) -> Vec<T> {
        let made: Vec<OnceLock<T>> = (0..pieces).map(|_| OnceLock::new()).collect();
        self.run(pieces, &|piece| drop(made[piece].set(make(piece))));
        made.into_iter().filter_map(OnceLock::into_inner).collect()
    }
}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.shared.wake.notify_all();
        for worker in self.workers.drain(..) {
            // A worker catches the panics of its work, so its result says nothing.
            let _ = worker.join();
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_is_done_once() {
        let pool = ThreadPool::new(4).unwrap();
        for round in 0..2000 {
            let pieces = round % 67;
            let done: Vec<AtomicUsize> = (0..pieces).map(|_| AtomicUsize::new(0)).collect();
            pool.run(pieces, &|piece| {
                done[piece].fetch_add(1, Ordering::Relaxed);
            });
            assert!(done.iter().all(|d| d.load(Ordering::Relaxed) == 1));
        }
    }

    #[test]
    fn results_of_a_parallel_map_come_in_order() {
        let pool = ThreadPool::new(3).unwrap();
        assert_eq!(
            pool.map(100, &|i| i * i),
            (0..100).map(|i| i * i).collect::<Vec<_>>()
        );
        assert!(pool.map(0, &|i| i).is_empty());
    }

    #[test]
    fn concurrent_and_nested_callers_do_not_wait_for_each_other() {
        let pool = ThreadPool::new(3).unwrap();
        let done = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        pool.run(8, &|_| {
                            pool.run(2, &|_| {
                                done.fetch_add(1, Ordering::Relaxed);
                            });
                        });
                    }
                });
            }
        });
        assert_eq!(done.load(Ordering::Relaxed), 4 * 200 * 8 * 2);
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_pool_survives() {
        let pool = ThreadPool::new(2).unwrap();
        let work = |piece: usize| assert!(piece != 5, "on purpose");
        let result =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| pool.run(100, &work)));
        assert!(result.is_err());
        let done = AtomicUsize::new(0);
        pool.run(10, &|_| {
            done.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(done.load(Ordering::Relaxed), 10);
    }
}
