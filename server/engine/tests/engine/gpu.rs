//! Sessions on a GPU answer and score as on the CPU, before, during and after.
//!
//! They run where there is a driver, mostly Mesa's software Vulkan. `NIGH_GPU_TEST=require` fails
//! without one.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use engine::{
    Cancel, Engine, GenerateOptions, Generation, GpuAdapter, GpuEvent, GpuOptions, GpuStatus,
    RunError, Session, Weights, gpu_adapters,
};

use crate::reference::{largest_difference, open, reference};

/// Families that differ in what the GPU computes: norms of queries and keys, biases.
const FAMILIES: [&str; 2] = ["qwen3", "qwen2"];
/// How far log-probabilities may be from the CPU's, whose sums have another order, and which keeps
/// keys and values as they are in f16, too.
const TOLERANCE: f32 = 2e-3;

fn adapter() -> Option<GpuAdapter> {
    let found = gpu_adapters(true).into_iter().next();
    let is_required = std::env::var("NIGH_GPU_TEST").is_ok_and(|value| value == "require");
    assert!(found.is_some() || !is_required, "there is no Vulkan driver");
    found
}

/// What an engine has reported.
type Events = Arc<Mutex<Vec<GpuEvent>>>;

/// An engine with a GPU, and the events that it reports.
fn on_gpu(family: &str) -> Option<(Arc<Engine>, Events)> {
    let adapter = adapter()?;
    let (engine, events) = (open(family, Weights::Exact), Events::default());
    let reported = Arc::clone(&events);
    engine.watch_gpu(Box::new(move |event| reported.lock().unwrap().push(event)));
    use_gpu(&engine, &adapter);
    Some((engine, events))
}

fn use_gpu(engine: &Engine, adapter: &GpuAdapter) {
    engine.use_gpu(adapter, &GpuOptions::default()).unwrap();
    assert!(matches!(engine.gpu(), GpuStatus::InUse { memory, .. } if memory > 0));
}

fn answer(
    session: &mut Session,
    prompt: &[u32],
    on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
) -> Generation {
    let options = GenerateOptions {
        max_tokens: 12,
        ..GenerateOptions::default()
    };
    let cancel = Cancel::new();
    session
        .generate(prompt, &options, &cancel, on_text)
        .unwrap()
}

fn whole(session: &mut Session, prompt: &[u32]) -> Generation {
    answer(session, prompt, &mut |_| ControlFlow::Continue(()))
}

/// Continuations of a prompt: some share beginnings with its answer and with each other, one takes
/// several passes.
fn continuations(answer: &[u32]) -> Vec<Vec<u32>> {
    let with = |at: usize, more: &[u32]| [&answer[..at.min(answer.len())], more].concat();
    let long: Vec<u32> = (0..60).map(|i| 20 + i * 3 % 200).collect();
    vec![
        with(12, &[]),
        with(3, &[7, 9, 11]),
        with(3, &[7, 9, 12, 13]),
        with(0, &[7, 9, 11]),
        with(5, &long),
    ]
}

fn assert_same(scores: &[Vec<f32>], expected: &[Vec<f32>]) {
    assert_eq!(scores.len(), expected.len());
    for (scores, expected) in scores.iter().zip(expected) {
        let off = largest_difference(scores, expected);
        assert!(off < TOLERANCE, "{off}: {scores:?} and {expected:?}");
    }
}

#[test]
fn a_gpu_answers_and_scores_as_the_cpu_does() {
    for family in FAMILIES {
        let Some((engine, _)) = on_gpu(family) else {
            return;
        };
        let prompt = reference(family).tokens;
        let mut cpu = Session::new(open(family, Weights::Exact));
        let mut gpu = Session::new(engine);
        let cancel = Cancel::new();
        let want = whole(&mut cpu, &prompt);
        let continuations = continuations(&want.tokens);
        let expected = cpu.score(&prompt, &continuations, &cancel).unwrap();
        // Twice: what is known from before must not change anything.
        for known in [0, prompt.len()] {
            let got = whole(&mut gpu, &prompt);
            assert_eq!((&got.tokens, &got.text), (&want.tokens, &want.text));
            assert_eq!(got.reused_tokens, known);
            assert!(largest_difference(&got.logprobs, &want.logprobs) < TOLERANCE);
            let scores = gpu.score(&prompt, &continuations, &cancel).unwrap();
            assert_same(&scores, &expected);
        }
        let shorter = [&prompt[..20], &[3, 4]].concat();
        let (got, want) = (whole(&mut gpu, &shorter), whole(&mut cpu, &shorter));
        assert_eq!((got.tokens, got.reused_tokens), (want.tokens, 20));
        let n_best = |session: &mut Session| {
            let found = session.n_best(&prompt, [3, 6], &cancel, &mut || true);
            found.unwrap().into_iter().map(|one| one.text)
        };
        assert!(n_best(&mut gpu).eq(n_best(&mut cpu)));
    }
}

