//! Variables that are used where another one should be: how much likelier does the model find
//! another name at each place?
//!
//! Reached by `nigh eval detect` only. [`name_scores`] compares the names at one place, [`margins`]
//! does so for a whole function. A language model finds names likely, not right.

use super::prompt::prompt_before;
use super::variables::VariableUse;
use context::{Generate, GenerateError, Segment, Snapshot};
use std::ops::Range;

/// So many lines after the name are scored with it: on a third of GREAT's cases in use, two lines
/// named the right variable more often than one or none, and than filling the gap between the texts
/// on both sides.
const LINES_AHEAD: usize = 2;

/// What the model thinks of one use.
#[derive(Clone, Debug, PartialEq)]
pub struct Margin {
    /// What is there now.
    pub present: VariableUse,
    /// The likeliest other name.
    pub other: String,
    /// By how much the other one is likelier, as a natural logarithm; negative where it is not.
    pub margin: f32,
}

/// The margin of each of the `uses` whose name is among `names`, in their order. The function
/// begins at byte `start`.
pub fn margins(
    snapshot: &Snapshot,
    start: usize,
    uses: &[VariableUse],
    names: &[String],
    model: &mut dyn Generate,
) -> Result<Vec<Margin>, GenerateError> {
    let mut margins = Vec::new();
    for place in uses.iter().filter(|place| names.contains(&place.name)) {
        let scores = name_scores(snapshot, start, &place.range, names, model)?;
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
pub fn name_scores(
    snapshot: &Snapshot,
    start: usize,
    place: &Range<usize>,
    names: &[String],
    model: &mut dyn Generate,
) -> Result<Vec<f32>, GenerateError> {
    let (prompt, healed) = prompt_before(snapshot, start, place.start, &*model);
    let rest = snapshot.slice(place.end, snapshot.rope().len_bytes());
    let ahead: String = rest.split_inclusive('\n').take(LINES_AHEAD).collect();
    let continuation = |name: &String| vec![Segment::Text(format!("{healed}{name}{ahead}"))];
    let continuations: Vec<Vec<Segment>> = names.iter().map(continuation).collect();
    let scores = model.score(&prompt, &continuations)?;
    Ok(scores
        .iter()
        .map(|logprobs| logprobs.iter().sum())
        .collect())
}
