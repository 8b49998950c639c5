//! Repair by a model trained for it: which line of a function is wrong, and what should be there?
//!
//! Used by `nigh eval repair` only, which calls [`repair_file`] for all functions of a file; no
//! user sees an answer. The model reads the window and says which line is wrong and how it should
//! read, or at once that no line is. A language model's answer is not enough for a diagnostic, so
//! the evaluation counts what [`Repair::is_shown`] would let through. Format of the embedded model:
//!
//! ```text
//! <|file_sep|>path\nCODE<|fix|>OLD LINE\n<|fixed|>NEW LINE\n<|endoftext|>
//! ```
//!
//! A missing line is added after its OLD LINE, a surplus one has no NEW LINE, and sound code has
//! neither. A model without these tokens gives [`GenerateError::NoRepair`].

use super::windows::{MAX_TOKENS, windows};
use context::{Alternative, CountTokens, Generate, GenerateError, Prompt, Segment, Snapshot};
use std::ops::Range;
use text::Edit;

/// A repair is shown where the model gives sound code less than this probability. The embedded
/// model gives it 0.2 to 0.6 for most code, sound or not (HumanEvalFix and QuixBugs).
pub const SHOWN_BELOW: f32 = 0.1;

const PATH: &str = "<|file_sep|>";
const FIX: &str = "<|fix|>";
const FIXED: &str = "<|fixed|>";
/// Tokens of a new line, or of two.
const LINE_TOKENS: usize = 128;
/// Lines at most of what replaces one wrong line.
const MAX_LINES: usize = 3;

/// One fix for a window.
#[derive(Clone, Debug, PartialEq)]
pub struct LineFix {
    /// What changes; the text has the document's own line breaks.
    pub edit: Edit,
    /// The line that is said to be wrong, without its break.
    pub old: String,
    /// Natural-log probability that the model gives to this answer among all answers.
    pub logprob: f32,
}

/// What the model thinks of a window.
#[derive(Clone, Debug, PartialEq)]
pub struct Repair {
    /// Where the model looked, in bytes.
    pub window: Range<usize>,
    /// Probability that nothing is wrong, from 0 to 1.
    pub no_bug: f32,
    /// Fixes, the likeliest first.
    pub fixes: Vec<LineFix>,
}

impl Repair {
    /// Whether the first fix would be shown unasked.
    pub fn is_shown(&self) -> bool {
        self.no_bug < SHOWN_BELOW && !self.fixes.is_empty()
    }
}

/// A line that is once in the window, with how likely it is the wrong one.
struct Suspect<'a> {
    line: &'a str,
    start: usize,
    logprob: f32,
}

/// Tokens a window may have with this model.
pub fn window_tokens(snapshot: &Snapshot, model: &dyn Generate) -> usize {
    let rest = tokens_of_path(snapshot, model) + LINE_TOKENS;
    MAX_TOKENS.min(model.budget().tokens.saturating_sub(rest))
}

/// What is wrong in each function of the file, in the order of the text.
pub fn repair_file(
    snapshot: &Snapshot,
    model: &mut dyn Generate,
    count: usize,
) -> Result<Vec<Repair>, GenerateError> {
    let most = window_tokens(snapshot, model);
    let windows = windows(snapshot, &*model, most);
    windows
        .into_iter()
        .map(|window| repair(snapshot, window, model, count))
        .collect()
}

/// At most `count` fixes for the lines in `window`.
pub fn repair(
    snapshot: &Snapshot,
    window: Range<usize>,
    model: &mut dyn Generate,
    count: usize,
) -> Result<Repair, GenerateError> {
    if !(model.knows(FIX) && model.knows(FIXED)) {
        return Err(GenerateError::NoRepair);
    }
    let source = snapshot.slice(window.start, window.end);
    let prompt = prompt(snapshot, &source, &*model);
    let (no_bug, suspects) = suspects(&source, &prompt, model)?;
    let mut fixes: Vec<LineFix> = Vec::new();
    for suspect in suspects.iter().take(count) {
        let mut asked = prompt.clone();
        asked.segments.extend(answer_head(suspect.line));
        let answers = model.alternatives(&asked, count, LINE_TOKENS, &mut || true)?;
        fixes.extend(
            answers
                .iter()
                .filter_map(|answer| fix(snapshot, window.start, suspect, answer)),
        );
    }
    fixes.sort_by(|a, b| b.logprob.total_cmp(&a.logprob));
    fixes.truncate(count);
    Ok(Repair {
        window,
        no_bug,
        fixes,
    })
}

