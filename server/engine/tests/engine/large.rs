//! Large models: the packed copy is written while they are loaded, which can be followed and
//! cancelled, and mixtures of experts run where not all experts fit into memory.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

use engine::{Cancel, Engine, LoadError, LoadOptions, LoadWatch, Session, Weights};

use crate::families::Family;

/// Every model counts as large.
fn large(folder: &Path) -> LoadOptions {
    LoadOptions {
        threads: 2,
        copies: Some(folder.into()),
        large: 0,
        repeatable: true,
        ..LoadOptions::default()
    }
}

fn logits(engine: &Arc<Engine>, family: &Family) -> Vec<f32> {
    let tokens = family.tokens();
    let logits = Session::new(Arc::clone(engine)).logits(&tokens, 0, &Cancel::new());
    logits.unwrap().concat()
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[test]
fn a_large_model_is_packed_into_its_copy_and_mapped() {
    for name in ["qwen3moe", "deepseek2", "gpt-oss", "starcoder2"] {
        let (family, folder) = (Family::read(name), tempfile::tempdir().unwrap());
        let copies = folder.path().join("copies");
        let in_memory = family.open(Weights::Packed);
        let first = family.open_with(&large(&copies)).unwrap();
        assert_eq!(files(&copies).len(), 1, "{name}");
        assert_eq!(first.info().weight_bytes, in_memory.info().weight_bytes);
        assert_eq!(first.write_copy(&copies).unwrap(), None, "it is mapped");
        let written = fs::read(copies.join(&files(&copies)[0])).unwrap();
        let second = family.open_with(&large(&copies)).unwrap();
        let want = logits(&in_memory, &family);
        assert_eq!(logits(&first, &family), want, "{name}");
        assert_eq!(logits(&second, &family), want, "{name}");
        let now = fs::read(copies.join(&files(&copies)[0])).unwrap();
        assert_eq!(now, written, "the second one wrote nothing");
    }
}

#[test]
fn programs_that_load_a_model_at_once_share_one_copy() {
    let (family, folder) = (Family::read("qwen3moe"), tempfile::tempdir().unwrap());
    let options = large(folder.path());
    let open = || family.open_with(&options).unwrap();
    let engines = std::thread::scope(|scope| {
        let started: Vec<_> = (0..4).map(|_| scope.spawn(open)).collect();
        let ended = started.into_iter().map(|thread| thread.join().unwrap());
        ended.collect::<Vec<_>>()
    });
    let want = logits(&family.open(Weights::Packed), &family);
    for engine in engines {
        assert_eq!(logits(&engine, &family), want);
        assert_eq!(engine.write_copy(folder.path()).unwrap(), None);
    }
    assert_eq!(files(folder.path()).len(), 1);
}

#[test]
fn loading_is_followed_and_cancelled_at_any_point() {
    let family = Family::read("qwen3moe");
    for copying in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let stop_at = Arc::new(AtomicU8::new(u8::MAX));
        let watched = |stop: u8| {
            let (cancel, seen, stop_at) = (Cancel::new(), Arc::clone(&seen), Arc::clone(&stop_at));
            stop_at.store(stop, Ordering::Relaxed);
            let flag = cancel.clone();
            let report = move |percent| {
                seen.lock().unwrap().push(percent);
                if percent >= stop_at.load(Ordering::Relaxed) {
                    flag.cancel();
                }
            };
            LoadOptions {
                threads: 1,
                large: if copying { 0 } else { u64::MAX },
                watch: Some(LoadWatch {
                    cancel,
                    report: Arc::new(report),
                    is_background: copying,
                }),
                ..large(folder.path())
            }
        };
        for stop in [1, 40, 90] {
            let stopped = family.open_with(&watched(stop));
            assert!(matches!(stopped, Err(LoadError::Cancelled)), "{stop} %");
            assert_eq!(files(folder.path()), Vec::<String>::new(), "{stop} %");
            let last = seen.lock().unwrap().pop();
            assert!(last.is_some_and(|last| last >= stop && last < 100));
            seen.lock().unwrap().clear();
        }
        family.open_with(&watched(u8::MAX)).unwrap();
        let seen = seen.lock().unwrap();
        assert!(
            seen.is_sorted() && seen.len() > 5 && seen.last() >= Some(&95),
            "{seen:?}"
        );
        assert_eq!(files(folder.path()).len(), usize::from(copying));
    }
}

#[test]
fn a_model_without_a_place_for_its_copy_is_packed_into_memory() {
    let (family, folder) = (Family::read("qwen3moe"), tempfile::tempdir().unwrap());
    let occupied = folder.path().join("occupied");
    fs::write(&occupied, "a file").unwrap();
    let engine = family.open_with(&large(&occupied)).unwrap();
    let want = logits(&family.open(Weights::Packed), &family);
    assert_eq!(logits(&engine, &family), want);
    // Without a copy, all of its weights must fit.
    let without = |memory| {
        let options = LoadOptions {
            memory: Some(memory),
            ..large(&occupied)
        };
        family.open_with(&options).map(drop)
    };
    without(engine.info().weight_bytes * 2).unwrap();
    let error = without(engine.info().weight_bytes - 1)
        .unwrap_err()
        .to_string();
    let shown = occupied.display().to_string();
    assert!(
        error.contains(&shown) && error.contains("without one, its weights take"),
        "{error}"
    );
}

#[test]
fn experts_that_do_not_fit_into_memory_are_read_when_they_are_chosen() {
    let (family, folder) = (Family::read("qwen3moe"), tempfile::tempdir().unwrap());
    let in_memory = family.open(Weights::Packed);
    let bytes = in_memory.info().weight_bytes;
    let with = |memory: u64| {
        family.open_with(&LoadOptions {
            memory: Some(memory),
            ..large(folder.path())
        })
    };
    let error = with(bytes / 10).err().unwrap().to_string();
    assert!(error.contains("MiB are free"), "{error}");
    assert_eq!(files(folder.path()), Vec::<String>::new());
    for _ in 0..2 {
        let partial = with(bytes * 9 / 10).unwrap();
        assert_eq!(logits(&partial, &family), logits(&in_memory, &family));
    }
    assert_eq!(files(folder.path()).len(), 1);
}

#[test]
fn a_damaged_copy_is_written_again() {
    let (family, folder) = (Family::read("qwen3moe"), tempfile::tempdir().unwrap());
    family.open_with(&large(folder.path())).unwrap();
    let copy = folder.path().join(&files(folder.path())[0]);
    let whole = fs::read(&copy).unwrap();
    let old = [b"nigh packed matrices 1", &whole[22..]].concat();
    for damaged in [&whole[..whole.len() / 2], &old, b""] {
        fs::write(&copy, damaged).unwrap();
        let engine = family.open_with(&large(folder.path())).unwrap();
        let want = logits(&family.open(Weights::Packed), &family);
        assert_eq!(logits(&engine, &family), want);
        // The layers may come in another order, so the table may differ in a few digits.
        let now = fs::read(&copy).unwrap();
        assert_eq!(now[..22], whole[..22]);
        assert!(now.len().abs_diff(whole.len()) < 200);
        assert_eq!(files(folder.path()).len(), 1);
    }
}
