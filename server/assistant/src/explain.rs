//! The completion at a place with all that decided about it, for a person who asks why.
//!
//! It is computed again, as while typing. Nothing is counted, remembered or learned from it.

use crate::assistant::Assistant;
use crate::complete::{CompletionError, personalize};
use crate::documents::DocumentSnapshot;
use crate::learning::table::Kind;
use crate::model::Model;
use crate::worker::Readiness;
use crate::{prompt_account, suggest};
use completion::{Limits, Outcome};
use context::{GenerateError, Prompt, Snapshot, fill_in};
use remote::EngineStatus;
use std::sync::Arc;

/// A completion and what decided about it.
pub struct Explanation {
    /// What came of asking.
    pub outcome: Outcome,
    /// The least confidence that is shown while typing, from 0 to 1.
    pub threshold: f32,
    /// What the model saw.
    pub prompt: Prompt,
    /// The prompt's pieces, a line for each.
    pub account: String,
    /// The state of the remote engine, if there is one.
    pub engine: Option<EngineStatus>,
}

impl Assistant {
    /// Explains the completion at byte `offset`.
    pub async fn explain(
        &self,
        document: DocumentSnapshot,
        offset: usize,
    ) -> Result<Explanation, CompletionError> {
        let mut limits = self.settings().completion.limits(self.gate());
        let learning = Arc::clone(&self.learning);
        let explain = move |snapshot: &Snapshot, model: &mut dyn Model| {
            let kind = Kind::at(snapshot, offset);
            personalize(&learning, &mut limits, &snapshot.language, kind);
            explain(snapshot, offset, model, &limits)
        };
        let ticket = self
            .worker()
            .map(|worker| worker.submit("prompt", document, explain));
        let answer = match ticket {
            Some(ticket) => ticket.answer().await,
            None => None,
        };
        match (answer, self.readiness()) {
            (Some(Ok(explanation)), _) => Ok(explanation),
            (Some(Err(error)), _) if error != GenerateError::Cancelled => Err(error.into()),
            (None, Readiness::Failed(why)) => Err(GenerateError::Engine(why).into()),
            _ => Err(CompletionError::Superseded),
        }
    }
}

fn explain(
    snapshot: &Snapshot,
    offset: usize,
    model: &mut dyn Model,
    limits: &Limits,
) -> Result<Explanation, GenerateError> {
    let format = model.fim_format().ok_or(GenerateError::NoFillIn)?;
    let prompt = fill_in(snapshot, offset, &format, model.budget(), &*model);
    let account = prompt_account(&prompt, &format, model.budget());
    let outcome = suggest(snapshot, offset, model, limits)?;
    Ok(Explanation {
        outcome,
        threshold: limits.min_confidence,
        prompt,
        account,
        engine: model.engine().map(|engine| engine.borrow().clone()),
    })
}
