//! The worker where jobs, parsing or the model fail.

use super::*;
use context::{Alternative, Answer, Effort, Generate, GenerateError};
use context::{Budget, CountTokens, FimFormat, Prompt, Segment, SourceWeights};

/// Panics over a text that says so.
fn fragile(
    grammar: &'static Grammar,
    rope: &Rope,
    old: Option<&Syntax>,
    stop: &mut dyn FnMut() -> bool,
) -> Option<Syntax> {
    assert!(!rope.to_string().contains("panic"), "on purpose");
    Syntax::parse(grammar, rope, old, stop)
}

fn wait_for(what: impl Fn() -> bool) {
    let start = Instant::now();
    while !what() {
        assert!(start.elapsed() < Duration::from_secs(20), "nothing happens");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A model that panics the first time that it is to run.
struct Fragile {
    broken: bool,
}

impl CountTokens for Fragile {
    fn count(&self, _text: &str) -> usize {
        0
    }
}

impl Generate for Fragile {
    fn fim_format(&self) -> Option<FimFormat> {
        None
    }

    fn budget(&self) -> Budget {
        Budget {
            tokens: 0,
            weights: SourceWeights::NONE,
        }
    }

    fn spare_tokens(&self) -> usize {
        0
    }

    fn generate(&mut self, _: &Prompt, _: Effort, _: OnText) -> Result<Answer, GenerateError> {
        Err(GenerateError::NoFillIn)
    }

    fn knows(&self, _marker: &str) -> bool {
        false
    }

    fn score(&mut self, _: &Prompt, _: &[Vec<Segment>]) -> Result<Vec<Vec<f32>>, GenerateError> {
        Err(GenerateError::NoFillIn)
    }

    fn begin(&mut self, _: &Prompt, _: &[Vec<Segment>]) -> Result<Vec<f32>, GenerateError> {
        Err(GenerateError::NoFillIn)
    }

    fn alternatives(
        &mut self,
        _: &Prompt,
        _: usize,
        _: usize,
        _: &mut dyn FnMut() -> bool,
    ) -> Result<Vec<Alternative>, GenerateError> {
        Err(GenerateError::NoFillIn)
    }
}

impl Model for Fragile {
    fn set_cancel(&mut self, _cancel: Cancel) {
        assert!(!std::mem::take(&mut self.broken), "on purpose");
    }

    fn description(&self) -> Description {
        Description::default()
    }
}

type OnText<'a> = &'a mut dyn FnMut(&str) -> std::ops::ControlFlow<()>;

#[tokio::test]
async fn a_panic_between_jobs_costs_one_job_and_not_the_thread() {
    let documents = Arc::new(Documents::default());
    let load: Load = Box::new(|| Ok(Box::new(Fragile { broken: true })));
    let worker = Worker::start(Arc::clone(&documents), load).unwrap();
    documents.open("a", "python", 1, "x = 1\n").unwrap();
    let ask = || {
        worker
            .submit("kind", documents.snapshot("a").unwrap(), |_, _| 5)
            .answer()
    };
    assert_eq!((ask().await, ask().await), (None, Some(5)));
}

#[test]
fn a_panic_while_parsing_costs_one_tree_and_not_the_thread() {
    let documents = Arc::new(Documents::default());
    let load: Load = Box::new(|| Err("there is no model".into()));
    let _worker = Worker::start_parsing(Arc::clone(&documents), load, fragile).unwrap();
    documents.open("a", "python", 1, "panic = 1\n").unwrap();
    wait_for(|| documents.unparsed().is_none());
    assert!(documents.snapshot("a").unwrap().snapshot.syntax.is_none());
    documents.open("b", "python", 1, "x = 1\n").unwrap();
    wait_for(|| documents.snapshot("b").unwrap().snapshot.syntax.is_some());
    documents.open("a", "python", 2, "x = 1\n").unwrap();
    wait_for(|| documents.snapshot("a").unwrap().snapshot.syntax.is_some());
}
