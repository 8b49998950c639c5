//! A completion must not write again what already comes after the cursor, nor run into the word
//! there.

use crate::completion_context::CompletionContext;
use text::is_word;

/// A line shorter than this, such as `}` or `);`, may well be there twice.
const SHORT: usize = 4;

/// Cuts a tail that repeats the rest of the line, and everything from a line on that repeats the
/// next line; drops what would run into the word after it, and everything inside a word.
pub fn apply(context: &CompletionContext<'_>, mut text: String) -> Option<String> {
    let rest = context.after.trim_end();
    if !rest.is_empty() && !text.contains('\n') {
        let repeated = repeats_head(&text, rest);
        text.truncate(text.len() - repeated);
    }
    cut_at_line(context, &mut text, context.next.trim());
    let runs_into_word = rest.starts_with(is_word)
        && (context.before.ends_with(is_word) || text.ends_with(ends_operand));
    (!text.trim().is_empty() && !runs_into_word).then_some(text)
}

/// Whether a word right after this could be no code: a value has come to its end.
fn ends_operand(c: char) -> bool {
    is_word(c) || [')', ']', '}', '"', '\'', '`'].contains(&c)
}

/// The longest tail of `text` that is a head of `rest` and has a letter or digit in it. Mere
/// brackets are the business of the filter `brackets`, which counts them.
fn repeats_head(text: &str, rest: &str) -> usize {
    let meaningful = |part: &str| part.chars().any(char::is_alphanumeric);
    let starts = text.char_indices().map(|(at, _)| at);
    starts
        .filter(|&at| {
            at == 0 || !(text[..at].ends_with(is_word) && text[at..].starts_with(is_word))
        })
        .map(|at| &text[at..])
        .find(|tail| rest.starts_with(tail) && meaningful(tail))
        .map_or(0, str::len)
}

/// Cuts `text` before the first of its whole lines that reads like `next`.
fn cut_at_line(context: &CompletionContext<'_>, text: &mut String, next: &str) {
    if next.len() < SHORT {
        return;
    }
    let start = context
        .completed_lines(text)
        .find(|(_, line)| line.trim() == next)
        .map(|(start, _)| start);
    if let Some(start) = start {
        text.truncate(start.saturating_sub(1));
    }
}
