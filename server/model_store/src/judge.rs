//! Judges many models at once. Their headers are on the disk, so several threads wait together.

use crate::listing::FoundModel;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The most threads: more only wait for the disk.
const MAX_THREADS: usize = 8;

/// What `judgement` says of each model's file or folder and of its adapter, in order; nothing where
/// there is none.
pub fn judge<T: Send>(
    models: &[FoundModel],
    judgement: impl Fn(&Path, Option<&Path>) -> T + Sync,
) -> Vec<Option<T>> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut judged = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(model) = models.get(at) else {
                return judged;
            };
            if let Ok(path) = &model.path {
                // Whatever a file does to its reader, the others are judged.
                let one = catch_unwind(AssertUnwindSafe(|| {
                    judgement(path, model.adapter.as_deref())
                }));
                judged.extend(one.ok().map(|one| (at, one)));
            }
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut all: Vec<Option<T>> = models.iter().map(|_| None).collect();
    std::thread::scope(|scope| {
        let count = cores.min(MAX_THREADS).min(models.len());
        let threads: Vec<_> = (0..count).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            for (at, judged) in thread.join().unwrap_or_default() {
                all[at] = Some(judged);
            }
        }
    });
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn every_file_is_judged_once_and_in_its_place() {
        let model = |at: usize| FoundModel {
            name: format!("m{at}"),
            store: "test",
            bytes: None,
            path: match at % 3 {
                0 => Err("gone".into()),
                _ => Ok(PathBuf::from(at.to_string())),
            },
            adapter: None,
        };
        let models: Vec<FoundModel> = (0..40).map(model).collect();
        let judged = judge(&models, |path, _| match path.to_str() {
            Some("7") => panic!("a file that breaks its reader"),
            name => name.unwrap().to_owned(),
        });
        for (at, judged) in judged.into_iter().enumerate() {
            let expected = (at % 3 != 0 && at != 7).then(|| at.to_string());
            assert_eq!(judged, expected);
        }
        assert!(judge(&[], |_, _| ()).is_empty());
    }
}
