//! What is done for someone who asked by hand: a second try where the likeliest answer cannot be
//! shown, and other lines to choose from where it can.
//!
//! In a second try the model goes on from its next likeliest beginnings until one leads to an
//! answer that can be shown. Both take as long as several answers, so they are not done while
//! someone types.

use crate::filters::{self, Place, is_all_comment};
use crate::generate::{Alternative, Effort, Generate, GenerateError};
use crate::inline_completion::end_of;
use crate::stop::Stop;
use context::Prompt;

/// Beginnings that are looked at.
const BEGINNINGS: usize = 6;
/// Tokens of a beginning.
const TOKENS: usize = 2;
/// Beginnings that are followed to the end.
const FOLLOWED: usize = 3;
/// Lines to choose from, and the tokens that each may have.
const LINES: usize = 3;
const LINE_TOKENS: usize = 24;

/// An answer that passes all filters, if one of the likeliest beginnings leads to it. `refused` is
/// the likeliest answer, which does not.
pub fn insisted(
    place: &Place,
    prompt: &Prompt,
    stop: &Stop,
    model: &mut dyn Generate,
    max_tokens: usize,
    refused: &str,
) -> Result<Option<String>, GenerateError> {
    let found = model.alternatives(prompt, BEGINNINGS, TOKENS)?;
    let begins = |text: &String| {
        let rest = text.strip_prefix(&*prompt.required).unwrap_or_default();
        !rest.trim().is_empty() && !rest.starts_with(['\n', '\r']) && !is_comment(place, rest)
    };
    let beginnings = found
        .into_iter()
        .map(|alternative| alternative.text)
        .filter(begins);
    for beginning in beginnings.take(FOLLOWED) {
        let head = beginning[prompt.required.len()..].to_owned();
        if refused.starts_with(&head) {
            continue; // It would lead to the same answer again.
        }
        let prompt = Prompt {
            required: beginning,
            ..prompt.clone()
        };
        let whole = |text: &str| format!("{head}{text}");
        let mut answer = model.generate(&prompt, Effort::whole(max_tokens), &mut |text| {
            stop.check(&whole(text))
        })?;
        answer.text = whole(&answer.text);
        let end = end_of(&answer, stop, place.extent);
        if let Ok(text) = filters::apply_all(place, answer.text[..end].to_owned()) {
            return Ok(Some(text));
        }
    }
    Ok(None)
}

/// The lines that the model finds likeliest here, as far as they pass all filters. At tuning places
/// the right line is among them in 2 of 100 where it is not among all other candidates; the gate
/// does not choose it there, but a person can.
pub fn likeliest_lines(
    place: &Place,
    prompt: &Prompt,
    stop: &Stop,
    model: &mut dyn Generate,
) -> Result<Vec<String>, GenerateError> {
    let found = model.alternatives(prompt, LINES, LINE_TOKENS)?;
    let line = |alternative: &Alternative| {
        let text = alternative.text.strip_prefix(&*prompt.required)?;
        let end = stop.end(text).or(alternative.ended.then_some(text.len()))?;
        filters::apply_all(place, text[..end].to_owned()).ok()
    };
    Ok(found.iter().filter_map(line).collect())
}

fn is_comment(place: &Place, text: &str) -> bool {
    place
        .snapshot
        .syntax
        .as_ref()
        .is_some_and(|syntax| is_all_comment(&syntax.grammar.facts, text))
}
