//! The tokens of a session and what a device knows about them: on the CPU, or on the engine's GPU.
//!
//! A sequence moves to the GPU or back only between prompts ([`Sequence::follow`]), and is empty
//! then. If the GPU fails in the middle, the CPU reads the same tokens and goes on; whoever asked
//! does not notice, except by the time it takes.

use std::sync::Arc;

use gpu::{GpuCache, GpuError, GpuRows};

use crate::engine::Engine;
use crate::gpu_model::GpuModel;
use crate::kv_cache::KvCache;
use crate::layers::{PositionRange, Scratch};
use crate::{Cancel, RunError};

/// Prompt tokens computed at a time on the CPU, and the most on a GPU.
pub(crate) const PREFILL_BLOCK: usize = 256;
/// A pass over so many tokens is worth a checkpoint of recurrent layers.
const CHECKPOINT_TOKENS: usize = 64;

/// Tokens, and their keys and values.
pub(crate) struct Sequence {
    engine: Arc<Engine>,
    /// The tokens whose keys and values are in the cache.
    tokens: Vec<u32>,
    /// Empty while the sequence is on the GPU.
    cache: KvCache,
    scratch: Scratch,
    gpu: Option<OnGpu>,
}

/// A sequence on a GPU.
struct OnGpu {
    model: Arc<GpuModel>,
    cache: GpuCache,
    rows: GpuRows,
}

impl OnGpu {
    fn new(model: Arc<GpuModel>) -> Result<OnGpu, RunError> {
        let (cache, rows) = (model.decoder.cache()?, model.decoder.rows()?);
        Ok(OnGpu { model, cache, rows })
    }

    fn forward(
        &mut self,
        tokens: &[u32],
        wanted: usize,
        logits: &mut Vec<f32>,
        cancel: &Cancel,
    ) -> Result<(), RunError> {
        let OnGpu { model, cache, rows } = self;
        model
            .decoder
            .forward(tokens, wanted, cache, rows, logits, cancel)?;
        self.computed(logits, wanted)
    }

    fn forward_branches(
        &mut self,
        tokens: &[u32],
        ranges: &[PositionRange],
        logits: &mut Vec<f32>,
        cancel: &Cancel,
    ) -> Result<(), RunError> {
        let OnGpu { model, cache, rows } = self;
        model
            .decoder
            .forward_branches(tokens, ranges, cache, rows, logits, cancel)?;
        self.computed(logits, tokens.len())
    }

    /// A GPU that computes wrongly mostly computes what is no number.
    fn computed(&self, logits: &[f32], wanted: usize) -> Result<(), RunError> {
        self.model.touch();
        if wanted > 0 && logits.iter().any(|logit| !logit.is_finite()) {
            let what = "its results are not numbers".to_owned();
            return Err(RunError::Gpu(GpuError::Driver(what)));
        }
        Ok(())
    }
}

impl Sequence {
    /// An empty sequence; memory for the cache is allocated as it fills.
    pub fn new(engine: Arc<Engine>) -> Sequence {
        let cache = engine.decoder().kv_cache();
        Sequence {
            engine,
            tokens: Vec::new(),
            cache,
            scratch: Scratch::default(),
            gpu: None,
        }
    }

    /// The tokens whose keys and values are known.
    pub fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// Moves to the GPU if the engine has been given one, and back if it no longer has it. A
    /// sequence that moves is empty.
    pub fn follow(&mut self) {
        let model = self.engine.gpu.model();
        let is_there = match (&self.gpu, &model) {
            (Some(own), Some(model)) => Arc::ptr_eq(&own.model, model),
            (own, model) => own.is_none() && model.is_none(),
        };
        if is_there {
            return;
        }
        self.gpu = None;
        self.truncate(0);
        let Some(model) = model else {
            return;
        };
        match OnGpu::new(Arc::clone(&model)) {
            Ok(own) => {
                self.gpu = Some(own);
                self.cache = self.engine.decoder().kv_cache();
            }
            Err(RunError::Gpu(error)) => self.engine.gpu.failed(&model, &error),
            // Nothing else can fail, and the CPU is always there.
            Err(_) => {}
        }
    }

