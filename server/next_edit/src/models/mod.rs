//! Next edits by a model that was trained for them: which models these are, what they are asked,
//! and what becomes of their answers.
//!
//! [`predict`] asks a model in its own format for the lines around the cursor as they will be
//! next, and gives back the edits that lead there, checked. A model on a server comes before one
//! here (`elsewhere.rs`). A format is a file here, a variant of
//! [`EditFormat`] and a line in each `match` of this file: which lines the model may rewrite, the
//! prompt, and how an answer is read. `judge.rs` decides for all formats what is worth showing.

mod elsewhere;
mod history;
mod judge;
mod names;
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

pub use judge::PredictedEdit;

/// Tokens that an answer may have besides those of the window as it is.
const SPARE_TOKENS: usize = 96;
/// Bytes of the longest prompt: a window with very long lines is not asked about.
const MAX_PROMPT: usize = 12 << 10;
/// Bytes per token, for estimates of how much text fits.
const BYTES_PER_TOKEN: usize = 3;

/// How a family of next-edit models is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditFormat {
    /// Sweep Next-Edit 0.5B and 1.5B.
    Sweep,
    /// Zed's first Zeta.
    Zeta,
    /// Zeta 2.
    Zeta2,
    /// Zeta 2.1.
    Zeta21,
}

impl EditFormat {
    /// The format of a model by what it is called, if its vocabulary has the format's markers.
    pub fn detect<'n>(
        names: impl IntoIterator<Item = &'n str>,
        knows: impl Fn(&str) -> bool,
    ) -> Option<Self> {
        let mut named = names.into_iter().filter_map(names::format);
        named.find_map(|format| format.with_vocabulary(&knows))
    }

    /// The format of a model of which only the name is known.
    pub fn named(name: &str) -> Option<Self> {
        names::format(name)
    }

    /// The special tokens of all formats.
    pub fn all_markers() -> Vec<String> {
        let of_formats = [sweep::MARKERS, zeta::MARKERS, zeta2::MARKERS];
        of_formats.concat().into_iter().map(str::to_owned).collect()
    }

    /// The family that its models were trained from, which says how they fill in the middle.
    pub fn family(self) -> &'static str {
        match self {
            Self::Sweep | Self::Zeta => "Qwen-Coder",
            Self::Zeta2 | Self::Zeta21 => "Seed-Coder",
        }
    }

    /// The format of a model that can be asked.
    pub fn of(model: &dyn Generate) -> Option<Self> {
        let names = model.names();
        Self::detect(names.iter().map(String::as_str), |marker| {
            model.knows(marker)
        })
    }

    /// Whose format it is, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sweep => "Sweep",
            Self::Zeta => "Zeta",
            Self::Zeta2 => "Zeta 2",
            Self::Zeta21 => "Zeta 2.1",
        }
    }

    /// This format, or the one of its family that the vocabulary is made for.
    fn with_vocabulary(self, knows: &dyn Fn(&str) -> bool) -> Option<Self> {
        match self {
            Self::Sweep => knows(sweep::FILE).then_some(self),
            Self::Zeta if knows(zeta2::MIDDLE) => Some(Self::Zeta2),
            Self::Zeta => knows(zeta::KNOWN).then_some(self),
            Self::Zeta2 | Self::Zeta21 => knows(zeta2::MIDDLE).then_some(self),
        }
    }

    /// The lines that the model may rewrite.
    fn window(self, snapshot: &Snapshot, offset: usize, room: usize) -> EditWindow<'_> {
        match self {
            Self::Sweep => sweep::window(snapshot, offset, room),
            Self::Zeta | Self::Zeta2 | Self::Zeta21 => zeta::window(snapshot, offset, room),
        }
    }

    /// What the model is asked, and what it answers if it changes nothing.
    fn prompt(self, window: &EditWindow, model: &dyn Generate) -> (Prompt, Vec<String>) {
        match self {
            Self::Sweep => sweep::prompt(window, model),
            Self::Zeta => zeta::prompt(window, model),
            Self::Zeta2 => zeta2::prompt(window, model),
            Self::Zeta21 => regions::prompt(window, model),
        }
    }

    /// Texts that have a meaning in the prompt and are no special tokens, whole lines with their
    /// break. About code that holds one the model is not asked.
    fn reserved(self) -> &'static [&'static str] {
        match self {
            Self::Sweep => &[],
            Self::Zeta => zeta::RESERVED,
            Self::Zeta2 => zeta2::RESERVED,
            Self::Zeta21 => regions::RESERVED,
        }
    }

    /// What ends the answer within its text; empty where only a special token does.
    fn end(self) -> &'static str {
        match self {
            Self::Sweep | Self::Zeta21 => "",
            Self::Zeta => zeta::END,
            Self::Zeta2 => zeta2::END,
        }
    }

    /// The window as an answer rewrites it, once the answer has come to its end.
    fn read(self, window: &EditWindow, answer: &str) -> Option<Rewritten> {
        match self {
            Self::Sweep => Some(Rewritten::whole(answer)),
            Self::Zeta => zeta::read(answer),
            Self::Zeta2 => zeta2::read(window, answer),
            Self::Zeta21 => regions::read(window, answer),
        }
    }

    /// The same for an answer that has changed something and has come back to the lines of the
    /// window: the rest is taken from there, so that the model need not write it.
    fn settled(self, window: &EditWindow, answer: &str) -> Option<Rewritten> {
        match self {
            Self::Zeta21 => None,
            Self::Sweep | Self::Zeta | Self::Zeta2 => rewrite::settled(&window.text, answer),
        }
    }
}

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

/// Segments as they are written: texts that follow each other become one, as the tokenizer must
/// see them.
struct PromptWriter<'m> {
    model: &'m dyn Generate,
    segments: Vec<Segment>,
}

impl<'m> PromptWriter<'m> {
    fn new(model: &'m dyn Generate) -> Self {
        Self {
            model,
            segments: Vec::new(),
        }
    }

    /// A special token, or its spelling where the vocabulary has none.
    fn marker(&mut self, marker: &str) {
        if self.model.knows(marker) {
            self.segments.push(Segment::Marker(marker.to_owned()));
        } else {
            self.text(marker);
        }
    }

    fn text(&mut self, more: &str) {
        match self.segments.last_mut() {
            _ if more.is_empty() => {}
            Some(Segment::Text(text)) => text.push_str(more),
            _ => self.segments.push(Segment::Text(more.to_owned())),
        }
    }

    /// All that another one has.
    fn extend(&mut self, other: Self) {
        for segment in other.segments {
            match segment {
                Segment::Text(text) | Segment::Inner(text) => self.text(&text),
                marker => self.segments.push(marker),
            }
        }
    }

    /// A text that ends its line.
    fn lines(&mut self, text: &str) {
        self.text(text);
        if !text.ends_with('\n') {
            self.text("\n");
        }
    }

    /// The number of tokens so far.
    fn tokens(&self) -> usize {
        let count = |segment: &Segment| match segment {
            Segment::Marker(_) => 1,
            Segment::Text(text) | Segment::Inner(text) => self.model.count(text),
        };
        self.segments.iter().map(count).sum()
    }
}
