//! Files of settings, cut at empty lines; the comments above settings count as documentation.
//!
//! Nothing here knows what the settings mean.

use super::{Field, Lines, Passage, PassageKind};
use std::ops::Range;

/// Fewest lines of a block that is closed at an empty line.
const MIN_LINES: usize = 4;
/// Most lines of a block.
const MAX_BLOCK: usize = 25;
/// Most lines of a file that are read: longer ones are data.
const MAX_READ: usize = 3_000;

/// The blocks of a file.
pub(crate) fn blocks(text: &str, lines: &Lines) -> Vec<Passage> {
    let (mut found, mut start) = (Vec::new(), 0);
    let count = lines.count().min(MAX_READ);
    for at in 0..count {
        let is_empty = lines.line(text, at).trim().is_empty();
        let length = at + 1 - start;
        if is_empty && length > MIN_LINES || length >= MAX_BLOCK || at + 1 == count {
            found.extend(block(text, lines, start..at + 1));
            start = at + 1;
        }
    }
    found
}

fn block(text: &str, lines: &Lines, block: Range<usize>) -> Option<Passage> {
    let is_empty = |at: usize| lines.line(text, at).trim().is_empty();
    let first = block.clone().find(|at| !is_empty(*at))?;
    let end = block.rev().find(|at| !is_empty(*at))? + 1;
    let field = |at: usize| {
        let is_comment = lines.line(text, at).trim_start().starts_with(['#', ';']);
        let field = match is_comment {
            true => Field::Documentation,
            false => Field::Body,
        };
        (field, lines.range(at..at + 1))
    };
    Some(Passage {
        kind: PassageKind::Settings,
        lines: first..end,
        fields: (first..end).map(field).collect(),
        ..Passage::default()
    })
}
