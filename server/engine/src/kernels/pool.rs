//! A few threads that help with one large product at a time and sleep otherwise.
//!
//! An editor's machine is busiest exactly while its user types, so nobody here waits in a loop for
//! a thread that may not be running: the caller does the work itself, helpers that wake up in time
//! take pieces of it, and the caller waits only for helpers that have already begun a piece. A
//! helper looks for the next job for a moment, then sleeps, and so does a caller that waits: to
//! sleep and be woken takes longer than a piece. Two callers at once do not queue: the second works
//! alone.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;

/// How often a thread looks for what it waits for before it sleeps: about 100 microseconds, as long
/// as what one thread does alone between two products of a prompt. With 20, prompts and tokens take
/// 3 to 6 % longer on two cores; beside four busy threads there is no difference.
const LOOKS: usize = 2000;

/// The helpers; dropped, they end.
pub struct Pool {
    shared: Arc<Shared>,
    helpers: Vec<JoinHandle<()>>,
    /// Held by the caller whose job is being worked on.
    caller: Mutex<()>,
}

struct Shared {
    state: Mutex<State>,
    wake: Condvar,
    done: Condvar,
    /// Counts jobs, so that a helper sees a new one without the lock.
    jobs: AtomicU64,
    next: AtomicUsize,
    /// Helpers at work. It rises only under the lock and while there is a job.
    working: AtomicUsize,
}

#[derive(Default)]
struct State {
    job: Option<Job>,
    /// Helpers that sleep.
    sleeping: usize,
    /// Whether the caller sleeps until no helper works.
    waiting: bool,
    panicked: bool,
    ended: bool,
}

/// Looks for a moment whether something has come about.
fn comes_soon(happened: impl Fn() -> bool) -> bool {
    for _ in 0..LOOKS {
        if happened() {
            return true;
        }
        std::hint::spin_loop();
    }
    happened()
}

/// A borrowed closure and its number of pieces. The caller keeps both alive until no helper works
/// on them.
#[derive(Clone, Copy)]
struct Job {
    work: *const (dyn Fn(usize) + Sync),
    pieces: usize,
}

// SAFETY: the closure is `Sync`, and `Pool::run` does not return while a helper may call it.
unsafe impl Send for Job {}

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

    fn help(&self) {
        let mut seen = 0;
        loop {
            comes_soon(|| self.jobs.load(Ordering::Acquire) != seen);
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
            self.working.fetch_add(1, Ordering::AcqRel);
            drop(state);
            // SAFETY: `job` was still set under the lock, so the caller waits until `working` is
            // back to zero.
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                self.work(unsafe { &*job.work }, job.pieces);
            }));
            if result.is_err() {
                self.lock().panicked = true;
            }
            if self.working.fetch_sub(1, Ordering::AcqRel) == 1 && self.lock().waiting {
                self.done.notify_all();
            }
        }
    }
}

/// Takes the job back, also when the caller's own piece panics: the closure must not be called
/// after that.
struct Finish<'a>(&'a Shared);

impl Drop for Finish<'_> {
    fn drop(&mut self) {
        let Finish(shared) = self;
        shared.lock().job = None;
        let over = || shared.working.load(Ordering::Acquire) == 0;
        if comes_soon(over) {
            return;
        }
        let mut state = shared.lock();
        state.waiting = true;
        while !over() {
            state = shared
                .done
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.waiting = false;
    }
}