#[test]
fn what_is_cancelled_leaves_the_sequence_as_it_was() {
    let Some((engine, events)) = on_gpu("qwen3") else {
        return;
    };
    let prompt = reference("qwen3").tokens;
    let mut session = Session::new(engine);
    let want = whole(&mut session, &prompt);
    let (other, cancel) = ([&prompt[..10], &[9; 40]].concat(), Cancel::new());
    cancel.cancel();
    let cancelled = session.prefill_ahead(&other, &cancel);
    assert!(matches!(cancelled, Err(RunError::Cancelled)));
    assert_eq!(whole(&mut session, &prompt).tokens, want.tokens);
    assert!(events.lock().unwrap().is_empty());
}

#[test]
fn a_gpu_that_is_given_back_is_asked_for_once() {
    let (Some((engine, events)), Some(adapter)) = (on_gpu("qwen3"), adapter()) else {
        return;
    };
    let prompt = reference("qwen3").tokens;
    let (mut session, mut other) = (Session::new(engine.clone()), Session::new(engine.clone()));
    let want = whole(&mut session, &prompt);
    engine.rest_gpu();
    assert_eq!(engine.gpu(), GpuStatus::Resting);
    assert!(events.lock().unwrap().is_empty());
    for session in [&mut session, &mut other] {
        assert_eq!(whole(session, &prompt).tokens, want.tokens);
    }
    assert_eq!(*events.lock().unwrap(), [GpuEvent::Wanted]);
    use_gpu(&engine, &adapter);
    assert_eq!(whole(&mut session, &prompt).tokens, want.tokens);
    engine.forget_gpu();
    assert_eq!(engine.gpu(), GpuStatus::Unused);
    assert_eq!(whole(&mut session, &prompt).tokens, want.tokens);
    assert_eq!(events.lock().unwrap().len(), 1);
}

#[test]
fn an_answer_is_finished_by_the_cpu_if_the_gpu_goes() {
    for family in FAMILIES {
        let Some((engine, events)) = on_gpu(family) else {
            return;
        };
        let prompt = reference(family).tokens;
        let want = whole(&mut Session::new(open(family, Weights::Exact)), &prompt);
        let mut texts = 0;
        let mut session = Session::new(engine.clone());
        let got = answer(&mut session, &prompt, &mut |_| {
            texts += 1;
            if texts == 5 {
                engine.rest_gpu();
            }
            ControlFlow::Continue(())
        });
        assert_eq!((got.tokens, got.text), (want.tokens, want.text));
        // It did not fail, and the prompt was there before it was given back.
        assert!(events.lock().unwrap().is_empty());
    }
}

#[test]
fn a_gpu_with_too_little_memory_is_refused() {
    let (Some((engine, _)), Some(adapter)) = (on_gpu("qwen3"), adapter()) else {
        return;
    };
    let GpuStatus::InUse { memory, .. } = engine.gpu() else {
        panic!("it is not used");
    };
    engine.forget_gpu();
    // Too little for the weights, and too little for these and a context.
    for memory_limit in [memory / 2, memory + 1] {
        let options = GpuOptions {
            memory_limit,
            ..GpuOptions::default()
        };
        let refused = engine.use_gpu(&adapter, &options).unwrap_err().to_string();
        assert!(refused.contains("memory"), "{refused}");
        assert_eq!(engine.gpu(), GpuStatus::Unused);
    }
}