fn tokens_of_path(snapshot: &Snapshot, tokens: &dyn CountTokens) -> usize {
    tokens.count(&snapshot.path) + 4
}

fn prompt(snapshot: &Snapshot, source: &str, model: &dyn Generate) -> Prompt {
    let mut code = source.replace("\r\n", "\n");
    if !code.ends_with('\n') {
        code.push('\n');
    }
    let marker = |text: &str| Segment::Marker(text.to_owned());
    let segments = match model.knows(PATH) {
        true => vec![
            marker(PATH),
            Segment::Text(format!("{}\n{code}", snapshot.path)),
            marker(FIX),
        ],
        false => vec![Segment::Text(code), marker(FIX)],
    };
    Prompt {
        segments,
        ..Prompt::default()
    }
}

/// How an answer that blames `line` begins.
fn answer_head(line: &str) -> [Segment; 2] {
    [
        Segment::Text(format!("{line}\n")),
        Segment::Marker(FIXED.to_owned()),
    ]
}

/// The probability that nothing is wrong, and the lines, the likeliest to be wrong first.
fn suspects<'a>(
    source: &'a str,
    prompt: &Prompt,
    model: &mut dyn Generate,
) -> Result<(f32, Vec<Suspect<'a>>), GenerateError> {
    let lines: Vec<(usize, &str)> = lines(source)
        .filter(|(_, line)| !line.trim().is_empty())
        .collect();
    let once = |line: &str| lines.iter().filter(|(_, other)| *other == line).count() == 1;
    let lines: Vec<(usize, &str)> = lines
        .iter()
        .copied()
        .filter(|(_, line)| once(line))
        .collect();
    let mut answers = vec![vec![Segment::Marker(FIXED.to_owned())]];
    answers.extend(lines.iter().map(|(_, line)| answer_head(line).to_vec()));
    let scores = model.score(prompt, &answers)?;
    let mut scores = scores.iter().map(|logprobs| logprobs.iter().sum::<f32>());
    let no_bug = scores.next().unwrap_or(f32::NEG_INFINITY).exp();
    let suspect = |((start, line), logprob)| Suspect {
        line,
        start,
        logprob,
    };
    let mut suspects: Vec<Suspect> = lines.into_iter().zip(scores).map(suspect).collect();
    suspects.sort_by(|a, b| b.logprob.total_cmp(&a.logprob));
    Ok((no_bug, suspects))
}

/// The lines of a text without their breaks, with where they start.
fn lines(source: &str) -> impl Iterator<Item = (usize, &str)> {
    source.split_inclusive('\n').scan(0, |start, line| {
        let at = *start;
        *start += line.len();
        Some((at, line.trim_end_matches(['\n', '\r'])))
    })
}

/// The fix that an answer means; `None` where it changes nothing, goes on too long or would break
/// the code.
fn fix(
    snapshot: &Snapshot,
    base: usize,
    suspect: &Suspect,
    answer: &Alternative,
) -> Option<LineFix> {
    let new_text = answer.text.strip_suffix('\n').unwrap_or(&answer.text);
    let changes = new_text.trim_end() != suspect.line.trim_end();
    if !answer.ended || !changes || new_text.lines().count() > MAX_LINES {
        return None;
    }
    let start = base + suspect.start;
    let end = start + suspect.line.len();
    let line_break = line_break(snapshot, end);
    let edit = match new_text.trim().is_empty() {
        true => Edit::delete(start..end + line_break.len()),
        false => Edit::replace(
            start..end,
            new_text.replace('\n', if line_break == "\r\n" { "\r\n" } else { "\n" }),
        ),
    };
    let syntax = snapshot.syntax.as_ref();
    let breaks = syntax.is_some_and(|syntax| syntax::adds_error(syntax, snapshot.rope(), &edit));
    (!breaks).then(|| LineFix {
        edit,
        old: suspect.line.to_owned(),
        logprob: suspect.logprob + answer.logprob,
    })
}

/// The break after the line that ends at `offset`; empty at the end of the text.
fn line_break(snapshot: &Snapshot, offset: usize) -> &'static str {
    let next = snapshot.slice(offset, (offset + 2).min(snapshot.rope().len_bytes()));
    ["\r\n", "\n", "\r"]
        .into_iter()
        .find(|known| next.starts_with(known))
        .unwrap_or_default()
}
