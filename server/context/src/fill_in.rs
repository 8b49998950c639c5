//! The fill-in-the-middle prompt: path header, text after the cursor, text before the cursor.

use crate::fim::{FimFormat, PathHeader};
use crate::heal::heal_start;
use crate::prompt::{CountTokens, Piece, Prompt, Segment};
use crate::snapshot::Snapshot;
use crate::window;
use std::ops::Range;

/// How many tokens a prompt may take, markers included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Tokens of the whole prompt.
    pub tokens: usize,
}

impl Budget {
    /// The share of the text after the cursor. What one side leaves free, the other may use.
    const SUFFIX_SHARE: (usize, usize) = (1, 4);
    /// Tokens kept for markers.
    const MARKERS: usize = 8;
}

/// The prompt that asks for the text at byte `offset` of the snapshot's document.
pub fn fill_in(
    snapshot: &Snapshot,
    offset: usize,
    format: &FimFormat,
    budget: Budget,
    tokens: &dyn CountTokens,
) -> Prompt {
    let rope = snapshot.rope();
    let mut pieces = Vec::new();
    let (header, comment) = path_header(snapshot, format);
    let header_tokens = tokens.count(&header) + tokens.count(&comment);
    let room = budget.tokens.saturating_sub(header_tokens + Budget::MARKERS);

    let (share, of) = Budget::SUFFIX_SHARE;
    let (mut tail, mut tail_tokens) = window::after(rope, offset, room * share / of, tokens);
    let (head, head_tokens) = window::before(rope, offset, room - tail_tokens, tokens);
    if head.start == 0 && tail.end < rope.len_bytes() {
        (tail, tail_tokens) = window::after(rope, offset, room - head_tokens, tokens);
    }

    // Models were taught on line feeds alone.
    let read = |range: &Range<usize>| snapshot.slice(range.start, range.end).replace("\r\n", "\n");
    let before = read(&head);
    let healed = heal_start(&before);
    let (prefix, required) = (format!("{comment}{}", &before[..healed]), before[healed..].to_owned());
    let mut segments = Vec::new();
    if let PathHeader::Marker(marker) = format.path {
        segments.push(Segment::Marker(marker.to_owned()));
        segments.push(Segment::Text(header));
    }
    segments.extend(format.lay_out(prefix, read(&tail)));

    pieces.push(Piece { what: "path", detail: snapshot.path.to_string(), tokens: header_tokens });
    pieces.push(Piece { what: "text after the cursor", detail: lines(snapshot, &tail), tokens: tail_tokens });
    pieces.push(Piece { what: "text before the cursor", detail: lines(snapshot, &head), tokens: head_tokens });
    Prompt { segments, required, stops: format.stops.iter().map(|stop| (*stop).to_owned()).collect(), pieces }
}

/// The path as the family wants it: behind its marker, or as a comment line in front of the code.
fn path_header(snapshot: &Snapshot, format: &FimFormat) -> (String, String) {
    match format.path {
        PathHeader::Marker(_) => (format!("{}\n", snapshot.path), String::new()),
        PathHeader::Comment => {
            let comment = snapshot.syntax.as_ref().and_then(|syntax| syntax.grammar.facts.line_comment.as_deref());
            (String::new(), format!("{} {}\n", comment.unwrap_or("#"), snapshot.path))
        }
    }
}

fn lines(snapshot: &Snapshot, range: &Range<usize>) -> String {
    let rope = snapshot.rope();
    if range.is_empty() {
        return "nothing".to_owned();
    }
    let (first, last) = (rope.byte_to_line(range.start), rope.byte_to_line(range.end.saturating_sub(1)));
    format!("lines {} to {} of {}", first + 1, last + 1, rope.len_lines())
}
