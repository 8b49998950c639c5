//! A chat model completes code, and nothing else that it says is shown.

use crate::{Limits, Outcome, complete};
use context::testing::snapshot;
use context::{Alternative, Answer, Budget, ChatTurns, CountTokens, Effort, FimFormat, Generate};
use context::{GenerateError, Prompt, Segment};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

/// A model that answers every question with the same text, a character at a time.
struct Chatting {
    says: &'static str,
    prompts: Vec<Prompt>,
    /// Characters that were asked for.
    taken: usize,
}

impl CountTokens for Chatting {
    fn count(&self, text: &str) -> usize {
        text.len().div_ceil(4)
    }
}

impl Generate for Chatting {
    fn fim_format(&self) -> Option<FimFormat> {
        Some(FimFormat::of_chat(ChatTurns::of_roles()))
    }

    fn budget(&self) -> Budget {
        Budget::window_only(1000)
    }

    fn spare_tokens(&self) -> usize {
        1000
    }

    fn generate(
        &mut self,
        prompt: &Prompt,
        _effort: Effort,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Answer, GenerateError> {
        self.prompts.push(prompt.clone());
        let mut answer = Answer::default();
        for c in self.says.chars() {
            answer.text.push(c);
            self.taken += 1;
            if on_text(&answer.text).is_break() {
                break;
            }
        }
        Ok(answer)
    }

    fn knows(&self, _marker: &str) -> bool {
        false
    }

    fn score(
        &mut self,
        _prompt: &Prompt,
        continuations: &[Vec<Segment>],
    ) -> Result<Vec<Vec<f32>>, GenerateError> {
        Ok(vec![vec![-0.1]; continuations.len()])
    }

    fn begin(
        &mut self,
        _prompt: &Prompt,
        continuations: &[Vec<Segment>],
    ) -> Result<Vec<f32>, GenerateError> {
        Ok(vec![0.0; continuations.len()])
    }

    fn alternatives(
        &mut self,
        _prompt: &Prompt,
        _count: usize,
        _max_tokens: usize,
        _goes_on: &mut dyn FnMut() -> bool,
    ) -> Result<Vec<Alternative>, GenerateError> {
        Ok(Vec::new())
    }
}

/// What comes of asking at `$0` of a Python file.
fn completed(text: &str, says: &'static str, invoked: bool) -> (Outcome, Chatting) {
    let offset = text.find("$0").unwrap();
    let mut model = Chatting {
        says,
        prompts: Vec::new(),
        taken: 0,
    };
    let limits = Limits {
        line_tokens: 64,
        block_tokens: 256,
        min_confidence: 0.0,
        gate: Arc::default(),
        personalization: None,
        invoked: invoked.then_some(Duration::MAX),
    };
    let snapshot = snapshot("a.py", &text.replacen("$0", "", 1));
    let outcome = complete(&snapshot, offset, &mut model, &limits).unwrap();
    (outcome, model)
}

fn generated(outcome: &Outcome) -> Vec<&str> {
    let generated = outcome.candidates.iter();
    let generated = generated.filter(|one| one.candidate.generated);
    generated.map(|one| &*one.candidate.text).collect()
}

const LINE: &str = "def add(first, second):\n    return $0\n\n\nprint(add(1, 2))\n";
const BLOCK: &str = "def add(first, second):\n    $0\n\n\nprint(add(1, 2))\n";

#[test]
fn its_answer_goes_on_where_the_code_ends() {
    let (outcome, model) = completed(LINE, "first + second\n```\nDone!", false);
    assert_eq!(generated(&outcome), ["first + second"]);
    let prompt = &model.prompts[0];
    let reply = prompt.reply.as_ref().unwrap();
    assert_eq!(
        reply.text(),
        "```python\ndef add(first, second):\n    return"
    );
    assert_eq!(prompt.required, " ");
    let text = prompt.display();
    assert!(text.ends_with(&reply.text()), "{text}");
    assert!(
        text.contains("File: a.py\n<FILL_HERE>\n\n\nprint(add(1, 2))\n"),
        "{text}"
    );
    assert_eq!(
        text.matches("def add").count(),
        1,
        "no code is there twice: {text}"
    );
}

#[test]
fn a_block_ends_at_the_fence_and_before_the_code_that_follows() {
    let body = "total = first + second\n    return total";
    for says in [
        "total = first + second\n    return total\n```\nThis adds two numbers.",
        "total = first + second\n    return total\n\n\nprint(add(1, 2))\nprint(add(1, 2))",
        "total = first + second\n    return total\n\nThis function adds two numbers.",
    ] {
        let (outcome, model) = completed(BLOCK, says, false);
        assert_eq!(generated(&outcome), [body], "{says}");
        assert!(model.taken < says.len(), "it is stopped: {says}");
    }
}

#[test]
fn prose_fences_and_code_that_is_there_already_are_never_shown() {
    for text in [LINE, BLOCK] {
        for says in [
            "Here is the completed code:\n\n```python\nreturn first + second\n```",
            "Sure! The missing code is below.",
            "```python\ndef add(first, second):\n    return first + second\n```",
            "def add(first, second):\n    return first + second",
            "<think>\nThe user wants",
            "<FILL_HERE>",
            "\n```",
            "",
            "   \n",
        ] {
            for invoked in [false, true] {
                let (outcome, _) = completed(text, says, invoked);
                assert_eq!(generated(&outcome), [""; 0], "{text}{says}");
                let shown = outcome.completion.map(|one| one.text).unwrap_or_default();
                let foreign = ["```", "Sure", "Here is", "<think>", "<FILL", "def add"];
                assert!(!foreign.iter().any(|part| shown.contains(part)), "{shown}");
            }
        }
    }
    let (outcome, _) = completed(LINE, "return first + second", false);
    assert_eq!(generated(&outcome), [""; 0], "the line is repeated");
}
