//! What the model thinks of a fix: does it find the lines that are changed likelier with the fix
//! than without it?
//!
//! A step of checking for callers that have a model. A model finds code likely, not right: this
//! never finds a bug by itself, and it may be wrong about a sound fix.

use super::prompt::prompt_before;
use context::{Generate, GenerateError, Segment, Snapshot};
use text::{Edit, apply};

/// So many lines after the last change are read with it.
const LINES_AHEAD: usize = 2;
/// The most bytes of changed lines that are judged.
const MAX_BYTES: usize = 4 << 10;

/// Whether the changed lines cost the model fewer bits for each byte once the edits are made. Edits
/// over more than a few kilobytes are not judged, and so not likelier.
pub fn is_likelier(
    snapshot: &Snapshot,
    edits: &[Edit],
    model: &mut dyn Generate,
) -> Result<bool, GenerateError> {
    let (Some(first), Some(last)) = (edits.first(), edits.last()) else {
        return Ok(false);
    };
    let text = snapshot.rope().to_string();
    let start = text[..first.range.start]
        .rfind('\n')
        .map_or(0, |line_feed| line_feed + 1);
    let ahead = text[last.range.end..]
        .split_inclusive('\n')
        .take(LINES_AHEAD + 1)
        .map(str::len)
        .sum::<usize>();
    let end = last.range.end + ahead;
    if end - start > MAX_BYTES {
        return Ok(false);
    }
    let (prompt, healed) = prompt_before(snapshot, 0, start, &*model);
    let new = apply(&text, edits);
    let new_end = (new.len() + end).saturating_sub(text.len());
    let texts = [&text[start..end], &new[start..new_end]].map(|part| format!("{healed}{part}"));
    let continuations: Vec<Vec<Segment>> = texts
        .iter()
        .map(|part| vec![Segment::Text(part.clone())])
        .collect();
    let scores = model.score(&prompt, &continuations)?;
    let cost = |at: usize| {
        -scores
            .get(at)
            .map_or(0.0, |logprobs| logprobs.iter().sum::<f32>())
            / texts[at].len().max(1) as f32
    };
    Ok(cost(1) < cost(0))
}
