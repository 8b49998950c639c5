//! Ghost text: what will the user type next at this place?

use crate::extent::Extent;
use crate::filters::{self, Place};
use crate::generate::{Answer, Generate, GenerateError, Stats};
use crate::next_edit;
use crate::stop::Stop;
use context::{Snapshot, fill_in};

/// How certain an insertion is that repeats the last edits: a rule seen twice is rarely wrong at its next place.
const REPEATED: f32 = 0.95;

/// What a caller allows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Tokens of a completion that ends with the line.
    pub line_tokens: usize,
    /// Tokens of a completion that may fill a block.
    pub block_tokens: usize,
    /// Completions less certain than this, from 0 to 1, are not shown.
    pub min_confidence: f32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { line_tokens: 48, block_tokens: 160, min_confidence: 0.0 }
    }
}

/// A completion worth showing.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    /// Text to insert at the cursor; lines end with `\n`.
    pub text: String,
    /// Geometric mean of the probabilities of its tokens, from 0 to 1.
    pub confidence: f32,
}

/// What came of asking, shown or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The completion, unless there is a reason against it.
    pub completion: Option<Completion>,
    /// Why nothing is shown: the filter that dropped it, or `uncertain`; empty when something is.
    pub withheld: &'static str,
    /// What the model said, up to the end of the extent.
    pub said: String,
    /// How far it was allowed to go.
    pub extent: Extent,
    /// What it cost.
    pub stats: Stats,
}

/// Completes the text at byte `offset` of the snapshot's document.
pub fn inline_completion(
    snapshot: &Snapshot,
    offset: usize,
    model: &mut dyn Generate,
    limits: &Limits,
) -> Result<Outcome, GenerateError> {
    if let Some(text) = next_edit::insertion(snapshot, offset) {
        return Ok(repeated(text));
    }
    let format = model.fim_format().ok_or(GenerateError::NoFillIn)?;
    let prompt = fill_in(snapshot, offset, &format, model.budget(), &*model);
    let extent = Extent::at(snapshot, offset);
    let stop = Stop::new(snapshot, &extent);
    let max_tokens = match extent {
        Extent::Block { .. } => limits.block_tokens,
        Extent::Line | Extent::WholeLine => limits.line_tokens,
    };
    let answer = model.generate(&prompt, max_tokens, &mut |text| stop.check(text))?;
    let end = stop.end(&answer.text).unwrap_or_else(|| whole_lines(&answer, &extent));
    let said = answer.text[..end].to_owned();
    let place = Place::new(snapshot, offset, &extent);
    let (completion, withheld) = match filters::apply_all(&place, said.clone()) {
        Err(filter) => (None, filter),
        Ok(text) => {
            let confidence = confidence(&answer, text.len().min(end));
            if confidence < limits.min_confidence {
                (None, "uncertain")
            } else {
                (Some(Completion { text, confidence }), "")
            }
        }
    };
    Ok(Outcome { completion, withheld, said, extent, stats: answer.stats })
}

/// The insertion of a repeated edit, for which the model was not asked.
fn repeated(text: String) -> Outcome {
    let completion = Some(Completion { text: text.clone(), confidence: REPEATED });
    Outcome { completion, withheld: "", said: text, extent: Extent::Line, stats: Stats::default() }
}

/// Where an answer without an end of its own is cut: a last line that ran out of tokens is left out, all of it in a
/// completion of one line, which nobody knows the end of.
fn whole_lines(answer: &Answer, extent: &Extent) -> usize {
    match extent {
        _ if !answer.cut_short => answer.text.len(),
        Extent::Block { .. } => answer.text.rfind('\n').unwrap_or(0),
        Extent::Line | Extent::WholeLine => 0,
    }
}

/// Geometric mean of the probabilities of the tokens that begin within the first `shown` bytes of the answer.
fn confidence(answer: &Answer, shown: usize) -> f32 {
    let mut start = 0;
    let mut sum = (0.0, 0);
    for &(end, logprob) in &answer.tokens {
        if end > 0 && start < shown {
            sum = (sum.0 + logprob, sum.1 + 1);
        }
        start = end;
    }
    if sum.1 == 0 { 0.0 } else { (sum.0 / sum.1 as f32).exp() }
}
