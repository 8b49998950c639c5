//! Queries for a question that a document asks: in a comment, or where a string should hold SQL.

use super::{Surroundings, WorkspaceNames};
use crate::assistant::Assistant;
use crate::blocking::{WorkFailed, blocking};
use crate::documents::DocumentSnapshot;
use crate::model::Model;
use crate::worker::Readiness;
use crate::written_queries::MIN_PARAMETERS;
use context::Snapshot;
use remote::{EnginePhase, EngineStatus};
use sql::host::{SqlQuestion, question_at};
use sql::question::Reading;
use std::ops::Range;
use std::sync::Arc;

/// A query that a question may mean, ready to be put into the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryChoice {
    /// The query in words, with the words of the question that were not understood.
    pub title: String,
    /// What replaces the range of the offer.
    pub text: String,
    /// Whether it may be shown unasked.
    pub is_sure: bool,
}

/// The queries that a question may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryOffer {
    /// The bytes of the document that a query replaces.
    pub range: Range<usize>,
    /// The queries, the likeliest first.
    pub choices: Vec<QueryChoice>,
    /// Why there are none, in one sentence.
    pub refusal: Option<String>,
}

impl Assistant {
    /// The queries for the question at a place of a document; `None` where none is asked. Waits a
    /// moment for the schema.
    pub async fn queries(
        &self,
        document: DocumentSnapshot,
        offset: usize,
    ) -> Result<Option<QueryOffer>, WorkFailed> {
        let Some((around, question)) = self.asked_query(document, offset).await else {
            return Ok(None);
        };
        let names = Arc::clone(&self.names);
        blocking(move || names.offer(&around, &question)).await
    }
}

impl Assistant {
    /// Whether the model in use may write queries.
    pub fn can_write_queries(&self) -> bool {
        let is_ready = |engine: EngineStatus| engine.phase == EnginePhase::Ready;
        let is_large = match self.readiness() {
            Readiness::Ready(model) => model.parameters >= MIN_PARAMETERS,
            Readiness::Loading | Readiness::Failed(_) => false,
        };
        is_large || self.engine().is_some_and(is_ready)
    }

    /// The query that the model writes for the question at a place of a document, and the bytes
    /// that it replaces.
    ///
    /// # Errors
    /// Why there is none, in one sentence.
    pub async fn written_query(
        &self,
        document: DocumentSnapshot,
        offset: usize,
    ) -> Result<(Range<usize>, String), String> {
        let asked = self.asked_query(document.clone(), offset).await;
        let (around, question) = asked.ok_or("there is no question for a query here")?;
        let schema = around.schema.ok_or(
            "no CREATE TABLE, migration, model or .db was found in this workspace, so there are \
             no tables to ask for",
        )?;
        let dialect = self.names.sql_settings().dialect.dialect();
        let text = question.text.clone();
        let write =
            move |_: &Snapshot, model: &mut dyn Model| schema.written_by(model, &text, dialect);
        let worker = self.worker().ok_or("there is no model")?;
        let ticket = worker.submit("query", document, write);
        match ticket.answer().await {
            Some(Ok(Ok(reading))) => Ok((question.range.clone(), question.quoted(&reading.sql))),
            Some(Ok(Err(why))) => Err(why),
            Some(Err(error)) => Err(error.to_string()),
            None => Err("the document has changed".into()),
        }
    }

    /// The question at a place, with the schema. Waits a moment for that.
    async fn asked_query(
        &self,
        document: DocumentSnapshot,
        offset: usize,
    ) -> Option<(Surroundings, SqlQuestion)> {
        let names = &self.names;
        let mut around = names.around(document)?;
        // The cursor may be anywhere in the line of the comment.
        let end = end_of_line(&around.document, offset);
        let asked = |offset| names.question(&around, offset);
        let question = asked(offset).or_else(|| asked(end))?;
        if let (None, Some(root)) = (&around.schema, around.root.as_deref()) {
            around.schema = names.schemas.ready(root).await;
        }
        Some((around, question))
    }
}

impl WorkspaceNames {
    /// The question at a place.
    pub(super) fn question(&self, around: &Surroundings, offset: usize) -> Option<SqlQuestion> {
        let text = around.document.snapshot.rope().to_string();
        question_at(&text, around.document.grammar?, offset)
    }

    /// The queries for a question; `None` without a schema.
    pub(super) fn offer(
        &self,
        around: &Surroundings,
        question: &SqlQuestion,
    ) -> Option<QueryOffer> {
        let schema = around.schema.as_ref()?;
        let chosen = self.sql_settings().dialect.dialect();
        let answer = schema.answer(&question.text, chosen);
        let choice = |reading: Reading| QueryChoice {
            is_sure: reading.is_sure(),
            text: question.quoted(&reading.sql),
            title: title(&reading),
        };
        Some(QueryOffer {
            range: question.range.clone(),
            choices: answer.readings.into_iter().map(choice).collect(),
            refusal: answer.refusal,
        })
    }
}

/// The end of the line that a place is in, without what ends the line.
fn end_of_line(document: &DocumentSnapshot, offset: usize) -> usize {
    let rope = document.snapshot.rope();
    let line = rope.byte_slice(offset..).to_string();
    let end = line.find(['\n', '\r']).unwrap_or(line.len());
    offset + end
}

fn title(reading: &Reading) -> String {
    let unknown = &reading.unknown_words;
    if unknown.is_empty() {
        return reading.title.clone();
    }
    format!("{} (not understood: {})", reading.title, unknown.join(", "))
}
