//! What completes a line without a model: a new column whose name says how it is computed, and the
//! query that a question in a comment asks for.

use super::sql_texts::{SQL, SqlText};
use super::{Surroundings, WorkspaceNames};
use crate::assistant::Assistant;
use crate::blocking::blocking;
use crate::documents::DocumentSnapshot;
use std::sync::Arc;

/// The mark of a question in a comment of code.
const QUESTION: &str = "sql:";
/// The mark of a comment in SQL.
const COMMENT: &str = "--";

impl Assistant {
    /// What is known of a place without a model; `None` almost everywhere, at once. Who invoked
    /// completion also gets a query that nigh is less sure of.
    pub(crate) async fn known_completion(
        &self,
        document: &DocumentSnapshot,
        offset: usize,
        is_invoked: bool,
    ) -> Option<KnownCompletion> {
        if !may_be_known(document, offset) {
            return None;
        }
        let mut around = self.names.around(document.clone())?;
        if around.schema.is_none() {
            around.schema = self.names.schemas.of(around.root.as_deref()?);
        }
        let names = Arc::clone(&self.names);
        let known = move || names.known(&around, offset, is_invoked);
        blocking(known).await.ok()?
    }

    /// Whether a text, inserted at a place of a SQL file, names what the schema does not have.
    pub(crate) async fn contradicts_schema(
        &self,
        document: &DocumentSnapshot,
        offset: usize,
        text: &str,
    ) -> bool {
        if document.grammar.is_none_or(|grammar| grammar.id != SQL) {
            return false;
        }
        let Some(around) = self.names.around(document.clone()) else {
            return false;
        };
        let (Some(schema), text) = (around.schema.clone(), text.to_owned()) else {
            return false;
        };
        let contradicts = move || {
            let mut whole = around.document.snapshot.rope().to_string();
            whole.insert_str(offset, &text);
            let inserted = offset..offset + text.len();
            let text = SqlText::of_file(whole).around(offset);
            let found = sql::names::check(&schema.names, text.sql(), around.dialect);
            let mut places = found
                .iter()
                .filter_map(|found| text.to_document(&found.range));
            places.any(|place| inserted.contains(&place.start))
        };
        blocking(contradicts).await.unwrap_or(false)
    }
}

/// What is known of a place.
pub(crate) enum KnownCompletion {
    /// This text belongs there.
    Text(String),
    /// A question is asked there, and no query is sure: a model that knows no schema would guess.
    Unanswered,
}

impl WorkspaceNames {
    fn known(
        &self,
        around: &Surroundings,
        offset: usize,
        is_invoked: bool,
    ) -> Option<KnownCompletion> {
        let derived = self.with_frames(around, |code, files| code.derive(offset, files));
        if let Some(text) = derived {
            return Some(KnownCompletion::Text(text));
        }
        let question = self.question(around, offset)?;
        let has_tables = !around.schema.as_ref()?.schema.tables.is_empty();
        if question.range.start != offset || !has_tables {
            return None;
        }
        let first = self.offer(around, &question)?.choices.into_iter().next();
        let shown = first.filter(|first| first.is_sure || is_invoked);
        Some(shown.map_or(KnownCompletion::Unanswered, |shown| {
            KnownCompletion::Text(shown.text)
        }))
    }
}

/// Whether the lines before a place are like those that could be completed: a quick look.
fn may_be_known(document: &DocumentSnapshot, offset: usize) -> bool {
    let rope = document.snapshot.rope();
    let line = rope.byte_to_line(offset);
    let own = rope.byte_slice(rope.line_to_byte(line)..offset).to_string();
    if own.trim_end().ends_with("] =") {
        return true;
    }
    let above = line
        .checked_sub(1)
        .map(|above| rope.line(above).to_string());
    let asks = |line: &str| {
        let line = line.trim_start();
        line.contains(QUESTION) || line.starts_with(COMMENT) && document.grammar.is_some()
    };
    asks(&own) || own.trim().is_empty() && above.is_some_and(|above| asks(&above))
}
