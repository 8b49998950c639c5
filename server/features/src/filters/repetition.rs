//! Small models fall into loops: the same lines again and again, the same few characters to the end
//! of the line, in comments and texts the same phrase.

use super::Place;
use std::collections::HashSet;

/// A line shorter than this may follow itself (`}` under `}`).
const SHORT: usize = 4;
/// How often a piece with a letter or digit must follow itself at the end of a line to be a loop.
const LOOP: usize = 4;
/// The same for a piece of other characters; tables and rulers have some in a row.
const MARKS_LOOP: usize = 6;

/// The longest run of lines that is looked at for following itself.
const MOST_LINES: usize = 4;
/// The same for a run of several: it has a line of so many bytes.
const TELLING: usize = 8;
/// Words of a line of text from which on it can repeat a phrase.
const WORDS: usize = 8;
/// A phrase: so many words in a row.
const PHRASE: usize = 3;

/// What may close a line behind a loop.
const CLOSING: [char; 7] = [')', ']', '}', ':', ';', '{', ' '];

/// Cuts at the first line that repeats the one above it, at lines that repeat those above them, and
/// at a line that goes round in its phrases; drops a first line that repeats the one above the
/// cursor; cuts a loop at the end of the last line, or in front of what closes it, down to one
/// round.
pub fn apply(place: &Place<'_>, mut text: String) -> Option<String> {
    let first = format!(
        "{}{}",
        place.before,
        text.split('\n').next().unwrap_or_default()
    );
    let above = place
        .snapshot
        .lines_above(place.offset)
        .find(|line| !line.trim().is_empty());
    if first.trim().len() >= SHORT
        && above.is_some_and(|above| above == first)
        && place.after.trim().is_empty()
    {
        return None;
    }
    if let Some(end) = repeated_lines(&text) {
        text.truncate(end);
    }
    text.truncate(goes_round(place, &text).unwrap_or(text.len()));
    let body = text.trim_end_matches(CLOSING).len();
    if let Some(end) = looped(&text) {
        text.truncate(end);
    } else if let Some(end) = looped(&text[..body]) {
        text.replace_range(end..body, "");
    }
    (!text.trim().is_empty()).then_some(text)
}

/// The end of the last line before one, or some, that repeat what stands right above them.
fn repeated_lines(text: &str) -> Option<usize> {
    let lines: Vec<&str> = text.split('\n').collect();
    let telling = |run: &[&str]| {
        let longest = run.iter().map(|line| line.trim().len()).max().unwrap_or(0);
        longest >= if run.len() == 1 { SHORT } else { TELLING }
    };
    let again = |at: usize, count: usize| {
        let run = &lines[at..(at + count).min(lines.len())];
        run.len() == count && at >= count && run == &lines[at - count..at] && telling(run)
    };
    let at = (1..lines.len()).find(|&at| (1..=MOST_LINES).any(|count| again(at, count)))?;
    Some(lines[..at].iter().map(|line| line.len() + 1).sum::<usize>() - 1)
}

/// The end of the last line before one of a comment or a text that says the same phrases again.
fn goes_round(place: &Place<'_>, text: &str) -> Option<usize> {
    let syntax = place.snapshot.syntax.as_ref()?;
    let mark = syntax.grammar.facts.line_comment.as_deref();
    let in_text = !place.in_code(place.offset);
    let mut start: usize = 0;
    for (number, line) in text.split('\n').enumerate() {
        let whole = if number == 0 {
            format!("{}{line}", place.before)
        } else {
            line.to_owned()
        };
        let is_text = in_text || mark.is_some_and(|mark| whole.trim_start().starts_with(mark));
        if is_text && repeats_phrases(&whole) {
            return Some(start.saturating_sub(1));
        }
        start += line.len() + 1;
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
    words.len() >= WORDS && 3 * different.len() < 2 * (words.len() + 1 - PHRASE)
}

/// Where the first round of a loop at the end of `text` ends: a piece of two or more different
/// bytes that follows itself.
fn looped(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (2..=bytes.len() / LOOP).find_map(|size| {
        let piece = &bytes[bytes.len() - size..];
        let rounds = bytes
            .rchunks(size)
            .take_while(|chunk| *chunk == piece)
            .count();
        let end = bytes.len() - size * (rounds - 1);
        let needed = if piece.iter().any(u8::is_ascii_alphanumeric) {
            LOOP
        } else {
            MARKS_LOOP
        };
        let differs = piece.iter().any(|byte| *byte != piece[0]);
        (rounds >= needed && differs && text.is_char_boundary(end)).then_some(end)
    })
}
