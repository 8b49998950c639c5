//! What is suggested at the cursor: the next edit where the last ones repeat, else a completion.
//!
//! The only place that puts the two together. Editors, HTTP, the command line and the evaluations
//! all ask here.

use completion::{Limits, Outcome};
use context::{Generate, GenerateError, Snapshot};

/// What to insert at byte `offset` of the snapshot's document. Where the last edits are repeated,
/// the model is not asked.
pub fn suggest(
    snapshot: &Snapshot,
    offset: usize,
    model: &mut dyn Generate,
    limits: &Limits,
) -> Result<Outcome, GenerateError> {
    match next_edit::insertion(snapshot, offset) {
        Some(text) => Ok(Outcome::repeated(text)),
        None => completion::complete(snapshot, offset, model, limits),
    }
}

/// Lets the model read what [`suggest`] will ask it at this place, if anything.
pub fn read_ahead(
    snapshot: &Snapshot,
    offset: usize,
    model: &mut dyn Generate,
) -> Result<(), GenerateError> {
    match next_edit::insertion(snapshot, offset) {
        Some(_) => Ok(()),
        None => completion::read_ahead(snapshot, offset, model),
    }
}
