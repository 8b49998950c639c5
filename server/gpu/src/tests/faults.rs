//! Every fault at every occasion: an error of its kind, no hang, and another device computes right.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::decoder::{LAYERS, SmallDecoder};
use super::{adapter, open};
use crate::{Gpu, GpuError, GpuFault, GpuOptions, PickedLogits, WeightFormat};

/// No run may take longer, whatever goes wrong.
const LIMIT: Duration = Duration::from_secs(40);

/// What a model generates: logits after a prompt, after another token, and picks, each with the
/// first error.
fn run(gpu: &Gpu) -> Result<(Vec<f32>, Vec<PickedLogits>), GpuError> {
    let model = SmallDecoder::load(gpu, WeightFormat::Q8_0)?;
    let mut state = model.state();
    let prompt: Vec<u32> = (0..20).collect();
    let mut logits = model.try_forward(&prompt, &mut state)?;
    logits.extend(model.try_forward(&[3], &mut state)?);
    // More than a cache has room for at first.
    model.try_forward(&[5; 240], &mut state)?;
    Ok((logits, model.try_picks(&[1, 2], &mut state)?))
}

/// Runs that in another thread, and everything it made is dropped there.
fn run_in_time(gpu: &Gpu, what: &str) -> Result<(Vec<f32>, Vec<PickedLogits>), GpuError> {
    let (done, result) = mpsc::channel();
    let gpu = gpu.clone();
    let thread = std::thread::spawn(move || {
        let result = run(&gpu);
        drop(gpu);
        done.send(result).unwrap();
    });
    let result = result.recv_timeout(LIMIT);
    let result = result.unwrap_or_else(|e| panic!("{what}: {e}"));
    thread.join().unwrap();
    result
}

/// Runs with `fault` at every occasion, in steps; `check` looks at each result.
fn sweep(
    fault: GpuFault,
    step: usize,
    check: impl Fn(Result<(Vec<f32>, Vec<PickedLogits>), GpuError>),
) {
    if adapter().is_none() {
        return;
    }
    for number in (0..).step_by(step) {
        let what = format!("{fault:?} at {number}");
        let begin = Instant::now();
        let gpu = open(&GpuOptions::default()).unwrap();
        gpu.fail(fault, number);
        let result = run_in_time(&gpu, &what);
        let occasions = gpu.occasions(fault);
        if occasions <= number {
            assert!(result.is_ok(), "{what}: {result:?}");
            assert!(number > 0, "{fault:?} has no occasion");
            return;
        }
        check(result);
        drop(gpu);
        assert!(begin.elapsed() < LIMIT, "{what}: {:?}", begin.elapsed());
    }
}

#[test]
fn the_occasions_of_a_run_are_always_the_same() {
    let Some(gpu) = open(&GpuOptions::default()) else {
        return;
    };
    let kinds = [
        GpuFault::Destroy,
        GpuFault::OutOfMemory,
        GpuFault::Hang,
        GpuFault::NotNumbers,
    ];
    let mut counts = [(); 3].map(|()| {
        gpu.fail(GpuFault::Destroy, u64::MAX);
        run(&gpu).unwrap();
        kinds.map(|kind| gpu.occasions(kind))
    });
    counts.sort();
    assert_eq!(counts[0], counts[2]);
    assert_eq!(counts[0][3], 4, "logits are read four times");
    assert!(counts[0].iter().all(|count| *count > 0), "{counts:?}");
}

#[test]
fn a_layer_has_nine_runs_of_kernels_for_a_token() {
    let Some(gpu) = open(&GpuOptions::default()) else {
        return;
    };
    if !gpu.kernel_features().subgroups {
        return;
    }
    let model = SmallDecoder::load(&gpu, WeightFormat::Q8_0).unwrap();
    let mut state = model.state();
    gpu.fail(GpuFault::Destroy, u64::MAX);
    model.try_forward(&[1], &mut state).unwrap();
    // And the embedding, the last norm and the head.
    assert_eq!(gpu.dispatches(), 9 * LAYERS as u64 + 3);
}

#[test]
fn a_device_may_be_lost_at_any_step() {
    let expected = super::gpu().map(|gpu| run(gpu).unwrap());
    sweep(GpuFault::Destroy, 3, |result| {
        let Err(GpuError::Lost(_)) = result else {
            panic!("{result:?}");
        };
    });
    // The last device is whole, as is one that is opened after all that.
    let again = open(&GpuOptions::default()).map(|gpu| run(&gpu).unwrap());
    assert_eq!(again, expected);
}

#[test]
fn memory_may_be_refused_at_any_step() {
    sweep(GpuFault::OutOfMemory, 1, |result| {
        assert!(
            matches!(result, Err(GpuError::OutOfMemory(_))),
            "{result:?}"
        );
    });
}

#[test]
fn a_device_stays_usable_after_memory_was_refused() {
    let Some(gpu) = open(&GpuOptions::default()) else {
        return;
    };
    gpu.fail(GpuFault::OutOfMemory, u64::MAX);
    let expected = run(&gpu).unwrap();
    let count = gpu.occasions(GpuFault::OutOfMemory);
    for number in [0, count / 3, count / 2, count - 1] {
        gpu.fail(GpuFault::OutOfMemory, number);
        assert!(run(&gpu).is_err(), "{number}");
        assert_eq!(run(&gpu).unwrap(), expected, "{number}");
    }
}

#[test]
fn a_wait_that_does_not_end_loses_the_device() {
    sweep(GpuFault::Hang, 1, |result| {
        let lost = GpuError::Lost("it does not answer".into());
        assert_eq!(result, Err(lost));
    });
}

#[test]
fn wrong_logits_come_out_as_they_were_planned() {
    let Some(gpu) = open(&GpuOptions::default()) else {
        return;
    };
    let (logits, picks) = run(&gpu).unwrap();
    gpu.fail(GpuFault::NotNumbers, 0);
    let (spoilt, _) = run(&gpu).unwrap();
    let (first, second) = spoilt.split_at(logits.len() / 2);
    assert!(first.iter().all(|logit| logit.is_nan()));
    assert_eq!(second, &logits[logits.len() / 2..]);
    gpu.fail(GpuFault::Scaled(2.0), 3);
    let (right, doubled) = run(&gpu).unwrap();
    assert_eq!(right, logits);
    assert_eq!(doubled[0].top[0].1, 2.0 * picks[0].top[0].1);
}
