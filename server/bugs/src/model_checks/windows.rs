//! What of a file the repair model looks at: one function at a time, cut into parts where it is
//! long.
//!
//! `repair` asks for all windows of a file. A window is whole lines; the function's decorators and
//! the comment right above it belong to it. A text without functions is cut into parts from its
//! start.

use context::{CountTokens, Snapshot};
use std::ops::Range;

/// Tokens of a window at most: what the repair model was trained on.
pub const MAX_TOKENS: usize = 600;

/// The windows of a file in the order of the text. They do not overlap.
pub fn windows(snapshot: &Snapshot, tokens: &dyn CountTokens, most: usize) -> Vec<Range<usize>> {
    let syntax = snapshot.syntax.as_ref();
    let mut functions = syntax
        .map(|syntax| syntax.functions(snapshot.rope()))
        .unwrap_or_default();
    if functions.is_empty() {
        functions.push(0..snapshot.rope().len_bytes());
    }
    functions
        .into_iter()
        .flat_map(|function| parts(snapshot, function, tokens, most))
        .collect()
}

/// The lines of `range` in parts of at most `most` tokens; a longer line is a part of its own,
/// which is left out.
fn parts(
    snapshot: &Snapshot,
    range: Range<usize>,
    tokens: &dyn CountTokens,
    most: usize,
) -> Vec<Range<usize>> {
    let rope = snapshot.rope();
    let (mut parts, mut start, mut at, mut count) = (Vec::new(), range.start, range.start, 0);
    while at < range.end {
        let end = rope
            .line_to_byte((rope.byte_to_line(at) + 1).min(rope.len_lines()))
            .min(range.end);
        let line = tokens.count(&snapshot.slice(at, end));
        if count + line > most {
            parts.extend((start < at).then_some(start..at));
            (start, count) = if line > most { (end, 0) } else { (at, line) };
        } else {
            count += line;
        }
        at = end;
    }
    parts.extend((start < at).then_some(start..at));
    parts
}
