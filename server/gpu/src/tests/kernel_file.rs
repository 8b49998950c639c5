//! Compiled kernels on disk, with a real driver, and the passes that warm a device up.

use std::fs;
use std::path::Path;
use std::time::Instant;

use super::decoder::SmallDecoder;
use super::{adapter, never, open};
use crate::sources::{Kernel, NormKind};
use crate::{Gpu, GpuOptions, WeightFormat};

/// The device with its kernels in a folder, if it has such a cache.
fn open_with(folder: &Path) -> Option<Gpu> {
    let gpu = open(&GpuOptions {
        pipeline_cache: Some(folder.to_owned()),
        ..GpuOptions::default()
    })?;
    let has_file = gpu.shared.pipelines.file.get().is_some();
    let features = adapter()?.adapter.features();
    assert_eq!(has_file, features.contains(wgpu::Features::PIPELINE_CACHE));
    has_file.then_some(gpu)
}

fn only_file(folder: &Path) -> std::path::PathBuf {
    let mut files = fs::read_dir(folder).unwrap();
    let file = files.next().unwrap().unwrap().path();
    assert!(files.next().is_none());
    file
}

#[test]
fn kernels_are_kept_when_the_device_is_warm_closed_or_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("kernels");
    let Some(gpu) = open_with(&path) else { return };
    assert!(!path.exists(), "there is nothing to write yet");
    SmallDecoder::load(&gpu, WeightFormat::Q8_0)
        .and_then(|model| model.try_forward(&[1], &mut model.state()))
        .unwrap();
    drop(gpu);
    let file = only_file(&path);
    fs::remove_file(&file).unwrap();
    // What nothing was compiled for is not written again.
    drop(open_with(&path));
    assert!(!file.exists());
    let gpu = open_with(&path).unwrap();
    let norm = Kernel::Norm(NormKind::RootMeanSquare);
    gpu.warm_up(|_| gpu.pipeline(norm).map(drop)).unwrap();
    assert!(file.exists());
    gpu.pipeline(Kernel::Pick).unwrap();
    fs::remove_file(&file).unwrap();
    gpu.close();
    assert!(file.exists());
    assert!(gpu.save_kernels().is_ok());
}

#[test]
fn damaged_and_foreign_files_do_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let run = || {
        let gpu = open_with(folder.path())?;
        let model = SmallDecoder::load(&gpu, WeightFormat::Q8_0).unwrap();
        Some(model.try_forward(&[1, 2, 3], &mut model.state()).unwrap())
    };
    let Some(expected) = run() else { return };
    let file = only_file(folder.path());
    let whole = fs::read(&file).unwrap();
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    // Whole, but wgpu's part is from another device or no such part at all.
    let own = |data: &[u8]| {
        let start = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        let checksum = crc32fast::hash(data).to_le_bytes();
        [&whole[..start], &checksum, data].concat()
    };
    let start = whole.iter().position(|byte| *byte == b'\n').unwrap() + 5;
    let mut foreign = whole[start..].to_vec();
    foreign[17] ^= 0xff;
    let contents = [
        whole.clone(),
        changed,
        whole[..20].to_vec(),
        Vec::new(),
        own(&foreign),
        own(b"something else"),
        own(&[]),
    ];
    for content in contents {
        fs::write(&file, &content).unwrap();
        assert_eq!(run().as_ref(), Some(&expected), "{} bytes", content.len());
        assert_eq!(only_file(folder.path()), file);
    }
    // Where nothing can be written, everything else works.
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    assert_eq!(run().as_ref(), Some(&expected));
}

#[test]
fn after_a_warm_up_no_pass_compiles() {
    let Some(gpu) = open(&GpuOptions::default()) else {
        return;
    };
    let model = SmallDecoder::load(&gpu, WeightFormat::Q8_0).unwrap();
    let mut state = model.state();
    let begin = Instant::now();
    let warmed = gpu.warm_up(|count| {
        state.0.truncate(0);
        let tokens = vec![1; count];
        model.try_logits(&tokens, count, &never, &mut state)?;
        state.0.truncate(0);
        model.try_picks(&tokens, &mut state).map(drop)
    });
    warmed.unwrap();
    eprintln!("a warm-up of {:?}", begin.elapsed());
    let compiled = gpu.shared.pipelines.count();
    for count in 1..40 {
        for wanted in [1, count] {
            state.0.truncate(0);
            let tokens = vec![1; count];
            let begin = Instant::now();
            model
                .try_logits(&tokens, wanted, &never, &mut state)
                .unwrap();
            if [1, 39].contains(&count) {
                eprintln!("then {count} tokens: {:?}", begin.elapsed());
            }
        }
    }
    assert_eq!(gpu.shared.pipelines.count(), compiled);
}
