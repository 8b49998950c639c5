//! Which candidates leave the code with as few syntax errors as possible here: the errors are
//! counted with each candidate in place.
//!
//! `complete` calls this before the model scores the candidates. If another candidate, or typing
//! nothing, leaves fewer errors, a candidate is most likely wrong, or ends in the middle of
//! something. It is cut back to a beginning without further errors, or dropped. Only a line that
//! opens a block stays as it is: code written from top to bottom closes it later. Without a tree,
//! nothing is an error.

use crate::candidates::Candidate;
use crate::completion_context::CompletionContext;
use syntax::{Reuse, errors_after};
use text::{Edit, is_word};

/// Characters that a head must have.
const MIN_HEAD: usize = 4;
/// How many words or signs are taken off a text in search of a head.
const MAX_STEPS: usize = 3;

/// How many syntax errors are to be expected at a place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ErrorCounts {
    /// Those of the text as it is.
    pub(crate) before: usize,
    /// The fewest that the text or any candidate leaves.
    pub(crate) fewest: usize,
}

/// Counts the errors with each candidate. Those that leave more than others are cut back, or
/// dropped.
pub(crate) fn drop_broken(
    context: &CompletionContext,
    candidates: &mut Vec<Candidate>,
) -> ErrorCounts {
    let syntax = context.snapshot.syntax.as_ref();
    let before = syntax.map_or(0, |syntax| syntax.errors().len());
    let mut counts = ErrorCounts {
        before,
        fewest: before,
    };
    for candidate in candidates.iter_mut() {
        candidate.errors = errors_with(context, before, &candidate.text);
        counts.fewest = counts.fewest.min(candidate.errors);
    }
    let is_broken = |candidate: &mut Candidate| {
        candidate.errors > counts.fewest && !opens_block(&candidate.text)
    };
    let broken: Vec<Candidate> = candidates.extract_if(.., is_broken).collect();
    for candidate in broken {
        let Some(text) = head(context, counts, &candidate.text) else {
            continue;
        };
        if candidates.iter().all(|known| known.text != text) {
            candidates.push(Candidate {
                text,
                cut: true,
                errors: counts.fewest,
                // The probabilities were those of the whole text.
                written: candidate.written.map(|_| Vec::new()),
                ..candidate
            });
        }
    }
    counts
}

/// How many errors the document has with this text at the cursor; `before` where that is not known.
fn errors_with(context: &CompletionContext, before: usize, text: &str) -> usize {
    let Some(syntax) = &context.snapshot.syntax else {
        return before;
    };
    let edit = [Edit::insert(context.offset, text)];
    errors_after(syntax, context.snapshot.rope(), &edit, Reuse::Always)
        .map_or(before, |errors| errors.len())
}

/// The longest head of a line, up to a word or sign near its end, that leaves no more errors than
/// there must be. A line that goes above another has none.
fn head(context: &CompletionContext, counts: ErrorCounts, text: &str) -> Option<String> {
    if text.contains('\n') {
        return None;
    }
    let mut head = text.trim_end();
    for _ in 0..=MAX_STEPS {
        if head.trim_start().chars().count() < MIN_HEAD {
            return None;
        }
        if errors_with(context, counts.before, head) <= counts.fewest {
            return Some(head.to_owned());
        }
        head = without_last(head).trim_end();
    }
    None
}

/// Whether the last line begins a block that nothing of the text closes.
fn opens_block(text: &str) -> bool {
    text.trim_end().ends_with([':', '{'])
}

/// A text without the word, or the one sign, at its end.
fn without_last(text: &str) -> &str {
    let shorter = text.trim_end_matches(is_word);
    let sign = text.chars().next_back().map_or(0, char::len_utf8);
    if shorter.len() < text.len() {
        shorter
    } else {
        &text[..text.len() - sign]
    }
}
