//! Identifiers that may come at the cursor: those used in the function, or members of what is
//! before the dot.
//!
//! A small model invents names; those that exist here are few enough for it to score them all.
//! [`identifiers`] gathers them from the text (`known.rs`), lets the model find the most likely,
//! and adds to each what ends its line (`ending.rs`). `complete` adds them to the other candidates.
//! A name must begin with the half-typed word, if there is one.

mod ending;
mod known;

use crate::completion_context::CompletionContext;
use context::{Generate, GenerateError, Prompt, Segment};
use ending::ending;
use text::is_word;

/// Names that are given at most.
const MAX_GIVEN: usize = 3;
/// Names that the model scores at most.
const MAX_SCORED: usize = 16;
/// Names that are scored in one batch.
const BATCH: usize = 6;
/// Spare tokens of the model for each name that it scores: names are short.
const TOKENS_PER_NAME: usize = 4;
/// Signs that a value follows.
const VALUE_SIGNS: [char; 17] = [
    '(', '[', '{', ',', '=', '+', '-', '*', '/', '%', '<', '>', '&', '|', '!', '?', ':',
];
/// Words that a value follows.
const VALUE_WORDS: [&str; 14] = [
    "return", "in", "not", "and", "or", "if", "elif", "while", "await", "yield", "case", "match",
    "throw", "is",
];

/// What may come at the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected<'a> {
    /// A member of this, after a dot, an arrow or two colons.
    Member(&'a str),
    /// A variable or constant.
    Value,
    /// `return` and a variable, at the beginning of a line.
    Return,
}

/// The likeliest texts of a line that continues with an identifier and nothing else, filters not
/// yet applied.
pub fn identifiers(
    context: &CompletionContext,
    prompt: &Prompt,
    model: &mut dyn Generate,
) -> Result<Vec<String>, GenerateError> {
    let (head, typed) = split(&context.before);
    let Some(expected) = expected(head, typed, &context.above) else {
        return Ok(Vec::new());
    };
    if !fits(context, expected) {
        return Ok(Vec::new());
    }
    let most = MAX_SCORED.min(model.spare_tokens() / TOKENS_PER_NAME);
    let texts: Vec<String> = known::known(context, expected, typed, most)
        .iter()
        .map(|name| rest(head, typed, expected, name))
        .collect();
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let mut likeliest = likeliest(&texts, prompt, model)?;
    let ending = ending(context, head);
    for text in &mut likeliest {
        // Nothing is known of the arguments of a call.
        if !text.ends_with('(') {
            text.push_str(&ending);
        }
    }
    Ok(likeliest)
}

/// The [`MAX_GIVEN`] likeliest texts, the likeliest first. None is likelier than its first token,
/// which is known at once; so those that begin well are scored first, and the rest is left out once
/// it cannot come among them.
fn likeliest(
    texts: &[String],
    prompt: &Prompt,
    model: &mut dyn Generate,
) -> Result<Vec<String>, GenerateError> {
    let continuations: Vec<_> = texts
        .iter()
        .map(|text| vec![Segment::Text(format!("{}{text}", prompt.required))])
        .collect();
    let firsts = model.begin(prompt, &continuations)?;
    let mut order: Vec<usize> = (0..texts.len()).collect();
    order.sort_by(|&a, &b| firsts[b].total_cmp(&firsts[a]));
    let mut best: Vec<(f32, usize)> = Vec::new();
    for batch in order.chunks(BATCH) {
        if let Some((least, _)) = best.get(MAX_GIVEN - 1)
            && firsts[batch[0]] < *least
        {
            break;
        }
        let batch_continuations: Vec<_> =
            batch.iter().map(|&at| continuations[at].clone()).collect();
        let scores = model.score(prompt, &batch_continuations)?;
        let totals = scores.iter().map(|scores| scores.iter().sum::<f32>());
        best.extend(totals.zip(batch.iter().copied()));
        best.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        best.truncate(MAX_GIVEN);
    }
    Ok(best.into_iter().map(|(_, at)| texts[at].clone()).collect())
}

/// Whether this can come at the cursor: nothing in a comment or a string, and `return` only in a
/// function.
fn fits(context: &CompletionContext, expected: Expected) -> bool {
    if !context.in_code() {
        return false;
    }
    expected != Expected::Return
        || context.snapshot.syntax.is_none()
        || context.innermost_function().is_some()
}

/// What is missing of a name at the cursor, with what comes before it.
fn rest(head: &str, typed: &str, expected: Expected, name: &str) -> String {
    match expected {
        Expected::Return => format!("return {name}")[typed.len()..].to_owned(),
        Expected::Value if typed.is_empty() && head.ends_with(['=', ',', ':']) => {
            format!(" {name}")
        }
        _ => name[typed.len()..].to_owned(),
    }
}

/// The line before the cursor without the word that is half typed, and that word.
fn split(before: &str) -> (&str, &str) {
    before.split_at(before.trim_end_matches(is_word).len())
}

/// What may come after `head` and the half word `typed`, below the line `above`.
fn expected<'a>(head: &'a str, typed: &str, above: &str) -> Option<Expected<'a>> {
    if typed.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    for dot in [".", "->", "::"] {
        if let Some(object) = head.strip_suffix(dot) {
            let object = object.trim_end_matches('?');
            let word = &object[object.trim_end_matches(is_word).len()..];
            return (!word.is_empty()).then_some(Expected::Member(word));
        }
    }
    let line = head.trim_end();
    if line.is_empty() && above.trim_end().ends_with(['(', '[', ',']) {
        return Some(Expected::Value);
    }
    if line.is_empty() {
        return "return".starts_with(typed).then_some(Expected::Return);
    }
    let word = &line[line.trim_end_matches(is_word).len()..];
    let follows_word = VALUE_WORDS.contains(&word) && line.len() < head.len();
    (follows_word || line.ends_with(VALUE_SIGNS)).then_some(Expected::Value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_expected_follows_from_the_line() {
        for (before, wanted) in [
            ("    return ", Some(Expected::Value)),
            ("    return", Some(Expected::Return)),
            ("    ret", Some(Expected::Return)),
            ("    ", Some(Expected::Return)),
            ("    x", None),
            ("x = self.na", Some(Expected::Member("self"))),
            ("x = a?.", Some(Expected::Member("a"))),
            ("x = f().", None),
            ("p->", Some(Expected::Member("p"))),
            ("Opcode::", Some(Expected::Member("Opcode"))),
            ("call(", Some(Expected::Value)),
            ("x =", Some(Expected::Value)),
            ("x = 1", None),
            ("x ", None),
        ] {
            let (head, typed) = split(before);
            assert_eq!(expected(head, typed, "x = 1;"), wanted, "{before}");
        }
        assert_eq!(expected("    ", "", "call("), Some(Expected::Value));
    }
}
