//! Small models fall into loops: the same lines again and again, the same few characters to the end
//! of the line, in comments and texts the same phrase.

use crate::completion_context::CompletionContext;
use std::collections::HashSet;

/// A line shorter than this may follow itself (`}` under `}`).
const SHORT: usize = 4;
/// How often a piece with a letter or digit must follow itself at the end of a line to be a loop.
const MIN_ROUNDS: usize = 4;
/// The same for a piece of other characters; tables and rulers have some in a row.
const MIN_ROUNDS_OF_MARKS: usize = 6;

/// The longest run of lines that is looked at for following itself.
const MAX_RUN: usize = 4;
/// The same for a run of several: it has no line of so many bytes.
const SHORT_RUN: usize = 8;
/// Words of a line of text from which on it can repeat a phrase.
const MIN_WORDS: usize = 8;
/// A phrase: so many words in a row.
const PHRASE: usize = 3;

/// What may close a line after a loop.
const CLOSING: [char; 7] = [')', ']', '}', ':', ';', '{', ' '];

/// Cuts at the first line that repeats the one above it, at lines that repeat those above them, and
/// at a line that goes round in its phrases; drops a first line that repeats the one above the
/// cursor; cuts a loop at the end of the last line, or before what closes it, down to one round.
pub fn apply(context: &CompletionContext<'_>, mut text: String) -> Option<String> {
    let first = context.first_line(&text);
    let is_last = context.after.trim().is_empty();
    if is_last && first.trim().len() >= SHORT && first == context.above {
        return None;
    }
    if let Some(end) = repeated_lines(&text) {
        text.truncate(end);
    }
    text.truncate(goes_round(context, &text).unwrap_or(text.len()));
    let body = text.trim_end_matches(CLOSING).len();
    if let Some(end) = looped(&text) {
        text.truncate(end);
    } else if let Some(end) = looped(&text[..body]) {
        text.replace_range(end..body, "");
    }
    (!text.trim().is_empty()).then_some(text)
}

/// The end of the last line before one, or some, that repeat what is right above them.
fn repeated_lines(text: &str) -> Option<usize> {
    let lines: Vec<&str> = text.split('\n').collect();
    let repeats = |at: &usize| (1..=MAX_RUN).any(|count| repeats_above(&lines, *at, count));
    let at = (1..lines.len()).find(repeats)?;
    Some(lines[..at].iter().map(|line| line.len() + 1).sum::<usize>() - 1)
}

/// Whether `count` lines from `at` on are the same as those right above them, and long enough for
/// that to be wrong.
fn repeats_above(lines: &[&str], at: usize, count: usize) -> bool {
    let Some(first) = at.checked_sub(count) else {
        return false;
    };
    let Some(run) = lines.get(at..at + count) else {
        return false;
    };
    let longest = run.iter().map(|line| line.trim().len()).max().unwrap_or(0);
    let least = if count == 1 { SHORT } else { SHORT_RUN };
    longest >= least && *run == lines[first..at]
}

/// The end of the last line before one of a comment or a text that says the same phrases again.
fn goes_round(context: &CompletionContext<'_>, text: &str) -> Option<usize> {
    let mark = context.facts()?.line_comment.as_deref();
    let in_text = !context.in_code();
    for (start, line) in context.completed_lines(text) {
        let is_text = in_text || mark.is_some_and(|mark| line.trim_start().starts_with(mark));
        if is_text && repeats_phrases(&line) {
            return Some(start.saturating_sub(1));
        }
    }
    None
}

/// Whether less than two thirds of the line's runs of three words are different ones.
fn repeats_phrases(line: &str) -> bool {
    let words: Vec<&str> = line
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let different: HashSet<&[&str]> = words.windows(PHRASE).collect();
    words.len() >= MIN_WORDS && 3 * different.len() < 2 * (words.len() + 1 - PHRASE)
}

/// Where the first round of a loop at the end of `text` ends: a piece of two or more different
/// bytes that follows itself.
fn looped(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (2..=bytes.len() / MIN_ROUNDS).find_map(|size| {
        let piece = &bytes[bytes.len() - size..];
        let rounds = bytes
            .rchunks(size)
            .take_while(|chunk| *chunk == piece)
            .count();
        let end = bytes.len() - size * (rounds - 1);
        let needed = if piece.iter().any(u8::is_ascii_alphanumeric) {
            MIN_ROUNDS
        } else {
            MIN_ROUNDS_OF_MARKS
        };
        let differs = piece.iter().any(|byte| *byte != piece[0]);
        (rounds >= needed && differs && text.is_char_boundary(end)).then_some(end)
    })
}
