//! Small models fall into loops: the same line again and again, or the same few characters to the end of the line.

use super::Place;

/// A line shorter than this may follow itself (`}` under `}`).
const SHORT: usize = 4;
/// How often a piece with a letter or digit must follow itself at the end of a line to be a loop.
const LOOP: usize = 4;
/// The same for a piece of other characters; tables and rulers have some in a row.
const MARKS_LOOP: usize = 6;

/// What may close a line behind a loop.
const CLOSING: [char; 7] = [')', ']', '}', ':', ';', '{', ' '];

/// Cuts at the first line that repeats the one above it; drops a first line that repeats the one above the cursor;
/// cuts a loop at the end of the last line, or in front of what closes it, down to one round.
pub fn apply(place: &Place<'_>, mut text: String) -> Option<String> {
    let first = format!("{}{}", place.before, text.split('\n').next().unwrap_or_default());
    let above = place.snapshot.lines_above(place.offset).find(|line| !line.trim().is_empty());
    if first.trim().len() >= SHORT && above.is_some_and(|above| above == first) && place.after.trim().is_empty() {
        return None;
    }
    if let Some(end) = repeated_line(&text) {
        text.truncate(end);
    }
    let body = text.trim_end_matches(CLOSING).len();
    if let Some(end) = looped(&text) {
        text.truncate(end);
    } else if let Some(end) = looped(&text[..body]) {
        text.replace_range(end..body, "");
    }
    (!text.trim().is_empty()).then_some(text)
}

/// The end of the last line before one that repeats it.
fn repeated_line(text: &str) -> Option<usize> {
    let mut start = 0;
    let mut previous: Option<&str> = None;
    for line in text.split('\n') {
        if previous == Some(line) && line.trim().len() >= SHORT {
            return Some(start - 1);
        }
        previous = Some(line);
        start += line.len() + 1;
    }
    None
}

/// Where the first round of a loop at the end of `text` ends: a piece of two or more different bytes that follows itself.
fn looped(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (2..=bytes.len() / LOOP).find_map(|size| {
        let piece = &bytes[bytes.len() - size..];
        let rounds = bytes.rchunks(size).take_while(|chunk| *chunk == piece).count();
        let end = bytes.len() - size * (rounds - 1);
        let needed = if piece.iter().any(u8::is_ascii_alphanumeric) { LOOP } else { MARKS_LOOP };
        let differs = piece.iter().any(|byte| *byte != piece[0]);
        (rounds >= needed && differs && text.is_char_boundary(end)).then_some(end)
    })
}
