//! The next edit by a model elsewhere, if that one was trained for it.
//!
//! It is asked in its format like a model here, but nothing is drafted for it. What a format spells
//! with plain text, such as the mark of the cursor, looks like a special token to a server that
//! takes one string. So the writer gets these marks with the prompt. The model here counts tokens.

use super::format::EditFormat;
use context::{Alternative, Answer, Budget, CountTokens, Effort, FimFormat, Generate};
use context::{GenerateError, Prompt, Segment, Snapshot, Writer};
use std::ops::ControlFlow;

impl EditFormat {
    /// The format of a model elsewhere. Where its vocabulary is not shown, its name decides.
    pub fn of_writer(writer: &dyn Writer) -> Option<Self> {
        let name = writer.name();
        match writer.markers() {
            Some(markers) => Self::detect([name.as_str()], |marker| {
                markers.iter().any(|known| known == marker)
            }),
            None => Self::named(&name),
        }
    }
}

/// A model elsewhere in the place of the one here.
pub(super) struct Elsewhere<'m> {
    here: &'m mut dyn Generate,
    snapshot: &'m Snapshot,
    format: EditFormat,
    budget: Budget,
    /// The special tokens of its vocabulary, where it shows them.
    markers: Option<Vec<String>>,
}

impl<'m> Elsewhere<'m> {
    /// `None` where there is no model elsewhere, or none that predicts edits.
    pub(super) fn new(snapshot: &'m Snapshot, here: &'m mut dyn Generate) -> Option<Self> {
        let writer = here.writer()?;
        let format = EditFormat::of_writer(&*writer)?;
        let (budget, markers) = (writer.budget(), writer.markers());
        Some(Self {
            here,
            snapshot,
            format,
            budget,
            markers,
        })
    }

    /// What it is asked in.
    pub(super) fn format(&self) -> EditFormat {
        self.format
    }
}

/// What only a model here can do.
fn no_answer<T>() -> Result<T, GenerateError> {
    Err(GenerateError::Engine(
        "the model on the server gave no answer".into(),
    ))
}

impl CountTokens for Elsewhere<'_> {
    fn count(&self, text: &str) -> usize {
        self.here.count(text)
    }
}

impl Generate for Elsewhere<'_> {
    fn fim_format(&self) -> Option<FimFormat> {
        None
    }

    fn budget(&self) -> Budget {
        self.budget
    }

    fn spare_tokens(&self) -> usize {
        0
    }

    fn generate(
        &mut self,
        prompt: &Prompt,
        effort: Effort,
        on_text: &mut dyn FnMut(&str) -> ControlFlow<()>,
    ) -> Result<Answer, GenerateError> {
        let marks = self.format.reserved();
        let writer = self.here.writer();
        let pending = writer
            .and_then(|writer| writer.start_edit(self.snapshot, prompt, marks, effort.max_tokens));
        let answer = pending.map(|pending| pending.read(on_text)).transpose()?;
        answer.flatten().map_or_else(no_answer, Ok)
    }

    fn knows(&self, marker: &str) -> bool {
        match &self.markers {
            Some(markers) => markers.iter().any(|known| known == marker),
            None => true,
        }
    }

    fn score(&mut self, _: &Prompt, _: &[Vec<Segment>]) -> Result<Vec<Vec<f32>>, GenerateError> {
        no_answer()
    }

    fn begin(&mut self, _: &Prompt, _: &[Vec<Segment>]) -> Result<Vec<f32>, GenerateError> {
        no_answer()
    }

    fn alternatives(
        &mut self,
        _: &Prompt,
        _: usize,
        _: usize,
        _: &mut dyn FnMut() -> bool,
    ) -> Result<Vec<Alternative>, GenerateError> {
        no_answer()
    }
}
