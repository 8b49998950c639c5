//! What is done where a completion was invoked, rather than asked for while someone types: a second
//! try where the likeliest answer cannot be shown, and other lines to choose from where it can.
//!
//! In a second try the model continues its next likeliest beginnings until one leads to an answer
//! that can be shown. Both take as long as several answers, so they are not done while someone
//! types, and only until the deadline.

use crate::complete::{Query, end_of};
use crate::filters::{self, is_all_comment};
use context::{Alternative, Effort, Generate, GenerateError, Prompt};

/// Beginnings that are looked at.
const BEGINNINGS: usize = 6;
/// Tokens of a beginning.
const BEGINNING_TOKENS: usize = 2;
/// Beginnings that are followed to the end.
const MAX_FOLLOWED: usize = 3;
/// Lines to choose from, and the tokens that each may have.
const LINES: usize = 3;
const LINE_TOKENS: usize = 24;

/// An answer that passes all filters, if one of the likeliest beginnings leads to it. `refused` is
/// the likeliest answer, which does not.
pub fn retried(
    query: &Query,
    model: &mut dyn Generate,
    max_tokens: usize,
    refused: &str,
) -> Result<Option<String>, GenerateError> {
    let (required, reply) = (&*query.prompt.required, query.prompt.reply.as_ref());
    let found = alternatives(query, model, BEGINNINGS, BEGINNING_TOKENS)?;
    let beginnings = found
        .into_iter()
        .map(|alternative| alternative.text)
        .filter(|text| begins_answer(query, text));
    for beginning in beginnings.take(MAX_FOLLOWED) {
        let head = beginning[required.len()..].to_owned();
        if refused.starts_with(&head) {
            continue; // It would lead to the same answer again.
        }
        if query.deadline.is_over() {
            break;
        }
        let text = continued(query, model, max_tokens, beginning, &head)?;
        if let Ok(text) = filters::apply_answer(query.context, reply, text) {
            return Ok(Some(text));
        }
    }
    Ok(None)
}

/// Whether a beginning continues the line with code.
fn begins_answer(query: &Query, beginning: &str) -> bool {
    let required = &*query.prompt.required;
    let rest = beginning.strip_prefix(required).unwrap_or_default();
    if rest.trim().is_empty() || rest.starts_with(['\n', '\r']) {
        return false;
    }
    let facts = query.context.facts();
    !facts.is_some_and(|facts| is_all_comment(facts, rest))
}

/// The likeliest answer with this beginning, of which `head` is not in the prompt.
fn continued(
    query: &Query,
    model: &mut dyn Generate,
    max_tokens: usize,
    beginning: String,
    head: &str,
) -> Result<String, GenerateError> {
    let prompt = Prompt {
        required: beginning,
        ..query.prompt.clone()
    };
    let answer = query.answer(&prompt, head, Effort::whole(max_tokens), model)?;
    let end = end_of(&answer, query);
    Ok(answer.text[..end].to_owned())
}

/// The lines that the model finds likeliest here, as far as they pass all filters. At tuning places
/// the right line is among them in 2 of 100 where it is not among all other candidates; the gate
/// does not choose it there, but a person can.
pub fn likeliest_lines(
    query: &Query,
    model: &mut dyn Generate,
) -> Result<Vec<String>, GenerateError> {
    let found = alternatives(query, model, LINES, LINE_TOKENS)?;
    let lines = found.iter().filter_map(|found| line(query, found));
    Ok(lines.collect())
}

/// The likeliest answers that are found in time.
fn alternatives(
    query: &Query,
    model: &mut dyn Generate,
    count: usize,
    max_tokens: usize,
) -> Result<Vec<Alternative>, GenerateError> {
    let mut goes_on = || !query.deadline.is_over();
    model.alternatives(query.prompt, count, max_tokens, &mut goes_on)
}

/// The line that an alternative is, if it comes to an end and passes all filters.
fn line(query: &Query, alternative: &Alternative) -> Option<String> {
    let text = alternative.text.strip_prefix(&*query.prompt.required)?;
    let end = query.stop.end(text);
    let end = end.or(alternative.ended.then_some(text.len()))?;
    let reply = query.prompt.reply.as_ref();
    filters::apply_answer(query.context, reply, text[..end].to_owned()).ok()
}
