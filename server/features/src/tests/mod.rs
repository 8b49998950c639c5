//! Features that ask the model for more than one answer, with a model that knows a few answers and
//! their probabilities.

mod by_hand;
pub mod deep;
mod misuse;
mod named;
mod repair;
mod soundness;
mod unlikely;

use crate::extent::Extent;
use crate::filters::Place;
use crate::generate::{Alternative, Answer, Effort, Generate, GenerateError};
use context::{Budget, CountTokens, FORMATS, FimFormat, Prompt, Segment, Snapshot};
use std::ops::ControlFlow;
use std::path::Path;
use text::Document;

/// Knows what may follow a prompt: texts with markers spelt out, each with its probability. The
/// first part of the prompt it looks at is that behind `behind`.
struct Finite {
    behind: &'static str,
    knows: &'static [&'static str],
    answers: Vec<(String, f32)>,
    prompts: Vec<String>,
}

impl Finite {
    fn new(behind: &'static str, knows: &'static [&'static str], answers: &[(&str, f32)]) -> Self {
        let answers = answers
            .iter()
            .map(|(text, chance)| ((*text).to_owned(), *chance))
            .collect();
        Self {
            behind,
            knows,
            answers,
            prompts: Vec::new(),
        }
    }

    /// What was answered in the prompt already.
    fn begun(&mut self, prompt: &Prompt) -> String {
        let text = prompt.display();
        self.prompts.push(text.clone());
        text.rsplit_once(self.behind)
            .map_or(String::new(), |(_, begun)| begun.to_owned())
    }

    /// The probability that an answer begins so.
    fn chance(&self, head: &str) -> f32 {
        self.answers
            .iter()
            .filter(|(text, _)| text.starts_with(head))
            .map(|(_, chance)| chance)
            .sum()
    }
}

impl CountTokens for Finite {
    fn count(&self, text: &str) -> usize {
        text.len().div_ceil(4)
    }
}

impl Generate for Finite {
    fn fim_format(&self) -> Option<FimFormat> {
        FORMATS.first().cloned()
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
        let head = format!("{}{}", self.begun(prompt), prompt.required);
        let fitting = self
            .answers
            .iter()
            .filter(|(text, _)| text.starts_with(&head));
        let likeliest = fitting.max_by(|a, b| a.1.total_cmp(&b.1));
        let mut answer = Answer::default();
        for c in likeliest
            .map_or("", |(text, _)| &text[head.len()..])
            .chars()
        {
            answer.text.push(c);
            if on_text(&answer.text).is_break() {
                break;
            }
        }
        Ok(answer)
    }

    fn knows(&self, marker: &str) -> bool {
        self.knows.contains(&marker)
    }

    fn score(
        &mut self,
        prompt: &Prompt,
        continuations: &[Vec<Segment>],
    ) -> Result<Vec<Vec<f32>>, GenerateError> {
        let begun = self.begun(prompt);
        let whole = self.chance(&begun);
        let spelt = |segments: &Vec<Segment>| {
            Prompt {
                segments: segments.clone(),
                ..Prompt::default()
            }
            .display()
        };
        let logprob = |segments| (self.chance(&format!("{begun}{}", spelt(segments))) / whole).ln();
        Ok(continuations
            .iter()
            .map(|segments| vec![logprob(segments)])
            .collect())
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
        prompt: &Prompt,
        count: usize,
        _max_tokens: usize,
    ) -> Result<Vec<Alternative>, GenerateError> {
        let begun = self.begun(prompt);
        let whole = self.chance(&begun);
        let rest = |(text, chance): &(String, f32)| {
            let text = text.strip_prefix(&begun)?.to_owned();
            Some(Alternative {
                text,
                logprob: (chance / whole).ln(),
                ended: true,
            })
        };
        let mut found: Vec<Alternative> = self.answers.iter().filter_map(rest).collect();
        found.sort_by(|a, b| b.logprob.total_cmp(&a.logprob));
        found.truncate(count);
        Ok(found)
    }
}

/// What `look` makes of the place at `$0`.
pub fn at_mark<T>(path: &str, marked: &str, look: impl FnOnce(&Place) -> T) -> T {
    let offset = marked.find("$0").unwrap();
    let snapshot = snapshot(path, &marked.replacen("$0", "", 1));
    let extent = Extent::at(&snapshot, offset);
    look(&Place::new(&snapshot, offset, &extent))
}

pub fn snapshot(path: &str, text: &str) -> Snapshot {
    let document = Document::new(text, 0).unwrap();
    let grammar = grammars::by_path(Path::new(path));
    let syntax = grammar
        .and_then(|grammar| syntax::Syntax::parse(grammar, document.rope(), None, &mut || false));
    Snapshot {
        path: path.into(),
        language: "".into(),
        document,
        syntax,
        index: index::Index::default(),
        recent: std::sync::Arc::default(),
    }
}
