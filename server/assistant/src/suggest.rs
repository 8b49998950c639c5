//! What is suggested at the cursor: the next edit where the last ones repeat, or where the model
//! was trained to predict it; else a completion.
//!
//! The only place that puts the three together. Editors, HTTP, the command line and the
//! evaluations all ask here.

use completion::{Limits, Outcome};
use context::{Generate, GenerateError, Snapshot};
use next_edit::PredictedEdit;

/// What is suggested at a place.
pub struct Suggestion {
    /// What to insert at the cursor.
    pub outcome: Outcome,
    /// What the model expects to be changed next, if that is not an insertion at the cursor.
    pub predicted: Option<PredictedEdit>,
}

/// What to insert at byte `offset` of the snapshot's document. Where the last edits are repeated,
/// the model is not asked.
pub fn suggest(
    snapshot: &Snapshot,
    offset: usize,
    model: &mut dyn Generate,
    limits: &Limits,
) -> Result<Outcome, GenerateError> {
    suggestion(snapshot, offset, model, limits).map(|suggestion| suggestion.outcome)
}

/// The same with the next edit that the model predicts elsewhere.
pub fn suggestion(
    snapshot: &Snapshot,
    offset: usize,
    model: &mut dyn Generate,
    limits: &Limits,
) -> Result<Suggestion, GenerateError> {
    let at_cursor = |outcome| Suggestion {
        outcome,
        predicted: None,
    };
    if let Some(text) = next_edit::insertion(snapshot, offset) {
        return Ok(at_cursor(Outcome::repeated(text)));
    }
    let predicted = next_edit::predict(snapshot, offset, model)?;
    if let Some(edit) = &predicted
        && let Some(text) = edit.insertion(offset)
    {
        let outcome = Outcome::predicted(text, edit.confidence, edit.stats);
        return Ok(at_cursor(outcome));
    }
    let outcome = completion::complete(snapshot, offset, model, limits)?;
    Ok(Suggestion { outcome, predicted })
}

/// Lets the model read what [`suggest`] will ask it first at this place, if anything.
pub fn read_ahead(
    snapshot: &Snapshot,
    offset: usize,
    model: &mut dyn Generate,
) -> Result<(), GenerateError> {
    if next_edit::insertion(snapshot, offset).is_some()
        || next_edit::read_ahead(snapshot, offset, model)?
    {
        return Ok(());
    }
    completion::read_ahead(snapshot, offset, model)
}