    /// Swaps working buffers of the CPU.
    pub fn swap_buffers(&mut self, other: &mut Sequence) {
        std::mem::swap(&mut self.scratch, &mut other.scratch);
    }

    /// Forgets all tokens from `len` on.
    pub fn truncate(&mut self, len: usize) {
        self.tokens.truncate(len);
        match &mut self.gpu {
            Some(on_gpu) => on_gpu.cache.truncate(len),
            None => self.cache.truncate(len),
        }
    }

    /// Whether a branch may begin in the middle of the branch before it. Else all begin within the
    /// cache.
    pub fn has_branch_trees(&self) -> bool {
        self.gpu.is_none() && !self.engine.decoder().is_recurrent()
    }

    /// Runs `tokens` after those that are known. The logits after the last `wanted` go to
    /// `logits`, `[wanted][vocab]`.
    pub fn forward(
        &mut self,
        tokens: &[u32],
        wanted: usize,
        logits: &mut Vec<f32>,
        cancel: &Cancel,
    ) -> Result<(), RunError> {
        if let Some(on_gpu) = &mut self.gpu {
            match on_gpu.forward(tokens, wanted, logits, cancel) {
                Err(RunError::Gpu(error)) => self.leave_gpu(&error, cancel)?,
                result => {
                    result?;
                    self.tokens.extend_from_slice(tokens);
                    return Ok(());
                }
            }
        }
        self.restore_states(cancel)?;
        self.run(tokens, wanted, logits, cancel)?;
        if tokens.len() >= CHECKPOINT_TOKENS {
            self.cache.save_states();
        }
        Ok(())
    }

    /// Runs several branches; see `Decoder::forward_branches`.
    pub fn forward_branches(
        &mut self,
        tokens: &[u32],
        ranges: &[PositionRange],
        logits: &mut Vec<f32>,
        cancel: &Cancel,
    ) -> Result<(), RunError> {
        if let Some(on_gpu) = &mut self.gpu {
            match on_gpu.forward_branches(tokens, ranges, logits, cancel) {
                Err(RunError::Gpu(error)) => self.leave_gpu(&error, cancel)?,
                result => return result,
            }
        }
        self.restore_states(cancel)?;
        let (decoder, scratch) = (self.engine.decoder(), &mut self.scratch);
        decoder.forward_branches(tokens, ranges, &mut self.cache, scratch, logits, cancel)
    }

    fn run(
        &mut self,
        tokens: &[u32],
        wanted: usize,
        logits: &mut Vec<f32>,
        cancel: &Cancel,
    ) -> Result<(), RunError> {
        let (decoder, scratch) = (self.engine.decoder(), &mut self.scratch);
        decoder.forward(tokens, wanted, &mut self.cache, scratch, logits, cancel)?;
        self.tokens.extend_from_slice(tokens);
        Ok(())
    }

    /// Runs known tokens once more on the CPU, from `len` on.
    fn run_again(&mut self, len: usize, cancel: &Cancel) -> Result<(), RunError> {
        let again = self.tokens.split_off(len);
        for block in again.chunks(PREFILL_BLOCK) {
            self.run(block, 0, &mut Vec::new(), cancel)?;
        }
        Ok(())
    }

    /// Goes on without the GPU, which failed.
    fn leave_gpu(&mut self, error: &GpuError, cancel: &Cancel) -> Result<(), RunError> {
        if let Some(on_gpu) = self.gpu.take() {
            self.engine.gpu.failed(&on_gpu.model, error);
        }
        self.cache.truncate(0);
        self.run_again(0, cancel)
    }

