//! Documents, or the comments of a file, cut at headings.
//!
//! Long sections are cut again at empty lines. Nothing here knows where the lines come from.

use super::headings::{Heading, Style, headings};
use super::{Field, Passage, PassageKind, pieces};
use std::ops::Range;

/// A line of a document.
pub(crate) struct Line {
    /// Its number in the file.
    pub number: usize,
    /// Its bytes, without the marks of a comment and without the line break.
    pub range: Range<usize>,
}

/// The sections of a document.
pub(crate) fn sections(text: &str, lines: &[Line], style: Style) -> Vec<Passage> {
    let mut found = Vec::new();
    let mut parents: Vec<(usize, Range<usize>)> = Vec::new();
    let headings = headings(text, lines, style);
    let first = headings
        .first()
        .map_or(lines.len(), |heading| heading.first);
    add(text, lines, None, 0..first, &[], &mut found);
    for (at, heading) in headings.iter().enumerate() {
        let end = headings.get(at + 1).map_or(lines.len(), |next| next.first);
        parents.retain(|(level, _)| *level < heading.level);
        let above: Vec<Range<usize>> = parents.iter().map(|(_, name)| name.clone()).collect();
        add(
            text,
            lines,
            Some(heading),
            heading.first..end,
            &above,
            &mut found,
        );
        parents.push((heading.level, heading.name.clone()));
    }
    found
}

/// Adds what is below a heading, unless it is empty.
fn add(
    text: &str,
    lines: &[Line],
    heading: Option<&Heading>,
    part: Range<usize>,
    parents: &[Range<usize>],
    found: &mut Vec<Passage>,
) {
    let is_blank = |at: usize| {
        let line = text.get(lines[at].range.clone());
        !line.unwrap_or_default().contains(char::is_alphanumeric)
    };
    let body = heading.map_or(part.start, |heading| heading.end)..part.end;
    let Some(last) = body.clone().rev().find(|at| !is_blank(*at)) else {
        return;
    };
    for piece in pieces(part.start..last + 1, is_blank) {
        let from = piece.start.max(body.start).min(last);
        let name = heading.map(|heading| heading.name.clone());
        let range = lines[from].range.start..lines[piece.end - 1].range.end;
        found.push(Passage {
            kind: PassageKind::Section,
            lines: lines[piece.start].number..lines[piece.end - 1].number + 1,
            name: name.unwrap_or_default(),
            parents: parents.to_vec(),
            fields: vec![(Field::Body, range)],
        });
    }
}
