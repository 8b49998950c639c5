//! Next edits by a model that was trained for them: which models these are, what they are asked,
//! and what becomes of their answers.
//!
//! [`predict`] asks a model in its own format for the lines around the cursor as they will be
//! next, and gives back the edits that lead there, checked. A model on a server comes before one
//! here (`elsewhere.rs`). A format is a file here, a variant of [`EditFormat`] and a line in each
//! `match` of `format.rs`. `judge.rs` decides for all formats what is worth showing.

mod elsewhere;
mod format;
mod history;
mod judge;
mod names;
mod prompt_writer;
mod regions;
mod rewrite;
mod sweep;
#[cfg(test)]
mod tests;
mod window;
mod zeta;
mod zeta2;

use context::{Answer, Effort, Generate, GenerateError, Prompt, Segment, Snapshot};
use elsewhere::Elsewhere;
use rewrite::Rewritten;
use std::ops::ControlFlow;
use window::EditWindow;

pub use format::EditFormat;
pub use judge::PredictedEdit;

/// Tokens that an answer may have besides those of the window as it is.
const SPARE_TOKENS: usize = 96;
/// Bytes of the longest prompt: a window with very long lines is not asked about.
const MAX_PROMPT: usize = 12 << 10;

/// A question to a model.
struct Query<'a> {
    format: EditFormat,
    window: EditWindow<'a>,
    prompt: Prompt,
    drafts: Vec<String>,
}

impl<'a> Query<'a> {
    /// `None` where nothing was edited lately, or the code holds a text that means something in
    /// the format.
    fn new(
        format: EditFormat,
        snapshot: &'a Snapshot,
        offset: usize,
        model: &dyn Generate,
    ) -> Option<Self> {
        if snapshot.recent.edits.is_empty() {
            return None;
        }
        let window = format.window(snapshot, offset, model.budget().tokens);
        if is_reserved(format.reserved(), &window.with_context(zeta::CONTEXT_BYTES)) {
            return None;
        }
        let (prompt, drafts) = format.prompt(&window, model);
        Some(Self {
            format,
            window,
            prompt,
            drafts,
        })
    }

    /// Whether the prompt is short enough to be asked.
    fn is_short(&self) -> bool {
        let bytes = |segment: &Segment| match segment {
            Segment::Text(text) | Segment::Inner(text) => text.len(),
            Segment::Marker(_) => 0,
        };
        self.prompt.segments.iter().map(bytes).sum::<usize>() <= MAX_PROMPT
    }

    /// Breaks where the rest of the answer is known.
    fn check(&self, answer: &str) -> ControlFlow<()> {
        let end = self.format.end();
        let has_ended = !end.is_empty() && answer.contains(end);
        if has_ended || self.format.settled(&self.window, answer).is_some() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    /// The window as the answer rewrites it; `None` if the answer is incomplete or damaged.
    fn read(&self, answer: &Answer) -> Option<Rewritten> {
        if let Some(settled) = self.format.settled(&self.window, &answer.text) {
            return Some(settled);
        }
        if answer.cut_short || answer.given_up {
            return None;
        }
        self.format.read(&self.window, &answer.text)
    }
}

/// Whether a text holds one of these.
fn is_reserved(reserved: &[&str], text: &str) -> bool {
    reserved
        .iter()
        .any(|wanted| match wanted.strip_suffix('\n') {
            Some(wanted) => text.lines().any(|line| line == wanted),
            None => text.contains(wanted),
        })
}

/// The next edit near byte `offset`, by a model that was trained to predict it, on a server or
/// here; `None` where neither is such a model, or it predicts nothing that is worth showing.
pub fn predict(
    snapshot: &Snapshot,
    offset: usize,
    model: &mut dyn Generate,
) -> Result<Option<PredictedEdit>, GenerateError> {
    if let Some(mut elsewhere) = Elsewhere::new(snapshot, model) {
        let format = elsewhere.format();
        match predict_as(format, snapshot, offset, &mut elsewhere) {
            Err(GenerateError::Engine(_)) => {}
            predicted => return predicted,
        }
    }
    match EditFormat::of(&*model) {
        Some(format) => predict_as(format, snapshot, offset, model),
        None => Ok(None),
    }
}

/// The next edit by a model of this format.
fn predict_as(
    format: EditFormat,
    snapshot: &Snapshot,
    offset: usize,
    model: &mut dyn Generate,
) -> Result<Option<PredictedEdit>, GenerateError> {
    let query = Query::new(format, snapshot, offset, &*model);
    let Some(query) = query.filter(Query::is_short) else {
        return Ok(None);
    };
    let effort = Effort {
        max_tokens: model.count(&query.window.text) + SPARE_TOKENS,
        least_logprob: f32::NEG_INFINITY,
        drafts: &query.drafts,
    };
    let mut on_text = |text: &str| query.check(text);
    let answer = model.generate(&query.prompt, effort, &mut on_text)?;
    let rewritten = query.read(&answer);
    Ok(rewritten.and_then(|rewritten| judge::judge(&query.window, &rewritten, &answer).ok()))
}

/// Lets the model read what [`predict`] will ask it at this place; `false` if it will ask nothing,
/// or another model.
pub fn read_ahead(
    snapshot: &Snapshot,
    offset: usize,
    model: &mut dyn Generate,
) -> Result<bool, GenerateError> {
    if Elsewhere::new(snapshot, model).is_some() {
        return Ok(false);
    }
    let Some(format) = EditFormat::of(&*model) else {
        return Ok(false);
    };
    match Query::new(format, snapshot, offset, &*model).filter(Query::is_short) {
        Some(query) => model.read_ahead(&query.prompt).map(|()| true),
        None => Ok(false),
    }
}
