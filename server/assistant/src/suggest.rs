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
        return Ok(at_cursor(Outcome::without_model(text)));
    }
    let predicted = unless_cancelled(next_edit::predict(snapshot, offset, model))?.flatten();
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
        || unless_cancelled(next_edit::read_ahead(snapshot, offset, model))? == Some(true)
    {
        return Ok(());
    }
    completion::read_ahead(snapshot, offset, model)
}

/// A prediction that fails, as where its prompt is too long, does not keep the completion back.
fn unless_cancelled<T>(predicted: Result<T, GenerateError>) -> Result<Option<T>, GenerateError> {
    match predicted {
        Err(GenerateError::Cancelled) => Err(GenerateError::Cancelled),
        Err(error) => {
            tracing::debug!(%error, "no next edit");
            Ok(None)
        }
        Ok(value) => Ok(Some(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::CompletionSettings;
    use context::testing::{Finite, snapshot};
    use context::{Recent, RecentEdit};
    use std::sync::Arc;

    const TEXT: &str = "def area(width, height):\n    return w * height\n";
    /// The cursor, after `width`.
    const OFFSET: usize = 14;

    /// A document with the edits that made these lines, the last one first.
    fn edited(text: &str, edits: &[(usize, &str, &str)]) -> Snapshot {
        let mut snapshot = snapshot("a.py", text);
        let edit = |(line, before, after): &(usize, &str, &str)| RecentEdit {
            path: "a.py".into(),
            line: *line,
            before: format!("{before}\n"),
            after: format!("{after}\n"),
        };
        snapshot.recent = Arc::new(Recent {
            edits: edits.iter().map(edit).collect(),
            files: Vec::new(),
        });
        snapshot
    }

    fn renamed() -> Snapshot {
        let (before, after) = ("def area(w, height):", "def area(width, height):");
        edited(TEXT, &[(0, before, after)])
    }

    /// Sweep's model, with an answer where it is asked for a next edit.
    fn sweep(answer: &str) -> Finite {
        let answer = format!("\n{answer}");
        let mut model = Finite::new("updated/a.py", &["<|file_sep|>"], &[(&answer, 1.0)]);
        model.names.push("sweep-next-edit-1.5B".into());
        model
    }

    fn suggested(snapshot: &Snapshot, offset: usize, model: &mut Finite) -> Suggestion {
        let limits = CompletionSettings::default().limits(Arc::default());
        suggestion(snapshot, offset, model, &limits).unwrap()
    }

    #[test]
    fn edits_that_repeat_come_before_the_model() {
        let text = "f(a, log)\nf(b, log)\nf(c)\n";
        let edits = [(1, "f(b)", "f(b, log)"), (0, "f(a)", "f(a, log)")];
        let mut model = sweep(&text.replace("f(c)", "f(c, other)"));
        let found = suggested(&edited(text, &edits), text.len() - 2, &mut model);
        assert_eq!(found.outcome.completion.unwrap().text, ", log");
        assert!(model.prompts.is_empty());
    }

    #[test]
    fn what_the_model_inserts_at_the_cursor_is_the_suggestion() {
        let mut model = sweep(&TEXT.replace("width, ", "width: int, "));
        let found = suggested(&renamed(), OFFSET, &mut model);
        assert_eq!(found.outcome.completion.unwrap().text, ": int");
        assert_eq!((found.predicted, model.prompts.len()), (None, 1));
    }

    #[test]
    fn an_edit_elsewhere_comes_with_a_completion() {
        let mut model = sweep(&TEXT.replace("return w", "return width"));
        let found = suggested(&renamed(), OFFSET, &mut model);
        let edit = found.predicted.unwrap();
        assert_eq!(edit.describe(&renamed()), "`w` to `width`");
        let asked = |prompt: &String| prompt.contains("<|fim_middle|>");
        assert!(model.prompts.iter().any(asked), "it completes too");
    }
}
