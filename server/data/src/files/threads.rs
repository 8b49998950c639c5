//! Runs the parts of a text on threads: the one place of this module that starts any.

use super::FileProblem;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs `work` for each part on so many threads, of which each takes the next part when it is done
/// with one; the results in the order of the parts.
pub(crate) fn each_part<P: Sync, R: Send>(
    parts: &[P],
    threads: usize,
    work: impl Fn(&P) -> Result<R, FileProblem> + Sync,
) -> Result<Vec<R>, FileProblem> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut results = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(part) = parts.get(at) else {
                return Ok(results);
            };
            results.push((at, work(part)?));
        }
    };
    let mut results = std::thread::scope(|scope| {
        let others = 1..threads.min(parts.len());
        let running: Vec<_> = others.map(|_| scope.spawn(worker)).collect();
        let mut results = worker()?;
        for thread in running {
            let broken = |_| FileProblem::new("a part of the file could not be read; report this");
            results.extend(thread.join().map_err(broken)??);
        }
        Ok(results)
    })?;
    results.sort_unstable_by_key(|(at, _)| *at);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}
