//! Variables that stand where another one should: how much likelier does the model find another
//! name at each place?
//!
//! [`places`] gives the uses of a function's own variables and their names, [`judge`] compares the
//! names at one place, [`margins`] does so for a whole function: a source of diagnostics, and what
//! `nigh eval detect` measures. A language model finds names likely, not right, so who shows a
//! margin must ask for a large one.

use crate::generate::{Generate, GenerateError};
use context::{PathHeader, Prompt, Segment, Snapshot, heal_start};
use std::ops::Range;

/// So many lines behind the name are scored with it: on a third of GREAT's cases in use, two lines
/// named the right variable more often than one or none, and than filling the gap between the texts
/// on both sides.
const LINES_AHEAD: usize = 2;

/// Where a variable is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// Its name.
    pub name: String,
    /// In bytes of the document.
    pub range: Range<usize>,
}

/// What the model thinks of one use.
#[derive(Clone, Debug, PartialEq)]
pub struct Margin {
    /// What stands there now.
    pub present: Use,
    /// The likeliest other name.
    pub other: String,
    /// By how much the other one is likelier, as a natural logarithm; negative where it is not.
    pub margin: f32,
}

/// The uses of variables in a function, and the names of the function's own variables.
pub fn places(snapshot: &Snapshot, function: Range<usize>) -> (Vec<Use>, Vec<String>) {
    let variables = snapshot
        .syntax
        .as_ref()
        .map(|syntax| syntax.variables(snapshot.rope(), function));
    let (mut uses, mut names) = (Vec::new(), Vec::new());
    for variable in variables.unwrap_or_default() {
        if !variable.bound {
            uses.push(Use {
                name: variable.name,
                range: variable.range,
            });
        } else if !names.contains(&variable.name) {
            names.push(variable.name);
        }
    }
    (uses, names)
}

/// The margin of each of the `uses` whose name is among `names`, in their order. The function
/// begins at byte `start`.
pub fn margins(
    snapshot: &Snapshot,
    start: usize,
    uses: &[Use],
    names: &[String],
    model: &mut dyn Generate,
) -> Result<Vec<Margin>, GenerateError> {
    let mut margins = Vec::new();
    for place in uses.iter().filter(|place| names.contains(&place.name)) {
        let scores = judge(snapshot, start, &place.range, names, model)?;
        let present = names
            .iter()
            .zip(&scores)
            .find(|(name, _)| **name == place.name)
            .map(|(_, score)| *score);
        let others = names
            .iter()
            .zip(&scores)
            .filter(|(name, _)| **name != place.name);
        let best = others.max_by(|a, b| a.1.total_cmp(b.1));
        if let (Some(present), Some((other, score))) = (present, best) {
            margins.push(Margin {
                present: place.clone(),
                other: other.clone(),
                margin: score - present,
            });
        }
    }
    Ok(margins)
}

/// The natural-log probability of each name at `place`, all comparable with each other.
pub fn judge(
    snapshot: &Snapshot,
    start: usize,
    place: &Range<usize>,
    names: &[String],
    model: &mut dyn Generate,
) -> Result<Vec<f32>, GenerateError> {
    let (prompt, healed) = prompt_before(snapshot, start, place.start, &*model);
    let behind = snapshot.slice(place.end, snapshot.rope().len_bytes());
    let ahead: String = behind.split_inclusive('\n').take(LINES_AHEAD).collect();
    let continuation = |name: &String| vec![Segment::Text(format!("{healed}{name}{ahead}"))];
    let continuations: Vec<Vec<Segment>> = names.iter().map(continuation).collect();
    let scores = model.score(&prompt, &continuations)?;
    Ok(scores
        .iter()
        .map(|logprobs| logprobs.iter().sum())
        .collect())
}

/// The prompt for what stands at `end`, of the text from `start` on, and the beginning of a word
/// before `end` that every continuation must begin with.
pub(crate) fn prompt_before(
    snapshot: &Snapshot,
    start: usize,
    end: usize,
    model: &dyn Generate,
) -> (Prompt, String) {
    let before = head(snapshot, start, end, model);
    let (before, healed) = before.split_at(heal_start(&before));
    let prompt = Prompt {
        segments: with_path(snapshot, before, model),
        ..Prompt::default()
    };
    (prompt, healed.to_owned())
}

/// The text before the place from the start of the function, or its last lines where it is too long
/// for the model.
fn head(snapshot: &Snapshot, start: usize, end: usize, model: &dyn Generate) -> String {
    let most = model.budget().tokens;
    let mut head = snapshot.slice(start.min(end), end);
    while model.count(&head) > most {
        match head.find('\n') {
            Some(line_feed) => drop(head.drain(..=line_feed)),
            None => return String::new(),
        }
    }
    head
}

/// The text with the path in front, where the model's family has a marker for it.
fn with_path(snapshot: &Snapshot, text: &str, model: &dyn Generate) -> Vec<Segment> {
    let text = Segment::Text(text.to_owned());
    match model.fim_format().map(|format| format.path) {
        Some(PathHeader::Marker(marker)) => {
            vec![
                Segment::Marker(marker.to_owned()),
                Segment::Text(format!("{}\n", snapshot.path)),
                text,
            ]
        }
        _ => vec![text],
    }
}