    /// After a cut, brings recurrent layers to the end of the cache: from the nearest checkpoint,
    /// the tokens after it are run once more. Where a sequence was cut it is probably cut again, so
    /// there is a checkpoint afterwards.
    fn restore_states(&mut self, cancel: &Cancel) -> Result<(), RunError> {
        let Some(restored) = self.cache.restore_states() else {
            return Ok(());
        };
        self.run_again(restored, cancel)?;
        self.cache.save_states();
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::gpu_slot::{GpuEvent, GpuStatus};
    use crate::{GenerateOptions, LoadOptions, Session, Weights};
    use gpu::{Gpu, GpuFault, GpuOptions, adapters};
    use std::ops::ControlFlow;
    use std::path::Path;
    use std::sync::Mutex;

    fn engine() -> Arc<Engine> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/qwen3");
        let options = LoadOptions {
            weights: Weights::Exact,
            threads: 1,
            ..LoadOptions::default()
        };
        Arc::new(Engine::open(&folder, &options).unwrap())
    }

    fn prompt() -> Vec<u32> {
        (0..300).map(|at| 3 + at * 7 % 250).collect()
    }

    /// An answer and some scores, as tokens and rounded log-probabilities.
    fn ask(session: &mut Session) -> (Vec<u32>, Vec<Vec<f32>>) {
        let options = GenerateOptions {
            max_tokens: 4,
            ..GenerateOptions::default()
        };
        let (prompt, cancel) = (prompt(), Cancel::new());
        let mut go_on = |_: &str| ControlFlow::Continue(());
        let answer = session
            .generate(&prompt, &options, &cancel, &mut go_on)
            .unwrap();
        let continuations = [vec![7, 8, 9], vec![7, 8, 20, 21], answer.tokens.clone()];
        let scores = session.score(&prompt, &continuations, &cancel).unwrap();
        (answer.tokens, scores)
    }

    fn assert_alike(got: &(Vec<u32>, Vec<Vec<f32>>), want: &(Vec<u32>, Vec<Vec<f32>>)) {
        assert_eq!(got.0, want.0);
        let pairs = got.1.iter().flatten().zip(want.1.iter().flatten());
        assert_eq!(got.1.len(), want.1.len());
        for (got, want) in pairs {
            assert!((got - want).abs() < 5e-3, "{got} instead of {want}");
        }
    }

    /// Lets a fault happen at its occasion of this number while a new engine is asked; whether
    /// there was such an occasion.
    fn with_fault(gpu: &Gpu, engine: &Arc<Engine>, fault: GpuFault, number: u64) -> bool {
        let events = Arc::new(Mutex::new(Vec::new()));
        let reported = Arc::clone(&events);
        engine.watch_gpu(Box::new(move |event| reported.lock().unwrap().push(event)));
        gpu.fail(fault, number);
        let mut session = Session::new(Arc::clone(engine));
        let got = ask(&mut session);
        let happened = gpu.occasions(fault) > number;
        assert_alike(&got, &ask(&mut Session::new(super::tests::engine())));
        // The same session goes on, and so does another.
        assert_alike(&ask(&mut session), &got);
        let events = events.lock().unwrap();
        let has_failed = matches!(engine.gpu(), GpuStatus::Failed(_));
        assert_eq!(
            (happened, events.len()),
            (has_failed, usize::from(happened))
        );
        assert!(
            events
                .iter()
                .all(|event| matches!(event, GpuEvent::Failed(_)))
        );
        happened
    }

    #[test]
    fn whatever_fails_no_request_is_lost_or_answered_wrongly() {
        let Some(adapter) = adapters(true).into_iter().next() else {
            return;
        };
        let faults = [
            (GpuFault::Destroy, 17),
            (GpuFault::OutOfMemory, 1),
            (GpuFault::Hang, 2),
            (GpuFault::NotNumbers, 1),
        ];
        for (fault, step) in faults {
            let mut happened = 0;
            for number in (0..).step_by(step) {
                let engine = engine();
                engine.use_gpu(&adapter, &GpuOptions::default()).unwrap();
                let gpu = engine.gpu.model().unwrap().decoder.backend.gpu.clone();
                if !with_fault(&gpu, &engine, fault, number) {
                    break;
                }
                happened += 1;
            }
            assert!(happened >= 3, "{fault:?} happened {happened} times");
        }
    }
}
