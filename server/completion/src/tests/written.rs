//! A model elsewhere writes: its answer takes the place of the model's own, or is dropped.

use crate::{Limits, Outcome, Written, complete};
use context::testing::{Finite, snapshot};
use context::{Alternative, Answer, Budget, CountTokens, Effort, FORMATS, FimFormat, Generate};
use context::{GenerateError, PendingText, Prompt, Segment, Snapshot, Writer};
use std::ops::ControlFlow;
use std::sync::Arc;

/// What a model elsewhere answers; `None` for nothing.
#[derive(Clone)]
struct Elsewhere {
    answer: Option<Answer>,
    prompts: Vec<String>,
}

impl Writer for Elsewhere {
    fn fim_format(&self) -> FimFormat {
        let qwen = FORMATS.iter().find(|format| format.name == "Qwen-Coder");
        qwen.unwrap().clone()
    }

    fn budget(&self) -> Budget {
        Budget::window_only(2000)
    }

    fn start(&mut self, _: &Snapshot, prompt: &Prompt, _: usize) -> Option<Box<dyn PendingText>> {
        assert_eq!(prompt.required, " a");
        self.prompts.push(prompt.display());
        Some(Box::new(self.clone()))
    }
}

impl PendingText for Elsewhere {
    fn read(
        self: Box<Self>,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Option<Answer>, GenerateError> {
        if let Some(answer) = &self.answer {
            let _ = on_text(&answer.text);
        }
        Ok(self.answer.clone())
    }
}

/// A model here and one elsewhere.
struct Both {
    here: Finite,
    elsewhere: Elsewhere,
}

impl CountTokens for Both {
    fn count(&self, text: &str) -> usize {
        self.here.count(text)
    }
}

impl Generate for Both {
    fn fim_format(&self) -> Option<FimFormat> {
        self.here.fim_format()
    }

    fn budget(&self) -> Budget {
        self.here.budget()
    }

    fn spare_tokens(&self) -> usize {
        self.here.spare_tokens()
    }

    fn generate(
        &mut self,
        prompt: &Prompt,
        effort: Effort,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Answer, GenerateError> {
        self.here.generate(prompt, effort, on_text)
    }

    fn knows(&self, marker: &str) -> bool {
        self.here.knows(marker)
    }

    fn score(
        &mut self,
        prompt: &Prompt,
        continuations: &[Vec<Segment>],
    ) -> Result<Vec<Vec<f32>>, GenerateError> {
        self.here.score(prompt, continuations)
    }

    fn begin(
        &mut self,
        prompt: &Prompt,
        continuations: &[Vec<Segment>],
    ) -> Result<Vec<f32>, GenerateError> {
        self.here.begin(prompt, continuations)
    }

    fn alternatives(
        &mut self,
        prompt: &Prompt,
        count: usize,
        max_tokens: usize,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Result<Vec<Alternative>, GenerateError> {
        self.here.alternatives(prompt, count, max_tokens, goes_on)
    }

    fn writer(&mut self) -> Option<&mut dyn Writer> {
        Some(&mut self.elsewhere)
    }
}

/// The completion of `return a<cursor>` where the model here says `a - b`.
fn completed(elsewhere: Option<Answer>) -> (Outcome, String) {
    let text = "def add(a, b):\n    return a";
    let mut model = Both {
        here: Finite::new("<|fim_middle|>", &[], &[(&format!("{text} - b\n"), 0.9)]),
        elsewhere: Elsewhere {
            answer: elsewhere,
            prompts: Vec::new(),
        },
    };
    let limits = Limits {
        line_tokens: 32,
        block_tokens: 128,
        min_confidence: 0.0,
        gate: Arc::default(),
        personalization: None,
        invoked: None,
    };
    let outcome = complete(&snapshot("a.py", text), text.len(), &mut model, &limits).unwrap();
    (outcome, model.elsewhere.prompts.remove(0))
}

fn saying(text: &str) -> Answer {
    Answer {
        text: text.to_owned(),
        ..Answer::default()
    }
}

#[test]
fn its_answer_is_the_candidate_and_its_prompt_has_its_own_layout() {
    let (outcome, prompt) = completed(Some(saying(" + b\nprint(1)")));
    assert_eq!(
        (outcome.written, outcome.generated.as_str()),
        (Written::Kept, " + b")
    );
    let candidates: Vec<&str> = outcome
        .candidates
        .iter()
        .map(|one| &*one.candidate.text)
        .collect();
    assert!(
        candidates.contains(&" + b") && !candidates.contains(&" - b"),
        "{candidates:?}"
    );
    assert!(prompt.contains("    return<|fim_suffix|>"), "{prompt}");
    assert!(prompt.ends_with("<|fim_middle|>"), "{prompt}");
}

#[test]
fn the_model_here_steps_in_where_nothing_comes_or_a_filter_drops_it() {
    let (outcome, _) = completed(None);
    assert_eq!(
        (outcome.written, outcome.generated.as_str()),
        (Written::Nothing, " - b")
    );
    let (outcome, _) = completed(Some(saying("\n")));
    assert!(
        matches!(outcome.written, Written::Dropped(_)),
        "{:?}",
        outcome.written
    );
    assert_eq!(outcome.generated, " - b");
}

#[test]
fn an_answer_without_an_end_is_not_shown_by_halves() {
    let half = Answer {
        cut_short: true,
        ..saying(" + b_that_is_no")
    };
    let (outcome, _) = completed(Some(half));
    assert!(
        matches!(outcome.written, Written::Dropped(_)),
        "{:?}",
        outcome.written
    );
}

#[test]
fn the_server_s_own_probabilities_count_where_it_gives_them() {
    let sure = Answer {
        tokens: vec![(2, -0.01), (4, -0.01)],
        ..saying(" + b")
    };
    let (outcome, _) = completed(Some(sure));
    let candidate = outcome
        .candidates
        .iter()
        .find(|one| one.candidate.text == " + b");
    let candidate = candidate.unwrap();
    assert_eq!(
        candidate.candidate.written.as_deref(),
        Some(&[-0.01, -0.01][..])
    );
    let total = crate::gate::FEATURES
        .iter()
        .position(|one| one.name == "total");
    assert!((candidate.evidence.values()[total.unwrap()] + 0.02).abs() < 1e-5);
}