impl Pool {
    /// A pool of `threads` threads, the caller's included.
    pub fn new(threads: usize) -> std::io::Result<Pool> {
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            wake: Condvar::new(),
            done: Condvar::new(),
            jobs: AtomicU64::new(0),
            next: AtomicUsize::new(0),
            working: AtomicUsize::new(0),
        });
        let spawn = |i| {
            let shared = shared.clone();
            std::thread::Builder::new()
                .name(format!("engine-{i}"))
                .spawn(move || shared.help())
        };
        let helpers = (1..threads).map(spawn).collect::<Result<_, _>>()?;
        Ok(Pool {
            shared,
            helpers,
            caller: Mutex::new(()),
        })
    }

    /// Threads, the caller's included.
    pub fn threads(&self) -> usize {
        self.helpers.len() + 1
    }

    /// Calls `work` with every number below `pieces`, once each, from this thread and any helper
    /// that is free.
    pub fn run(&self, pieces: usize, work: &(dyn Fn(usize) + Sync)) {
        let alone = self.helpers.is_empty() || pieces < 2;
        let turn = if alone {
            None
        } else {
            self.caller.try_lock().ok()
        };
        if turn.is_none() {
            (0..pieces).for_each(work);
            return;
        }
        let asleep = {
            let mut state = self.shared.lock();
            self.shared.next.store(0, Ordering::Relaxed);
            // SAFETY: only the lifetime is taken away; `Finish` waits for every helper that has
            // seen the job.
            let work: *const (dyn Fn(usize) + Sync) = unsafe { std::mem::transmute(work) };
            state.job = Some(Job { work, pieces });
            self.shared.jobs.fetch_add(1, Ordering::Release);
            state.sleeping > 0
        };
        if asleep {
            self.shared.wake.notify_all();
        }
        {
            let _finish = Finish(&self.shared);
            self.shared.work(work, pieces);
        }
        if std::mem::take(&mut self.shared.lock().panicked) {
            // A kernel's bug must not become a silently wrong answer.
            std::panic::resume_unwind(Box::new("a helper thread panicked"));
        }
    }

    /// What `make` gives for every number below `pieces`, in order, made by this thread and any
    /// helper that is free.
    pub fn map<T: Send + Sync>(&self, pieces: usize, make: &(dyn Fn(usize) -> T + Sync)) -> Vec<T> {
        let made: Vec<OnceLock<T>> = (0..pieces).map(|_| OnceLock::new()).collect();
        self.run(pieces, &|piece| drop(made[piece].set(make(piece))));
        made.into_iter().filter_map(OnceLock::into_inner).collect()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.shared.wake.notify_all();
        for helper in self.helpers.drain(..) {
            // A helper catches the panics of its work, so there is nothing to learn from its
            // result.
            let _ = helper.join();
        }
    }
}

/// A mutable slice that several threads write disjoint parts of.
#[derive(Clone, Copy)]
pub struct Shards<T> {
    start: *mut T,
    len: usize,
}

// SAFETY: `Shards::part` makes the caller promise that parts handed to different threads do not
// overlap.
unsafe impl<T: Send> Sync for Shards<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Send for Shards<T> {}

impl<T> Shards<T> {
    pub fn new(slice: &mut [T]) -> Shards<T> {
        Shards {
            start: slice.as_mut_ptr(),
            len: slice.len(),
        }
    }

    /// The part of `len` elements from `from` on.
    ///
    /// # Safety
    /// The slice given to `new` is still borrowed there, and no two live parts overlap.
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn part(&self, from: usize, len: usize) -> &mut [T] {
        assert!(from <= self.len && len <= self.len - from);
        // SAFETY: in bounds by the assertion, alone by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(from), len) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_is_done_once() {
        let pool = Pool::new(4).unwrap();
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
    fn what_is_made_at_once_comes_in_order() {
        let pool = Pool::new(3).unwrap();
        assert_eq!(
            pool.map(100, &|i| i * i),
            (0..100).map(|i| i * i).collect::<Vec<_>>()
        );
        assert!(pool.map(0, &|i| i).is_empty());
    }

    #[test]
    fn callers_at_once_and_callers_inside_do_not_wait_for_each_other() {
        let pool = Pool::new(3).unwrap();
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
    fn a_panic_reaches_the_caller_and_the_pool_lives_on() {
        let pool = Pool::new(2).unwrap();
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
