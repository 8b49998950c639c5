//! Queries that a model writes, where it is large enough: one of this machine under a mask of the
//! schema's names, one on a server freely, with one more try after the judge's message.
//!
//! `sql` says what is asked and what is taken. Who writes, and that a small model does not, is
//! decided here.

use crate::model::Model;
use context::{AnswerMask, Effort, FimFormat, GenerateError, ModelTask, Prompt, Writer};
use sql::question::{BEGIN, QueryTask, Reading, SqlMask};
use std::ops::ControlFlow;

/// The fewest parameters of a model that writes queries. One of half a billion answers a third of
/// Spider's questions (card of Qwen2.5-Coder); the embedded one hardly any.
pub const MIN_PARAMETERS: u64 = 400_000_000;
/// The most tokens of a query.
const MAX_TOKENS: usize = 256;
/// What a model that was trained to chat is asked to do.
const INSTRUCTION: &str = "Write one SQLite query that answers the question in the last comment. \
                           Use only the tables and columns in the comments. Answer with the query \
                           only, without any explanation.";

/// What became of asking a model for a query: a reading, or why there is none.
pub type WrittenQuery = Result<Reading, String>;

/// Asks the model that is in use for a query.
///
/// # Errors
/// If the model fails, or the query is no longer wanted.
pub fn write_query(model: &mut dyn Model, task: &QueryTask) -> Result<WrittenQuery, GenerateError> {
    if let Some(writer) = model.writer() {
        return freely(writer, task);
    }
    if model.description().parameters < MIN_PARAMETERS {
        return Ok(Err(format!(
            "the model is too small to write queries: it needs {} million parameters",
            MIN_PARAMETERS / 1_000_000
        )));
    }
    within_mask(model, task)
}

/// Asks a model here, however small it is.
///
/// # Errors
/// If the model fails, or the query is no longer wanted.
pub fn within_mask(model: &mut dyn Model, task: &QueryTask) -> Result<WrittenQuery, GenerateError> {
    let prompt = prompt(&task.prompt, model.fim_format().as_ref());
    let written = model.generate_masked(&prompt, MAX_TOKENS, &AfterBegin(&task.mask))?;
    Ok(match written {
        Some(written) => task.accept(&written),
        None => Err("the model found no query that fits the schema".into()),
    })
}

/// Asks a model here without a mask, to measure what the mask is worth.
///
/// # Errors
/// If the model fails, or the query is no longer wanted.
pub fn freely_here(model: &mut dyn Model, task: &QueryTask) -> Result<WrittenQuery, GenerateError> {
    let prompt = prompt(&task.prompt, model.fim_format().as_ref());
    let mut until_end = |text: &str| match text.contains(';') || text.contains("\n\n") {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    };
    let written = model.generate(&prompt, Effort::whole(MAX_TOKENS), &mut until_end)?;
    Ok(task.accept(&written.text))
}

/// Asks a model on a server, and once more with what was wrong.
fn freely(writer: &mut dyn Writer, task: &QueryTask) -> Result<WrittenQuery, GenerateError> {
    let mut why = String::new();
    let mut text = task.prompt.clone();
    for _ in 0..2 {
        let prompt = prompt(&text, Some(&writer.fim_format()));
        let pending = writer.start_task(&prompt, MAX_TOKENS);
        let answer = match pending {
            Some(pending) => pending.read(&mut |_| ControlFlow::Continue(()))?,
            None => return Ok(Err("a schema that holds secrets is not sent".into())),
        };
        let Some(answer) = answer else {
            return Ok(Err("the server gave no answer in time".into()));
        };
        match task.accept(&answer.text) {
            Ok(reading) => return Ok(Ok(reading)),
            Err(wrong) => {
                text = task.again(&answer.text, &wrong);
                why = wrong;
            }
        }
    }
    Ok(Err(format!("the model's query is wrong: {why}")))
}

fn prompt(text: &str, format: Option<&FimFormat>) -> Prompt {
    let task = ModelTask {
        instruction: INSTRUCTION,
        text: text.strip_suffix(BEGIN).unwrap_or(text),
        language: "sql",
        begin: BEGIN,
    };
    task.prompt(format)
}

/// A mask of what follows the word that the prompt ends with.
struct AfterBegin<'m>(&'m SqlMask<'m>);

impl AnswerMask for AfterBegin<'_> {
    fn allows(&self, text: &str) -> bool {
        self.0.allows(&format!("{BEGIN}{text}"))
    }

    fn is_whole(&self, text: &str) -> bool {
        self.0.is_whole(&format!("{BEGIN}{text}"))
    }
}
