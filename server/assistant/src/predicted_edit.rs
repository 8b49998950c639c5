//! The next edit that the model predicted last: kept until its document changes, as editors ask for
//! their actions after the suggestion at the cursor.

use crate::assistant::Assistant;
use crate::documents::DocumentSnapshot;
use crate::model::Model;
use crate::same_change::SameChange;
use crate::worker::Readiness;
use context::Snapshot;
use next_edit::{EditFormat, PredictedEdit, next_line, predict};
use remote::EnginePhase;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// How long other code actions wait for the model.
const WAIT: Duration = Duration::from_secs(1);

/// An edit that was predicted for one state of a document.
pub struct Prediction {
    /// The document.
    pub document: DocumentSnapshot,
    /// The edit.
    pub edit: PredictedEdit,
}

/// The last prediction.
#[derive(Default)]
pub struct LastPrediction(Mutex<Option<Arc<Prediction>>>);

impl LastPrediction {
    /// That of this state of the document, if there is one.
    fn get(&self, document: &DocumentSnapshot) -> Option<Arc<Prediction>> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same = |last: &&Arc<Prediction>| {
            last.document.revision == document.revision && last.document.uri == document.uri
        };
        last.as_ref().filter(is_same).cloned()
    }

    /// Remembers a prediction.
    pub fn set(&self, document: DocumentSnapshot, edit: PredictedEdit) -> Arc<Prediction> {
        let prediction = Arc::new(Prediction { document, edit });
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Some(Arc::clone(&prediction));
        prediction
    }
}

impl Assistant {
    /// The edit that the model predicted for this state of a document, unless it repeats the last
    /// edits, which is offered anyway. If it has not predicted one and `is_invoked`, it is asked
    /// near byte `offset`.
    pub async fn predicted_edit(
        &self,
        document: DocumentSnapshot,
        offset: usize,
        is_invoked: bool,
    ) -> Option<Arc<Prediction>> {
        let prediction = self
            .prediction(document.clone(), offset, is_invoked)
            .await?;
        let (search, _) = self.same_change(document, false).await.ok()?;
        (!repeats(&search, &prediction.edit)).then_some(prediction)
    }

    async fn prediction(
        &self,
        document: DocumentSnapshot,
        offset: usize,
        is_invoked: bool,
    ) -> Option<Arc<Prediction>> {
        let known = self.last_prediction.get(&document);
        if known.is_some() || !is_invoked || !self.can_predict(&document) {
            return known;
        }
        let ask = move |snapshot: &Snapshot, model: &mut dyn Model| {
            predict(snapshot, offset, model).unwrap_or_else(|error| {
                tracing::debug!(%error, "no next edit");
                None
            })
        };
        let ticket = self.worker()?.submit("next edit", document.clone(), ask);
        let last = Arc::clone(&self.last_prediction);
        // What comes too late is there when the menu is opened again.
        let answer = tokio::spawn(async move {
            let edit = ticket.answer().await.flatten()?;
            Some(last.set(document, edit))
        });
        timeout(WAIT, answer).await.ok()?.ok()?
    }

    /// Whether the model is there and predicts next edits, and may be asked about this document.
    fn can_predict(&self, document: &DocumentSnapshot) -> bool {
        let completion = &self.settings().completion;
        let predicts = match self.readiness() {
            Readiness::Ready(description) => {
                description.next_edits.is_some() || self.engine_predicts()
            }
            Readiness::Loading | Readiness::Failed(_) => false,
        };
        predicts && !document.is_secret && completion.is_enabled(&document.snapshot.language)
    }

    /// Whether the model on a server is there and predicts next edits, by its name.
    fn engine_predicts(&self) -> bool {
        let engine = self
            .engine()
            .filter(|engine| engine.phase == EnginePhase::Ready);
        let model = engine.and_then(|engine| engine.model);
        model.is_some_and(|name| EditFormat::named(&name).is_some())
    }
}

/// Whether an edit does what the last ones do, at the next place or at all of the document.
fn repeats(search: &SameChange, edit: &PredictedEdit) -> bool {
    let Some((_, places)) = &search.found else {
        return false;
    };
    let rope = search.document.snapshot.rope();
    let above = edit.line(rope).saturating_sub(1);
    let text = rope.to_string();
    let edited = text::apply(&text, &edit.edits);
    [next_line(rope, places, above), places]
        .iter()
        .any(|places| !places.is_empty() && text::apply(&text, places) == edited)
}

#[cfg(test)]
mod tests {
    use crate::model::{ChosenModel, EngineModel, Model};
    use context::{Generate, Recent, RecentEdit};
    use std::sync::Arc;

    const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/model/tiny.gguf");

    fn model(name: &str) -> EngineModel {
        let chosen = ChosenModel {
            name: name.into(),
            path: TINY.into(),
            adapter: None,
        };
        EngineModel::completing(Ok(Some(chosen)), 1, 0, None).unwrap()
    }

    #[test]
    fn the_name_that_a_user_chose_makes_a_next_edit_model() {
        let next_edits = |name| model(name).description().next_edits;
        assert_eq!(
            next_edits("hf:sweepai/sweep-next-edit-0.5B"),
            Some("Sweep".into())
        );
        assert_eq!(next_edits("tiny"), None);
    }

    #[test]
    fn the_engine_answers_in_the_format_with_and_without_drafts_alike() {
        let text = "def area(width, height):\n    return w * height\n";
        let mut snapshot = crate::documents::file_snapshot("a.py", text).unwrap();
        snapshot.recent = Arc::new(Recent {
            edits: vec![RecentEdit {
                path: "a.py".into(),
                line: 0,
                before: "def area(w, height):\n".into(),
                after: "def area(width, height):\n".into(),
            }],
            files: Vec::new(),
        });
        let mut model = model("sweep-next-edit-0.5b");
        assert!(model.knows("<|file_sep|>"));
        next_edit::read_ahead(&snapshot, 14, &mut model).unwrap();
        let drafted = next_edit::predict(&snapshot, 14, &mut model).unwrap();
        model.set_drafts(false);
        let plain = next_edit::predict(&snapshot, 14, &mut model).unwrap();
        let edits = |edit: Option<next_edit::PredictedEdit>| edit.map(|edit| edit.edits);
        assert_eq!(edits(drafted), edits(plain));
    }
}
